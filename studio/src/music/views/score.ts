/** The engraved score: the edited tune, below the original where something changed. */

import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import { compare } from "../compare";
import { engrave } from "../engraver";
import { eventsOfMusic, type Music } from "../music";
import { fifthsOf, scoreXml, type Staff } from "../musicxml";

const WAIT = 160; // milliseconds after the last change

/** `<latune-score>`: `original`, `edited`, and which of them plays; tells "seek" with a place in twelfths. */
export class ScoreView extends LitElement {
  static override properties = { original: { attribute: false }, edited: { attribute: false }, version: {}, drawing: { state: true }, fault: { state: true } };
  declare original: Music;
  declare edited: Music;
  declare version: "original" | "edited";
  declare drawing: string; // SVG
  declare fault: string;
  #timer = 0;
  #wanted = 0;
  #observer = new ResizeObserver(() => this.#resized());
  #width = 0;
  #starts: Record<string, number[]> = {};
  #sounding: Element[] = [];
  #place = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
    window.clearTimeout(this.#timer);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("original") || changed.has("edited")) this.#later(this.drawing ? WAIT : 0);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("drawing")) this.#mark();
  }

  protected override render(): TemplateResult {
    if (this.fault) return html`<p class="score-fault">${this.fault}</p>`;
    if (!this.drawing) return html`<p class="score-wait">Engraving the score …</p>`;
    return html`<div class="engraved" role="img" aria-label=${this.#spoken()} @click=${this.#click}>${unsafeSVG(this.drawing)}</div>`;
  }

  #spoken(): string {
    const changed = compare(this.original, this.edited).filter((note) => note.change === "new").length;
    return changed ? `Score: the original above, the edited tune below; ${changed} notes of it are new` : "Score of the tune";
  }

  #resized(): void {
    const width = Math.floor(this.clientWidth);
    if (Math.abs(width - this.#width) < 8 || !width) return;
    this.#width = width;
    this.#later(this.drawing ? WAIT : 0);
  }

  #later(wait: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#engrave(), wait);
  }

  async #engrave(): Promise<void> {
    if (!this.#width || !this.original) return;
    const turn = ++this.#wanted;
    const staves = this.#staves();
    const scale = this.#width < 520 ? 32 : 38;
    try {
      const drawing = await engrave(scoreXml(staves), this.#width, scale);
      if (turn !== this.#wanted) return;
      this.#starts = Object.fromEntries(staves.map(({ mark, music }) => [mark!, eventsOfMusic(music).map((event) => event.start)]));
      this.fault = "";
      this.drawing = drawing;
    } catch (error) {
      this.fault = "The score cannot be shown in this browser.";
      console.warn(error);
    }
  }

  #staves(): Staff[] {
    const fifths = fifthsOf(this.original);
    const edited: Staff = { music: { ...this.edited, fifths }, name: null, mark: "e" };
    if (compare(this.original, this.edited).every((note) => note.change === "same")) return [edited];
    return [{ music: { ...this.original, fifths }, name: "original", mark: "o" }, { ...edited, name: "edited" }];
  }

  /** Colour notes that are new and fade those that are gone. */
  #mark(): void {
    const compared = compare(this.original, this.edited);
    const marked = { o: new Set<number>(), e: new Set<number>() };
    for (const note of compared) if (note.change !== "same") marked[note.change === "gone" ? "o" : "e"].add(note.start);
    for (const group of this.querySelectorAll<SVGGElement>("g.note")) {
      const { mark, start } = this.#of(group.id);
      if (mark && marked[mark].has(start)) group.classList.add(mark === "o" ? "gone" : "new");
    }
    this.#sounding = [];
    this.#place = "";
  }

  /** The staff and the start of a sign. */
  #of(id: string): { mark: "o" | "e" | null; start: number } {
    const [mark, event] = id.split("-");
    if (mark !== "o" && mark !== "e") return { mark: null, start: -1 };
    return { mark, start: this.#starts[mark]?.[Number(event)] ?? -1 };
  }

  #click = (event: MouseEvent): void => {
    const group = (event.target as Element).closest("g.note, g.rest");
    const { start } = this.#of(group?.id ?? "");
    if (start >= 0) this.dispatchEvent(new CustomEvent("seek", { detail: start }));
  };

  /** Show what sounds at a place; negative: nothing. */
  follow(place: number): void {
    const mark = this.#starts.o && this.version === "original" ? "o" : "e";
    const starts = this.#starts[mark] ?? [];
    let event = -1;
    while (place >= 0 && event + 1 < starts.length && starts[event + 1] <= place) event++;
    const key = `${mark}-${event}`;
    if (key === this.#place) return;
    this.#place = key;
    this.#sounding.forEach((element) => element.classList.remove("sounding"));
    this.#sounding = event < 0 ? [] : [...this.querySelectorAll(`[id^="${key}-"]`)];
    this.#sounding.forEach((element) => element.classList.add("sounding"));
    this.#show(this.#sounding[0]);
  }

  /** Scroll only within the score, never the page. */
  #show(element: Element | undefined): void {
    if (!element) return;
    const system = (element.closest("g.system") ?? element).getBoundingClientRect();
    const box = this.getBoundingClientRect();
    if (system.top >= box.top && system.bottom <= box.bottom) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    this.scrollTo({ top: this.scrollTop + system.top - box.top - 8, behavior });
  }
}

customElements.define("latune-score", ScoreView);
