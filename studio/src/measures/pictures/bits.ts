/** Pictures of 64x64 pixels as bits. */

/** A picture's rows, 64 bits each: columns 0 to 31 in `left`, the others in `right`, the highest bit leftmost. */
export interface Rows {
  left: Int32Array;
  right: Int32Array;
}

/** Number of bits of a 32-bit number that are 1. */
export function countBits(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Overwrites `rows` with pixels (64, 64) that are on or off. */
export function packRows(pixels: Uint8Array, rows: Rows): void {
  for (let row = 0; row < 64; row++) {
    rows.left[row] = packWord(pixels, 64 * row);
    rows.right[row] = packWord(pixels, 64 * row + 32);
  }
}

function packWord(pixels: Uint8Array, from: number): number {
  let word = 0;
  for (let k = from; k < from + 32; k++) word = (word << 1) | (pixels[k] === 0 ? 0 : 1);
  return word;
}

/** Overwrites `window` (32) with 32x32 pixels of a picture from a column and a row on; dark outside it. */
export function cutWindow(rows: Rows, column: number, row: number, window: Int32Array): void {
  for (let j = 0; j < 32; j++) {
    const y = row + j;
    window[j] = y < 0 || y >= 64 ? 0 : bitsFrom(rows.left[y], rows.right[y], column);
  }
}

/** 32 bits of a row from a column on, zeros outside it. */
function bitsFrom(left: number, right: number, column: number): number {
  if (column <= -32 || column >= 64) return 0;
  if (column <= 0) return left >>> -column;
  if (column < 32) return (left << column) | (right >>> (32 - column));
  return right << (column - 32);
}
