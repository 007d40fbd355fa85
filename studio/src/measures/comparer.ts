/** How alike items are, and which show nothing, as the codecs of Python say it. */

import type { CodecData, Description } from "../model/types";
import { refuseOtherLength } from "./measurer";
import { beginsNote, SONG_LENGTH } from "./music/songs";
import { DMELODY_LENGTH, isNoteToken } from "./music/dmelodies";
import { ticksOf } from "./music/measures";
import { pictureLength } from "./pictures/pictures";

/** Compares items, which lie one behind the other in an array. */
export interface Comparer {
  readonly itemLength: number;
  /**
   * How much of an item's identity another one keeps, 0 to 1, per item: the share of equal tokens, or shared over joint
   * brightness. `others` are as many items, or one that all are compared with.
   */
  similarity(items: Uint8Array, others: Uint8Array): Float64Array;
  /** Which items show nothing at all: no note, no bright pixel. These meet no request. */
  empty(items: Uint8Array): boolean[];
}

/** The comparer of a run's items. */
export function comparerOf(description: Description): Comparer {
  const { codec } = description;
  const length = lengthOf(codec);
  const alike = codec.kind === "picture" ? overlap : equalShare;
  const shows = showsSomething(codec);
  return {
    itemLength: length,
    similarity(items, others) {
      const count = countItems(items, length);
      const step = others.length === length ? 0 : length;
      if (step > 0) refuseOtherLength(others, count, length);
      return Float64Array.from({ length: count }, (_, n) => alike(items, n * length, others, n * step, length));
    },
    empty(items) {
      const parts = Array.from({ length: countItems(items, length) }, (_, n) => n * length);
      return parts.map((from) => !items.subarray(from, from + length).some(shows));
    },
  };
}

function countItems(items: Uint8Array, length: number): number {
  const count = Math.floor(items.length / length);
  refuseOtherLength(items, count, length);
  return count;
}

/** Bytes of one item. */
export function lengthOf(codec: CodecData): number {
  switch (codec.kind) {
    case "measure":
      return ticksOf(codec);
    case "phrase":
      return codec.measures * ticksOf(codec.measure);
    case "picture":
      return pictureLength(codec);
    case "song":
      return SONG_LENGTH;
    case "dmelody":
      return DMELODY_LENGTH;
  }
}

/** Whether an element is a note, or a bright pixel. */
function showsSomething(codec: CodecData): (element: number) => boolean {
  if (codec.kind === "song") return beginsNote;
  if (codec.kind === "dmelody") return isNoteToken;
  if (codec.kind === "picture") return (level) => level > 0;
  const { values } = codec.kind === "phrase" ? codec.measure : codec;
  return (token) => values[token] >= 0;
}

type Alike = (items: Uint8Array, from: number, others: Uint8Array, otherFrom: number, length: number) => number;

const equalShare: Alike = (items, from, others, otherFrom, length) => {
  let equal = 0;
  for (let k = 0; k < length; k++) if (items[from + k] === others[otherFrom + k]) equal++;
  return equal / length;
};

const overlap: Alike = (items, from, others, otherFrom, length) => {
  let [shared, joint] = [0, 0];
  for (let k = 0; k < length; k++) {
    const [left, right] = [items[from + k], others[otherFrom + k]];
    shared += left < right ? left : right;
    joint += left < right ? right : left;
  }
  return joint > 0 ? shared / joint : 1;
};
