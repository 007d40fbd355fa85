/** The genre that a song is carried to. */

import { html, nothing, type TemplateResult } from "lit";
import { LocatedElement } from "./located_element";
import { labelOf } from "./numbers";

/** A button per genre, for songs whose codes have petals. */
export class GenrePanel extends LocatedElement {
  static override properties = { ...LocatedElement.properties, own: { state: true } };
  declare own: number; // genre of the original's code; -1 where it is not known

  constructor() {
    super();
    this.own = -1;
  }

  protected override async places(): Promise<number[] | null> {
    const { model, result } = this.session;
    if (!model.studio.genres || !result?.originals.length) return null;
    return Array.from(await model.place(await model.encode(result.originals[0])));
  }

  protected override located([own]: number[]): void {
    this.own = own;
  }

  protected override render(): TemplateResult | typeof nothing {
    const genres = this.session?.model.studio.genres;
    if (!genres) return nothing;
    const { genre } = this.session.state;
    const choose = (name: string | null) => () => this.session.setGenre(name);
    return html`<div class="panel-head"><h2>Genre</h2><span class="gap"></span><span class="quiet">${this.own >= 0 ? `sounds like ${genres.names[this.own]}` : nothing}</span></div>
      <div class="choices" role="group" aria-label="Genre">
        <button aria-pressed=${genre === null} data-testid="genre-own" @click=${choose(null)}>As it is</button>
        ${genres.names.map((name) => html`<button aria-pressed=${genre === name} data-testid="genre-${name}" @click=${choose(name)}>${labelOf(name)}</button>`)}
      </div>`;
  }
}

customElements.define("latune-genres", GenrePanel);
