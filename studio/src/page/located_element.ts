import { SessionElement } from "./session_element";

/** A panel that shows where codes are: it asks anew with every settled result, and the latest answer counts. */
export abstract class LocatedElement extends SessionElement {
  #asked = 0;

  /** The regions or genres of the codes that the panel shows; null where there are none. */
  protected abstract places(): Promise<number[] | null>;

  /** Take what `places` found. */
  protected abstract located(places: number[]): void;

  protected override onResult(): void {
    if (this.session.result?.settled !== false) void this.#locate();
  }

  protected override firstUpdated(): void {
    void this.#locate();
  }

  async #locate(): Promise<void> {
    const asked = ++this.#asked;
    const places = await this.places();
    if (places && asked === this.#asked) this.located(places);
  }
}
