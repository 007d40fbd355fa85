/** Metrics, and facts of the run. */

import { html, nothing, type TemplateResult } from "lit";
import notices from "virtual:notices";
import type { MetricRow } from "../model/types";
import { bar } from "./charts";
import { significant } from "./numbers";
import { SessionElement } from "./session_element";

/** The tab of the metrics: what was measured, what it says. */
export class MetricsView extends SessionElement {
  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const { metrics, command } = this.session.model.studio;
    if (metrics.length === 0) return html`<p class="quiet">This run was not evaluated. <code>latune evaluate ${command}</code> does that.</p>`;
    return html`<div class="wide"><table class="metrics"><thead><tr><th scope="col">Metric</th><th scope="col" class="number">Value</th><th scope="col">95% interval</th><th scope="col">What it says</th></tr></thead>
      <tbody>${metrics.map((row) => this.#row(row))}</tbody></table></div>`;
  }

  #row({ name, value, low, high, words }: MetricRow): TemplateResult {
    const interval = low === null || high === null ? "" : `${significant(low)} to ${significant(high)}`;
    const share = value !== null && value >= 0 && value <= 1;
    return html`<tr><th scope="row">${name}</th><td class="number">${significant(value)}${share ? bar(value, low, high) : nothing}</td><td class="interval">${interval}</td><td>${words}</td></tr>`;
  }
}

/** The tab of the facts: data, licence, method, training. */
export class AboutView extends SessionElement {
  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const { about } = this.session.model.studio;
    const { latune_version, network, latent_size, method } = this.session.model.description;
    const rest: [string, string][] = [["Model", `${method} on ${network}, ${latent_size} latent dimensions, made with latune ${latune_version}`]];
    return html`<dl class="about">${[...about, ...rest].map(([name, words]) => html`<dt>${name}</dt><dd>${words}</dd>`)}
      <dt>This page</dt><dd>latune is under the MIT licence. ${this.#software()}</dd></dl>`;
  }

  #software(): TemplateResult {
    return html`<details data-testid="notices"><summary>Software of others that is in it</summary>
      <ul class="notices">${notices.map(({ name, version, licence, address, text }) => html`<li>
        <b>${name}</b> ${version}, ${licence}${address ? html`, <span class="address">${address}</span>` : nothing}
        ${text ? html`<details><summary>Licence</summary><pre>${text}</pre></details>` : nothing}</li>`)}</ul></details>`;
  }
}

customElements.define("latune-metrics", MetricsView);
customElements.define("latune-about", AboutView);
