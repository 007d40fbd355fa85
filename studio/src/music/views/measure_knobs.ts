/** The knobs of the chosen item of a tune. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { labelOf, stepOf, written } from "../../page/numbers";
import type { Session } from "../../session/types";
import type { Lane } from "../columns";

/** `<latune-measure-knobs>`: `lanes`, `session` and the chosen measure. */
export class MeasureKnobs extends LitElement {
  static override properties = { lanes: { attribute: false }, session: { attribute: false }, measure: { type: Number } };
  declare lanes: Lane[];
  declare session: Session;
  declare measure: number; // counted over the tune from 0

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<div class="measure-knobs" role="group" aria-label="Knobs of measure ${this.measure + 1}">${this.lanes.map((lane) => this.#row(lane))}</div>`;
  }

  #row(lane: Lane): TemplateResult {
    const { session } = this;
    const column = lane.columns[Math.floor(this.measure / lane.measures)];
    if (!column) return html``;
    const { knob, item, attribute } = column;
    const asked = session.state.targets[item]?.[knob];
    const measured = session.result?.edited[item]?.values[attribute] ?? NaN;
    const step = stepOf(lane.high - lane.low);
    const shown = asked ?? (Number.isFinite(measured) ? Math.min(lane.high, Math.max(lane.low, measured)) : lane.low);
    const turn = (event: Event, settle: boolean) => session.turn(knob, (event.target as HTMLInputElement).valueAsNumber, settle, item);
    return html`<label class="measure-knob"><span>${labelOf(knob)}</span>
      <input type="range" min=${lane.low} max=${lane.high} step="any" .value=${String(shown)} ?disabled=${session.state.held.includes(lane.name)}
        data-testid="measure-slider-${lane.name}" aria-label="${labelOf(knob)} of measure ${this.measure + 1}"
        @input=${(event: Event) => turn(event, false)} @change=${(event: Event) => turn(event, true)} />
      <output><span class="is-asked">${asked === undefined ? "–" : written(asked, step)}</span> <span class="is-measured">${written(measured, step)}</span></output>
      ${asked === undefined ? nothing : html`<button class="bare small" aria-label="Reset ${labelOf(knob)} of measure ${this.measure + 1}" @click=${() => session.reset(knob, item)}>clear</button>`}</label>`;
  }
}

customElements.define("latune-measure-knobs", MeasureKnobs);
