/** The thirty attributes of phrases of songs, as `latune.music.songs.attributes` defines them. */

import type { ItemFunction } from "../measurer";

const TRACKS = ["drums", "bass", "guitar", "strings"];
const ALL = "all"; // counts over the four tracks, pitches over all but the drums
const STATISTICS = ["notes", "holds", "silences", "highest", "lowest", "mean_pitch"];
const STEPS = 256;
const SILENCE = 128;
const HOLD = 129;
const NO_HIGHEST = -1; // of a track without notes, as published
const NO_LOWEST = SILENCE;
const [NOTES, HOLDS, SILENCES, HIGHEST, LOWEST, MEAN_PITCH] = STATISTICS.keys();

/** Bytes of one phrase: tokens (256, 4). */
export const SONG_LENGTH = STEPS * TRACKS.length;

/** Whether a token begins a note. */
export function beginsNote(token: number): boolean {
  return token < SILENCE;
}

/** Writes attributes (in the order of `names`) of one phrase's tokens; NaN for names that are not built in. */
export function songFunction(names: string[]): ItemFunction {
  const places = new Map<string, number>();
  [...TRACKS, ALL].forEach((track, row) => {
    STATISTICS.forEach((statistic, column) => places.set(`${track}_${statistic}`, row * STATISTICS.length + column));
  });
  const wanted = names.map((name) => places.get(name));
  const all = new Float64Array(places.size);
  return (tokens, target) => {
    for (let track = 0; track < TRACKS.length; track++) measureTrack(tokens, track, all);
    combineTracks(all);
    wanted.forEach((place, column) => (target[column] = place === undefined ? NaN : all[place]));
  };
}

function measureTrack(tokens: Uint8Array, track: number, all: Float64Array): void {
  let [notes, holds, silences, sum, highest, lowest] = [0, 0, 0, 0, NO_HIGHEST, NO_LOWEST];
  for (let place = track; place < SONG_LENGTH; place += TRACKS.length) {
    const token = tokens[place];
    if (token === HOLD) holds++;
    else if (token === SILENCE) silences++;
    else if (beginsNote(token)) {
      notes++;
      sum += token;
      if (token > highest) highest = token;
      if (token < lowest) lowest = token;
    }
  }
  all.set([notes, holds, silences, highest, lowest, sum / Math.max(notes, 1)], track * STATISTICS.length);
}

/** The six numbers of all tracks together, from those of each. */
function combineTracks(all: Float64Array): void {
  const of = (track: number, statistic: number): number => all[track * STATISTICS.length + statistic];
  const pitched = [1, 2, 3];
  const counts = [NOTES, HOLDS, SILENCES].map((which) => of(0, which) + of(1, which) + of(2, which) + of(3, which));
  const highest = Math.max(...pitched.map((track) => of(track, HIGHEST)));
  const lowest = Math.min(...pitched.map((track) => of(track, LOWEST)));
  const mean = (of(1, MEAN_PITCH) + of(2, MEAN_PITCH) + of(3, MEAN_PITCH)) / pitched.length;
  all.set([...counts, highest, lowest, mean], TRACKS.length * STATISTICS.length);
}
