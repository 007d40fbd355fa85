/** Music as a standard MIDI file. Mirrors `latune.music.midi` and `latune.music.songs.midi`. */

import { Midi } from "@tonejs/midi";
import { type Music, eventsOfMusic } from "./music";

const TICKS_PER_QUARTER = 480;
const TICKS_PER_TWELFTH = TICKS_PER_QUARTER / 12;
const DRUM_CHANNEL = 9;

/** Channel of a voice: drums are on the tenth. */
export function channelOf(music: Music, voice: number): number {
  if (music.voices[voice].drums) return DRUM_CHANNEL;
  const before = music.voices.slice(0, voice).filter((other) => !other.drums).length;
  return before < DRUM_CHANNEL ? before : before + 1;
}

/** One track per voice with its program; rests at the end are kept by a marker "end". */
export function midiOf(music: Music, tempo = music.tempo): Uint8Array {
  const midi = new Midi();
  midi.header.fromJSON({
    name: "",
    ppq: TICKS_PER_QUARTER,
    meta: endsInRest(music) ? [{ text: "end", type: "marker", ticks: music.length * TICKS_PER_TWELFTH }] : [],
    tempos: [{ ticks: 0, bpm: tempo }],
    timeSignatures: [{ ticks: 0, timeSignature: [music.metre.numerator, music.metre.denominator] }],
    keySignatures: [],
  });
  music.voices.forEach((voice, place) => {
    const track = midi.addTrack();
    track.name = music.voices.length === 1 ? music.title : voice.name;
    track.channel = channelOf(music, place);
    track.instrument.number = voice.drums ? 0 : voice.program;
    for (const note of music.notes.filter((one) => one.voice === place)) {
      const [ticks, durationTicks] = [note.start * TICKS_PER_TWELFTH, note.length * TICKS_PER_TWELFTH];
      track.addNote({ midi: note.pitch, ticks, durationTicks, velocity: (note.velocity + 0.5) / 127 }); // it is cut off to whole numbers
    }
  });
  return midi.toArray();
}

function endsInRest(music: Music): boolean {
  if (music.voices.length > 1) return !music.notes.some((note) => note.start + note.length === music.length);
  return (eventsOfMusic(music).at(-1)?.pitch ?? -1) < 0;
}
