/** Playing: a clock that looks ahead, so that knobs may be turned and versions exchanged while music sounds. */

import { channelOf } from "../midi_writing";
import type { Music } from "../music";
import { oscillatorSynth } from "./oscillators";
import type { Synth } from "./synth";
import { workletSynth } from "./worklet";

const LOOK_AHEAD = 0.15; // seconds
const LOOK_AHEAD_HIDDEN = 1.6; // timers of hidden pages are slow
const BOOST = 4; // of what the synthesiser gives
const TICK = 30; // milliseconds

/** A player; events: "change" (it starts, stops, changes its sound). */
export class Player extends EventTarget {
  /** Of everything that is heard; null until sound is first asked for. */
  analyser: AnalyserNode | null = null;
  /** What makes the sound: "soundfont", "oscillators", or nothing yet. */
  sound: "soundfont" | "oscillators" | null = null;
  loop = false;
  #context: AudioContext | null = null;
  #gain: GainNode | null = null;
  #synth: Promise<Synth> | null = null;
  #ready: Synth | null = null;
  #music: Music | null = null;
  #tempo = 100;
  #volume = 0.8;
  #playing = false;
  #timer = 0;
  #from = 0; // twelfths: the place at #since
  #since = 0; // seconds of the context's clock
  #done = 0; // twelfths up to which notes were handed over
  #attempt = 0;

  get playing(): boolean {
    return this.#playing;
  }

  /** Where the music is, in twelfths. */
  get position(): number {
    if (!this.#playing || !this.#context) return this.#from;
    const length = this.#music?.length ?? 0;
    const place = this.#placeAt(this.#context.currentTime - (this.#context.outputLatency || 0));
    return Math.max(0, Math.min(length, this.loop && place < 0 ? place + length : place));
  }

  get volume(): number {
    return this.#volume;
  }

  set volume(volume: number) {
    this.#volume = volume;
    if (this.#gain && this.#context) this.#gain.gain.setTargetAtTime(BOOST * volume, this.#context.currentTime, 0.02);
  }

  get tempo(): number {
    return this.#tempo;
  }

  set tempo(tempo: number) {
    if (!this.#playing) {
      this.#tempo = tempo;
      return;
    }
    // From the notes on that were not handed over yet.
    this.#since += (this.#done - this.#from) / this.#perSecond();
    this.#from = this.#done;
    this.#tempo = tempo;
  }

  /** Other music from now on, at the same place: what already sounds rings out. */
  setMusic(music: Music): void {
    const before = this.#music;
    this.#music = music;
    if (this.#ready) this.#setPrograms(this.#ready);
    if (!before || music.length === before.length) return; // what was handed over rings out, the rest is new
    const place = Math.min(this.position, music.length);
    if (this.#playing) this.#restartAt(place);
    else this.#from = place;
  }

  /** Start where the music is; the first time, sound is made ready. */
  async play(): Promise<void> {
    if (this.#playing || !this.#music) return;
    const attempt = ++this.#attempt;
    const context = this.#open();
    await context.resume();
    const synth = await (this.#synth ??= this.#makeSynth(context));
    if (attempt !== this.#attempt) return; // stopped in the meantime
    this.#ready = synth;
    this.#setPrograms(synth);
    if (this.#from >= this.#music.length) this.#from = 0;
    this.#playing = true;
    this.#restartAt(this.#from, 0.06);
    this.#timer = window.setInterval(() => this.#hand(), TICK);
    this.dispatchEvent(new Event("change"));
  }

  /** Be silent and stay at this place. */
  pause(): void {
    this.#attempt++;
    if (!this.#playing) return;
    this.#from = this.position;
    this.#playing = false;
    window.clearInterval(this.#timer);
    this.#ready?.silence();
    this.dispatchEvent(new Event("change"));
  }

  /** Be silent and go back to the start. */
  stop(): void {
    this.pause();
    this.#from = 0;
    this.dispatchEvent(new Event("change"));
  }

  /** Go to a place, in twelfths. */
  seek(place: number): void {
    this.#from = Math.max(0, Math.min(place, this.#music?.length ?? 0));
    if (this.#playing) this.#restartAt(this.#from);
    else this.dispatchEvent(new Event("change"));
  }

  #open(): AudioContext {
    if (this.#context) return this.#context;
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#gain = new GainNode(context, { gain: BOOST * this.#volume });
    this.analyser = new AnalyserNode(context, { fftSize: 2048 });
    // A melody alone is soft, four tracks together are loud: both become pleasant.
    const limiter = new DynamicsCompressorNode(context, { threshold: -10, ratio: 12, knee: 6, attack: 0.003, release: 0.2 });
    this.#gain.connect(limiter).connect(this.analyser).connect(context.destination);
    this.#context = context;
    this.dispatchEvent(new Event("change"));
    return context;
  }

  async #makeSynth(context: AudioContext): Promise<Synth> {
    try {
      const synth = await workletSynth(context, this.#gain!);
      this.sound = "soundfont";
      return synth;
    } catch (error) {
      console.warn("The soundfont cannot be played, oscillators are used instead.", error);
      this.sound = "oscillators";
      return oscillatorSynth(context, this.#gain!);
    }
  }

  #setPrograms(synth: Synth): void {
    this.#music?.voices.forEach((voice, place) => synth.program(channelOf(this.#music!, place), voice.drums ? -1 : voice.program));
  }

  #perSecond(): number {
    return (this.#tempo / 60) * 12;
  }

  #placeAt(time: number): number {
    return this.#from + (time - this.#since) * this.#perSecond();
  }

  #restartAt(place: number, wait = 0.02): void {
    this.#ready?.silence();
    this.#from = place;
    this.#since = this.#context!.currentTime + wait;
    this.#done = place;
    if (this.#playing) this.#hand();
  }

  /** Hand notes over that begin soon. */
  #hand(): void {
    const [music, context, synth] = [this.#music, this.#context, this.#ready];
    if (!music || !context || !synth || !this.#playing) return;
    const ahead = document.hidden ? LOOK_AHEAD_HIDDEN : LOOK_AHEAD;
    let until = this.#placeAt(context.currentTime + ahead);
    this.#handUntil(Math.min(until, music.length), music, synth);
    while (this.loop && until >= music.length && music.length) {
      this.#since += (music.length - this.#from) / this.#perSecond();
      this.#from = this.#done = 0;
      until = this.#placeAt(context.currentTime + ahead);
      this.#handUntil(Math.min(until, music.length), music, synth);
    }
    if (!this.loop && this.#placeAt(context.currentTime) > music.length + 0.4 * this.#perSecond()) this.stop();
  }

  #handUntil(until: number, music: Music, synth: Synth): void {
    if (until <= this.#done) return;
    for (const note of music.notes) {
      if (note.start < this.#done || note.start >= until) continue;
      const time = this.#since + (note.start - this.#from) / this.#perSecond();
      synth.note(channelOf(music, note.voice), note.pitch, note.velocity, time, note.length / this.#perSecond());
    }
    this.#done = until;
  }
}
