/** Slant, width and height of enlarged pictures from their moments, as `latune.images.morphology_kernels` has them. */

import { SCALE } from "./enlarging";

const FRACTION = 0.01; // of the mass, left out at either end of width and height

/** Slant in radians, width and height in pixels of the small picture, of an enlarged one that is not black. */
export function slantAndExtents(grey: Uint8Array, rows: number, columns: number): [number, number, number] {
  const masses = new Float64Array(rows);
  const moments = new Float64Array(rows);
  let [total, firstX, firstY] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    let [mass, moment] = [0, 0];
    for (let x = 0; x < columns; x++) {
      const value = grey[y * columns + x];
      mass += value;
      moment += value * x;
    }
    [masses[y], moments[y]] = [mass, moment];
    total += mass;
    firstX += moment;
    firstY += mass * y;
  }
  const lean = leanOf(masses, moments, total, firstX, firstY);
  const width = extent(upright(grey, rows, columns, masses, lean, firstY / total), total);
  masses.copyWithin(1, 0, rows - 1); // mass{y < t}: one row later
  masses[0] = 0;
  return [-Math.atan(lean), width, extent(masses, total)];
}

/** Mixed over vertical second moment. About a whole pixel near the centre they are whole numbers, which are exact. */
function leanOf(masses: Float64Array, moments: Float64Array, total: number, firstX: number, firstY: number): number {
  const [nearX, nearY] = [Math.floor(firstX / total), Math.floor(firstY / total)];
  const [offX, offY] = [firstX / total - nearX, firstY / total - nearY];
  let [mixed, vertical] = [0, 0];
  for (let y = 0; y < masses.length; y++) {
    mixed += (moments[y] - nearX * masses[y]) * (y - nearY);
    vertical += masses[y] * (y - nearY) ** 2;
  }
  const u11 = mixed - total * offX * offY;
  const u02 = vertical - total * offY * offY;
  return u02 > 0 ? u11 / u02 : 0;
}

/** Mass per column of the picture after its lean is undone about the row `centre`. */
function upright(
  grey: Uint8Array,
  rows: number,
  columns: number,
  masses: Float64Array,
  lean: number,
  centre: number,
): Float64Array {
  const tilted = new Float64Array(columns);
  for (let y = 0; y < rows; y++) {
    if (masses[y] === 0) continue;
    // Pixel x belongs to the first t with x + 1/2 < t + lean (y - centre): the same step for a whole row.
    const step = Math.floor(0.5 - lean * (y - centre)) + 1;
    const stop = Math.min(columns, columns - step);
    for (let x = 0; x < stop; x++) tilted[Math.max(x + step, 0)] += grey[y * columns + x];
  }
  return tilted;
}

/**
 * Distance between the quantiles 0.01 and 0.99 of a distribution, in pixels of the small picture. `masses[t]` is added
 * to the cumulative distribution between the grid points t - 1 and t; between them it is interpolated linearly.
 */
function extent(masses: Float64Array, total: number): number {
  return (quantile(masses, total, 1 - FRACTION) - quantile(masses, total, FRACTION)) / SCALE;
}

function quantile(masses: Float64Array, total: number, wanted: number): number {
  let before = masses[0] / total;
  if (before > wanted) return 0;
  let sum = masses[0];
  for (let t = 1; t < masses.length; t++) {
    sum += masses[t];
    const after = sum / total;
    if (after > wanted) return t - 1 + (wanted - before) / (after - before);
    before = after;
  }
  return masses.length - 1;
}
