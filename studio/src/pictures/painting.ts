/** Pictures on canvases. */

import type { PictureCodecData } from "../model/types";
import type { Picture } from "./resizing";

/** What a decoder shows of one item, 0 to 255, as a picture. */
export function pictureOf(codec: PictureCodecData, shown: Uint8Array, index = 0): Picture {
  const [channels, height, width] = codec.item_shape;
  const length = channels * height * width;
  return { channels, height, width, data: shown.subarray(index * length, (index + 1) * length) };
}

/** Items, 0 to the codec's levels, as brightness from 0 to 255. */
export function brightnessOf(codec: PictureCodecData, items: Uint8Array): Uint8Array {
  return codec.levels === 255 ? items : items.map((value) => Math.round((value * 255) / codec.levels));
}

/** A picture's pixels as canvases take them: red, green, blue and opaque. */
export function rgbaOf({ channels, height, width, data }: Picture): Uint8ClampedArray {
  const size = height * width;
  const rgba = new Uint8ClampedArray(4 * size);
  const green = channels === 3 ? size : 0;
  const blue = channels === 3 ? 2 * size : 0;
  for (let i = 0; i < size; i++) {
    rgba[4 * i] = data[i];
    rgba[4 * i + 1] = data[green + i];
    rgba[4 * i + 2] = data[blue + i];
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

/** Draw a picture, pixel for pixel; style sheets enlarge the canvas. */
export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  if (canvas.width !== picture.width) canvas.width = picture.width;
  if (canvas.height !== picture.height) canvas.height = picture.height;
  const pixels = new ImageData(rgbaOf(picture) as Uint8ClampedArray<ArrayBuffer>, picture.width, picture.height);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}
