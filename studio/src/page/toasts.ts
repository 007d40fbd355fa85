/** Short messages at the edge of the page: faults and confirmations. */

import { html, LitElement, type TemplateResult } from "lit";
import { icon } from "./icons";

interface Toast {
  id: number;
  words: string;
  kind: "fault" | "note";
}

const SHOWN = { fault: 9000, note: 3500 }; // milliseconds
const MOST = 3;

/** The messages shown now. Faults are announced at once, notes politely. */
export class Toasts extends LitElement {
  static override properties = { toasts: { state: true } };
  declare toasts: Toast[];
  #next = 0;

  constructor() {
    super();
    this.toasts = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Say something; what is said already is not said twice. */
  say(words: string, kind: Toast["kind"] = "note"): void {
    const id = this.#next++;
    this.toasts = [...this.toasts.filter((toast) => toast.words !== words), { id, words, kind }].slice(-MOST);
    setTimeout(() => this.#close(id), SHOWN[kind]);
  }

  #close(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  protected override render(): TemplateResult {
    return html`<div class="toasts" role="region" aria-label="Messages" aria-live="polite">
      ${this.toasts.map(
        (toast) => html`<div class="toast ${toast.kind}" data-testid="toast" role=${toast.kind === "fault" ? "alert" : "status"}>
          <span>${toast.words}</span><button class="bare" aria-label="Close message" @click=${() => this.#close(toast.id)}>${icon("close")}</button></div>`,
      )}</div>`;
  }
}

customElements.define("latune-toasts", Toasts);

/** Say something from anywhere below the page's shell. */
export function announce(from: EventTarget, words: string, kind: Toast["kind"] = "note"): void {
  from.dispatchEvent(new CustomEvent("announce", { detail: { words, kind }, bubbles: true }));
}
