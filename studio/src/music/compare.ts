/** What changed between the original music and the edited one. */

import type { Music, Note } from "./music";

/** A note of either music. */
export interface Compared extends Note {
  change: "same" | "new" | "gone";
}

const keyOf = (note: Note) => `${note.voice} ${note.start} ${note.pitch} ${note.length}`;

/** All notes of both: those of the edited music are "same" or "new", those that are left out "gone". */
export function compare(original: Music, edited: Music): Compared[] {
  const before = new Set(original.notes.map(keyOf));
  const after = new Set(edited.notes.map(keyOf));
  const gone = original.notes.filter((note) => !after.has(keyOf(note))).map((note): Compared => ({ ...note, change: "gone" }));
  return [...gone, ...edited.notes.map((note): Compared => ({ ...note, change: before.has(keyOf(note)) ? "same" : "new" }))];
}

/** Places of the measures in which something changed. */
export function changedMeasures(compared: Compared[], measure: number): Set<number> {
  return new Set(compared.filter((note) => note.change !== "same").map((note) => Math.floor(note.start / measure)));
}
