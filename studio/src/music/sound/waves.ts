/** Waves of instruments, computed: sums of partials that end in a loop, and bursts of noise. */

/** Samples per second of every wave. */
export const RATE = 32000;

/** A wave with the key that it sounds at. */
export interface Wave {
  name: string;
  key: number; // MIDI pitch at its own rate
  data: Float32Array; // -1 to 1
  loop: [number, number] | null; // first sample of the loop, and the one behind its last
}

/** One partial of a tone. */
export interface Partial {
  ratio: number; // of the fundamental
  level: number;
  decay: number; // seconds to 1/e; Infinity: none
  phase?: number;
}

/** Frequency of a MIDI pitch. */
export const frequencyOf = (key: number) => 440 * 2 ** ((key - 69) / 12);

/** Random numbers from -1 to 1 that are the same in every run. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/**
 * A tone that decays for `attack` seconds and then goes round in a loop.
 *
 * Every partial has a whole number of periods in the loop, so that nothing clicks. The frequencies are rounded to that;
 * the fundamental's rounding is undone by the pitch of the sample.
 */
export function tone(name: string, key: number, partials: Partial[], attack: number, loop: number): Wave & { cents: number } {
  const [begin, length] = [Math.round(attack * RATE), Math.round(loop * RATE)];
  const fundamental = frequencyOf(key);
  const cycles = Math.max(1, Math.round((fundamental * length) / RATE));
  const actual = (cycles * RATE) / length;
  const data = new Float32Array(begin + length + 64);
  for (const partial of partials) {
    const periods = Math.round(partial.ratio * cycles);
    if (periods < 1 || (periods * RATE) / length > 0.45 * RATE) continue;
    addPartial(data, (2 * Math.PI * periods) / length, partial, begin);
  }
  return { name, key, data: scaled(data, 0.8), loop: [begin, begin + length], cents: 1200 * Math.log2(fundamental / actual) };
}

function addPartial(data: Float32Array, step: number, partial: Partial, begin: number): void {
  // A turning phasor instead of a sine per sample: four times as fast.
  const [turnRe, turnIm] = [Math.cos(step), Math.sin(step)];
  let [re, im] = [Math.cos(partial.phase ?? 0), Math.sin(partial.phase ?? 0)];
  const fade = partial.decay === Infinity ? 1 : Math.exp(-1 / (partial.decay * RATE));
  let level = partial.level;
  for (let index = 0; index < data.length; index++) {
    data[index] += level * im;
    [re, im] = [re * turnRe - im * turnIm, re * turnIm + im * turnRe];
    if (index < begin) level *= fade;
  }
}

/** The wave at a peak; nothing changes where it is silent. */
export function scaled(data: Float32Array, peak: number): Float32Array {
  const loudest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return loudest ? data.map((value) => (value * peak) / loudest) : data;
}

/** A stroke of a drum: `shape` says the value at a time in seconds. It ends in silence. */
export function stroke(name: string, seconds: number, shape: (time: number, random: number) => number, seed: number): Wave {
  const random = noise(seed);
  const count = Math.round(seconds * RATE);
  const data = Float32Array.from({ length: count }, (_, index) => {
    const end = Math.min(1, (count - index) / (0.01 * RATE));
    return shape(index / RATE, random()) * end;
  });
  return { name, key: 60, data: scaled(data, 0.85), loop: null };
}

/** A filter that takes away what is below a frequency. */
export function highPass(frequency: number): (value: number) => number {
  const keep = Math.exp((-2 * Math.PI * frequency) / RATE);
  let [before, out] = [0, 0];
  return (value) => {
    out = keep * (out + value - before);
    before = value;
    return out;
  };
}
