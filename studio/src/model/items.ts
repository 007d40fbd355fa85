/** What items of a run are, as arrays of bytes and as what graphs read. */

import type { CodecData, Description } from "./types";

/** Elements of one item. */
export function itemLengthOf(description: Description): number {
  return itemShape(description).reduce((length, size) => length * size, 1);
}

/** Shape of one item, as the encoder reads it. */
export function itemShape(description: Description): number[] {
  return description.graphs.encoder.input.shape.slice(1).map(Number);
}

/** Stored value of full brightness of pictures; 0 of others. */
export function levelsOf(codec: CodecData): number {
  return codec.kind === "picture" ? codec.levels : 0;
}

/** Stored items as the encoder reads them: brightness from 0 to 1, or tokens. */
export function encoderInput(items: Uint8Array, codec: CodecData): Float32Array | Int32Array {
  const levels = levelsOf(codec);
  return levels > 0 ? Float32Array.from(items, (value) => value / levels) : Int32Array.from(items);
}

/** Pictures for the eye, 0 to 255; other items as they are. */
export function shownOf(items: Uint8Array, codec: CodecData): Uint8Array {
  return codec.kind === "picture" && codec.levels !== 255 ? items.map((value) => (255 * value) / codec.levels) : items;
}

/** Brightness from 0 to 1 as whole numbers up to `levels`; halves go to the even neighbour, as PyTorch rounds. */
export function rounded(brightness: Float32Array, levels: number): Uint8Array {
  const result = new Uint8Array(brightness.length);
  for (let i = 0; i < result.length; i++) {
    const value = Math.fround(brightness[i] * levels);
    const below = Math.floor(value);
    const rest = value - below;
    result[i] = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  }
  return result;
}

/** The symbol of the largest logit at every place. */
export function likeliest(logits: Float32Array, symbols: number): Uint8Array {
  const result = new Uint8Array(logits.length / symbols);
  for (let place = 0, start = 0; place < result.length; place++, start += symbols) {
    let best = 0;
    for (let symbol = 1; symbol < symbols; symbol++) if (logits[start + symbol] > logits[start + best]) best = symbol;
    result[place] = best;
  }
  return result;
}
