/** A pad to draw a digit or sign on. */

import { html, LitElement, type TemplateResult } from "lit";
import type { PictureCodecData } from "../model/types";
import { centred } from "./centring";
import { itemFromPicture, pictureFromRgba } from "./reading";

const SIDE = 280; // pixels of the pad
const PEN = 22; // its width, about that of a digit's stroke at this size

/** The pad, in a dialog. Dispatches "drawn" with an item. */
export class DrawingPad extends LitElement {
  static override properties = { codec: { attribute: false }, empty: { state: true } };
  declare codec: PictureCodecData;
  declare empty: boolean;
  #last: [number, number] | null = null;

  constructor() {
    super();
    this.empty = true;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Show the pad, empty. */
  open(): void {
    this.#clear();
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="pad" aria-label="Draw a picture">
      <h2>Draw</h2><p class="quiet">With the mouse, a pen or a finger. The drawing is centred and made as thick and smooth as the run's pictures.</p>
      <canvas width=${SIDE} height=${SIDE} data-testid="pad" aria-label="Drawing pad" @pointerdown=${this.#begin} @pointermove=${this.#go} @pointerup=${this.#end} @pointercancel=${this.#end}></canvas>
      <div class="dialog-buttons"><button @click=${this.#clear} ?disabled=${this.empty}>Clear</button><span class="gap"></span>
        <button @click=${this.#close}>Cancel</button><button class="main" data-testid="pad-use" ?disabled=${this.empty} @click=${this.#use}>Use it</button></div>
    </dialog>`;
  }

  get #context(): CanvasRenderingContext2D {
    return this.querySelector("canvas")?.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  }

  #clear(): void {
    this.#context.fillStyle = "#000";
    this.#context.fillRect(0, 0, SIDE, SIDE);
    this.empty = true;
  }

  #begin(event: PointerEvent): void {
    (event.target as Element).setPointerCapture(event.pointerId);
    this.#last = this.#place(event);
    this.#line(this.#last, this.#last);
  }

  #go(event: PointerEvent): void {
    if (!this.#last) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const place = this.#place(one);
      this.#line(this.#last, place);
      this.#last = place;
    }
  }

  #end(): void {
    this.#last = null;
  }

  #line([fromX, fromY]: [number, number], [toX, toY]: [number, number]): void {
    const context = this.#context;
    context.strokeStyle = "#fff";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
    this.empty = false;
  }

  #place(event: PointerEvent): [number, number] {
    const box = (event.target as Element).getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  #close(): void {
    this.querySelector("dialog")?.close();
  }

  #use(): void {
    const [, height, width] = this.codec.item_shape;
    const drawing = pictureFromRgba(this.#context.getImageData(0, 0, SIDE, SIDE), 1);
    const { item } = itemFromPicture(centred(drawing, height, width), this.codec);
    this.#close();
    this.dispatchEvent(new CustomEvent("drawn", { detail: item }));
  }
}

customElements.define("latune-pad", DrawingPad);
