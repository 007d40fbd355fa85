/** `<latune-studio>`: the page. It places its parts, and knows the keys that work everywhere. */

import { html, nothing, type TemplateResult } from "lit";
import type { Runs } from "../model/types";
import "../pictures/view";
import { CommandDialog } from "./command_dialog";
import { copy } from "./downloads";
import "./genre_panel";
import { icon } from "./icons";
import { ItemPanel } from "./item_panel";
import "./knob_panel";
import "./moves_panel";
import { SessionElement } from "./session_element";
import "./tabs";
import { announce, Toasts } from "./toasts";

/** The whole page, once there is a session. */
export class Studio extends SessionElement {
  static override properties = { ...SessionElement.properties, runs: { attribute: false }, active: { state: true }, dropping: { state: true }, failure: { attribute: false } };
  declare runs: Runs;
  declare active: string | null; // the knob that was touched last
  declare dropping: boolean;
  declare failure: string | null; // why there is no session
  #listening = new AbortController();
  #musicAsked = false;

  constructor() {
    super();
    this.active = this.failure = null;
    this.dropping = false;
    this.querySelector(".waiting")?.remove(); // in the light tree lit appends to what is there
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    window.addEventListener("keydown", (event) => this.#key(event), { signal });
    window.addEventListener("dragover", (event) => this.#drag(event), { signal });
    window.addEventListener("dragleave", (event) => event.relatedTarget === null && (this.dropping = false), { signal });
    window.addEventListener("drop", (event) => this.#drop(event), { signal });
    this.addEventListener("announce", (event) => {
      const { words, kind } = (event as CustomEvent<{ words: string; kind: "fault" | "note" }>).detail;
      this.querySelector<Toasts>("latune-toasts")?.say(words, kind);
    }, { signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listening.abort();
  }

  protected override render(): TemplateResult {
    if (this.failure !== null) return html`<main class="failure" role="alert"><h1>The studio could not be opened</h1><p>${this.failure}</p></main>`;
    if (!this.session) return html`<p class="waiting" role="status">Opening the studio …</p>`;
    return html`${this.#header()}
      <main class="work ${this.session.model.studio.medium}" aria-label="Editing">
        <section class="panel items" aria-label="Item"><latune-items .session=${this.session} .runs=${this.runs}></latune-items></section>
        <section class="panel result" aria-label="Result">${this.#view()}</section>
        <section class="panel turning" aria-label="Knobs">${this.#turning()}</section>
      </main>
      <section class="knowing" aria-label="About this run"><latune-tabs .session=${this.session} .active=${this.active}></latune-tabs></section>
      <latune-commands .session=${this.session}></latune-commands>
      <latune-toasts></latune-toasts>
      ${this.dropping ? html`<div class="dropping" aria-hidden="true"><p>${icon("upload")} Drop the file to edit it</p></div>` : nothing}`;
  }

  #header(): TemplateResult {
    const { session } = this;
    return html`<header class="bar-top">
      <h1>latune <span>studio</span></h1>
      ${this.#runs()}
      <span class="gap"></span>
      ${this.runs.server ? html`<label class="switch" title="The server searches on, off the knob's path"><input type="checkbox" role="switch" data-testid="exact" .checked=${session.state.exact} @change=${(event: Event) => session.setExact((event.target as HTMLInputElement).checked)} /><i></i><span>Exact</span></label>` : nothing}
      <div class="tools" role="toolbar" aria-label="Edits">
        <button class="soft" data-testid="undo" ?disabled=${!session.canUndo} aria-label="Undo" title="Undo (Ctrl+Z)" @click=${() => session.undo()}>${icon("undo")}</button>
        <button class="soft" data-testid="redo" ?disabled=${!session.canRedo} aria-label="Redo" title="Redo (Ctrl+Shift+Z)" @click=${() => session.redo()}>${icon("redo")}</button>
        <button class="soft" data-testid="reset" title="Undo all that was asked" @click=${() => session.reset()}>${icon("reset")}<span>Reset</span></button>
        <button class="soft" data-testid="copy-link" title="An address that opens this state" @click=${this.#copyLink}>${icon("link")}<span>Link</span></button>
        <button class="soft" data-testid="copy-command" @click=${() => this.querySelector<CommandDialog>("latune-commands")?.open()}>${icon("copy")}<span>Copy<span class="more"> as command</span></span></button>
      </div>
    </header>`;
  }

  #runs(): TemplateResult {
    const { entries } = this.runs;
    const { run } = this.session.state;
    if (entries.length < 2) return html`<p class="title">${this.session.model.studio.title}</p>`;
    return html`<label class="run"><span class="aside">Run</span><select data-testid="run" @change=${this.#openRun}>${entries.map(
      ({ key, title }) => html`<option value=${key} ?selected=${key === run}>${title}</option>`,
    )}</select></label>`;
  }

  async #openRun(event: Event): Promise<void> {
    const field = event.target as HTMLSelectElement;
    this.toggleAttribute("busy", true);
    await this.session.openRun(field.value).catch((error: Error) => announce(this, error.message, "fault"));
    this.toggleAttribute("busy", false);
    this.active = null;
    field.value = this.session.state.run;
  }

  #view(): TemplateResult {
    const { session, active } = this;
    if (session.model.studio.medium === "pictures") return html`<latune-pictures .session=${session} .active=${active}></latune-pictures>`;
    this.#askForMusic();
    return html`<latune-music .session=${session}></latune-music>`;
  }

  /** The views of music are large: they come when a run of music is opened. */
  #askForMusic(): void {
    if (this.#musicAsked) return;
    this.#musicAsked = true;
    import("../music").catch(() => announce(this, "The views of music could not be loaded.", "fault"));
  }

  #turning(): TemplateResult {
    const { session, active } = this;
    const { moves, genres } = session.model.studio;
    return html`${moves ? html`<latune-moves .session=${session}></latune-moves>` : nothing}
      ${genres?.petals || genres?.styles ? html`<latune-genres .session=${session}></latune-genres>` : nothing}
      <latune-knobs .session=${session} .active=${active} @active=${(event: CustomEvent<string>) => (this.active = event.detail)}></latune-knobs>`;
  }

  async #copyLink(): Promise<void> {
    const address = `${location.href.split("#")[0]}#${this.session.link()}`;
    const copied = await copy(address);
    const kind = this.session.state.origin.kind;
    const own = kind === "upload" || kind === "drawing" ? " Your own item is not in it." : "";
    announce(this, copied ? `Link copied.${own}` : "This browser does not let the page copy: take the address above.", copied ? "note" : "fault");
  }

  #key(event: KeyboardEvent): void {
    if (!this.session || !(event.ctrlKey || event.metaKey) || event.altKey || isText(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.session.redo();
    else this.session.undo();
  }

  #drag(event: DragEvent): void {
    if (!this.session || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.dropping = true;
  }

  #drop(event: DragEvent): void {
    const file = event.dataTransfer?.files[0];
    this.dropping = false;
    if (!file) return;
    event.preventDefault();
    void this.querySelector<ItemPanel>("latune-items")?.open(file);
  }
}

/** Fields of text have an undo of their own. */
function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && ["text", "number", "search"].includes(target.type));
}

customElements.define("latune-studio", Studio);
