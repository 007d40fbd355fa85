/** An automation lane: what is asked of one knob over the measures, and what was measured. Draw or drag to ask. */

import { html, LitElement, nothing, svg, type TemplateResult } from "lit";
import type { Session } from "../../session/types";
import { labelOf, stepOf, written } from "../../page/numbers";
import type { Lane } from "../columns";

const HEIGHT = 46;
const HEAD = 18; // pixels above the range: the words
const FOOT = 4;
const RANGE = HEIGHT - HEAD - FOOT;

/** `<latune-lane>`: `lane`, `session` and the width of a measure in pixels. */
export class LaneView extends LitElement {
  static override properties = {
    lane: { attribute: false },
    session: { attribute: false },
    measureWidth: { type: Number },
    selected: { type: Number },
  };
  declare lane: Lane;
  declare session: Session;
  declare measureWidth: number;
  declare selected: number; // measure, -1: all
  #touched = new Map<number, number>(); // columns of this drag, with their values
  #last: { column: number; value: number } | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const { lane, session } = this;
    const result = session.result;
    const asked = lane.columns.map(({ knob, item }) => session.state.targets[item]?.[knob] ?? NaN);
    const measured = lane.columns.map(({ item, attribute }) => result?.edited[item]?.values[attribute] ?? NaN);
    const before = lane.columns.map(({ item, attribute }) => result?.originalValues[item]?.[attribute] ?? NaN);
    const held = session.state.held.includes(lane.name);
    return html`<div class="lane-head"><b>${labelOf(lane.name)}</b>${this.#words(asked, measured)}
        ${asked.some(Number.isFinite) ? html`<button class="bare small" @click=${this.#clear} aria-label="Clear ${labelOf(lane.name)}">clear</button>` : nothing}</div>
      <svg class="lane ${held ? "held" : ""}" data-testid="automation-${lane.name}" role="img" aria-label=${this.#spoken(asked, measured)}
        width=${this.#width(lane.columns.length)} height=${HEIGHT} @pointerdown=${this.#down} @pointermove=${this.#move} @pointerup=${this.#up}
        @pointercancel=${this.#up} @dblclick=${this.#resetColumn}>
        <title>Draw to ask for values, double click to take one back</title>
        ${this.#limits()}${this.#separators()}
        ${svg`<path class="before" d=${this.#steps(before)}></path><path class="measured" d=${this.#steps(measured)}></path><path class="asked" d=${this.#steps(asked)}></path>`}
        ${asked.map((value, column) => (Number.isFinite(value) ? svg`<circle class="asked" cx=${this.#x(column + 0.5)} cy=${this.#y(value)} r="3.8"></circle>` : nothing))}
      </svg>`;
  }

  #words(asked: number[], measured: number[]): TemplateResult {
    const step = stepOf(this.lane.high - this.lane.low);
    const at = this.#chosen;
    const mean = (values: number[]) => {
      const finite = values.filter(Number.isFinite);
      return finite.length ? finite.reduce((sum, value) => sum + value, 0) / finite.length : NaN;
    };
    const [a, m] = at < 0 ? [mean(asked), mean(measured)] : [asked[at], measured[at]];
    const of = at < 0 && this.lane.columns.length > 1 ? "mean " : "";
    return html`<span class="is-asked">${Number.isFinite(a) ? `${of}asked ${written(a, step)}` : nothing}</span><span class="is-measured">${of}measured ${written(m, step)}</span>
      <small>${this.lane.unit}</small>`;
  }

  #spoken(asked: number[], measured: number[]): string {
    const step = stepOf(this.lane.high - this.lane.low);
    const each = measured.slice(0, 24).map((value, column) => `${column + 1}: ${Number.isFinite(asked[column]) ? `asked ${written(asked[column], step)}, ` : ""}${written(value, step)}`);
    return `${labelOf(this.lane.name)} over time. ${each.join("; ")}`;
  }

  get #chosen(): number {
    return this.selected < 0 ? -1 : Math.floor(this.selected / this.lane.measures);
  }

  #width(columns: number): number {
    return this.measureWidth * this.lane.measures * columns;
  }

  #x(column: number): number {
    return column * this.measureWidth * this.lane.measures;
  }

  #y(value: number): number {
    const { low, high } = this.lane;
    const share = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    return HEIGHT - FOOT - share * RANGE;
  }

  /** A level line for every column that has a value; neighbours are joined. */
  #steps(values: number[]): string {
    return values
      .map((value, column) => {
        if (!Number.isFinite(value)) return "";
        const joined = column > 0 && Number.isFinite(values[column - 1]);
        return `${joined ? "L" : "M"}${this.#x(column).toFixed(1)} ${this.#y(value).toFixed(1)}H${this.#x(column + 1).toFixed(1)}`;
      })
      .join("");
  }

  #limits(): TemplateResult | typeof nothing {
    const { reachable, low, high, columns } = this.lane;
    if (!reachable) return nothing;
    const [top, bottom] = [this.#y(Math.min(high, reachable[1])), this.#y(Math.max(low, reachable[0]))];
    const width = this.#width(columns.length);
    return svg`<rect class="far" y=${HEAD - FOOT} width=${width} height=${top - HEAD + FOOT}></rect><rect class="far" y=${bottom} width=${width} height=${HEIGHT - bottom}></rect>`;
  }

  #separators(): TemplateResult {
    const chosen = this.#chosen;
    return svg`${this.lane.columns.map((_, place) => svg`<line x1=${this.#x(place)} x2=${this.#x(place)} y2=${HEIGHT}></line>`)}
      ${chosen < 0 ? nothing : svg`<rect class="chosen" x=${this.#x(chosen)} width=${this.#x(1)} height=${HEIGHT}></rect>`}`;
  }

  #at(event: PointerEvent | MouseEvent): { column: number; value: number } {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const { columns, low, high } = this.lane;
    const column = Math.floor((event.clientX - box.left) / this.#x(1));
    const share = (box.bottom - FOOT - event.clientY) / RANGE;
    const value = low + Math.min(1, Math.max(0, share)) * (high - low);
    return { column: Math.min(columns.length - 1, Math.max(0, column)), value: Number(value.toPrecision(4)) };
  }

  #down = (event: PointerEvent): void => {
    if (event.button !== 0 || this.session.state.held.includes(this.lane.name)) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#touched.clear();
    this.#last = null;
    this.#draw(this.#at(event));
  };

  #move = (event: PointerEvent): void => {
    if (this.#last) this.#draw(this.#at(event));
  };

  #up = (): void => {
    if (!this.#last) return;
    this.#last = null;
    this.#ask(true);
    this.#touched.clear();
  };

  /** Ask for a value in a column, and on a straight line in the columns that the pointer jumped over. */
  #draw(to: { column: number; value: number }): void {
    const from = this.#last ?? to;
    const distance = Math.abs(to.column - from.column);
    for (let step = distance ? 1 : 0; step <= distance; step++) {
      const share = distance ? step / distance : 1;
      const column = Math.round(from.column + share * (to.column - from.column));
      const value = from.value + share * (to.value - from.value);
      this.#touched.set(column, value);
    }
    this.#last = to;
    this.#ask(false);
  }

  /** Ask for all that was drawn: one step of undo. */
  #ask(settle: boolean): void {
    const wanted = [...this.#touched].map(([column, value]) => ({ ...this.lane.columns[column], value }));
    this.session.turnEach(wanted, settle, `curve ${this.lane.name}`);
  }

  #resetColumn = (event: MouseEvent): void => {
    const { knob, item } = this.lane.columns[this.#at(event).column];
    this.session.reset(knob, item);
  };

  #clear = (): void => {
    for (const name of new Set(this.lane.columns.map((column) => column.knob))) this.session.reset(name);
  };
}

customElements.define("latune-lane", LaneView);
