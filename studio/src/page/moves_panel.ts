/** Moves from one region to another as buttons, and the trail of the moves made. */

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icons";
import { LocatedElement } from "./located_element";
import { labelOf } from "./numbers";
import { NOWHERE, trailOf } from "./trail";

/** The panel of moves, for runs that have such. */
export class MovesPanel extends LocatedElement {
  static override properties = { ...LocatedElement.properties, begin: { state: true }, here: { state: true } };
  declare begin: number; // region of the item before its moves
  declare here: number; // region of the item now

  constructor() {
    super();
    this.begin = this.here = NOWHERE;
  }

  protected override async places(): Promise<number[] | null> {
    const { model, result } = this.session;
    if (!model.studio.moves || !result?.edited.length) return null;
    const before = await model.encode(result.originals[0]);
    const [[begin], [here]] = await Promise.all([model.place(before), model.place(result.edited[0].codes)]);
    return [begin, here];
  }

  protected override located([begin, here]: number[]): void {
    [this.begin, this.here] = [begin, here];
  }

  protected override render(): TemplateResult | typeof nothing {
    const moves = this.session?.model.studio.moves;
    if (!moves) return nothing;
    const chain = this.session.state.moves;
    const regions = trailOf(moves.targets, this.begin, chain.map((name) => moves.names.indexOf(name)));
    const reached = chain.length ? this.here : this.begin;
    return html`<div class="panel-head"><h2>Moves</h2><span class="gap"></span><span class="quiet" data-testid="region">${this.#region(reached)}</span></div>
      <div class="moves">${moves.names.map((name, index) => {
        const possible = reached !== NOWHERE && moves.targets[index][reached] !== NOWHERE;
        const target = possible ? moves.regions[moves.targets[index][reached]] : null;
        return html`<button data-testid="move-${name}" ?disabled=${!possible} title=${target ? `to ${target}` : "Not possible from here"} @click=${() => this.session.move(name)}>${labelOf(name)}</button>`;
      })}</div>
      ${chain.length ? this.#trail(chain, regions) : nothing}`;
  }

  #trail(chain: string[], regions: number[]): TemplateResult {
    return html`<ol class="trail" aria-label="Moves made" data-testid="trail"><li>${this.#region(regions[0])}</li>
      ${chain.map((name, index) => html`<li><b>${labelOf(name)}</b> ${icon("arrow")} ${this.#region(regions[index + 1])}</li>`)}</ol>`;
  }

  #region(index: number): string {
    return this.session.model.studio.moves?.regions[index] ?? "no known region";
  }
}

customElements.define("latune-moves", MovesPanel);
