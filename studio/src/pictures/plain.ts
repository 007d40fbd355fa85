/** Digits as Morpho-MNIST's "plain" set shows them: enlarged 4 times, binarised, smoothed and reduced, as `latune.images.morphology.plain`. */

import { Enlarger, KERNEL, SCALE, splineFilter } from "../measures/pictures/enlarging";

const RADIUS = KERNEL.length - 1;

/** A picture (H, W) of 0 to 255 made plain; a constant one becomes black. */
export function plain(image: Uint8Array, height: number, width: number): Uint8Array {
  const enlarger = new Enlarger(height, width);
  const { grey, low, high } = enlarger.enlarge(image);
  if (low === high) return new Uint8Array(image.length);
  const bright = Float64Array.from(grey, (value) => (2 * value >= low + high ? 1 : 0));
  return reduced(smoothed(bright, enlarger.rows, enlarger.columns), height, width);
}

/** Correlated with the Gaussian along both axes, mirrored at the edges; terms are added from the outside in. */
function smoothed(large: Float64Array, rows: number, columns: number): Float64Array {
  return along(along(large, rows, columns, columns, 1), columns, rows, 1, columns);
}

/** Filter `lines` lines of `length` values; `stride` leads to the next line and `step` to the next value. */
function along(source: Float64Array, lines: number, length: number, stride: number, step: number): Float64Array {
  const target = new Float64Array(source.length);
  const [p, q, r, s, t, u] = KERNEL;
  for (let line = 0; line < lines; line++) {
    const at = (k: number) => source[line * stride + mirrored(k, length) * step];
    for (let k = 0; k < length; k++) {
      const far = p * at(k) + u * (at(k - RADIUS) + at(k + RADIUS)) + t * (at(k - 4) + at(k + 4));
      const near = far + s * (at(k - 3) + at(k + 3)) + r * (at(k - 2) + at(k + 2));
      target[line * stride + k * step] = near + q * (at(k - 1) + at(k + 1));
    }
  }
  return target;
}

function mirrored(index: number, size: number): number {
  if (index >= 0 && index < size) return index;
  const place = ((index % (2 * size)) + 2 * size) % (2 * size);
  return place < size ? place : 2 * size - 1 - place;
}

/** The cubic spline through the large pixels at the centres of the small ones, clipped to their range, as bytes. */
function reduced(smooth: Float64Array, height: number, width: number): Uint8Array {
  const [floor, ceiling] = [smooth.reduce((a, b) => Math.min(a, b)), smooth.reduce((a, b) => Math.max(a, b))];
  const columns = SCALE * width;
  const rows = interpolation(height);
  const wide = new Float64Array(height * columns);
  for (let y = 0; y < height; y++)
    for (let k = 0; k < SCALE * height; k++) {
      const weight = rows[y * SCALE * height + k];
      if (Math.abs(weight) <= 1e-18) continue; // does not matter in double precision
      for (let x = 0; x < columns; x++) wide[y * columns + x] += weight * smooth[k * columns + x];
    }
  const across = interpolation(width);
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += wide[y * columns + k] * across[x * columns + k];
    return Math.trunc(Math.min(Math.max(sum, floor), ceiling) * 255);
  });
}

/** The matrix (n, 4 n) from large pixels to the values at the centres of n small ones. */
function interpolation(n: number): Float64Array {
  const size = SCALE * n;
  const filter = splineFilter(size);
  const matrix = new Float64Array(n * size);
  const weights = [1 / 48, 23 / 48, 23 / 48, 1 / 48]; // of a cubic spline halfway between two samples
  for (let y = 0; y < n; y++)
    weights.forEach((weight, tap) => {
      const row = (y * SCALE + tap) * size;
      for (let k = 0; k < size; k++) matrix[y * size + k] += weight * filter[row + k];
    });
  return matrix;
}
