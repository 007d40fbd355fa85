/** Metres: how many beats a measure has, and where the ticks of its grid lie. Mirrors `latune.music.metre`. */

/** Of a quarter note: the unit in which every time of music is a whole number. */
export const TWELFTHS = 12;

/** Ticks in a beat of the grid. */
export const TICKS_PER_BEAT = 6;

const SIMPLE = [0, 3, 4, 6, 8, 9];
const COMPOUND = [0, 3, 6, 9, 12, 15];
const MOST_BEATS = 8;
const EXAMPLES = "2/4, 3/4, 4/4, 2/2, 3/2, 6/4, 5/4, 3/8, 6/8, 9/8, 12/8";

/** A time signature with a grid; lengths are in twelfths of a quarter. */
export interface Metre {
  name: string;
  numerator: number;
  denominator: number;
  compound: boolean;
  beats: number; // of the grid
  beat: number; // length of one
  ticks: number; // in a measure
  length: number; // of a measure
  onsets: number[]; // of each tick, from the start of the measure
}

/** The metre of a name such as "6/8", "C" (4/4) or "C|" (2/2). Throws where it has no grid. */
export function metreOf(name: string): Metre {
  const text = ({ C: "4/4", "C|": "2/2" } as Record<string, string>)[name.trim()] ?? name.trim();
  const match = /^(\d{1,3})\s*\/\s*(\d{1,3})$/.exec(text);
  if (!match) throw new Error(`'${name}' is not a metre: expected one such as ${EXAMPLES}.`);
  return metreFrom(Number(match[1]), Number(match[2]));
}

/** The metre of two numbers. Throws where it has no grid, such as 7/8. */
export function metreFrom(numerator: number, denominator: number): Metre {
  const compound = denominator === 8 && numerator % 3 === 0;
  const known = [1, 2, 4, 8].includes(denominator) && numerator > 0 && (compound || (4 * numerator) % denominator === 0);
  const beats = compound ? numerator / 3 : (4 * numerator) / denominator;
  const name = `${numerator}/${denominator}`;
  if (!known || beats > MOST_BEATS) throw new Error(`The metre ${name} is not supported: expected one such as ${EXAMPLES}.`);
  const beat = compound ? 18 : 12;
  const onsets = Array.from({ length: beats }, (_, index) => (compound ? COMPOUND : SIMPLE).map((place) => index * beat + place));
  return { name, numerator, denominator, compound, beats, beat, ticks: beats * TICKS_PER_BEAT, length: beats * beat, onsets: onsets.flat() };
}

/** Whether measures of both have the same ticks, as those of 4/4 and 2/2. */
export function sameGrid(a: Metre, b: Metre): boolean {
  return a.beats === b.beats && a.compound === b.compound;
}
