/** Standard MIDI files as found tracks. */

import { Midi } from "@tonejs/midi";
import type { Found, FoundTrack } from "./found";

const DRUM_CHANNEL = 9;
const KEYS = ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"];

/** Read a MIDI file, or one inside a RIFF wrapper. Throws with one sentence where it is none or is damaged. */
export function findInMidi(data: Uint8Array, name: string): Found {
  const midi = parsed(unwrapped(data, name), name);
  const { header } = midi;
  const tracks = midi.tracks.filter((track) => track.notes.length).map(trackOf);
  const marker = header.meta.find(({ type, text }) => type === "marker" && text.trim().toLowerCase() === "end");
  const key = KEYS.indexOf(header.keySignatures[0]?.key ?? "");
  return {
    title: header.name.trim(),
    quarter: header.ppq,
    tempo: header.tempos.length ? Math.round(header.tempos[0].bpm * 1000) / 1000 : null,
    fifths: key < 0 ? null : key - 7,
    signatures: header.timeSignatures.map(({ ticks, timeSignature }) => ({ time: ticks, numerator: timeSignature[0], denominator: timeSignature[1] })),
    tracks,
    end: marker?.ticks ?? 0,
    measures: [],
  };
}

function trackOf(track: Midi["tracks"][number]): FoundTrack {
  const notes = track.notes.map((note) => ({ start: note.ticks, end: note.ticks + note.durationTicks, pitch: note.midi }));
  return { name: track.name.trim(), program: track.instrument.number, drums: track.channel === DRUM_CHANNEL, notes };
}

function unwrapped(data: Uint8Array, name: string): Uint8Array {
  const text = (start: number) => String.fromCharCode(...data.subarray(start, start + 4));
  if (text(0) === "MThd") return data;
  if (text(0) === "RIFF") {
    const start = [...Array(Math.min(64, data.length)).keys()].find((place) => text(place) === "MThd");
    if (start !== undefined) return data.subarray(start);
  }
  throw new Error(`The file '${name}' is not MIDI: expected it to begin with 'MThd'.`);
}

function parsed(data: Uint8Array, name: string): Midi {
  try {
    const midi = new Midi(data);
    if (!midi.tracks.every((track) => track.notes.every((note) => Number.isFinite(note.ticks + note.durationTicks)))) throw new Error("times");
    return midi;
  } catch {
    throw new Error(`The file '${name}' is damaged: expected complete MIDI.`);
  }
}
