/** Six numbers of a picture that say how a stroke looks, as `latune.images.morphology` defines them. */

import type { ItemFunction } from "../measurer";
import { Enlarger, SCALE } from "./enlarging";
import { slantAndExtents } from "./moments";
import { Thinner, type Skeleton } from "./thinning";

const NAMES = ["area", "length", "thickness", "slant", "width", "height"];
const SKELETON = ["length", "thickness"];
const MOMENTS = ["slant", "width", "height"];

/**
 * Writes measures (in the order of `names`) of one picture (height, width) of 0 to 255; NaN for names that are none of
 * the six. Only what the names need is computed. A constant picture has no stroke: all its measures are 0.
 */
export function morphologyFunction(height: number, width: number, names: string[]): ItemFunction {
  const wanted = names.map((name) => NAMES.indexOf(name));
  const asks = (some: string[]): boolean => some.some((name) => names.includes(name));
  const [withSkeleton, withMoments] = [asks(SKELETON), asks(MOMENTS)];
  const withArea = withSkeleton || asks(["area"]);
  const enlarger = new Enlarger(height, width);
  const thinner = withSkeleton ? new Thinner(enlarger.rows, enlarger.columns) : null;
  const bright = new Uint8Array(enlarger.rows * enlarger.columns);
  const all = new Float64Array(NAMES.length);
  return (item, target) => {
    all.fill(0);
    const { grey, low, high } = enlarger.enlarge(item.subarray(0, height * width));
    if (low !== high) {
      if (withArea) all[0] = binarise(grey, low + high, bright) / SCALE ** 2;
      if (thinner) [all[1], all[2]] = lengthAndThickness(thinner.thin(bright));
      if (withMoments) all.set(slantAndExtents(grey, enlarger.rows, enlarger.columns), 3);
    }
    wanted.forEach((place, column) => (target[column] = place < 0 ? NaN : all[place]));
  };
}

/** Ones where a pixel is at least halfway between the darkest and the brightest; gives how many. */
function binarise(grey: Uint8Array, lowAndHigh: number, bright: Uint8Array): number {
  let count = 0;
  for (let k = 0; k < grey.length; k++) {
    const one = 2 * grey[k] >= lowAndHigh ? 1 : 0;
    bright[k] = one;
    count += one;
  }
  return count;
}

/** Length of the skeleton and mean stroke width along it, in pixels of the small picture. */
function lengthAndThickness({ lines, squared, height, stride }: Skeleton): [number, number] {
  let [straight, slanted, count, radius] = [0, 0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let p = y * stride + 1; p < (y + 1) * stride - 1; p++) {
      if (lines[p] === 0) continue;
      count++;
      radius += Math.sqrt(squared[p]);
      straight += lines[p + 1] + lines[p + stride];
      slanted += lines[p + stride - 1] + lines[p + stride + 1];
    }
  }
  return [(straight + Math.SQRT2 * slanted) / SCALE, (2 * radius) / count / SCALE];
}
