/** Measures on a grid: tokens, ticks and events. Mirrors `latune.music.measure`. */

import type { MeasureCodecData } from "../model/types";
import type { Metre } from "./metre";

export const HOLD = -1;
export const REST = -2;
export const START = -3;
export const END = -4;

/** A note or a rest; times in twelfths of a quarter from the start of the first measure. */
export interface TuneEvent {
  start: number;
  length: number;
  pitch: number; // MIDI pitch, or REST
}

/** Tokens (any number of measures) as ticks of the same length. */
export function ticksOfTokens(tokens: ArrayLike<number>, codec: MeasureCodecData): Int16Array {
  return Int16Array.from(tokens, (token) => {
    const value = codec.values[token];
    if (value === undefined) throw new Error(`The token ${token} is not one of the run's ${codec.values.length}.`);
    return value;
  });
}

/** Ticks as tokens of the same length; of enharmonic names the first one is taken. */
export function tokensOfTicks(ticks: ArrayLike<number>, codec: MeasureCodecData): Uint8Array {
  const tokens = new Map<number, number>();
  codec.values.forEach((value, token) => tokens.has(value) || tokens.set(value, token));
  return Uint8Array.from(ticks, (tick) => {
    const token = tokens.get(tick);
    if (token !== undefined) return token;
    const pitches = codec.values.filter((value) => value >= 0);
    throw new Error(`MIDI pitch ${tick} is outside the vocabulary: expected ${Math.min(...pitches)} to ${Math.max(...pitches)}.`);
  });
}

/** Read the grid as events without gaps; a hold before any event, START and END are read as rests. */
export function eventsOfTicks(ticks: ArrayLike<number>, metre: Metre): TuneEvent[] {
  const events: TuneEvent[] = [];
  for (let index = 0; index < ticks.length; index++) {
    const tick = ticks[index];
    if (tick === HOLD && index > 0) continue;
    const start = Math.floor(index / metre.ticks) * metre.length + metre.onsets[index % metre.ticks];
    events.push({ start, length: 0, pitch: tick < 0 ? REST : tick });
  }
  const end = (ticks.length / metre.ticks) * metre.length;
  events.forEach((event, place) => (event.length = (events[place + 1]?.start ?? end) - event.start));
  return events;
}

/** Lay events on the grid of whole measures: gaps become rests. Throws where one is off the grid or two meet. */
export function ticksOfEvents(events: TuneEvent[], metre: Metre, length = 0): Int16Array {
  const end = Math.max(length, ...events.map((event) => event.start + event.length));
  const measures = Math.max(1, Math.ceil(end / metre.length));
  const ticks = new Int16Array(measures * metre.ticks).fill(HOLD);
  for (const event of events) {
    const index = tickAt(event.start, metre);
    if (index < 0) throw new Error(`The event at quarter ${(event.start / 12).toFixed(4)} is off the grid of ${metre.name}.`);
    if (ticks[index] !== HOLD) throw new Error("Two events begin at the same time: expected one voice without chords.");
    ticks[index] = event.pitch;
  }
  fillGaps(ticks, events, metre);
  return ticks;
}

/** Number of the tick that begins at a time, counted over all measures; -1 where none does. */
export function tickAt(start: number, metre: Metre): number {
  const place = metre.onsets.indexOf(start % metre.length);
  return place < 0 ? -1 : Math.floor(start / metre.length) * metre.ticks + place;
}

function fillGaps(ticks: Int16Array, events: TuneEvent[], metre: Metre): void {
  if (!events.length || events[0].start > 0) ticks[0] = REST;
  events.forEach((event, place) => {
    const end = event.start + event.length;
    if (end >= (events[place + 1]?.start ?? Infinity)) return;
    const index = firstTickFrom(end, metre);
    if (index < ticks.length && ticks[index] === HOLD) ticks[index] = REST;
  });
}

function firstTickFrom(time: number, metre: Metre): number {
  const measure = Math.floor(time / metre.length);
  const place = metre.onsets.findIndex((onset) => onset >= time % metre.length);
  return place < 0 ? (measure + 1) * metre.ticks : measure * metre.ticks + place;
}
