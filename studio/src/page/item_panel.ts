/** Where items come from: the gallery, chance, a file, a drawing. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { PictureCodecData, Runs, StudioData } from "../model/types";
import { DrawingPad } from "../pictures/drawing_pad";
import { brightnessOf, paint, pictureOf } from "../pictures/painting";
import type { Origin } from "../session/types";
import { icon } from "./icons";
import { SessionElement } from "./session_element";
import { announce } from "./toasts";
import { acceptedFiles, readUpload } from "./upload";

/** The panel on the left. `choose` says what a choice does: load the item, or mix it with the one that is there. */
export class ItemPanel extends SessionElement {
  static override properties = { ...SessionElement.properties, runs: { attribute: false }, choosing: { state: true }, reading: { state: true } };
  declare runs: Runs;
  declare choosing: "first" | "second";
  declare reading: boolean;
  #painted = "";

  constructor() {
    super();
    this.choosing = "first";
    this.reading = false;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const { studio } = this.session.model;
    return html`<div class="panel-head"><h2>Item</h2></div>
      <div class="sources">
        <button class="soft" data-testid="random" title="A new item, drawn where the run's codes lie" @click=${this.#random}>${icon("dice")}<span>Random</span></button>
        <label class="soft button" title="Or drop a file anywhere on the page">${icon("upload")}<span>${this.reading ? "Reading …" : "Upload"}</span>
          <input type="file" class="aside" data-testid="upload" accept=${acceptedFiles(studio.medium, this.runs.server)} @change=${this.#picked} /></label>
        ${this.#drawable ? html`<button class="soft" data-testid="draw" @click=${this.#draw}>${icon("draw")}<span>Draw</span></button>` : nothing}
      </div>
      ${this.#crossfade()}
      ${studio.gallery.count === 0 ? html`<p class="quiet">This run brings no items: draw a random one or use your own.</p>` : this.#gallery(studio)}
      ${this.#drawable ? html`<latune-pad .codec=${this.#codec} @drawn=${this.#drawn}></latune-pad>` : nothing}`;
  }

  #gallery(studio: StudioData): TemplateResult {
    const words = this.choosing === "second" ? "Choose the item to mix with" : "From the test set";
    return html`<h3 class="quiet">${words}</h3>${studio.medium === "pictures" ? this.#thumbnails(studio) : this.#titles(studio)}`;
  }

  #thumbnails(studio: StudioData): TemplateResult {
    return html`<div class="gallery" role="group" aria-label="Gallery" data-testid="gallery">${studio.gallery.names.map(
      (name, index) => html`<button class="thumbnail" aria-pressed=${this.#chosen(index, 1)} aria-label=${name} title=${name} data-testid="gallery-${index}" @click=${() => this.#choose({ kind: "gallery", index, count: 1 })}><canvas></canvas></button>`,
    )}</div>`;
  }

  #titles(studio: StudioData): TemplateResult {
    return html`<ul class="titles" aria-label="Gallery" data-testid="gallery">${studio.gallery.tunes.map(
      ({ title, start, count }, index) => html`<li><button aria-pressed=${this.#chosen(start, count)} data-testid="gallery-${index}" @click=${() => this.#choose({ kind: "gallery", index: start, count })}><span>${title}</span>${count > 1 ? html`<small>${count}</small>` : nothing}</button></li>`,
    )}</ul>`;
  }

  #crossfade(): TemplateResult {
    const { second, share } = this.session.state;
    const open = second !== null || this.choosing === "second";
    const change = (event: Event, settle: boolean) => this.session.crossfade(second, (event.target as HTMLInputElement).valueAsNumber, settle);
    return html`<div class="crossfade">
      <button class="soft" aria-pressed=${open} data-testid="crossfade" @click=${() => this.#toggleCrossfade(open)}>Mix two items</button>
      ${second === null ? nothing : html`<label><span class="quiet">Share of ${this.#words(second)}</span>
        <input type="range" min="0" max="1" step="0.01" data-testid="share" .value=${String(share)} aria-valuetext="${Math.round(100 * share)}%" @input=${(event: Event) => change(event, false)} @change=${(event: Event) => change(event, true)} /></label>`}
    </div>`;
  }

  #toggleCrossfade(open: boolean): void {
    if (open && this.session.state.second !== null) this.session.crossfade(null, 0, true);
    this.choosing = open ? "first" : "second";
  }

  #words(origin: Origin): string {
    const { names, tunes } = this.session.model.studio.gallery;
    if (origin.kind === "gallery") return tunes.find((tune) => tune.start === origin.index)?.title ?? names[origin.index] ?? "the other";
    return origin.kind === "random" ? `random ${origin.seed}` : "the other";
  }

  #chosen(index: number, count: number): boolean {
    const is = (origin: Origin | null) => origin?.kind === "gallery" && origin.index === index && origin.count === count;
    return is(this.session.state.origin) || is(this.session.state.second);
  }

  #choose(origin: Origin): void {
    if (this.choosing === "second") {
      this.choosing = "first";
      this.session.crossfade(origin, 0.5, true);
    } else void this.session.load(origin);
  }

  #random(): void {
    this.#choose({ kind: "random", seed: Math.floor(Math.random() * 1_000_000) });
  }

  #picked(event: Event): void {
    const field = event.target as HTMLInputElement;
    const file = field.files?.[0];
    field.value = ""; // so that the same file can be chosen again
    if (file) void this.open(file);
  }

  /** Read a file of the user's and show it. */
  async open(file: File): Promise<void> {
    this.reading = true;
    try {
      const { items, remarks } = await readUpload(file, this.session.model, this.runs.server);
      await this.session.loadItems(items, { kind: "upload", name: file.name });
      for (const remark of remarks) announce(this, remark);
    } catch (error) {
      announce(this, error instanceof Error ? error.message : String(error), "fault");
    } finally {
      this.reading = false;
    }
  }

  #draw(): void {
    this.querySelector<DrawingPad>("latune-pad")?.open();
  }

  #drawn(event: CustomEvent<Uint8Array>): void {
    void this.session.loadItems([event.detail], { kind: "drawing" });
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const { studio } = this.session.model;
    if (studio.medium === "pictures" && this.#painted !== this.session.state.run) {
      this.#painted = this.session.state.run;
      void this.#paintGallery();
    }
  }

  async #paintGallery(): Promise<void> {
    const codec = this.#codec;
    const { run } = this.session.state;
    if (!codec) return;
    try {
      const items = await this.runs.files(run).bytes(this.session.model.studio.gallery.file);
      const shown = brightnessOf(codec, items);
      this.querySelectorAll<HTMLCanvasElement>(".gallery canvas").forEach((canvas, index) => paint(canvas, pictureOf(codec, shown, index)));
    } catch (error) {
      announce(this, error instanceof Error ? error.message : String(error), "fault");
    }
  }

  get #codec(): PictureCodecData | null {
    const { codec } = this.session.model.description;
    return codec.kind === "picture" ? codec : null;
  }

  /** Strokes can be drawn by hand. */
  get #drawable(): boolean {
    return this.#codec?.measurement === "morphology" && this.#codec.item_shape[0] === 1;
  }
}

customElements.define("latune-items", ItemPanel);
