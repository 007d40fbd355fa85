/** All knobs of a run, and what is measured beside them. */

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icons";
import { askedOf, controlsOf, measuredOf, misses, type Control } from "./controls";
import type { KnobEvents } from "./knob_row";
import "./knob_row";
import { labelOf, stepOf, written } from "./numbers";
import { SessionElement } from "./session_element";

const TOLERANCE = 0.1; // of the range, where the certificate does not say

/** The panel of knobs. Dispatches "active" with the name of the knob that was touched last. */
export class KnobPanel extends SessionElement {
  static override properties = { ...SessionElement.properties, active: { attribute: false } };
  declare active: string | null;

  protected override onResult(): void {
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const controls = controlsOf(this.session.model.description);
    if (controls.length === 0) return html`<p class="quiet">This run has no knobs.</p>`;
    return html`<div class="panel-head"><h2>Knobs</h2><span class="gap"></span>
        <button class="soft" title="Draw values for all knobs that are neither set nor held" data-testid="randomise" @click=${this.#randomise}>${icon("dice")}<span>Randomise the rest</span></button></div>
      <div class="knobs" @knob-turn=${this.#turn} @knob-hold=${this.#hold} @knob-reset=${this.#reset} @knob-active=${this.#active}>
        ${controls.map((control) => this.#row(control))}
      </div>
      ${this.#others(controls)}`;
  }

  #row(control: Control): TemplateResult {
    const { state, result, model } = this.session;
    const column = this.#column(control.name);
    const asked = askedOf(state, control.name);
    const measured = measuredOf(result, column);
    const tolerance = model.description.certificate.tolerance ?? TOLERANCE;
    const missed = result?.settled === true && misses(control, asked, measured, tolerance);
    return html`<latune-knob .control=${control} .asked=${asked} .original=${measuredOf(result, column, true)} .measured=${measured}
      .held=${state.held.includes(control.name)} .missed=${missed} .active=${this.active === control.name} data-name=${control.name}></latune-knob>`;
  }

  #others(controls: Control[]): TemplateResult | typeof nothing {
    const known = new Set(controls.map((control) => control.name));
    const others = this.session.model.description.attributes.filter((attribute) => !known.has(attribute.name));
    if (others.length === 0) return nothing;
    return html`<details class="others"><summary>Measured beside the knobs</summary><ul>
      ${others.map(({ name, unit, low, high }) => {
        const value = measuredOf(this.session.result, this.#column(name));
        const held = this.session.state.held.includes(name);
        return html`<li><span>${labelOf(name)}</span><output data-testid="measured-${name}">${written(value, stepOf((high ?? 1) - (low ?? 0)))} ${unit}</output>
          ${this.session.state.exact ? html`<button class="bare lock" aria-pressed=${held} aria-label="Hold ${labelOf(name)}" data-testid="lock-${name}" @click=${() => this.session.hold(name, !held)}>${icon(held ? "locked" : "open")}</button>` : nothing}</li>`;
      })}</ul></details>`;
  }

  #column(name: string): number {
    return this.session.model.description.attributes.findIndex((attribute) => attribute.name === name);
  }

  #nameOf(event: Event): string {
    return (event.target as Element).closest<HTMLElement>("latune-knob")?.dataset["name"] ?? "";
  }

  #turn(event: CustomEvent<KnobEvents["turn"]>): void {
    this.session.turn(this.#nameOf(event), event.detail.value, event.detail.settle);
  }

  #hold(event: CustomEvent<boolean>): void {
    this.session.hold(this.#nameOf(event), event.detail);
  }

  #reset(event: Event): void {
    this.session.reset(this.#nameOf(event));
  }

  #active(event: Event): void {
    const name = this.#nameOf(event);
    if (name !== this.active) this.dispatchEvent(new CustomEvent("active", { detail: name, bubbles: true }));
  }

  #randomise(): void {
    this.session.randomise(Math.floor(Math.random() * 2 ** 31));
  }
}

customElements.define("latune-knobs", KnobPanel);
