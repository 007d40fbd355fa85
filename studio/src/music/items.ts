/** Items of a run as music, and music as items. */

import type { Description, MeasureCodecData } from "../model/types";
import { type Metre, metreOf } from "./metre";
import { eventsOfMusic, type Music, musicOfEvents } from "./music";
import { BARS, musicOfSong, songOfMusic } from "./songs";
import { eventsOfTicks, ticksOfEvents, ticksOfTokens, tokensOfTicks } from "./ticks";

/** How the items of a run lie in time. */
export interface Layout {
  metre: Metre;
  measures: number; // of an item
  measure: MeasureCodecData | null; // null: songs
}

/** What the music of items is called and how it is played. */
export interface Setting {
  title?: string;
  tempo?: number;
  programs?: number[];
  fifths?: number | null;
}

/** The layout of a run's items. Throws for runs that are not about music. */
export function layoutOf(description: Pick<Description, "codec">): Layout {
  const codec = description.codec;
  if (codec.kind === "measure") return { metre: metreOf(codec.metre), measures: 1, measure: codec };
  if (codec.kind === "phrase") return { metre: metreOf(codec.measure.metre), measures: codec.measures, measure: codec.measure };
  if (codec.kind === "song") return { metre: metreOf("4/4"), measures: BARS, measure: null };
  throw new Error(`This run is on items of the kind '${codec.kind}': expected measures, phrases or songs.`);
}

/** Consecutive items as one piece of music. */
export function musicOfItems(items: ArrayLike<number>[], layout: Layout, setting: Setting = {}): Music {
  if (!layout.measure) return musicOfSong(items, setting.tempo, setting.programs, setting.title);
  const ticks = items.map((item) => ticksOfTokens(item, layout.measure!));
  const all = new Int16Array(ticks.reduce((sum, one) => sum + one.length, 0));
  let place = 0;
  for (const one of ticks) all.set(one, (place += one.length) - one.length);
  return musicOfEvents(eventsOfTicks(all, layout.metre), layout.metre, setting.title, setting.tempo, setting.fifths);
}

/** Music as consecutive items; the last one is filled with rests. */
export function itemsOfMusic(music: Music, layout: Layout): Uint8Array[] {
  if (!layout.measure) return songOfMusic(music);
  const size = layout.measures * layout.metre.ticks;
  const length = Math.ceil(music.length / (layout.measures * layout.metre.length)) * layout.measures * layout.metre.length;
  const ticks = ticksOfEvents(eventsOfMusic(music), layout.metre, length);
  const tokens = tokensOfTicks(ticks, layout.measure);
  return Array.from({ length: tokens.length / size }, (_, index) => tokens.slice(index * size, (index + 1) * size));
}
