/** The instruments of the soundfont: their waves, envelopes and the General MIDI programs that play them. */

import { type Partial, RATE, type Wave, frequencyOf, noise, scaled, tone } from "./waves";

/** An instrument; times in seconds. */
export interface Instrument {
  name: string;
  programs: [number, number];
  keys: number[]; // of its waves
  wave: (key: number) => Wave & { cents: number };
  attack: number;
  decay: number; // to silence, at middle C; 0: it sounds as long as the key is held
  release: number;
  attenuation: number; // decibels
  vibrato: number; // cents
  reverb: number; // percent
}

const harmonics = (count: number, level: (n: number) => number, decay: (n: number) => number = () => Infinity): Partial[] =>
  Array.from({ length: count }, (_, index) => ({ ratio: index + 1, level: level(index + 1), decay: decay(index + 1), phase: (index * 2.4) % 6.28 }));

/** Struck strings: slightly stretched partials, the high ones die first; the hammer is a short thud. */
function piano(key: number): Wave & { cents: number } {
  const stiffness = 0.00012 * 2 ** ((key - 60) / 14);
  const bright = 0.62 - (key - 60) * 0.004;
  const length = 2.2 * 2 ** ((60 - key) / 20);
  const partials = Array.from({ length: Math.min(26, Math.floor(9000 / frequencyOf(key))) }, (_, index): Partial => {
    const n = index + 1;
    const strike = Math.abs(Math.sin(Math.PI * n * 0.118)) + 0.08; // the hammer meets the string at an eighth of it
    return { ratio: n * Math.sqrt(1 + stiffness * n * n), level: strike * bright ** (n * 0.62), decay: length / (1 + 0.55 * n), phase: n * 1.7 };
  });
  const wave = tone("piano", key, partials, 0.55, 0.25);
  const random = noise(key);
  let thud = 0;
  for (let index = 0; index < 0.04 * RATE; index++) {
    thud += 0.12 * (random() - thud);
    wave.data[index] += 0.5 * thud * Math.exp(-index / (0.008 * RATE));
  }
  for (let index = 0; index < 32; index++) wave.data[index] *= index / 32;
  return { ...wave, data: scaled(wave.data, 0.8) };
}

/** A plucked string: the place of the pluck decides which partials are missing. */
const pluck = (place: number, tilt: number, seconds: number) => (key: number) => {
  const count = Math.min(24, Math.floor(8000 / frequencyOf(key)));
  const level = (n: number) => Math.abs(Math.sin(Math.PI * n * place)) / n ** tilt;
  const wave = tone("pluck", key, harmonics(count, level, (n) => seconds / (1 + 0.35 * n)), 0.4, 0.2);
  for (let index = 0; index < 24; index++) wave.data[index] *= index / 24;
  return wave;
};

/** A plucked string through an amplifier at its limit. */
function overdriven(key: number): Wave & { cents: number } {
  const wave = pluck(0.17, 1.1, 2.5)(key);
  return { ...wave, name: "overdriven", data: scaled(wave.data.map((value) => Math.tanh(3.2 * value + 0.25)), 0.7) };
}

/** Several players of one part: three tones that are a little apart. */
function ensemble(key: number): Wave & { cents: number } {
  const spread = 1.6 / frequencyOf(key); // cycles of the loop apart
  const count = Math.min(14, Math.floor(7000 / frequencyOf(key)));
  const partials = [-1, 0, 1].flatMap((side) =>
    harmonics(count, (n) => 1 / n ** 1.25, () => Infinity).map((partial, index) => ({
      ...partial,
      ratio: partial.ratio * (1 + side * spread),
      phase: (side + 2) * 1.9 * (index + 1),
    })),
  );
  return tone("ensemble", key, partials, 0.02, 0.625);
}

/** A held tone with the given levels of its partials. */
const held = (name: string, levels: number[]) => (key: number) =>
  tone(name, key, harmonics(levels.length, (n) => levels[n - 1]), 0.01, 0.1);

/** Struck bars: few partials that are no harmonics. */
function bars(key: number): Wave & { cents: number } {
  const partials = [[1, 1, 1.4], [3.98, 0.28, 0.35], [9.9, 0.1, 0.1]].map(([ratio, level, decay]) => ({ ratio, level, decay }));
  return tone("bars", key, partials, 0.35, 0.15);
}

const brass = Array.from({ length: 12 }, (_, index) => [0.8, 1, 0.9, 0.75, 0.6, 0.45, 0.32, 0.22, 0.15, 0.1, 0.06, 0.04][index]);

/** All instruments with pitches; together they cover the programs 0 to 127. */
export const INSTRUMENTS: Instrument[] = [
  { name: "Piano", programs: [0, 7], keys: [36, 46, 56, 66, 76, 86, 96], wave: piano, attack: 0.001, decay: 7, release: 0.25, attenuation: 1, vibrato: 0, reverb: 12 },
  { name: "Bars", programs: [8, 15], keys: [60, 76], wave: bars, attack: 0.001, decay: 4, release: 0.5, attenuation: 3, vibrato: 0, reverb: 15 },
  { name: "Organ", programs: [16, 23], keys: [48, 64, 80], wave: held("organ", [1, 0.7, 0.45, 0.5, 0, 0.25, 0, 0.3]), attack: 0.01, decay: 0, release: 0.08, attenuation: 8, vibrato: 0, reverb: 10 },
  { name: "Guitar", programs: [24, 28], keys: [43, 55, 67, 79], wave: pluck(0.21, 1.35, 3), attack: 0.001, decay: 4.5, release: 0.12, attenuation: 3, vibrato: 0, reverb: 8 },
  { name: "Overdriven guitar", programs: [29, 31], keys: [43, 57, 71], wave: overdriven, attack: 0.002, decay: 9, release: 0.1, attenuation: 11, vibrato: 3, reverb: 8 },
  { name: "Bass", programs: [32, 39], keys: [28, 40, 52], wave: pluck(0.28, 1.6, 2.5), attack: 0.002, decay: 5, release: 0.09, attenuation: 1, vibrato: 0, reverb: 2 },
  { name: "Strings", programs: [40, 55], keys: [43, 55, 67, 79], wave: ensemble, attack: 0.09, decay: 0, release: 0.3, attenuation: 7, vibrato: 5, reverb: 18 },
  { name: "Brass", programs: [56, 71], keys: [48, 60, 72], wave: held("brass", brass), attack: 0.04, decay: 0, release: 0.12, attenuation: 10, vibrato: 4, reverb: 12 },
  { name: "Flute", programs: [72, 79], keys: [60, 76], wave: held("flute", [1, 0.28, 0.1, 0.03]), attack: 0.05, decay: 0, release: 0.12, attenuation: 7, vibrato: 9, reverb: 15 },
  { name: "Lead", programs: [80, 87], keys: [48, 64, 80], wave: held("lead", [1, 0, 0.33, 0, 0.2, 0, 0.14, 0, 0.1]), attack: 0.005, decay: 0, release: 0.1, attenuation: 10, vibrato: 4, reverb: 8 },
  { name: "Pad", programs: [88, 127], keys: [43, 55, 67, 79], wave: ensemble, attack: 0.3, decay: 0, release: 0.6, attenuation: 8, vibrato: 3, reverb: 22 },
];
