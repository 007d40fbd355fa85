/** Music as files. */

import { save } from "../page/downloads";
import { midiOf } from "./midi_writing";
import type { Music } from "./music";
import { musicXmlOf } from "./musicxml";

export type MusicFormat = "midi" | "musicxml" | "wav";

const FORMATS: Record<MusicFormat, { suffix: string; type: string }> = {
  midi: { suffix: "mid", type: "audio/midi" },
  musicxml: { suffix: "musicxml", type: "application/vnd.recordare.musicxml+xml" },
  wav: { suffix: "wav", type: "audio/wav" },
};

/** Music in a format, at a tempo. */
export async function fileOf(music: Music, format: MusicFormat, tempo: number): Promise<Uint8Array | string> {
  const played = { ...music, tempo };
  if (format === "midi") return midiOf(played);
  if (format === "musicxml") return musicXmlOf(played);
  const { wavOf } = await import("./sound/rendering");
  return wavOf(played);
}

/** Offer music as a file; `version` is part of its name. */
export async function download(music: Music, format: MusicFormat, tempo: number, version: string): Promise<void> {
  const { suffix, type } = FORMATS[format];
  const name = (music.title || "music").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "music";
  save(await fileOf(music, format, tempo), `${name}-${version}.${suffix}`, type);
}
