/** What every part of the page has in common: a session that it reads, and no shadow tree, so that one style sheet serves all. */

import { LitElement, type PropertyValues } from "lit";
import type { Session } from "../session/types";

/** An element that shows a session. */
export abstract class SessionElement extends LitElement {
  static override properties = { session: { attribute: false } };
  declare session: Session;
  #listening = new AbortController();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** The state or the model is another. */
  protected onChange(): void {
    this.requestUpdate();
  }

  /** There is a new result. */
  protected onResult(): void {}

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("session")) this.#listen();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listening.abort();
  }

  #listen(): void {
    this.#listening.abort();
    this.#listening = new AbortController();
    if (!this.session) return;
    const { signal } = this.#listening;
    this.session.addEventListener("change", () => this.onChange(), { signal });
    this.session.addEventListener("result", () => this.onResult(), { signal });
  }
}
