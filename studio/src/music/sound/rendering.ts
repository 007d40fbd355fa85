/** Music as samples and as a WAV file, with our soundfont, faster than it sounds. */

import { audioToWav, SoundBankLoader, SpessaSynthProcessor } from "spessasynth_core";
import { channelOf } from "../midi_writing";
import { type Music, secondsOf } from "../music";
import { soundfont } from "./soundfont";

const RATE = 44100;
const BLOCK = 128;
const TAIL = 1.5; // seconds behind the last measure, in which tones die
const PEAK = 0.89; // -1 dB

interface Event {
  time: number; // seconds
  play: (synth: SpessaSynthProcessor) => void;
}

/** Left and right samples of music at a tempo, at most 1 in size; and their rate. */
export async function renderMusic(music: Music, tempo = music.tempo): Promise<{ left: Float32Array; right: Float32Array; rate: number }> {
  const synth = new SpessaSynthProcessor(RATE, { eventsEnabled: false });
  await synth.processorInitialized;
  synth.soundBankManager.addSoundBank(SoundBankLoader.fromArrayBuffer((await soundfont()).slice(0)), "latune");
  music.voices.forEach((voice, place) => voice.drums || synth.programChange(channelOf(music, place), voice.program));
  const count = Math.ceil(((secondsOf(music, tempo) + TAIL) * RATE) / BLOCK) * BLOCK;
  const [left, right] = [new Float32Array(count), new Float32Array(count)];
  await play(synth, eventsOf(music, tempo), left, right);
  limit(left, right);
  return { left, right, rate: RATE };
}

async function play(synth: SpessaSynthProcessor, events: Event[], left: Float32Array, right: Float32Array): Promise<void> {
  let next = 0;
  let since = performance.now();
  for (let start = 0; start < left.length; start += BLOCK) {
    while (next < events.length && events[next].time * RATE < start + BLOCK) events[next++].play(synth);
    synth.process(left, right, start, BLOCK);
    if (performance.now() - since < 12) continue;
    await new Promise((resolve) => setTimeout(resolve)); // the page stays awake
    since = performance.now();
  }
}

function eventsOf(music: Music, tempo: number): Event[] {
  const seconds = (twelfths: number) => (twelfths / 12) * (60 / tempo);
  const events = music.notes.flatMap(({ start, length, pitch, voice, velocity }): Event[] => {
    const channel = channelOf(music, voice);
    return [
      { time: seconds(start), play: (synth) => synth.noteOn(channel, pitch, velocity) },
      { time: seconds(start + length) - 1e-4, play: (synth) => synth.noteOff(channel, pitch) },
    ];
  });
  return events.sort((a, b) => a.time - b.time);
}

/** Bring the loudest sample to the peak. */
function limit(left: Float32Array, right: Float32Array): void {
  let loudest = 0;
  for (const side of [left, right]) for (const value of side) loudest = Math.max(loudest, Math.abs(value));
  if (!loudest) return;
  for (const side of [left, right]) for (let index = 0; index < side.length; index++) side[index] *= PEAK / loudest;
}

/** Music as a WAV file of 16 bits, two channels. */
export async function wavOf(music: Music, tempo = music.tempo): Promise<Uint8Array> {
  const { left, right, rate } = await renderMusic(music, tempo);
  return new Uint8Array(audioToWav([left, right], rate, { normalizeAudio: false, metadata: { title: music.title } }));
}
