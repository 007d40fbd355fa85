/** Factors of the dMelodies melody that agrees best with any eighths, as `latune.music.dmelody_matching` finds it. */

import type { ItemFunction } from "../measurer";

const FACTORS = [
  ...["tonic", "octave", "scale", "rhythm_bar1", "rhythm_bar2"],
  ...["arp_chord1", "arp_chord2", "arp_chord3", "arp_chord4"],
];
const SCALES = [
  [0, 2, 4, 5, 7, 9, 11, 12, 14], // major
  [0, 2, 3, 5, 7, 8, 11, 12, 14], // harmonic minor
  [0, 2, 3, 5, 6, 9, 10, 12, 14], // blues
]; // semitones above the tonic
const CHORDS = [[0, 2, 4], [3, 5, 7], [4, 6, 8], [0, 2, 4]]; // scale degrees of I, IV, V, I
const KEYS = 12 * 3 * 3; // tonic, octave, scale; the last one varies fastest
const EIGHTHS_PER_BAR = 8;
const NOTES_PER_BAR = 6;
const REST_TOKEN = 0; // token k above it is the k-th pitch from the lowest one on
const NO_PITCH = -1;

/** Bytes of one melody: 16 eighths. */
export const DMELODY_LENGTH = 2 * EIGHTHS_PER_BAR;

/** Whether a token begins a note. */
export function isNoteToken(token: number): boolean {
  return token !== REST_TOKEN;
}

/** Writes factors (in the order of `names`) of one melody's tokens; NaN for names that are not built in. */
export function dmelodyFunction(names: string[]): ItemFunction {
  const wanted = names.map((name) => FACTORS.indexOf(name));
  return (tokens, target) => {
    const factors = matchMelody(tokens);
    wanted.forEach((place, column) => (target[column] = place < 0 ? NaN : factors[place]));
  };
}

/** A rhythm that fits a bar, and the six pitches (above the lowest one) at its eighths. */
interface Candidate {
  rhythm: number;
  notes: number[];
}

function matchMelody(tokens: Uint8Array): number[] {
  const bars = [0, 1].map((bar) => candidates(tokens.subarray(bar * EIGHTHS_PER_BAR, (bar + 1) * EIGHTHS_PER_BAR)));
  const key = bestKey(bars);
  const [first, second] = bars.map((bar, number) => inKey(bar, number, key));
  const tonicOctaveScale = [Math.floor(key / 9), Math.floor(key / 3) % 3, key % 3];
  return [...tonicOctaveScale, first.rhythm, second.rhythm, ...first.directions, ...second.directions];
}

/** The rhythms whose eighths sound and rest most like the given ones. */
function candidates(bar: Uint8Array): Candidate[] {
  const distances = RHYTHMS.map((_, rhythm) => distance(bar, rhythm));
  const least = Math.min(...distances);
  const pitches = Array.from(bar, (token) => (isNoteToken(token) ? token - 1 : NO_PITCH));
  return RHYTHMS.flatMap((onsets, rhythm) =>
    distances[rhythm] === least ? [{ rhythm, notes: onsets.map((eighth) => pitches[eighth]) }] : [],
  );
}

function distance(bar: Uint8Array, rhythm: number): number {
  let different = 0;
  for (let eighth = 0; eighth < EIGHTHS_PER_BAR; eighth++) {
    if (isNoteToken(bar[eighth]) !== RHYTHMS[rhythm].includes(eighth)) different++;
  }
  return different;
}

/** The key in which most notes are right, the first of equals. */
function bestKey(bars: Candidate[][]): number {
  let [best, most] = [0, -1];
  for (let key = 0; key < KEYS; key++) {
    let right = 0;
    bars.forEach((bar, number) => (right += Math.max(...bar.map((candidate) => rightNotes(candidate, number, key)))));
    if (right > most) [best, most] = [key, right];
  }
  return best;
}

function inKey(bar: Candidate[], number: number, key: number): { rhythm: number; directions: number[] } {
  const scores = bar.map((candidate) => rightNotes(candidate, number, key));
  const chosen = bar[scores.indexOf(Math.max(...scores))];
  const directions = [0, 1].map((chord) => {
    const [up, down] = rightUpAndDown(chosen, number, chord, key);
    return down > up ? 1 : 0;
  });
  return { rhythm: chosen.rhythm, directions };
}

/** Right notes of both chords of a bar, each in its better direction. */
function rightNotes(candidate: Candidate, bar: number, key: number): number {
  return Math.max(...rightUpAndDown(candidate, bar, 0, key)) + Math.max(...rightUpAndDown(candidate, bar, 1, key));
}

function rightUpAndDown({ notes }: Candidate, bar: number, chord: number, key: number): [number, number] {
  const pitches = CHORD_PITCHES[key][2 * bar + chord];
  let [up, down] = [0, 0];
  for (let note = 0; note < 3; note++) {
    if (notes[3 * chord + note] === pitches[note]) up++;
    if (notes[3 * chord + note] === pitches[2 - note]) down++;
  }
  return [up, down];
}

/** Eighths of a bar that sound in each rhythm: six of eight, in lexicographic order. */
const RHYTHMS = combinations(EIGHTHS_PER_BAR, NOTES_PER_BAR);

/** Pitches of every chord upwards, above the lowest one: key, chord of the melody, note. */
const CHORD_PITCHES = Array.from({ length: KEYS }, (_, key) => {
  const root = 12 * (Math.floor(key / 3) % 3) + Math.floor(key / 9);
  return CHORDS.map((degrees) => degrees.map((degree) => root + SCALES[key % 3][degree]));
});

function combinations(size: number, chosen: number, from = 0): number[][] {
  if (chosen === 0) return [[]];
  const firsts = Array.from({ length: Math.max(size - chosen - from + 1, 0) }, (_, step) => from + step);
  return firsts.flatMap((first) => combinations(size, chosen - 1, first + 1).map((rest) => [first, ...rest]));
}
