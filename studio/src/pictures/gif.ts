/** Animated GIFs of pictures. */

import { applyPalette, GIFEncoder, quantize } from "gifenc";
import { rgbaOf } from "./painting";
import type { Picture } from "./resizing";

const COLOURS = 256;
const SMALLEST = 256; // pixels of the shorter side: small pictures are enlarged, each pixel to a square

/** An animation of pictures of one size that begins anew at its end; `delay` in milliseconds per frame. */
export function encodeGif(frames: Picture[], delay: number): Uint8Array {
  if (frames.length === 0) throw new Error("An animation needs a picture, got none.");
  const zoom = Math.max(1, Math.ceil(SMALLEST / Math.min(frames[0].height, frames[0].width)));
  const gif = GIFEncoder();
  for (const frame of frames) {
    const rgba = rgbaOf(frame);
    const palette = frame.channels === 1 ? greys() : quantize(rgba, COLOURS);
    const indices = frame.channels === 1 ? frame.data : applyPalette(rgba, palette);
    const large = enlarged(indices, frame.height, frame.width, zoom);
    gif.writeFrame(large, frame.width * zoom, frame.height * zoom, { palette, delay });
  }
  gif.finish();
  return gif.bytes();
}

/** There and back again, without showing either end twice. */
export function thereAndBack<T>(frames: T[]): T[] {
  return [...frames, ...frames.slice(1, -1).reverse()];
}

function greys(): number[][] {
  return Array.from({ length: COLOURS }, (_, value) => [value, value, value]);
}

function enlarged(indices: Uint8Array, height: number, width: number, zoom: number): Uint8Array {
  const result = new Uint8Array(height * width * zoom * zoom);
  for (let y = 0; y < height * zoom; y++)
    for (let x = 0; x < width * zoom; x++)
      result[y * width * zoom + x] = indices[Math.floor(y / zoom) * width + Math.floor(x / zoom)];
  return result;
}
