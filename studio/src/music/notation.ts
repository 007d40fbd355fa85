/** Note values: how events are cut into noteheads, rest signs, triplet brackets and beams. Mirrors `latune.music.notation`. */

import { type Metre, TWELFTHS } from "./metre";
import type { TuneEvent } from "./ticks";

const QUARTER = TWELFTHS;

type Value = [name: string, dots: number];

// From the longest to the shortest, by length in twelfths.
const PLAIN = new Map<number, Value>([
  [72, ["whole", 1]], [48, ["whole", 0]], [36, ["half", 1]], [24, ["half", 0]], [18, ["quarter", 1]],
  [12, ["quarter", 0]], [9, ["eighth", 1]], [6, ["eighth", 0]], [3, ["16th", 0]],
]);
const TRIPLET = new Map<number, Value>([
  [8, ["quarter", 0]], [6, ["eighth", 1]], [4, ["eighth", 0]], [3, ["16th", 1]], [2, ["16th", 0]], [1, ["32nd", 0]],
]);
// Starts in 4/4 at which a value that is longer than a beat, or syncopated, is easy to read.
const STARTS: Record<number, number[]> = {
  48: [0], 36: [0, 12], 24: [0, 12, 24], 18: [0, 6, 12, 24, 30], 12: [0, 6, 12, 24, 30, 36],
};
const FLAGS: Record<string, number> = { eighth: 1, "16th": 2, "32nd": 3 };

/** A triplet: three in the time of two, over a beat or half a beat. */
export interface Bracket {
  start: number;
  end: number;
}

/** One notehead or rest sign; times from the start of its measure. */
export interface Sign {
  start: number;
  length: number;
  pitch: number; // negative: a rest
  value: string;
  dots: number;
  goesOnFrom: boolean; // prolongs the sign before
  goesOn: boolean; // the next sign prolongs it
  bracket: Bracket | null;
  event: number; // place of its event among those of the tune
}

/** Length of one of the three members of a triplet. */
export const unitOf = (bracket: Bracket) => (bracket.end - bracket.start) / 3;

const flagsOf = (sign: Sign) => (sign.pitch >= 0 ? (FLAGS[sign.value] ?? 0) : 0);

interface Span {
  start: number;
  end: number;
  pitch: number;
  goesOnFrom: boolean;
  goesOn: boolean;
  event: number;
}

/** Cut events without gaps into the signs of each measure. */
export function notate(events: TuneEvent[], metre: Metre, measures: number): Sign[][] {
  const spans: Span[][] = Array.from({ length: measures }, () => []);
  events.forEach(({ start, length, pitch }, event) => {
    const end = start + length;
    const first = Math.floor(start / metre.length);
    const last = Math.floor((end - 1) / metre.length);
    for (let number = first; number <= last; number++) {
      const edges = [Math.max(0, start - number * metre.length), Math.min(metre.length, end - number * metre.length)];
      spans[number].push({ start: edges[0], end: edges[1], pitch, goesOnFrom: number > first, goesOn: number < last, event });
    }
  });
  return spans.map((each) => signsOf(each, metre));
}

function signsOf(spans: Span[], metre: Metre): Sign[] {
  const edges = new Set(spans.flatMap((span) => [span.start, span.end]));
  const brackets = metre.compound ? [] : bracketsOf(edges, metre);
  return spans.flatMap((span) => signsOfSpan(span, brackets, metre));
}

function signsOfSpan(span: Span, brackets: Bracket[], metre: Metre): Sign[] {
  const { pitch, event } = span;
  if (pitch < 0 && span.end - span.start === metre.length) {
    const { goesOnFrom, goesOn } = span;
    return [{ start: 0, length: metre.length, pitch, value: "whole", dots: 0, goesOnFrom, goesOn, bracket: null, event }];
  }
  const signs: Sign[] = [];
  for (let start = span.start; start < span.end; ) {
    const bracket = brackets.find((one) => one.start <= start && start < one.end) ?? null;
    const later = brackets.filter((one) => one.start > start).map((one) => one.start);
    const limit = bracket ? bracket.end : Math.min(span.end, ...later);
    const length = longest(start, Math.min(limit, span.end), pitch < 0, bracket, metre);
    const [value, dots] = (bracket ? TRIPLET : PLAIN).get(length)!;
    const goesOnFrom = span.goesOnFrom || start > span.start;
    const goesOn = span.goesOn || start + length < span.end;
    signs.push({ start, length, pitch, value, dots, goesOnFrom, goesOn, bracket, event });
    start += length;
  }
  return signs;
}

