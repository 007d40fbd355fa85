/** The drum kit of the soundfont. */

import { highPass, stroke, type Wave } from "./waves";

/** A drum: its wave, the keys that play it and how far each is moved in pitch. */
export interface Drum {
  wave: () => Wave;
  keys: [key: number, semitones: number][];
  group: number; // drums of a group (hi-hats) cut each other off; 0: none
  attenuation: number; // decibels
}

const { sin, exp, PI } = Math;

/** A skin that is struck: its pitch falls. */
const skin = (name: string, low: number, fall: number, ring: number, click: number, seconds: number) => () =>
  stroke(name, seconds, (t, r) => sin(2 * PI * (low * t - fall * exp(-t / 0.028))) * exp(-t / ring) + click * r * exp(-t / 0.004), 3);

/** Noise above a frequency, with a metallic ring. */
const metal = (name: string, cut: number, ring: number, tones: number, seconds: number) => () => {
  const filter = highPass(cut);
  const ratios = [2.0, 3.04, 4.16, 5.43, 6.79, 8.21]; // of 1 kHz: square tones that do not belong to one pitch
  const squares = (t: number) => ratios.reduce((sum, ratio) => sum + Math.sign(sin(2 * PI * 1040 * ratio * t)), 0) / ratios.length;
  return stroke(name, seconds, (t, r) => filter((1 - tones) * r + tones * squares(t)) * exp(-t / ring), 5);
};

function snare(): Wave {
  const filter = highPass(900);
  return stroke("snare", 0.3, (t, r) => 0.75 * filter(r) * exp(-t / 0.075) + 0.6 * sin(2 * PI * (185 * t - 1.2 * exp(-t / 0.02))) * exp(-t / 0.06), 7);
}

function clap(): Wave {
  const filter = highPass(1100);
  const bursts = (t: number) => [0, 0.011, 0.023].reduce((sum, at) => sum + (t >= at ? exp(-(t - at) / 0.006) : 0), 0);
  return stroke("clap", 0.26, (t, r) => filter(r) * (bursts(t) + (t > 0.03 ? 0.7 * exp(-(t - 0.03) / 0.06) : 0)), 9);
}

function stick(): Wave {
  return stroke("stick", 0.09, (t, r) => (sin(2 * PI * 1720 * t) + 0.5 * sin(2 * PI * 2610 * t) + 0.3 * r) * exp(-t / 0.014), 11);
}

function cowbell(): Wave {
  const square = (frequency: number, t: number) => Math.sign(sin(2 * PI * frequency * t));
  return stroke("cowbell", 0.3, (t) => (square(562, t) + square(845, t)) * (0.7 * exp(-t / 0.02) + 0.3 * exp(-t / 0.09)), 13);
}

const all = (from: number, to: number): [number, number][] => Array.from({ length: to - from + 1 }, (_, index) => [from + index, 0]);

/** The kit, keys 27 to 87 of General MIDI. */
export const DRUMS: Drum[] = [
  { wave: skin("kick", 48, 3.6, 0.13, 0.25, 0.4), keys: [[35, -1], [36, 0]], group: 0, attenuation: 0 },
  { wave: snare, keys: [[38, 0], [40, 2]], group: 0, attenuation: 4 },
  { wave: clap, keys: [[39, 0]], group: 0, attenuation: 5 },
  { wave: stick, keys: [[31, 0], [32, 0], [37, 0], [75, 5], [76, -5], [77, -9], [85, 3]], group: 0, attenuation: 6 },
  { wave: metal("closed hat", 6500, 0.035, 0.45, 0.16), keys: [[42, 0], [44, -2]], group: 1, attenuation: 10 },
  { wave: metal("open hat", 6000, 0.2, 0.45, 0.6), keys: [[46, 0]], group: 1, attenuation: 11 },
  { wave: metal("crash", 3800, 0.42, 0.3, 1.1), keys: [[49, 0], [52, -3], [55, 4], [57, -2]], group: 0, attenuation: 10 },
  { wave: metal("ride", 5200, 0.3, 0.75, 0.8), keys: [[51, 0], [53, 3], [59, -2]], group: 0, attenuation: 13 },
  { wave: skin("tom", 118, 1.6, 0.16, 0.12, 0.5), keys: [[41, -7], [43, -4], [45, -1], [47, 2], [48, 5], [50, 8]], group: 0, attenuation: 3 },
  { wave: skin("hand drum", 236, 0.5, 0.08, 0.2, 0.25), keys: [[60, 7], [61, 2], [62, 4], [63, 0], [64, -4], [65, 6], [66, 1], [78, 5], [79, 2]], group: 0, attenuation: 5 },
  { wave: metal("shaker", 5000, 0.045, 0, 0.15), keys: [[54, 0], [69, 3], [70, 5], [71, 2], [72, 2], [73, -2], [74, -4], [82, 0]], group: 0, attenuation: 12 },
  { wave: cowbell, keys: [[56, 0], [67, 5], [68, 0], [80, 12], [81, 12]], group: 0, attenuation: 11 },
  { wave: stick, keys: [...all(27, 30), [33, 0], [34, 0], [58, -12], [83, 7], [84, 7], [86, -12], [87, -12]], group: 0, attenuation: 9 },
];
