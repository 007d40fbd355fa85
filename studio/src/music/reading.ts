/** Music files as items of a run. */

import type { Description } from "../model/types";
import type { Found } from "./found";
import { layoutOf } from "./items";
import { findInMidi } from "./midi_reading";
import { findInNotation, type Notation } from "./notation_reading";
import { readSong } from "./song_reading";
import { readTune } from "./tune_reading";

/** Suffixes of the files that are read. */
export const READABLE_MUSIC = [".mid", ".midi", ".kar", ".rmi", ".musicxml", ".xml", ".mxl", ".abc"];

/** How the uploads of this page are called and played, by the names of their files. */
export const uploads = new Map<string, Pick<ReadMusic, "title" | "tempo" | "programs">>();

const LARGEST = 8 * 2 ** 20; // bytes

/** Items of a file, and what was left out or changed on the way. */
export interface ReadMusic {
  items: Uint8Array[];
  remarks: string[];
  title: string;
  tempo: number | null; // quarters per minute, where the file says so
  programs: number[] | null; // songs: of the four tracks
}

/**
 * Read MIDI, MusicXML or ABC as items of a run.
 *
 * @throws Error with one sentence: the file is too large, damaged, of another kind or metre, or without a melody.
 */
export async function readMusic(file: File, description: Pick<Description, "codec">): Promise<ReadMusic> {
  const { name } = file;
  const layout = layoutOf(description);
  if (file.size > LARGEST) throw new Error(`The file '${name}' is too large: expected at most ${LARGEST / 2 ** 20} MiB.`);
  const data = new Uint8Array(await file.arrayBuffer());
  if (!data.length) throw new Error(`The file '${name}' is empty: expected notes.`);
  const found = await find(data, name);
  const only = found.tracks.length === 1 ? found.tracks[0].name : "";
  const title = found.title || only || name.replace(/\.[^.]*$/, "");
  const read: ReadMusic = layout.measure
    ? { ...readTune(found, layout, name), title, tempo: found.tempo, programs: null }
    : { ...readSong(found, name), title };
  uploads.set(name, read);
  return read;
}

async function find(data: Uint8Array, name: string): Promise<Found> {
  const kind = kindOf(data, name);
  return kind === "midi" ? findInMidi(data, name) : findInNotation(data, kind, name);
}

/** What a file is: its first bytes say it, or else its name. */
function kindOf(data: Uint8Array, name: string): Notation | "midi" {
  const head = new TextDecoder("latin1").decode(data.subarray(0, 400));
  const suffix = /\.[^.]*$/.exec(name.toLowerCase())?.[0] ?? "";
  if (head.startsWith("MThd") || head.startsWith("RIFF") || [".mid", ".midi", ".kar", ".rmi"].includes(suffix)) return "midi";
  if (head.startsWith("PK") || suffix === ".mxl") return "mxl";
  if ([".musicxml", ".xml"].includes(suffix) || /^\W{0,3}<(\?xml|score-)/.test(head)) return "musicxml";
  if (suffix === ".abc" || /^X:\s*\d/m.test(head)) return "abc";
  const ending = suffix ? `ends in '${suffix}'` : "has no suffix";
  throw new Error(`The file '${name}' ${ending}: expected ${READABLE_MUSIC.slice(0, -1).join(", ")} or ${READABLE_MUSIC.at(-1)}.`);
}
