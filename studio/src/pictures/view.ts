/** `<latune-pictures>`: the original and the edited picture, what the active knob would do, downloads. */

import { html, nothing, type TemplateResult } from "lit";
import type { PictureCodecData } from "../model/types";
import { editedFileOf, fileOf } from "../page/command";
import { type Control, controlsOf } from "../page/controls";
import { save } from "../page/downloads";
import { icon } from "../page/icons";
import { labelOf, written } from "../page/numbers";
import { SessionElement } from "../page/session_element";
import { encodeGif, thereAndBack } from "./gif";
import { brightnessOf, paint, pictureOf } from "./painting";
import { encodePng } from "./png";
import { traversalValues, traverse } from "./traversal";

const FRAMES = 9; // of the strip
const FILM = 24; // of the animation, there
const DELAY = 70; // milliseconds per frame of the animation

/** Pictures of a session. `active` is the knob whose traversal is shown. */
export class PicturesView extends SessionElement {
  static override properties = { ...SessionElement.properties, active: { attribute: false }, values: { state: true } };
  declare active: string | null;
  declare values: number[];
  #asked = 0; // the newest request for the strip
  #shownFor = "";

  constructor() {
    super();
    this.values = [];
  }

  protected override onResult(): void {
    this.draw();
    if (this.session.result?.settled) void this.#traverse();
  }

  /** Put the result on the canvases, at once. */
  draw(): void {
    const { result } = this.session;
    const codec = this.#codec;
    if (!result || !codec || result.edited.length === 0) return;
    const canvas = (name: string) => this.querySelector<HTMLCanvasElement>(`[data-testid=${name}]`);
    const [before, after] = [canvas("original"), canvas("edited")];
    if (before) paint(before, pictureOf(codec, result.originalShown[0]));
    if (after) paint(after, pictureOf(codec, result.edited[0].shown));
    this.#markFrame();
  }

  protected override updated(): void {
    this.draw();
    void this.#traverse();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session || !this.#codec) return nothing;
    const crossed = this.session.state.second !== null;
    const words = this.#untouched ? "nothing asked yet" : crossed ? "between two items" : "drawn by the model";
    return html`<div class="pair">
        ${this.#figure("original", "Original", this.#nameOf())}
        <span class="towards" aria-hidden="true">${icon("arrow")}</span>
        ${this.#figure("edited", crossed ? "Mixed" : "Edited", words)}
      </div>
      ${this.#strip()}
      <div class="downloads">
        <button class="soft" data-testid="download-png" @click=${() => this.#savePng(false)}>${icon("download")}<span>PNG</span></button>
        <button class="soft" data-testid="download-gif" ?disabled=${this.#knob === null} title="Animation of the active knob" @click=${this.#saveGif}>${icon("film")}<span>GIF of ${this.#knob ? labelOf(this.#knob.name).toLowerCase() : "a knob"}</span></button>
        <button class="soft" data-testid="download-original" @click=${() => this.#savePng(true)}>${icon("download")}<span>Original</span></button>
      </div>`;
  }

