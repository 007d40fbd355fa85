/** Songs of four tracks: tokens, parts, and a whole song cut into phrases. Mirrors `latune.music.songs`. */

import { metreOf } from "./metre";
import type { Music, Note, Voice } from "./music";

export const TRACKS = ["drums", "bass", "guitar", "strings"] as const;
export const PROGRAMS = [0, 33, 29, 48];
export const STEPS_PER_BAR = 16;
export const BARS = 16;
export const STEPS = STEPS_PER_BAR * BARS;
export const SONG_TEMPO = 120;
const SILENCE = 128;
const HOLD = 129;
const SILENT = -1;
const TWELFTHS_PER_STEP = 3;
const FIRST_BASS = 32;
const FIRST_STRINGS = 40;
const VELOCITIES = [98, 82, 74, 80]; // by track
const CYMBALS = new Set([42, 44, 46, 49, 51, 52, 53, 54, 55, 57, 59, 69, 70]);
const CYMBAL_VELOCITY = 70;
const ACCENTS = [10, 0, 3, 0, 6, 0, 3, 0, 8, 0, 3, 0, 6, 0, 3, 0]; // by step of the bar

/** The notes of one instrument; times in sixteenths from the first bar line. */
export interface Part {
  program: number;
  drums: boolean;
  name: string;
  notes: { start: number; end: number; pitch: number }[]; // by start
}

/** The pitch that sounds at every step of one track, -1 where nothing does, and where a note begins. */
export function lineOfTokens(tokens: ArrayLike<number>): { pitches: Int16Array; struck: Uint8Array } {
  const pitches = new Int16Array(tokens.length);
  const struck = new Uint8Array(tokens.length);
  let sounding = SILENT;
  for (let step = 0; step < tokens.length; step++) {
    if (tokens[step] !== HOLD) sounding = tokens[step] < SILENCE ? tokens[step] : SILENT;
    pitches[step] = sounding;
    struck[step] = tokens[step] < SILENCE ? 1 : 0;
  }
  return { pitches, struck };
}

/** Tokens of what sounds: the one way to write it. */
export function tokensOfLine(pitches: ArrayLike<number>, struck: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(pitches, (pitch, step) => {
    const begins = step === 0 || pitch !== pitches[step - 1] || (struck[step] && pitch !== SILENT);
    return begins ? (pitch === SILENT ? SILENCE : pitch) : HOLD;
  });
}

/** Phrases of tokens (256 steps x 4 tracks each) that follow each other, as music. */
export function musicOfSong(items: ArrayLike<number>[], tempo = SONG_TEMPO, programs = PROGRAMS, title = ""): Music {
  const voices = TRACKS.map((name, track): Voice => ({ name, program: programs[track], drums: track === 0 }));
  const notes = items.flatMap((item, place) => TRACKS.flatMap((_, track) => notesOfTrack(item, track, place * STEPS)));
  notes.sort((a, b) => a.start - b.start || a.voice - b.voice);
  const length = items.length * STEPS * TWELFTHS_PER_STEP;
  return { title, notes, rests: [], voices, length, metre: metreOf("4/4"), tempo, fifths: null };
}

function notesOfTrack(item: ArrayLike<number>, track: number, shift: number): Note[] {
  const notes: Note[] = [];
  let open: Note | null = null;
  for (let step = 0; step < STEPS; step++) {
    const token = item[step * TRACKS.length + track];
    if (token === HOLD) {
      if (open) open.length += TWELFTHS_PER_STEP;
      continue;
    }
    open = token < SILENCE ? noteAt(shift + step, token, track) : null;
    if (open) notes.push(open);
  }
  return notes;
}

function noteAt(step: number, pitch: number, track: number): Note {
  const own = track === 0 && CYMBALS.has(pitch) ? CYMBAL_VELOCITY : VELOCITIES[track];
  const velocity = own + ACCENTS[step % ACCENTS.length];
  return { start: step * TWELFTHS_PER_STEP, length: TWELFTHS_PER_STEP, pitch, voice: track, velocity };
}

/** Music of four voices as phrases of tokens. */
export function songOfMusic(music: Music): Uint8Array[] {
  const phrases = Math.max(1, Math.ceil(music.length / (STEPS * TWELFTHS_PER_STEP)));
  const lines = TRACKS.map((_, track) => {
    const notes = music.notes.filter((note) => note.voice === track);
    return lineOfNotes(notes.map(({ start, length, pitch }) => ({ start: start / 3, end: (start + length) / 3, pitch })), phrases * STEPS, false);
  });
  return phrasesOf(lines, phrases);
}

/** A song as consecutive phrases. Throws where no part has a note. */
export function cutSong(parts: Part[], steps: number): { items: Uint8Array[]; programs: number[]; remarks: string[] } {
  const remarks: string[] = [];
  const phrases = Math.max(1, Math.ceil(steps / STEPS));
  const programs = [...PROGRAMS];
  const lines = TRACKS.map((track, place) => {
    const chosen = chosenParts(parts.filter((part) => part.notes.length && TRACKS[trackOf(part)] === track), track, remarks);
    if (chosen.length) programs[place] = chosen[0].program;
    return lineOfNotes(chosen.flatMap((part) => part.notes), phrases * STEPS, track === "drums");
  });
  const rest = phrases * BARS - Math.floor(steps / STEPS_PER_BAR);
  if (rest) remarks.push(`The last phrase ends in ${rest} silent bar${rest === 1 ? "" : "s"}.`);
  return { items: phrasesOf(lines, phrases), programs, remarks };
}

function chosenParts(parts: Part[], track: string, remarks: string[]): Part[] {
  if (!parts.length) remarks.push(`The song has no ${track}: that track is silent.`);
  if (parts.length < 2 || track === "strings") return parts;
  remarks.push(`Of ${parts.length} parts of ${track} the one with most notes is taken.`);
  return [parts.reduce((most, part) => (part.notes.length > most.notes.length ? part : most))];
}

/** Place of the track that a part belongs to: drums by its flag, the others by their program. */
export function trackOf(part: Part): number {
  if (part.drums) return 0;
  if (part.program < FIRST_BASS) return 2;
  return part.program < FIRST_STRINGS ? 1 : 3;
}

type Line = { pitches: Int16Array; struck: Uint8Array };

/** One note at a time: at every step the lowest of those that sound. */
function lineOfNotes(notes: { start: number; end: number; pitch: number }[], steps: number, hits: boolean): Line {
  const pitches = new Int16Array(steps).fill(SILENT);
  const struck = new Uint8Array(steps);
  for (const { start, end, pitch } of notes) {
    for (let step = start; step < Math.min(steps, hits ? start + 1 : end); step++) {
      if (pitches[step] === SILENT || pitch < pitches[step]) pitches[step] = pitch;
    }
  }
  notes.forEach(({ start, pitch }) => pitches[start] === pitch && (struck[start] = 1));
  return { pitches, struck };
}

function phrasesOf(lines: Line[], phrases: number): Uint8Array[] {
  return Array.from({ length: phrases }, (_, phrase) => {
    const item = new Uint8Array(STEPS * TRACKS.length);
    lines.forEach(({ pitches, struck }, track) => {
      const range: [number, number] = [phrase * STEPS, (phrase + 1) * STEPS];
      tokensOfLine(pitches.subarray(...range), struck.subarray(...range)).forEach((token, step) => (item[step * TRACKS.length + track] = token));
    });
    return item;
  });
}
