/** `<latune-music>`: score, piano roll, playing, knobs over time, downloads. */

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../page/icons";
import { SessionElement } from "../../page/session_element";
import type { SessionResult } from "../../session/types";
import { lanesOf, type Lane } from "../columns";
import { contentOf, type Content } from "../content";
import { download, type MusicFormat } from "../downloads";
import type { Music } from "../music";
import { Player } from "../sound/player";
import "./lane";
import type { LaneView } from "./lane";
import "./measure_knobs";
import type { MeasureKnobs } from "./measure_knobs";
import { drawRoll } from "./roll";
import "./score";
import type { ScoreView } from "./score";

const SLOWEST = 40;
const FASTEST = 240;
const NARROWEST = { tune: 58, song: 26 }; // CSS pixels of a measure
const WIDEST = 420;

const SYMBOLS = {
  play: "M7 5v14l12-7z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  stop: "M6 6h12v12H6z",
  loop: "M17 2l4 4-4 4M3 11V9a3 3 0 0 1 3-3h15M7 22l-4-4 4-4M21 13v2a3 3 0 0 1-3 3H3",
  volume: "M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
};

type Version = "original" | "edited";

/** The music of a session. */
export class MusicView extends SessionElement {
  static override properties = {
    ...SessionElement.properties,
    version: { state: true },
    chosen: { state: true },
    measureWidth: { state: true },
    rendering: { state: true },
    fault: { state: true },
  };
  declare version: Version;
  declare chosen: number; // measure, -1: all
  declare measureWidth: number;
  declare rendering: boolean;
  declare fault: string;
  readonly #player = new Player();
  readonly #observer = new ResizeObserver(() => this.#fit());
  #result: SessionResult | null = null;
  #content: Content | null = null;
  #lanes: Lane[] = [];
  #loaded = ""; // what the tempo belongs to
  #frame = 0;

  constructor() {
    super();
    this.version = "edited";
    this.chosen = -1;
    this.measureWidth = 120;
    this.rendering = false;
    this.fault = "";
    this.#player.addEventListener("change", () => this.#played());
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#recolour);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
    this.#player.stop();
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#recolour);
  }

  #recolour = (): void => this.#draw();

  protected override onResult(): void {
    const before = this.#content;
    this.#take();
    const content = this.#content;
    const sameShape = before && content && before.items === content.items && before.edited.title === content.edited.title;
    if (!sameShape) return this.requestUpdate();
    // The roll, the lanes and the sound follow a slider at once; the rest of the page stays as it is.
    this.#draw();
    this.#lanesChanged();
    this.#scoreChanged();
    this.querySelectorAll("[data-measure]").forEach((button, measure) => button.classList.toggle("changed", content.changed.has(measure)));
  }

  protected override onChange(): void {
    super.onChange();
    this.#lanesChanged();
  }

  /** Read the newest result, once. */
  #take(): void {
    const { session } = this;
    const result = session?.result ?? null;
    if (result === this.#result) return;
    this.#result = result;
    if (!result?.edited.length || session.model.studio.medium === "pictures") {
      this.#content = null;
      return;
    }
    this.#content = contentOf(session, result);
    this.#lanes = lanesOf(session.model.description, this.#content.layout, this.#content.items);
    const loaded = `${session.state.run} ${JSON.stringify(session.state.origin)}`;
    if (loaded !== this.#loaded) {
      this.#loaded = loaded;
      this.chosen = -1;
      this.#player.stop();
      this.#player.tempo = Math.min(FASTEST, Math.max(SLOWEST, Math.round(this.#content.original.tempo)));
    }
    this.#player.setMusic(this.#music(this.#content));
  }

