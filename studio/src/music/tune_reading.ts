/** A found file as the items of a run on measures or phrases. */

import { fitPitches } from "./fit";
import type { Found, FoundTrack } from "./found";
import { itemsOfMusic, type Layout } from "./items";
import { type Metre, metreFrom, metreOf, sameGrid } from "./metre";
import { musicOfEvents } from "./music";
import { type FoundNote, singleVoice } from "./voice";

const MOST_MEASURES = 400;
const FULL_SHARE = 1 / 3; // of the notes of the fullest track that a melody has at least

/** What `readMusic` gives, but the title. */
export interface ReadItems {
  items: Uint8Array[];
  remarks: string[];
}

/** Choose the melody, bring it to the grid and into the run's pitches. Throws with one sentence where that is impossible. */
export function readTune(found: Found, layout: Layout, name: string): ReadItems {
  const melodic = found.tracks.filter((track) => !track.drums);
  if (!melodic.length) {
    throw new Error(`The file '${name}' has ${found.tracks.length ? "only drums" : "no notes"}: expected a track with a melody.`);
  }
  const track = melodyOf(melodic);
  const remarks = unusedRemark(track, found.tracks);
  const { metre, shift } = metreOfFile(found, layout.metre, name);
  const notes = placed(track, found, metre, shift, name);
  const end = found.end ? (found.end * 12) / found.quarter + shift : 0;
  const measures = Math.ceil((Math.max(end, ...notes.map((note) => note.end)) - 0.06) / metre.length);
  if (measures > MOST_MEASURES) {
    throw new Error(`The file '${name}' is too long: expected at most ${MOST_MEASURES} measures, found ${measures}.`);
  }
  const voice = singleVoice(notes, metre, end);
  remarks.push(...voice.remarks);
  const values = layout.measure!.values;
  const semitones = fitPitches(voice.events.map((event) => event.pitch).filter((pitch) => pitch >= 0), values, `The file '${name}'`);
  if (semitones) remarks.push(`Moved by ${semitones > 0 ? "+" : ""}${semitones} semitones for the model.`);
  const events = voice.events.map((event) => ({ ...event, pitch: event.pitch < 0 ? event.pitch : event.pitch + semitones }));
  return { items: itemsOfMusic(musicOfEvents(events, layout.metre), layout), remarks };
}

/** The highest track on average, of those that have enough notes. */
function melodyOf(tracks: FoundTrack[]): FoundTrack {
  const most = Math.max(...tracks.map((track) => track.notes.length));
  const mean = (track: FoundTrack) => track.notes.reduce((sum, note) => sum + note.pitch, 0) / track.notes.length;
  const full = tracks.filter((track) => track.notes.length >= most * FULL_SHARE);
  return full.reduce((best, track) => (mean(track) > mean(best) ? track : best));
}

function unusedRemark(track: FoundTrack, tracks: FoundTrack[]): string[] {
  const unused = tracks.length - 1;
  if (!unused) return [];
  const which = track.name ? `'${track.name}', the highest one` : "the highest one";
  return [`The melody is track ${which}; ${unused} of ${tracks.length} tracks ${unused === 1 ? "is" : "are"} not used.`];
}

/** The one metre of a file, and the twelfths to put before a pick-up that is written as one short measure. */
function metreOfFile(found: Found, wanted: Metre, name: string): { metre: Metre; shift: number } {
  const signatures = [...found.signatures].sort((a, b) => a.time - b.time);
  const last = Math.max(...found.tracks.flatMap((track) => track.notes.map((note) => note.start)));
  let inForce = signatures.filter(({ time }, place) => time <= last && time !== signatures[place + 1]?.time);
  const shift = found.measures.length ? 0 : pickUp(inForce, found.quarter);
  if (shift) inForce = inForce.slice(1);
  const metres = inForce.map(({ numerator, denominator }) => gridded(numerator, denominator, name));
  const metre = metres[0] ?? metreOf("4/4");
  const other = metres.find((one) => !sameGrid(one, metre));
  if (other) throw new Error(`The file '${name}' changes its metre from ${metre.name} to ${other.name}: expected one metre throughout.`);
  if (!sameGrid(metre, wanted)) throw new Error(`The file '${name}' is in ${metre.name}: this run was trained on ${wanted.name}.`);
  return { metre, shift };
}

function gridded(numerator: number, denominator: number, name: string): Metre {
  try {
    return metreFrom(numerator, denominator);
  } catch (error) {
    throw new Error(`The file '${name}': ${(error as Error).message}`);
  }
}

function pickUp(signatures: Found["signatures"], quarter: number): number {
  if (signatures.length < 2) return 0;
  const [first, second] = signatures;
  const length = (first.numerator * 4) / first.denominator;
  const full = (second.numerator * 4) / second.denominator;
  return first.time === 0 && length > 0 && length < full && second.time === length * quarter ? (full - length) * 12 : 0;
}

/** The notes of a track in twelfths of whole measures. */
function placed(track: FoundTrack, found: Found, metre: Metre, shift: number, name: string): FoundNote[] {
  const twelfths = (ticks: number) => (ticks * 12) / found.quarter;
  const move = found.measures.length ? measured(found.measures.map(twelfths), metre, name) : (time: number) => time + shift;
  return track.notes.map(({ start, end, pitch }) => {
    const begins = move(twelfths(start) + 1e-6) - 1e-6;
    return { start: begins, end: Math.max(begins, move(twelfths(end) - 1e-6) + 1e-6), pitch };
  });
}

/** From the time of a file whose measures begin at `starts` to that of whole measures: incomplete ones are filled. */
function measured(starts: number[], metre: Metre, name: string): (time: number) => number {
  const places: number[] = [];
  let next = 0;
  starts.forEach((start, index) => {
    const length = (starts[index + 1] ?? start + metre.length) - start;
    if (length > metre.length + 0.01) {
      throw new Error(`The file '${name}' has a measure of ${length / 12} quarters: expected at most ${metre.length / 12} in ${metre.name}.`);
    }
    const short = length < metre.length - 0.01;
    const completes = short && next % metre.length > 0 && Math.abs((next % metre.length) + length - metre.length) < 0.01;
    const begin = Math.ceil((next - 0.01) / metre.length) * metre.length;
    const place = completes ? next : index === 0 && short && starts.length > 1 ? metre.length - length : begin;
    places.push(place);
    next = place + length;
  });
  return (time) => {
    let index = starts.length - 1;
    while (index > 0 && starts[index] > time) index--;
    return places[index] + (time - starts[index]);
  };
}
