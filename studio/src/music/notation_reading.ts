/** MusicXML and ABC as found tracks: verovio reads them and plays them as MIDI, repeats written out. */

import { withoutRepeats } from "./abc_repeats";
import { newToolkit } from "./engraver";
import type { Found } from "./found";
import { findInMidi } from "./midi_reading";

export type Notation = "musicxml" | "mxl" | "abc";

/** Read a score. Throws with one sentence where it is none or is damaged. */
export async function findInNotation(data: Uint8Array, kind: Notation, name: string): Promise<Found> {
  const toolkit = await newToolkit();
  try {
    toolkit.setOptions({ inputFrom: kind === "abc" ? "abc" : "musicxml" });
    const text = kind === "mxl" ? "" : decoded(data);
    const complete = kind !== "musicxml" || /<\/score-(partwise|timewise)>\s*$/.test(text);
    if (!complete || !load(toolkit, data, kind, text)) throw new Error(damaged(name, kind));
    const midi = Uint8Array.from(atob(toolkit.renderToMIDI()), (letter) => letter.charCodeAt(0));
    const found = findInMidi(midi, name);
    // The player ends every note one tick early.
    for (const track of found.tracks) for (const note of track.notes) note.end += 1;
    const stamps = toolkit.renderToTimemap({ includeMeasures: true }).filter((entry) => entry.measureOn !== undefined);
    const measures = stamps.map((entry) => Math.round(entry.qstamp * found.quarter));
    return { ...found, measures, title: titleOf(text || toolkit.getMEI(), kind) };
  } finally {
    toolkit.destroy();
  }
}

function load(toolkit: Awaited<ReturnType<typeof newToolkit>>, data: Uint8Array, kind: Notation, text: string): number {
  try {
    return kind === "mxl" ? toolkit.loadZipDataBuffer(data.slice().buffer) : toolkit.loadData(kind === "abc" ? withoutRepeats(firstTune(text)) : text);
  } catch {
    return 0; // the engine stops where a file is beyond it
  }
}

function damaged(name: string, kind: Notation): string {
  return `The file '${name}' is damaged: expected ${kind === "abc" ? "a tune in ABC with the lines 'X:' and 'K:'" : "a MusicXML score"}.`;
}

/** Text in the encoding that its first bytes say. */
function decoded(data: Uint8Array): string {
  const [a, b] = data;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(data);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(data);
  return new TextDecoder().decode(data);
}

/** Of several tunes in one ABC file the first one. */
function firstTune(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const starts = lines.flatMap((line, place) => (/^X:/.test(line) ? [place] : []));
  return starts.length ? lines.slice(starts[0], starts[1]).join("\n") : text;
}

function titleOf(text: string, kind: Notation): string {
  const patterns = kind === "abc" ? [/^T:(.*)$/m] : [/<work-title>([^<]*)/, /<movement-title>([^<]*)/, /<title[^>]*>([^<]*)<\/title>/];
  const found = patterns.map((pattern) => pattern.exec(text)?.[1]?.trim()).find(Boolean) ?? "";
  return found.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&apos;/g, "'").replace(/&amp;/g, "&");
}
