/** A found file as phrases of four tracks. Mirrors `latune.music.songs.reading`. */

import type { Found, FoundTrack } from "./found";
import { cutSong, type Part, SONG_TEMPO, STEPS_PER_BAR } from "./songs";
import type { ReadItems } from "./tune_reading";

const MOST_STEPS = 20_000;

/** A song in 4/4 as phrases, with its programs and tempo. Throws with one sentence where that is impossible. */
export function readSong(found: Found, name: string): ReadItems & { programs: number[]; tempo: number } {
  const others = new Set(found.signatures.map((one) => `${one.numerator}/${one.denominator}`).filter((metre) => metre !== "4/4"));
  if (others.size) throw new Error(`The file '${name}' has bars in ${[...others].slice(0, 5).join(", ")}: expected 4/4 throughout.`);
  const first = found.signatures.length ? Math.min(...found.signatures.map((one) => one.time)) : 0;
  const parts = found.tracks.map((track) => partOf(track, first, found.quarter)).filter((part) => part.notes.length);
  if (!parts.length) throw new Error(`The file '${name}' has no notes: expected some behind its first bar line.`);
  const steps = parts.reduce((most, part) => part.notes.reduce((end, note) => Math.max(end, note.end), most), 0);
  if (steps > MOST_STEPS) throw new Error(`The file '${name}' has ${steps} sixteenths: expected at most ${MOST_STEPS}.`);
  const whole = Math.ceil(steps / STEPS_PER_BAR) * STEPS_PER_BAR;
  return { ...cutSong(parts, whole), tempo: found.tempo ?? SONG_TEMPO };
}

function partOf(track: FoundTrack, first: number, quarter: number): Part {
  const onGrid = (ticks: number) => Math.floor((8 * ticks + quarter) / (2 * quarter));
  const kept = track.notes.filter((note) => note.start >= first && note.pitch >= 0 && note.pitch < 128);
  const notes = kept.map((note) => {
    const start = onGrid(note.start - first);
    return { start, end: Math.max(onGrid(note.end - first), start + 1), pitch: note.pitch };
  });
  notes.sort((a, b) => a.start - b.start);
  return { program: track.program, drums: track.drums, name: track.name, notes };
}
