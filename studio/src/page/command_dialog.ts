/** The command and the lines of Python that reproduce what is on the page, to copy. */

import { html, nothing, type TemplateResult } from "lit";
import { type CommandSubject, commandOf, pythonOf, remarkOf } from "./command";
import { askedOf, controlsOf, measuredOf, misses } from "./controls";
import { copy } from "./downloads";
import { icon } from "./icons";
import { SessionElement } from "./session_element";
import { announce } from "./toasts";
import type { Session } from "../session/types";

const TOLERANCE = 0.1; // of the range: a command refuses what misses by more

/** What a session's commands need to know of its run. */
export function subjectOf({ model, state, result }: Session): CommandSubject {
  const { description, studio } = model;
  const missed = controlsOf(description).some((control) => {
    const column = description.attributes.findIndex((attribute) => attribute.name === control.name);
    return misses(control, askedOf(state, control.name), measuredOf(result, column), TOLERANCE);
  });
  const perItem = description.codec.kind === "phrase";
  return { run: studio.command, medium: studio.medium, items: state.targets.length, perItem, nearest: missed };
}

/** The dialog. */
export class CommandDialog extends SessionElement {
  /** Show it. */
  open(): void {
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector("dialog")?.showModal());
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.session) return nothing;
    const subject = subjectOf(this.session);
    const { state } = this.session;
    const command = commandOf(state, subject);
    return html`<dialog class="commands" aria-label="Reproduce this elsewhere">
      <div class="panel-head"><h2>Reproduce this elsewhere</h2><span class="gap"></span><button class="bare" aria-label="Close" @click=${this.#close}>${icon("close")}</button></div>
      ${command === null ? html`<p class="quiet">Nothing was changed yet: turn a knob first.</p>` : html`${this.#block("Command", command, "command-text")}${this.#python()}`}
      ${command !== null && remarkOf(state, subject) ? html`<p class="quiet">${remarkOf(state, subject)}</p>` : nothing}
    </dialog>`;
  }

  #python(): TemplateResult | typeof nothing {
    const python = pythonOf(this.session.state, subjectOf(this.session));
    return python === null ? nothing : this.#block("Python", python, "python-text");
  }

  #block(title: string, text: string, name: string): TemplateResult {
    return html`<div class="panel-head"><h3>${title}</h3><span class="gap"></span><button class="soft" @click=${() => this.#copy(text)}>${icon("copy")}<span>Copy</span></button></div>
      <pre tabindex="0" data-testid=${name}><code>${text}</code></pre>`;
  }

  async #copy(text: string): Promise<void> {
    const copied = await copy(text);
    if (copied) this.#close();
    announce(this, copied ? "Copied." : "This browser does not let the page copy: select the text instead.", copied ? "note" : "fault");
  }

  #close(): void {
    this.querySelector("dialog")?.close();
  }
}

customElements.define("latune-commands", CommandDialog);
