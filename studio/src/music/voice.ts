/** One voice on the grid out of the notes of a file: the highest one. Mirrors `latune.music.melody`. */

import type { Metre } from "./metre";
import { REST, type TuneEvent } from "./ticks";

const EXACT = 0.06; // twelfths; smaller shifts are rounding of the file format
const SIXTEENTH = 3;
const EPSILON = 1e-7;

/** A note of a file; times in twelfths of a quarter, not yet on the grid. */
export interface FoundNote {
  start: number;
  end: number;
  pitch: number;
}

/** "1 note", "2 notes". */
export function counted(count: number, noun: string): string {
  return count === 1 ? `${count} ${noun}` : `${count} ${noun}s`;
}

/** The grid position nearest to a time, both in twelfths. */
export function nearestOnGrid(time: number, metre: Metre): number {
  const start = Math.floor(time / metre.length) * metre.length;
  const positions = [...metre.onsets, metre.length];
  const place = time - start;
  let index = 0; // a time in the middle goes to the earlier position
  while (index < positions.length - 1 && place > (positions[index] + positions[index + 1]) / 2 + EPSILON) index++;
  return start + positions[index];
}

/** Reduce notes to the highest voice: events without gaps in whole measures, and what was changed. */
export function singleVoice(notes: FoundNote[], metre: Metre, length = 0): { events: TuneEvent[]; remarks: string[] } {
  const placed = notes.map((note) => place(note, metre));
  const exact = placed.every((note) => note.shift <= EXACT && note.endShift <= EXACT);
  const { kept, below, crowded } = highest(placed);
  const remarks = [...dropRemarks(below, crowded), ...shiftRemarks(kept)];
  const early = endWhereNextBegins(kept, exact);
  if (early) remarks.push(`Ended ${counted(early, "note")} early, where the next one begins.`);
  const found = Math.max(length, ...notes.map((note) => note.end)) - EXACT;
  const end = Math.max(found, ...kept.map((note) => note.end - EPSILON));
  const whole = Math.max(1, Math.ceil(end / metre.length)) * metre.length;
  return { events: withoutGaps(kept, whole), remarks };
}

interface Placed extends FoundNote {
  found: FoundNote;
  shift: number;
  endShift: number;
}

function place(note: FoundNote, metre: Metre): Placed {
  const start = nearestOnGrid(note.start, metre);
  const nearest = nearestOnGrid(note.end, metre);
  const end = nearest > start ? nearest : nearestOnGrid(start + 4, metre);
  return { start, end, pitch: note.pitch, found: note, shift: Math.abs(start - note.start), endShift: Math.abs(nearest - note.end) };
}

function highest(notes: Placed[]): { kept: Placed[]; below: number; crowded: number } {
  const kept: Placed[] = [];
  let crowded = 0;
  for (const note of [...notes].sort((a, b) => a.start - b.start || b.pitch - a.pitch)) {
    const last = kept.at(-1);
    if (last && note.start === last.start) {
      crowded += oneAfterTheOther(note.found, last.found) ? 1 : 0;
      continue;
    }
    if (last && last.pitch > note.pitch && last.end - note.start >= SIXTEENTH) continue;
    kept.push(note);
  }
  return { kept, below: notes.length - kept.length - crowded, crowded };
}

function oneAfterTheOther(a: FoundNote, b: FoundNote): boolean {
  const apart = Math.max(a.start, b.start) >= Math.min(a.end, b.end) - EXACT;
  return apart && Math.abs(a.start - b.start) > EXACT;
}

/** Cut notes where the next one begins, close small gaps; how many lost a sixteenth or more. */
function endWhereNextBegins(notes: Placed[], exact: boolean): number {
  let early = 0;
  notes.forEach((note, index) => {
    const next = notes[index + 1]?.start ?? Infinity;
    if (note.end - next >= SIXTEENTH) early++;
    note.end = Math.min(note.end, next);
    if (!exact && next - note.end < SIXTEENTH) note.end = next;
  });
  return early;
}

function dropRemarks(below: number, crowded: number): string[] {
  const remarks: string[] = [];
  if (below) remarks.push(`Dropped ${counted(below, "note")} below the highest voice.`);
  if (crowded) remarks.push(`Dropped ${counted(crowded, "note")} too short for the grid of sixteenths and triplets.`);
  return remarks;
}

function shiftRemarks(kept: Placed[]): string[] {
  const shifts = kept.map((note) => note.shift).filter((shift) => shift > EXACT);
  if (!shifts.length) return [];
  const largest = (Math.max(...shifts) / 12).toFixed(2);
  return [`Moved ${counted(shifts.length, "onset")} to the nearest grid position (largest shift ${largest} quarters).`];
}

function withoutGaps(notes: Placed[], length: number): TuneEvent[] {
  const events: TuneEvent[] = [];
  let end = 0;
  for (const note of notes) {
    if (note.start > end) events.push({ start: end, length: note.start - end, pitch: REST });
    events.push({ start: note.start, length: note.end - note.start, pitch: note.pitch });
    end = note.end;
  }
  if (end < length) events.push({ start: end, length: length - end, pitch: REST });
  return events;
}