function bracketsOf(edges: Set<number>, metre: Metre): Bracket[] {
  const brackets: Bracket[] = [];
  for (let beat = 0; beat < metre.length; beat += QUARTER) {
    if (!edges.has(beat + 4) && !edges.has(beat + 8)) continue;
    if (!edges.has(beat + 6)) {
      brackets.push({ start: beat, end: beat + 12 });
      continue;
    }
    if (edges.has(beat + 4)) brackets.push({ start: beat, end: beat + 6 });
    if (edges.has(beat + 8)) brackets.push({ start: beat + 6, end: beat + 12 });
  }
  return brackets;
}

/** Length of the longest sign from `start` that ends at `end`, or earlier where it shows the beat. */
function longest(start: number, end: number, rest: boolean, bracket: Bracket | null, metre: Metre): number {
  if (!bracket) {
    const fits = rest ? restFits : plainFits;
    return firstOf(PLAIN, (length) => start + length <= end && fits(start, length, end, metre));
  }
  const position = start - bracket.start;
  const unit = unitOf(bracket);
  if (rest) return firstOf(TRIPLET, (n) => start + n <= end && n !== 3 && n !== 6 && position % Math.min(n, unit) === 0);
  return firstOf(TRIPLET, (n) => start + n <= end && tripletFits(position, n, start + n === end, unit));
}

function firstOf(values: Map<number, Value>, fits: (length: number) => boolean): number {
  for (const length of values.keys()) if (fits(length)) return length;
  throw new Error("The tune cannot be notated: expected events on the grid.");
}

function restFits(start: number, length: number, _end: number, metre: Metre): boolean {
  const dotted = metre.compound && (length === 36 || length === 18);
  if (metre.compound && !dotted) {
    return [12, 6, 3].includes(length) && (start % 18) % length === 0 && (start % 18) + length <= 18;
  }
  return (dotted || ![72, 36, 18, 9].includes(length)) && start % length === 0;
}

function plainFits(start: number, length: number, end: number, metre: Metre): boolean {
  const { beat } = metre;
  if (start + length !== end && (start + length) % (metre.compound ? QUARTER / 2 : beat)) return false;
  if ((start % beat) + length <= beat) return true;
  if (metre.compound) return start % beat === 0 && length % beat === 0;
  if (!(length in STARTS)) return length === metre.length;
  if (metre.beats === 4) return STARTS[length].includes(start);
  return start % (length > 18 ? QUARTER : QUARTER / 2) === 0;
}

/** Whether a sign ends with its event or on a triplet's member; a dotted one begins or ends on one. */
function tripletFits(position: number, length: number, isLast: boolean, unit: number): boolean {
  const aligned = (position + length) % unit === 0;
  if ((length === 3 || length === 6) && length % unit) return (isLast || aligned) && (position % unit === 0 || aligned);
  return isLast || aligned;
}

/** Beams of each sign of a measure, from the first (eighth) to the third level, in MusicXML's words. */
export function beamsOf(signs: Sign[], metre: Metre): string[][] {
  const result: string[][] = signs.map(() => []);
  let group: number[] = [];
  signs.forEach((sign, index) => {
    if (group.length && (!flagsOf(sign) || beamGroup(signs, sign, metre) !== beamGroup(signs, signs[group[0]], metre))) {
      beam(signs, group, result);
      group = [];
    }
    if (flagsOf(sign)) group.push(index);
  });
  beam(signs, group, result);
  return result;
}

/** What notes under one beam have in common. */
function beamGroup(signs: Sign[], sign: Sign, metre: Metre): string {
  if (metre.compound) return `beat ${Math.floor(sign.start / metre.beat)}`;
  const half = 2 * QUARTER;
  const beat = `beat ${Math.floor(sign.start / QUARTER)} of ${sign.bracket?.start} ${sign.bracket?.end}`;
  if (metre.beats % 2) return beat;
  const inHalf = signs.filter((other) => Math.floor(other.start / half) === Math.floor(sign.start / half));
  const eighths = inHalf.every((other) => flagsOf(other) === 1 && other.length === QUARTER / 2);
  return eighths && inHalf.length === 4 ? `half ${Math.floor(sign.start / half)}` : beat;
}

function beam(signs: Sign[], group: number[], result: string[][]): void {
  if (group.length < 2) return;
  const flags = group.map((index) => flagsOf(signs[index]));
  group.forEach((index, place) => {
    for (let level = 1; level <= flags[place]; level++) {
      const before = place > 0 && flags[place - 1] >= level;
      const after = place < group.length - 1 && flags[place + 1] >= level;
      const alone = place > 0 ? "backward hook" : "forward hook";
      result[index].push(before && after ? "continue" : before ? "end" : after ? "begin" : alone);
    }
  });
}