  #music(content: Content): Music {
    return this.version === "original" ? content.original : content.edited;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed as never);
    this.#take();
  }

  protected override updated(): void {
    this.#fit();
    this.#draw();
    this.#lanesChanged();
    this.#place();
  }

  protected override render(): TemplateResult | typeof nothing {
    const content = this.#content;
    if (!content) return html`<p class="music-wait">Waiting for the first result …</p>`;
    return html`${this.#bar()}
      ${this.fault ? html`<p class="music-fault" role="alert">${this.fault}</p>` : nothing}
      ${content.layout.measure
        ? html`<latune-score data-testid="score" tabindex="0" .original=${content.original} .edited=${content.edited} .version=${this.version}
            @seek=${(event: CustomEvent<number>) => this.#player.seek(event.detail)}></latune-score>`
        : this.#tracks()}
      <div class="timeline" data-scroller>
        <div class="timeline-inner">
          ${content.edited.length > content.layout.metre.length ? this.#ruler(content) : nothing}
          <div class="roll-frame ${content.layout.measure ? "" : "song"}">
            <canvas class="roll" data-testid="roll" role="img" aria-label=${this.#rollWords(content)} @pointerdown=${this.#seek}></canvas>
            <i class="cursor" data-testid="cursor"></i>
          </div>
          ${content.items > 1 || content.layout.measures > 1 ? this.#automation() : nothing}
        </div>
      </div>
      ${this.chosen >= 0 ? this.#chosenKnobs() : nothing}
      ${this.#legend(content)}`;
  }

  #bar(): TemplateResult {
    const player = this.#player;
    return html`<div class="music-bar">
      <div class="transport" role="group" aria-label="Playing">
        <button class="round primary" data-testid="play" aria-label=${player.playing ? "Pause" : "Play"} aria-pressed=${player.playing} @click=${this.#toggle}>${symbol(player.playing ? "pause" : "play")}</button>
        <button class="round" data-testid="stop" aria-label="Stop" @click=${() => player.stop()}>${symbol("stop")}</button>
        <button class="round" data-testid="loop" aria-label="Repeat" aria-pressed=${player.loop} @click=${this.#loop}>${symbol("loop")}</button>
      </div>
      <div class="versions" role="group" aria-label="What plays and is saved">
        ${(["original", "edited"] as const).map(
          (version) => html`<button data-testid="version-${version}" aria-pressed=${this.version === version} @click=${() => this.#choose(version)}>${version === "original" ? "Original" : "Edited"}</button>`,
        )}
      </div>
      <label class="dial">Tempo <input type="range" min=${SLOWEST} max=${FASTEST} data-testid="tempo" .value=${String(player.tempo)} @input=${this.#tempo} /><output>${player.tempo}</output></label>
      <label class="dial volume" title="Volume">${symbol("volume")}<input type="range" min="0" max="1" step="0.01" aria-label="Volume" data-testid="volume" .value=${String(player.volume)} @input=${this.#volume} /></label>
    </div>`;
  }

  #saveButton(format: MusicFormat, words: string): TemplateResult {
    const busy = format === "wav" && this.rendering;
    return html`<button class="soft" data-testid="download-${format}" ?disabled=${busy} title="Save the ${this.version} version" aria-label="Save as ${format === "midi" ? "MIDI" : words}" @click=${() => this.#save(format)}>${icon("download")}<span>${words}</span></button>`;
  }

  #tracks(): TemplateResult {
    const voices = this.#content!.edited.voices;
    return html`<div class="track-names">${[...voices].reverse().map((voice) => html`<span class="track ${voice.name}">${voice.name}</span>`)}</div>`;
  }

  #ruler(content: Content): TemplateResult {
    const count = content.edited.length / content.layout.metre.length;
    return html`<div class="ruler" role="group" aria-label="Measures">
      ${Array.from({ length: count }, (_, measure) => {
        const chosen = this.#inChosen(measure);
        return html`<button data-measure data-testid="measure-${measure + 1}" class=${content.changed.has(measure) ? "changed" : ""} style="width:${this.measureWidth}px"
          aria-pressed=${chosen} aria-label="Measure ${measure + 1}" title="Its own knobs" @click=${() => this.#chooseMeasure(measure)}>${measure + 1}</button>`;
      })}
    </div>`;
  }

  /** Whether a measure belongs to the item that was chosen. */
  #inChosen(measure: number): boolean {
    if (this.chosen < 0) return false;
    const size = this.#content!.layout.measures;
    const each = this.#lanes.some((lane) => lane.measures === 1);
    return each ? measure === this.chosen : Math.floor(measure / size) === Math.floor(this.chosen / size);
  }

  #automation(): TemplateResult {
    return html`<div class="automation" role="group" aria-label="Knobs over time">
      ${this.#lanes.map((lane) => html`<latune-lane .lane=${lane} .session=${this.session} .measureWidth=${this.measureWidth} .selected=${this.chosen}></latune-lane>`)}
    </div>`;
  }

  #chosenKnobs(): TemplateResult {
    return html`<div class="chosen">
      <div class="chosen-head"><b>Measure ${this.chosen + 1}</b><span class="gap"></span>
        <button class="soft" data-testid="measure-all" @click=${() => (this.chosen = -1)}>All measures</button></div>
      <latune-measure-knobs .lanes=${this.#lanes} .session=${this.session} .measure=${this.chosen}></latune-measure-knobs>
    </div>`;
  }

  #legend(content: Content): TemplateResult {
    const song = !content.layout.measure;
    const lanes = content.items > 1 || content.layout.measures > 1;
    return html`<div class="music-foot"><p class="music-legend"><span class="key same">stays</span><span class="key ${song ? "fresh-song" : "fresh"}">new</span><span class="key ${song ? "gone-song" : "gone"}">left out</span>
      ${lanes ? html`<span class="hint">Choose a measure, or draw over a curve.</span>` : nothing}</p>
      <span class="gap"></span>
      <div class="save" role="group" aria-label="Download the ${this.version} version">
        ${this.#saveButton("midi", "MIDI")}${content.layout.measure ? this.#saveButton("musicxml", "MusicXML") : nothing}${this.#saveButton("wav", this.rendering ? "…" : "WAV")}
      </div></div>`;
  }

  #rollWords(content: Content): string {
    const count = (change: string) => content.compared.filter((note) => note.change === change).length;
    return `Piano roll: ${count("same")} notes stay, ${count("new")} are new, ${count("gone")} are left out`;
  }

  #toggle = (): void => {
    if (this.#player.playing) return this.#player.pause();
    this.fault = "";
    this.#player.play().catch((error: Error) => (this.fault = `This browser cannot play sound: ${error.message}`));
  };

  #loop = (): void => {
    this.#player.loop = !this.#player.loop;
    this.requestUpdate();
  };

  #tempo = (event: Event): void => {
    this.#player.tempo = (event.target as HTMLInputElement).valueAsNumber;
    this.requestUpdate();
  };

  #volume = (event: Event): void => {
    this.#player.volume = (event.target as HTMLInputElement).valueAsNumber;
  };

  #choose(version: Version): void {
    this.version = version;
    if (this.#content) this.#player.setMusic(this.#music(this.#content));
  }

  #chooseMeasure(measure: number): void {
    this.chosen = this.chosen === measure ? -1 : measure;
    if (!this.#player.playing) this.#player.seek(measure * this.#content!.layout.metre.length);
  }

  async #save(format: MusicFormat): Promise<void> {
    if (!this.#content) return;
    this.rendering = format === "wav";
    try {
      await download(this.#music(this.#content), format, this.#player.tempo, this.version);
    } catch (error) {
      this.fault = error instanceof Error ? error.message : "The file could not be written.";
    }
    this.rendering = false;
  }

  #seek = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    this.#player.seek(((event.clientX - box.left) / box.width) * this.#content!.edited.length);
  };

  /** As wide as there is room for, and not narrower than notes can be read. */
  #fit(): void {
    const content = this.#content;
    const scroller = this.querySelector<HTMLElement>("[data-scroller]");
    if (!content || !scroller?.clientWidth) return;
    const measures = content.edited.length / content.layout.metre.length;
    const narrowest = content.layout.measure ? NARROWEST.tune : NARROWEST.song;
    const width = Math.min(measures === 1 ? Infinity : WIDEST, Math.max(narrowest, scroller.clientWidth / measures));
    if (Math.abs(width - this.measureWidth) > 0.01) this.measureWidth = width;
  }

  #draw(): void {
    const canvas = this.querySelector<HTMLCanvasElement>("canvas.roll");
    if (!canvas || !this.#content) return;
    const { edited, compared } = this.#content;
    drawRoll(canvas, { music: edited, compared, measureWidth: this.measureWidth });
  }

  #lanesChanged(): void {
    this.querySelectorAll<LaneView>("latune-lane").forEach((lane) => lane.requestUpdate());
    this.querySelector<MeasureKnobs>("latune-measure-knobs")?.requestUpdate();
  }

  #scoreChanged(): void {
    const score = this.querySelector<ScoreView>("latune-score");
    if (!score || !this.#content) return;
    score.original = this.#content.original;
    score.edited = this.#content.edited;
  }

  #played(): void {
    shareAnalyser(this.#player.analyser);
    this.requestUpdate();
    cancelAnimationFrame(this.#frame);
    if (this.#player.playing) this.#frame = requestAnimationFrame(this.#follow);
    else this.#place();
  }

  #follow = (): void => {
    this.#place();
    if (this.#player.playing) this.#frame = requestAnimationFrame(this.#follow);
  };

  /** Put the cursor where the music is. */
  #place(): void {
    const content = this.#content;
    const cursor = this.querySelector<HTMLElement>(".cursor");
    if (!content || !cursor) return;
    const { position, playing } = this.#player;
    const x = (position / content.layout.metre.length) * this.measureWidth;
    cursor.style.transform = `translateX(${x}px)`;
    cursor.classList.toggle("on", playing || position > 0);
    this.querySelector<ScoreView>("latune-score")?.follow(playing ? position : -1);
    if (playing) this.#scroll(x);
  }

  #scroll(x: number): void {
    const scroller = this.querySelector<HTMLElement>("[data-scroller]")!;
    const { clientWidth, scrollLeft } = scroller;
    if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroller.scrollLeft = Math.max(0, x - clientWidth * 0.1);
  }
}

function symbol(name: keyof typeof SYMBOLS): TemplateResult {
  return html`<svg class="icon ${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${SYMBOLS[name]}></path></svg>`;
}

/** Tests listen here. */
function shareAnalyser(analyser: AnalyserNode | null): void {
  const shared = globalThis as unknown as { latuneStudio?: { analyser?: AnalyserNode } };
  if (analyser) shared.latuneStudio = Object.assign(shared.latuneStudio ?? {}, { analyser });
}

customElements.define("latune-music", MusicView);
