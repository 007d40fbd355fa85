/** A plain synthesiser of oscillators, for browsers in which the soundfont cannot be played. */

import type { Synth } from "./synth";
import { frequencyOf } from "./waves";

const LEVEL = 0.05;
const RELEASE = 0.08; // seconds
const LOW_DRUMS = new Set([35, 36, 41, 43, 45, 47, 48, 50]);

/** A synthesiser that plays into `out`. */
export function oscillatorSynth(context: AudioContext, out: AudioNode): Synth {
  const programs = new Map<number, number>();
  const sounding = new Set<AudioScheduledSourceNode>();
  const noise = noiseBuffer(context);
  const keep = (source: AudioScheduledSourceNode, gain: GainNode) => {
    sounding.add(source);
    source.onended = () => {
      sounding.delete(source);
      gain.disconnect();
    };
  };
  return {
    program: (channel, program) => void programs.set(channel, program),
    note: (channel, pitch, velocity, time, seconds) => {
      const gain = new GainNode(context, { gain: 0 });
      gain.connect(out);
      const level = (LEVEL * velocity) / 100;
      const drums = programs.get(channel) === -1;
      keep(drums ? strike(context, gain, pitch, level, time, noise) : hold(context, gain, pitch, programs.get(channel) ?? 0, level, time, seconds), gain);
    },
    silence: () => {
      for (const source of sounding) source.stop();
      sounding.clear();
    },
  };
}

function hold(context: AudioContext, gain: GainNode, pitch: number, program: number, level: number, time: number, seconds: number): OscillatorNode {
  const held = program >= 16 && (program < 24 || program >= 40);
  const source = new OscillatorNode(context, { type: "triangle", frequency: frequencyOf(pitch) });
  gain.gain.setValueAtTime(0, time);
  gain.gain.linearRampToValueAtTime(level, time + (held ? 0.05 : 0.006));
  if (!held) gain.gain.setTargetAtTime(0.15 * level, time + 0.01, 0.6);
  gain.gain.setTargetAtTime(0, time + seconds, RELEASE / 3);
  source.connect(gain);
  source.start(time);
  source.stop(time + seconds + 2 * RELEASE);
  return source;
}

function strike(context: AudioContext, gain: GainNode, pitch: number, level: number, time: number, noise: AudioBuffer): AudioScheduledSourceNode {
  const low = LOW_DRUMS.has(pitch);
  const source = low ? new OscillatorNode(context, { frequency: 130 }) : new AudioBufferSourceNode(context, { buffer: noise });
  if (source instanceof OscillatorNode) source.frequency.exponentialRampToValueAtTime(45, time + 0.1);
  gain.gain.setValueAtTime(low ? 2.5 * level : level, time);
  gain.gain.setTargetAtTime(0, time, low ? 0.08 : 0.035);
  source.connect(gain);
  source.start(time);
  source.stop(time + 0.4);
  return source;
}

function noiseBuffer(context: AudioContext): AudioBuffer {
  const buffer = new AudioBuffer({ length: context.sampleRate / 2, sampleRate: context.sampleRate });
  const data = buffer.getChannelData(0);
  for (let index = 0; index < data.length; index++) data[index] = 2 * Math.random() - 1;
  return buffer;
}
