/** Picture files and drawings as items of a run, as `latune.control.pictures` reads them. */

import type { PictureCodecData } from "../model/types";
import { plain } from "./plain";
import { brightOnDark, fit, type Picture } from "./resizing";

const MOST_PIXELS = 40_000_000;
const MOST_BYTES = 32 * 2 ** 20;

/** An item and what was done to the picture on the way. */
export interface PictureReading {
  item: Uint8Array;
  remarks: string[];
}

/** Read a PNG or JPEG file. Fails with one sentence. */
export async function readPicture(file: File, codec: PictureCodecData): Promise<PictureReading> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name}: expected a file of at most 32 MB.`);
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => null);
  if (!bitmap) throw new Error(`${file.name}: expected a PNG or JPEG picture, got a damaged file or something else.`);
  if (bitmap.width * bitmap.height > MOST_PIXELS) throw new Error(`${file.name}: expected a picture of at most 40 million pixels.`);
  return itemFromPicture(pictureFrom(bitmap, codec.item_shape[0]), codec);
}

/** The pixels of a bitmap on white, in one channel of grey or in three. */
function pictureFrom(bitmap: ImageBitmap, channels: number): Picture {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  return pictureFromRgba(context.getImageData(0, 0, bitmap.width, bitmap.height), channels);
}

/** Opaque pixels of a canvas as a picture; grey is weighed as in ITU-R 601-2. */
export function pictureFromRgba(pixels: { data: Uint8ClampedArray; width: number; height: number }, channels: number): Picture {
  const { width, height, data: rgba } = pixels;
  const size = width * height;
  const data = new Uint8Array(channels * size);
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]];
    if (channels === 1) data[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    else [data[i], data[size + i], data[2 * size + i]] = [red, green, blue];
  }
  return { channels, height, width, data };
}

/** A picture of any size as an item: the run's size, bright on dark and "plain" where strokes are measured, its levels. */
export function itemFromPicture(picture: Picture, codec: PictureCodecData): PictureReading {
  const [, height, width] = codec.item_shape;
  const remarks: string[] = [];
  const binary = codec.levels === 1;
  let result = fit(picture, height, width);
  if (result !== picture) remarks.push(`Brought from ${picture.height}x${picture.width} to ${height}x${width} pixels for the model.`);
  if (binary || codec.measurement === "morphology") {
    const { picture: dark, inverted } = brightOnDark(result);
    if (inverted) remarks.push("Inverted: the model expects bright on dark.");
    result = dark;
  }
  if (codec.measurement === "morphology") result = { ...result, data: plain(result.data, height, width) };
  return { item: binary ? result.data.map((value) => (value > 127 ? 1 : 0)) : result.data.slice(), remarks };
}
