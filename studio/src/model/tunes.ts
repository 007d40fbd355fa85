/** What of music stays as it is whatever is asked, as `latune.control.tunes` and `latune.control.phrases` say it. */

import { comparerOf } from "../measures";
import { parts } from "./arrays";
import type { Description, PhraseCodecData } from "./types";

/** Which items no knob changes: measures without a note. */
export function unturned(description: Description, item: Uint8Array): boolean {
  return description.codec.kind === "measure" && comparerOf(description).empty(item)[0];
}

/**
 * What is held of an item. In a phrase the name of a whole phrase's attribute stands for that of every measure.
 *
 * @param held Names of attributes; those that are turned are left out.
 */
export function heldNames(description: Description, held: string[], targets: Record<string, number>): string[] {
  const free = held.filter((name) => !(name in targets));
  const { codec } = description;
  if (codec.kind !== "phrase") return free;
  const bases = baseNames(description, codec);
  const measures = Array.from({ length: codec.measures }, (_, m) => m + 1);
  const each = free.flatMap((name) => (bases.includes(name) ? measures.map((m) => `${name}_${m}`) : [name]));
  return [...new Set(each)].filter((name) => !(name in targets));
}

/**
 * An edited phrase as it is written: measures without a note stay as they were, and measures that were equal, and of
 * which the same was asked, are equal.
 */
export function writtenPhrase(
  description: Description,
  original: Uint8Array,
  edited: Uint8Array,
  targets: Record<string, number>,
): Uint8Array {
  const { codec } = description;
  if (codec.kind !== "phrase") return edited;
  const length = edited.length / codec.measures;
  const [before, after] = [parts(original, length), parts(edited, length)];
  const bases = baseNames(description, codec);
  const written = edited.slice();
  const done = new Map<string, Uint8Array>();
  before.forEach((measure, m) => {
    const asked = bases.map((name) => targets[`${name}_${m + 1}`] ?? "").join();
    const key = `${measure.join()};${asked}`;
    if (!done.has(key)) done.set(key, hasNote(codec, measure) ? after[m] : measure);
    written.set(done.get(key)!, m * length);
  });
  return written;
}

function hasNote(codec: PhraseCodecData, measure: Uint8Array): boolean {
  return measure.some((token) => codec.measure.values[token] >= 0);
}

/** Attributes of measures: the first ones, since those of the whole phrase have their names. */
function baseNames(description: Description, codec: PhraseCodecData): string[] {
  const names = description.attributes.map((attribute) => attribute.name);
  return names.slice(0, names.length / (codec.measures + 1));
}
