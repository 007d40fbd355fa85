/** The certificate: do the knobs work on decoded items? */

import { html, nothing, type TemplateResult } from "lit";
import { type Certificate, type Estimate, type KnobEntry, readCertificate, WAYS } from "./certificate";
import { bar, heatMap, responseChart } from "./charts";
import { labelOf, percent, significant } from "./numbers";
import { SessionElement } from "./session_element";

const WAY_WORDS: Record<string, string> = {
  alone: "the knob's own dimension moves, decoded once",
  joint: "the other dimensions follow, decoded once",
  path: "measured along the joint movement, the best place is taken: what edits here do",
  exact: "a search goes on from there",
};

/** The tab of the certificate: hit rates by way, a knob's response, cross-talk. */
export class CertificateView extends SessionElement {
  static override properties = { ...SessionElement.properties, active: { attribute: false }, way: { state: true } };
  declare active: string | null;
  declare way: string;

  constructor() {
    super();
    this.way = "joint";
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const certificate = readCertificate(this.session.model.studio.certificate);
    if (!certificate) return html`<p class="quiet">This run has no certificate of knobs. <code>latune evaluate ${this.session.model.studio.command}</code> makes one.</p>`;
    const knob = certificate.knobs.find((one) => one.name === this.active) ?? certificate.knobs[0];
    return html`<p class="lead">${this.#lead(certificate)}</p>
      <div class="columns">${this.#hits(certificate)}${this.#response(knob)}</div>
      ${this.#crossTalk(certificate)}`;
  }

  #lead({ items, tolerance }: Certificate): string {
    const close = tolerance === null ? "" : ` A request is met where the measured value lies within ${percent(tolerance)} of the attribute's range.`;
    return `Knobs were set in ${items ?? "some"} held-out items, and the results were decoded and measured.${close}`;
  }

  #hits(certificate: Certificate): TemplateResult {
    const ways = WAYS.filter((way) => certificate.knobs.some((knob) => way in knob.ways));
    return html`<div><div class="wide"><table><caption>Requests that were met</caption>
      <thead><tr><th scope="col">Knob</th>${ways.map((way) => html`<th scope="col" class="number ${way}" title=${WAY_WORDS[way]}>${way}</th>`)}</tr></thead>
      <tbody>${certificate.knobs.map((knob) => html`<tr><th scope="row">${labelOf(knob.name)}</th>${ways.map((way) => this.#rate(knob.ways[way]?.hitRate ?? null))}</tr>`)}</tbody></table></div>
      <dl class="ways">${ways.map((way) => html`<dt class=${way}>${way}</dt><dd>${WAY_WORDS[way]}</dd>`)}</dl></div>`;
  }

  #rate(rate: Estimate | null): TemplateResult {
    const interval = rate?.low != null && rate.high != null ? `${percent(rate.low)} to ${percent(rate.high)}` : "";
    return html`<td class="number" title=${interval}>${percent(rate?.value)}${bar(rate?.value ?? null, rate?.low ?? null, rate?.high ?? null)}</td>`;
  }

  #response(knob: KnobEntry): TemplateResult {
    const curves = Object.fromEntries(Object.entries(knob.ways).filter(([, entry]) => entry.curve.length > 1).map(([way, entry]) => [way, entry.curve]));
    if (Object.keys(curves).length === 0) return html`<p class="quiet">No response curve was measured of ${labelOf(knob.name)}.</p>`;
    return html`<figure class="card"><figcaption><b>Response of ${labelOf(knob.name).toLowerCase()}</b>: mean measured value. The thin line is a perfect knob.
        ${Object.keys(curves).map((way) => html`<span class="key ${way}">${way}</span>`)}</figcaption>
      ${responseChart(curves, labelOf(knob.name), knob.unit)}</figure>`;
  }

  #crossTalk(certificate: Certificate): TemplateResult {
    const way = certificate.knobs.some((knob) => this.way in knob.ways) ? this.way : WAYS[0];
    const values = certificate.knobs.map((knob) => certificate.attributes.map((name) => knob.ways[way]?.response[name] ?? null));
    const ways = WAYS.filter((one) => certificate.knobs.some((knob) => one in knob.ways));
    return html`<div class="card"><div class="choices" role="group" aria-label="Way of the cross-talk table">
        ${ways.map((one) => html`<button aria-pressed=${one === way} @click=${() => (this.way = one)}>${one}</button>`)}</div>
      ${heatMap(certificate.knobs.map((knob) => labelOf(knob.name)), certificate.attributes.map(labelOf), values,
        "Cross-talk: how far each attribute (column) moves when a knob (row) moves its own by one; in standard deviations")}
      <p class="quiet">Largest value beside the diagonal: ${significant(largestBeside(certificate, values))}. Attributes that go together in real items go together here too.</p></div>`;
  }
}

/** The largest size of an entry whose attribute is not the knob's own; null where there is none. */
export function largestBeside(certificate: Certificate, values: (number | null)[][]): number | null {
  const sizes = certificate.knobs.flatMap((knob, r) =>
    certificate.attributes.flatMap((name, c) => (name === knob.name || values[r][c] === null ? [] : [Math.abs(values[r][c])])),
  );
  return sizes.length ? Math.max(...sizes) : null;
}

customElements.define("latune-certificate", CertificateView);
