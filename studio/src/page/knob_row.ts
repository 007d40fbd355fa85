/** One knob: a slider in the attribute's own unit, the value measured beside the one asked for, a padlock, a reset. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { certificateWords, type Control, placeOf } from "./controls";
import { icon } from "./icons";
import { labelOf, written } from "./numbers";

/** What a row tells the panel: a turn of the slider, the padlock, the reset, or that it is the active knob now. */
export interface KnobEvents {
  turn: { value: number; settle: boolean };
  hold: boolean;
  reset: null;
  active: null;
}

/** A row of the knob panel. It draws what it is given and tells its panel what was done. */
export class KnobRow extends LitElement {
  static override properties = {
    control: { attribute: false },
    asked: { attribute: false },
    original: { attribute: false },
    measured: { attribute: false },
    held: { type: Boolean },
    missed: { type: Boolean },
    active: { type: Boolean, reflect: true },
  };
  declare control: Control;
  declare asked: number; // not a number while the knob is not set
  declare original: number; // measured in the original
  declare measured: number;
  declare held: boolean;
  declare missed: boolean;
  declare active: boolean;
  #dragging = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  #tell<K extends keyof KnobEvents>(kind: K, detail: KnobEvents[K]): void {
    this.dispatchEvent(new CustomEvent(`knob-${kind}`, { detail, bubbles: true }));
  }

  #input(event: Event, settle: boolean): void {
    this.#dragging = !settle;
    const entered = (event.target as HTMLInputElement).valueAsNumber;
    if (!Number.isFinite(entered)) return;
    const { low, high, whole } = this.control;
    const value = Math.min(Math.max(whole ? Math.round(entered) : entered, low), high);
    this.#tell("turn", { value, settle });
  }

  protected override updated(): void {
    // While a finger is on it, the slider belongs to the finger.
    const slider = this.querySelector<HTMLInputElement>("input[type=range]");
    if (!slider || this.#dragging) return;
    const shown = [this.asked, this.measured, this.original, this.control.low].find(Number.isFinite) as number;
    if (slider.valueAsNumber !== shown) slider.value = String(shown);
  }

  protected override render(): TemplateResult {
    const { control } = this;
    const set = Number.isFinite(this.asked);
    return html`<div class="knob ${this.active ? "active" : ""} ${this.held ? "held" : ""} ${set ? "set" : ""}" style=${this.#places()} @focusin=${() => this.#tell("active", null)} @pointerdown=${() => this.#tell("active", null)}>
      <div class="knob-head">
        <label for="slider-${control.name}">${labelOf(control.name)}</label>${control.unit ? html`<span class="unit" title=${control.unit}>${control.unit}</span>` : nothing}
        <span class="tip"><button class="bare" aria-label="About ${labelOf(control.name)}" aria-describedby="about-${control.name}">${icon("info")}</button><span role="tooltip" id="about-${control.name}">${this.#about()}</span></span>
        <span class="gap"></span>
        <button class="bare" ?disabled=${!set} aria-label="Reset ${labelOf(control.name)}" title="Back to where it was" data-testid="reset-${control.name}" @click=${() => this.#tell("reset", null)}>${icon("reset")}</button>
        <button class="bare lock" aria-pressed=${this.held} aria-label="Hold ${labelOf(control.name)}" title=${this.held ? "Held: keeps its value" : "Hold: keep its value while others turn"} data-testid="lock-${control.name}" @click=${() => this.#tell("hold", !this.held)}>${icon(this.held ? "locked" : "open")}</button>
      </div>
      ${this.#slider()}
      <div class="knob-values">
        ${this.#askedField(set)}
        <output for="slider-${control.name}" class=${this.missed ? "missed" : ""} data-testid="measured-${control.name}" data-value=${this.measured}
          ><span class="word">measured</span> <b>${written(this.measured, control.step)}</b></output>
      </div>
    </div>`;
  }

  #slider(): TemplateResult {
    const { control } = this;
    return html`<div class="slider">
      <span class="rail"><i class="far low"></i><i class="far high"></i><i class="before"></i><i class="mark"></i></span>
      <input type="range" id="slider-${control.name}" data-testid="slider-${control.name}" min=${control.low} max=${control.high} step=${control.whole ? 1 : control.step / 4}
        ?disabled=${this.held} aria-valuetext=${this.#valueText()}
        @input=${(event: Event) => this.#input(event, false)} @change=${(event: Event) => this.#input(event, true)} />
    </div>`;
  }

  #askedField(set: boolean): TemplateResult {
    const { control } = this;
    return html`<label class="asked"><span class="word">asked</span>
      <input type="number" aria-label="${labelOf(control.name)}, value asked for" data-testid="asked-${control.name}" step="any" min=${control.low} max=${control.high} ?disabled=${this.held}
        .value=${set ? String(Number(this.asked.toPrecision(4))) : ""} placeholder="–" @change=${(event: Event) => this.#input(event, true)} /></label>`;
  }

  #places(): string {
    const { control } = this;
    const share = (value: number) => (Number.isFinite(value) ? placeOf(control, value) : -1);
    const [low, high] = control.reachable ?? [control.low, control.high];
    const places = { low: placeOf(control, low), high: placeOf(control, high), before: share(this.original), measured: share(this.measured) };
    return Object.entries(places).map(([name, place]) => `--${name}:${place.toFixed(4)}`).join(";");
  }

  #valueText(): string {
    const { control } = this;
    const asked = Number.isFinite(this.asked) ? `${written(this.asked, control.step)} ${control.unit}, ` : "not set, ";
    return `${asked}measured ${written(this.measured, control.step)}`;
  }

  #about(): TemplateResult {
    return html`${this.control.description ? html`<span>${this.control.description}</span>` : nothing}<span>${certificateWords(this.control)}</span>`;
  }
}

customElements.define("latune-knob", KnobRow);
