/** Note names for MIDI pitches: the key by its pitch profile, and the spelling in it. Mirrors `latune.music.spelling`. */

// How well each pitch class fits a key on C, as rated by listeners (Krumhansl and Kessler 1982).
const MAJOR = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR = [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
const LINE_OF_FIFTHS = "FCGDAEB";

const modulo = (value: number, by: number) => ((value % by) + by) % by;

/** Sharps, or negative flats, of the key that fits the notes best, from -5 to 6; 0 without notes. */
export function estimateFifths(notes: { pitch: number; length: number }[]): number {
  const weights = new Array<number>(12).fill(0);
  for (const { pitch, length } of notes) if (pitch >= 0) weights[pitch % 12] += length;
  if (weights.every((weight) => weight === weights[0])) return 0;
  let best = 0;
  let highest = -Infinity;
  [MAJOR, MINOR].forEach((profile, mode) => {
    for (let tonic = 0; tonic < 12; tonic++) {
      const fit = correlation(weights, profile, tonic);
      if (fit > highest + 1e-12) [best, highest] = [mode * 12 + tonic, fit];
    }
  });
  const major = best < 12 ? best : modulo(best - 12 + 3, 12);
  return modulo(major * 7 + 5, 12) - 5;
}

function correlation(weights: number[], profile: number[], tonic: number): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [w, p] = [mean(weights), mean(profile)];
  let [both, ww, pp] = [0, 0, 0];
  for (let index = 0; index < 12; index++) {
    const a = weights[index] - w;
    const b = profile[modulo(index - tonic, 12)] - p;
    both += a * b;
    ww += a * a;
    pp += b * b;
  }
  return both / Math.sqrt(ww * pp);
}

/** Semitones that the key signature adds to each step. */
export function keyAlterations(fifths: number): Record<string, number> {
  return Object.fromEntries([...LINE_OF_FIFTHS].map((step, index) => [step, Math.floor((fifths - 1 - index) / 7) + 1]));
}

/** A spelled pitch. */
export interface Spelled {
  step: string;
  alteration: number; // semitones
  octave: number;
}

/** The name of a MIDI pitch in a key: three neighbours flatward of the tonic, eight sharpward. */
export function spell(pitch: number, fifths: number): Spelled {
  const place = modulo(pitch * 7 - (fifths - 3), 12) + fifths - 3; // on the line of fifths, C is 0
  const step = LINE_OF_FIFTHS[modulo(place + 1, 7)];
  const alteration = Math.floor((place + 1) / 7);
  const octave = Math.floor((pitch - alteration) / 12) - 1;
  return octave >= 0 || fifths === 0 ? { step, alteration, octave } : spell(pitch, 0);
}

/** The name of a pitch for the eye, such as "F♯4". */
export function pitchName(pitch: number, fifths: number): string {
  const { step, alteration, octave } = spell(pitch, fifths);
  const sign = alteration > 0 ? "♯".repeat(alteration) : "♭".repeat(-alteration);
  return `${step}${sign}${octave}`;
}
