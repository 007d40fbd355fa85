/** Music as notes: what every view, player and writer reads. */

import type { Metre } from "./metre";
import { REST, type TuneEvent } from "./ticks";

/** A note; times in twelfths of a quarter from the start of the music. */
export interface Note {
  start: number;
  length: number;
  pitch: number;
  voice: number; // place among the voices
  velocity: number; // 1 to 127
}

/** An instrument. */
export interface Voice {
  name: string;
  program: number; // General MIDI, 0 to 127
  drums: boolean;
}

/** A tune or a song. */
export interface Music {
  title: string;
  notes: Note[]; // by start, then voice
  rests: number[]; // one voice: where written rests begin
  voices: Voice[];
  length: number; // twelfths; whole measures
  metre: Metre;
  tempo: number; // quarters per minute
  fifths: number | null; // key signature; null: estimated from the notes
}

/** Velocity of the notes of tunes. */
export const TUNE_VELOCITY = 80;

/** Quarters per minute of a tune that says nothing. */
export const TUNE_TEMPO = 100;

const PIANO: Voice = { name: "melody", program: 0, drums: false };

/** One voice of events as music. */
export function musicOfEvents(events: TuneEvent[], metre: Metre, title = "", tempo = TUNE_TEMPO, fifths: number | null = null): Music {
  const last = events.at(-1);
  const sounding = events.filter((event) => event.pitch >= 0);
  return {
    title,
    notes: sounding.map(({ start, length, pitch }) => ({ start, length, pitch, voice: 0, velocity: TUNE_VELOCITY })),
    rests: events.filter((event) => event.pitch < 0).map((event) => event.start),
    voices: [PIANO],
    length: last ? Math.ceil((last.start + last.length) / metre.length) * metre.length : metre.length,
    metre,
    tempo,
    fifths,
  };
}

/** Notes and rests of one voice, without gaps. */
export function eventsOfMusic(music: Music): TuneEvent[] {
  const events: TuneEvent[] = music.notes.map(({ start, length, pitch }) => ({ start, length, pitch }));
  const begun = new Set(events.map((event) => event.start));
  const rest = (start: number) => {
    if (start >= music.length || begun.has(start)) return;
    begun.add(start);
    events.push({ start, length: 0, pitch: REST });
  };
  rest(0);
  music.notes.forEach((note) => rest(note.start + note.length));
  music.rests.forEach(rest);
  events.sort((a, b) => a.start - b.start);
  events.forEach((event, place) => (event.length = (events[place + 1]?.start ?? music.length) - event.start));
  return events;
}

/** Seconds that music lasts at a tempo. */
export function secondsOf(music: Music, tempo = music.tempo): number {
  return (music.length / 12) * (60 / tempo);
}