  #figure(name: string, title: string, words: string): TemplateResult {
    const [, height, width] = this.#codec?.item_shape ?? [1, 1, 1];
    return html`<figure class="picture"><canvas data-testid=${name} width=${width} height=${height} role="img" aria-label="${title} picture"></canvas>
      <figcaption><b>${title}</b><span>${words}</span></figcaption></figure>`;
  }

  #strip(): TemplateResult | typeof nothing {
    const knob = this.#knob;
    if (!knob) return nothing;
    const { step } = knob;
    return html`<div class="traversal" role="group" aria-label="Traversal of ${labelOf(knob.name)}">
      <p><b>${labelOf(knob.name)}</b> <span class="quiet">${written(this.values[0], step)} to ${written(this.values.at(-1), step)}${knob.unit ? ` (${knob.unit})` : ""}: click a frame to set it</span></p>
      <div class="frames">${this.values.map(
        (value, index) => html`<button class="frame" data-index=${index} data-testid="frame-${index}" ?disabled=${this.session.state.held.includes(knob.name)} aria-label="${labelOf(knob.name)} ${written(value, step)}" @click=${() => this.session.turn(knob.name, value, true)}><canvas></canvas><span>${written(value, step)}</span></button>`,
      )}</div></div>`;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const knob = this.session && this.#knob;
    if (!knob) this.values = [];
    else if (this.#shownFor !== this.#subject) {
      this.#shownFor = this.#subject;
      this.values = traversalValues(knob, FRAMES);
    }
  }

  /** Which knob of which run the strip is about. */
  get #subject(): string {
    return `${this.session.state.run}/${this.#knob?.name}`;
  }

  async #traverse(): Promise<void> {
    const [asked, knob, codec] = [++this.#asked, this.#knob, this.#codec];
    if (!knob || !codec || !this.session.result) return;
    const frames = await traverse(this.session, knob.name, this.values).catch(() => null); // the session tells of faults
    if (!frames || asked !== this.#asked) return;
    this.querySelectorAll<HTMLCanvasElement>(".frame canvas").forEach((canvas, index) => {
      paint(canvas, pictureOf(codec, frames.shown, index));
    });
    this.#markFrame();
  }

  /** Mark the frame that is closest to what was measured. */
  #markFrame(): void {
    const knob = this.#knob;
    const { result, model } = this.session;
    if (!knob || !result || this.values.length < 2) return;
    const column = model.description.attributes.findIndex((attribute) => attribute.name === knob.name);
    const value = this.session.state.targets[0]?.[knob.name] ?? result.edited[0]?.values[column];
    const half = (this.values[1] - this.values[0]) / 2 + 1e-9;
    this.querySelectorAll<HTMLElement>(".frame").forEach((frame, index) => {
      const near = Math.abs(this.values[index] - (value ?? NaN)) <= half;
      frame.classList.toggle("current", near);
    });
  }

  async #savePng(original: boolean): Promise<void> {
    const { result, state } = this.session;
    const codec = this.#codec;
    if (!result || !codec) return;
    // The item, not the brightness that the decoder expects: what `latune edit` writes and reads.
    const item = original ? result.originals[0] : result.edited[0].item;
    const png = await encodePng(pictureOf(codec, brightnessOf(codec, item)));
    const name = original ? fileOf(state.origin, "pictures").replace(/\.jpe?g$/i, ".png") : editedFileOf("pictures");
    save(png, name, "image/png");
  }

  async #saveGif(): Promise<void> {
    const [knob, codec] = [this.#knob, this.#codec];
    if (!knob || !codec) return;
    const values = traversalValues(knob, FILM);
    const frames = await traverse(this.session, knob.name, values);
    if (!frames) return;
    const pictures = values.map((_, index) => pictureOf(codec, frames.shown, index));
    save(encodeGif(thereAndBack(pictures), DELAY), `${knob.name}.gif`, "image/gif");
  }

  get #untouched(): boolean {
    const { targets, moves, second } = this.session.state;
    return moves.length === 0 && second === null && targets.every((each) => Object.keys(each).length === 0);
  }

  #nameOf(): string {
    const { origin } = this.session.state;
    if (origin.kind === "gallery") return this.session.model.studio.gallery.names[origin.index] ?? `item ${origin.index}`;
    if (origin.kind === "random") return `random, seed ${origin.seed}`;
    return origin.kind === "upload" ? origin.name : "your drawing";
  }

  get #knob(): Control | null {
    const controls = controlsOf(this.session.model.description);
    return controls.find((control) => control.name === this.active) ?? controls[0] ?? null;
  }

  get #codec(): PictureCodecData | null {
    const { codec } = this.session.model.description;
    return codec.kind === "picture" ? codec : null;
  }
}

customElements.define("latune-pictures", PicturesView);
