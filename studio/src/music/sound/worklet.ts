/** Our soundfont played by spessasynth in an audio worklet. */

import processor from "spessasynth_lib/dist/spessasynth_processor.min.js?url";
import { soundfont } from "./soundfont";
import type { Synth } from "./synth";

const FIRST_WAIT = 8000; // milliseconds until it must have answered

/** A synthesiser that plays into `out`. Throws where there are no audio worklets or they do not answer. */
export async function workletSynth(context: AudioContext, out: AudioNode): Promise<Synth> {
  if (!context.audioWorklet) throw new Error("There are no audio worklets here.");
  const [{ WorkletSynthesizer }, font] = await Promise.all([import("spessasynth_lib"), soundfont(), addProcessor(context)]);
  const synth = new WorkletSynthesizer(context);
  synth.connect(out);
  await inTime(synth.soundBankManager.addSoundBank(font.slice(0), "latune").then(() => synth.isReady));
  let pending: { channel: number; pitch: number; time: number }[] = [];
  return {
    program: (channel, program) => void (program >= 0 && synth.programChange(channel, program)),
    note: (channel, pitch, velocity, time, seconds) => {
      synth.noteOn(channel, pitch, velocity, { time });
      synth.noteOff(channel, pitch, { time: time + Math.max(0.02, seconds - 0.005) });
      pending = [...pending.filter((note) => note.time > context.currentTime), { channel, pitch, time }];
    },
    silence: () => {
      synth.stopAll();
      // What was handed over cannot be taken back: it is let go of as soon as it begins.
      for (const { channel, pitch, time } of pending) if (time > context.currentTime) synth.noteOff(channel, pitch, { time: time + 0.001 });
      pending = [];
    },
  };
}

/** Pages that were opened as files may not take worklets from blobs, but from data addresses. */
async function addProcessor(context: AudioContext): Promise<void> {
  try {
    await context.audioWorklet.addModule(processor);
  } catch (error) {
    if (!processor.startsWith("blob:")) throw error;
    const code = new Uint8Array(await (await fetch(processor)).arrayBuffer());
    let letters = "";
    for (let place = 0; place < code.length; place += 8192) letters += String.fromCharCode(...code.subarray(place, place + 8192));
    await context.audioWorklet.addModule(`data:text/javascript;base64,${btoa(letters)}`);
  }
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("The synthesiser does not answer.")), FIRST_WAIT));
  return Promise.race([promise, late]);
}
