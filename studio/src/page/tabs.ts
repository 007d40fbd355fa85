/** Tabs, as the ARIA practices describe them: arrow keys change the tab, one panel is shown. */

import { html, nothing, type TemplateResult } from "lit";
import "./certificate_view";
import "./facts_view";
import "./latent_map";
import { SessionElement } from "./session_element";

const TABS = ["map", "certificate", "metrics", "about"] as const;
type Tab = (typeof TABS)[number];

const TITLES: Record<Tab, string> = { map: "Latent map", certificate: "Certificate", metrics: "Metrics", about: "About the run" };

/** What is to be known of a run beside its items. */
export class Tabs extends SessionElement {
  static override properties = { ...SessionElement.properties, active: { attribute: false }, tab: { state: true } };
  declare active: string | null;
  declare tab: Tab;

  constructor() {
    super();
    this.tab = "map";
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    return html`<div class="tablist" role="tablist" aria-label="About this run" @keydown=${this.#key}>${TABS.map(
        (tab) => html`<button role="tab" id="tab-${tab}" aria-selected=${tab === this.tab} aria-controls="panel" tabindex=${tab === this.tab ? 0 : -1} data-testid="tab-${tab}" @click=${() => (this.tab = tab)}>${TITLES[tab]}</button>`,
      )}</div>
      <div class="tabpanel" role="tabpanel" id="panel" aria-labelledby="tab-${this.tab}">${this.#panel()}</div>`;
  }

  #panel(): TemplateResult {
    const { session, active } = this;
    if (this.tab === "map") return html`<latune-map .session=${session} .active=${active}></latune-map>`;
    if (this.tab === "certificate") return html`<latune-certificate .session=${session} .active=${active}></latune-certificate>`;
    if (this.tab === "metrics") return html`<latune-metrics .session=${session}></latune-metrics>`;
    return html`<latune-about .session=${session}></latune-about>`;
  }

  #key(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const at = TABS.indexOf(this.tab);
    const to = event.key === "Home" ? 0 : event.key === "End" ? TABS.length - 1 : at + (steps[event.key] ?? 0);
    if (to === at) return;
    event.preventDefault();
    this.tab = TABS[(to + TABS.length) % TABS.length];
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus());
  }
}

customElements.define("latune-tabs", Tabs);
