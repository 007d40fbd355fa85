/** The latent map: the gallery's items in the plane in which their codes differ most. */

import { html, nothing, type TemplateResult } from "lit";
import { controlsOf } from "./controls";
import { labelOf, stepOf, written } from "./numbers";
import { colourOf, frameOf, nearest, placed, projected, type Point } from "./scatter";
import { SessionElement } from "./session_element";

const REACH = 18; // pixels around a point that count as the point
const DOT = 4.5;

/** The tab of the map. */
export class LatentMap extends SessionElement {
  static override properties = { ...SessionElement.properties, active: { attribute: false }, coloured: { state: true }, over: { state: true } };
  declare active: string | null;
  declare coloured: string | null; // the attribute of the colours; null: the active knob's
  declare over: number; // the point under the pointer or chosen by keys; -1 none
  #places: Point[] = [];
  #resizing: ResizeObserver | null = null;
  #origin: Float32Array | null = null;
  #originItem: Uint8Array | null = null;

  constructor() {
    super();
    this.coloured = null;
    this.over = -1;
  }

  protected override onResult(): void {
    this.#draw();
    void this.#locate();
  }

  /** The code of the original, once per item. */
  async #locate(): Promise<void> {
    const item = this.session.result?.originals[0];
    if (!item || item === this.#originItem) return;
    this.#originItem = item;
    this.#origin = await this.session.model.encode(item).catch(() => null);
    this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizing?.disconnect();
    this.#resizing = null;
  }

  protected override updated(): void {
    const canvas = this.#canvas;
    if (canvas && !this.#resizing) {
      this.#resizing = new ResizeObserver(() => this.#draw());
      this.#resizing.observe(canvas);
    }
    void this.#locate();
    this.#draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const { studio, description } = this.session.model;
    if (studio.map.points.length === 0) return html`<p class="quiet">There are no items to put on a map.</p>`;
    const [low, high] = this.#range();
    const step = stepOf(high - low);
    const name = this.over >= 0 ? studio.gallery.names[this.over] : null;
    return html`<div class="map-head">
        <label>Colour <select data-testid="map-colour" @change=${(event: Event) => (this.coloured = (event.target as HTMLSelectElement).value)}>
          ${description.attributes.map((attribute) => html`<option value=${attribute.name} ?selected=${attribute.name === this.#attribute}>${labelOf(attribute.name)}</option>`)}</select></label>
        <span class="legend">${written(low, step)}<i style="background:linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(colourOf).join(",")})"></i>${written(high, step)} ${this.#unit()}</span>
        <span class="legend"><i class="ring"></i>original <i class="spot"></i>edited</span>
      </div>
      <div class="map-frame"><canvas class="map" data-testid="map" tabindex="0" role="application" aria-label="Map of the gallery's codes. Arrow keys go from item to item, Enter loads one."
        @click=${this.#click} @pointermove=${this.#point} @pointerleave=${() => (this.over = -1)} @keydown=${this.#key}></canvas></div>
      <p class="quiet" aria-live="polite">${name ? html`<b>${name}</b>, ${labelOf(this.#attribute).toLowerCase()} ${written(this.#value(this.over), step)}` : `Left to right: ${studio.map.axes[0]}. Upwards: ${studio.map.axes[1]}. Click a point to load it.`}</p>`;
  }

  get #canvas(): HTMLCanvasElement | null {
    return this.querySelector("canvas");
  }

  get #attribute(): string {
    const { attributes } = this.session.model.description;
    const wanted = this.coloured ?? this.active;
    return attributes.find((attribute) => attribute.name === wanted)?.name ?? controlsOf(this.session.model.description)[0]?.name ?? attributes[0]?.name ?? "";
  }

  #unit(): string {
    return this.session.model.description.attributes.find((attribute) => attribute.name === this.#attribute)?.unit ?? "";
  }

  #value(index: number): number | null {
    const { description, studio } = this.session.model;
    const column = description.attributes.findIndex((attribute) => attribute.name === this.#attribute);
    return studio.gallery.values[index]?.[column] ?? null;
  }

  #range(): [number, number] {
    const values = this.session.model.studio.gallery.values.flatMap((_, index) => this.#value(index) ?? []);
    return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  }

  #draw(): void {
    const canvas = this.#canvas;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || canvas.clientWidth === 0) return;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { map } = this.session.model.studio;
    const marked = this.#marked();
    const frame = frameOf([...map.points, ...marked], width, height);
    this.#places = map.points.map((point) => placed(frame, point));
    this.#drawPoints(context);
    this.#drawMarks(context, marked.map((point) => placed(frame, point)));
  }

  #drawPoints(context: CanvasRenderingContext2D): void {
    const [low, high] = this.#range();
    const ink = getComputedStyle(this).getPropertyValue("--ink");
    this.#places.forEach(([x, y], index) => {
      context.beginPath();
      context.arc(x, y, index === this.over ? DOT * 1.6 : DOT, 0, 2 * Math.PI);
      const value = this.#value(index);
      context.fillStyle = colourOf(value === null ? NaN : (value - low) / (high - low || 1));
      context.globalAlpha = 0.88;
      context.fill();
      if (index === this.over) {
        context.globalAlpha = 1;
        context.strokeStyle = ink;
        context.lineWidth = 1.5;
        context.stroke();
      }
    });
    context.globalAlpha = 1;
  }

  /** The original's place, a line, and the place of the edited item. */
  #drawMarks(context: CanvasRenderingContext2D, places: Point[]): void {
    const style = getComputedStyle(this);
    const [from, to] = places;
    context.lineWidth = 2;
    if (from && to) {
      context.strokeStyle = style.getPropertyValue("--vermilion");
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    }
    places.forEach(([x, y], index) => {
      context.beginPath();
      context.arc(x, y, index ? 6 : 8, 0, 2 * Math.PI);
      context.strokeStyle = style.getPropertyValue(index ? "--paper" : "--ink");
      context.fillStyle = style.getPropertyValue("--vermilion");
      if (index) context.fill();
      context.stroke();
    });
  }

  #marked(): Point[] {
    const { project } = this.session.model.studio.map;
    const edited = this.session.result?.edited[0];
    if (!edited || !this.#origin) return [];
    return [projected(project, this.#origin), projected(project, edited.codes)];
  }

  #point(event: PointerEvent): void {
    this.over = nearest(this.#places, [event.offsetX, event.offsetY], REACH);
  }

  #click(event: MouseEvent): void {
    this.#load(nearest(this.#places, [event.offsetX, event.offsetY], REACH));
  }

  #key(event: KeyboardEvent): void {
    const count = this.#places.length;
    if (event.key === "Enter") this.#load(this.over);
    else if (["ArrowRight", "ArrowLeft"].includes(event.key)) {
      event.preventDefault();
      const order = [...this.#places.keys()].sort((a, b) => this.#places[a][0] - this.#places[b][0]);
      const at = order.indexOf(this.over) + (event.key === "ArrowRight" ? 1 : -1);
      this.over = order[((at % count) + count) % count];
    }
  }

  #load(index: number): void {
    if (index >= 0) void this.session.load({ kind: "gallery", index, count: 1 });
  }
}

customElements.define("latune-map", LatentMap);
