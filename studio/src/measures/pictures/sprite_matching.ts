/**
 * Which sprite is this? The factors whose drawing overlaps a picture most, found as `latune.images.sprite_matching`
 * finds them: a bank of drawings around the centroid, a pattern search from the promising ones, random moves at last.
 */

import type { ItemFunction } from "../measurer";
import { countBits, cutWindow, packRows, type Rows } from "./bits";
import { CENTRED, CENTROIDS, DRAWINGS, phaseAt, SYMMETRY } from "./sprite_bank";
import { spriteMoves } from "./sprite_moves";
import { MARGIN, SIZE, SPAN, SpritePen, type Corners } from "./sprites";

const FACTORS = ["shape", "scale", "orientation", "posx", "posy"];
const HEART = 2; // only hearts have one orientation
const PROMISING = 0.12; // of overlap in the bank: shapes within it of the best are tried
const STEPS = [0.03, Math.PI / 45, 0.3, 0.3]; // first steps of the search: scale, orientation, x, y
const LEVELS = 3; // the steps are halved twice
const ROUNDS = 8; // at most, over the four numbers with the same steps
const [GROW, SHRINK] = [1.5, 0.95]; // of the moves after a better and after a worse trial
const LARGEST = 5; // scale; such a sprite fills the picture, and larger ones would do so equally well

/** Writes factors (in the order of `names`) of one picture (64, 64); all NaN where it is dark. */
export function spriteFunction(height: number, width: number, names: string[]): ItemFunction {
  if (height !== SIZE || width !== SIZE) {
    throw new Error(`Sprites have ${SIZE}x${SIZE} pixels, got ${width}x${height}.`);
  }
  const wanted = names.map((name) => FACTORS.indexOf(name));
  const matcher = new Matcher();
  return (item, target) => {
    const factors = matcher.match(item.subarray(0, SIZE * SIZE));
    wanted.forEach((place, column) => (target[column] = place < 0 || !factors ? NaN : factors[place]));
  };
}

/** A place in the search: scale, orientation, x and y of the centroid in pixels. */
type Trial = Float64Array;

class Matcher {
  private readonly rows: Rows = { left: new Int32Array(SIZE), right: new Int32Array(SIZE) };
  private readonly pen = new SpritePen();
  private readonly window = new Int32Array(32);
  private readonly moved: Trial = new Float64Array(4);
  private area = 0;
  private drawnArea = 0;
  private outline: Corners = CENTRED[0];

  /** Shape (1 to 3), scale, orientation, and position; null where nothing is on. */
  match(pixels: Uint8Array): number[] | null {
    const [x, y, area] = position(pixels);
    if (area === 0) return null;
    packRows(pixels, this.rows);
    this.area = area;
    const { best, choice } = this.bestOfBank(x, y);
    const limit = Math.max(...best) - PROMISING;
    let [found, shape, overlap] = [new Float64Array(4), -1, -1];
    for (let tries = 0; tries < 3; tries++) {
      const tried = largest(best);
      if (best[tried] < limit || overlap === 1) break;
      best[tried] = -1;
      const { scale, angle } = DRAWINGS[choice[tried]];
      const trial = Float64Array.of(scale, angle, x, y);
      this.outline = CENTRED[tried];
      this.start(trial);
      const value = this.search(trial);
      if (value > overlap) [found, shape, overlap] = [trial, tried, value];
    }
    this.outline = CENTRED[shape];
    this.polish(found, overlap);
    return factorsOf(shape, found);
  }

  /** The best drawing of the bank for every shape: overlaps and numbers. */
  private bestOfBank(x: number, y: number): { best: number[]; choice: number[] } {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const { windows, areas } = phaseAt(x - column, y - row);
    const { window, area } = this;
    cutWindow(this.rows, column - 16, row - 16, window);
    const [best, choice] = [[-1, -1, -1], [0, 0, 0]];
    for (let k = 0; k < DRAWINGS.length; k++) {
      let shared = 0;
      for (let j = 0; j < 32; j++) shared += countBits(window[j] & windows[32 * k + j]);
      const value = shared / (area + areas[k] - shared);
      const { shape } = DRAWINGS[k];
      if (value > best[shape]) [best[shape], choice[shape]] = [value, k];
    }
    return { best, choice };
  }

  /** Intersection over union of the picture and a trial. */
  private overlap(trial: Trial): number {
    if (!(trial[0] > 0 && trial[0] < LARGEST)) return 0;
    const { pen, rows } = this;
    pen.draw(this.outline, trial[0], trial[1], trial[2], trial[3]);
    let [shared, drawn] = [0, 0];
    for (let j = pen.top; j < pen.bottom; j++) {
      const [left, right] = [pen.left[j], pen.right[j]];
      shared += countBits(rows.left[j] & left) + countBits(rows.right[j] & right);
      drawn += countBits(left) + countBits(right);
    }
    this.drawnArea = drawn;
    return shared / (this.area + drawn - shared);
  }

  /** Give `trial` the scale that has the picture's area, if that overlaps more. */
  private start(trial: Trial): void {
    const value = this.overlap(trial);
    const kept = trial[0];
    trial[0] *= Math.sqrt(this.area / Math.max(this.drawnArea, 1));
    if (this.overlap(trial) <= value) trial[0] = kept;
  }

  /** Improve `trial` in place, one number at a time by steps that are halved: its overlap afterwards. */
  private search(trial: Trial): number {
    let best = this.overlap(trial);
    for (let level = 0; level < LEVELS; level++) {
      for (let round = 0; round < ROUNDS; round++) {
        const before = best;
        for (let k = 0; k < 4; k++) {
          if (best === 1) return best;
          best = this.step(trial, k, STEPS[k] / 2 ** level, best);
        }
        if (best === before) break;
      }
    }
    return best;
  }

  /** Move one number up, or else down, where that is better: the overlap afterwards. */
  private step(trial: Trial, k: number, size: number, best: number): number {
    const kept = trial[k];
    for (const sign of [1, -1]) {
      trial[k] = kept + sign * size;
      const value = this.overlap(trial);
      if (value > best) return value;
      trial[k] = kept;
    }
    return best;
  }

  /** Improve `trial` in place by random moves and centre it on its plateau. */
  private polish(trial: Trial, overlap: number): void {
    const { moved } = this;
    const moves = spriteMoves();
    const total = trial.slice();
    let [best, size, count] = [overlap, 1, 1];
    for (let step = 0; step < moves.length; step += 4) {
      for (let k = 0; k < 4; k++) moved[k] = trial[k] + size * moves[step + k];
      const value = this.overlap(moved);
      if (value < best) {
        size *= SHRINK;
        continue;
      }
      if (value > best) [best, size, count] = [value, size * GROW, 0];
      // A trial as good is taken too: that leads along the plateau, whose mean is kept.
      for (let k = 0; k < 4; k++) {
        trial[k] = moved[k];
        total[k] = (count > 0 ? total[k] : 0) + moved[k];
      }
      count++;
    }
    for (let k = 0; k < 4; k++) moved[k] = total[k] / count;
    if (this.overlap(moved) >= best) trial.set(moved);
  }
}

/** Number of the largest of three values, the first of equals. */
function largest(values: number[]): number {
  const first = values[1] > values[0] ? 1 : 0;
  return values[2] > values[first] ? 2 : first;
}

/** Centroid (x, y) of the main thing in a picture, and the number of all pixels that are on. */
function position(pixels: Uint8Array): [number, number, number] {
  let [x, y, area] = meanPosition(pixels, 0, 0, SIZE);
  if (meanPosition(pixels, Math.trunc(x) - 16, Math.trunc(y) - 16, 32)[2] === area) return [x, y, area];
  // Something lies far off: begin with the window that holds most, and follow what it holds.
  let most = -1;
  for (const left of [0, 16, 32]) {
    for (const top of [0, 16, 32]) {
      const [middleX, middleY, count] = meanPosition(pixels, left, top, 32);
      if (count > most) [x, y, most] = [middleX, middleY, count];
    }
  }
  for (let round = 0; round < 2; round++) {
    [x, y] = meanPosition(pixels, Math.trunc(x) - 16, Math.trunc(y) - 16, 32);
  }
  return [x, y, area];
}

/** Centroid (x, y) of the pixels that are on within a square of the picture, and their number. */
function meanPosition(pixels: Uint8Array, left: number, top: number, side: number): [number, number, number] {
  let [area, sumX, sumY] = [0, 0, 0];
  const [firstX, lastX] = [Math.max(left, 0), Math.min(left + side, SIZE)];
  for (let y = Math.max(top, 0); y < Math.min(top + side, SIZE); y++) {
    for (let x = firstX; x < lastX; x++) {
      if (pixels[y * SIZE + x] === 0) continue;
      area++;
      sumX += x;
      sumY += y;
    }
  }
  return [sumX / Math.max(area, 1) + 0.5, sumY / Math.max(area, 1) + 0.5, area];
}

/** Factors of a shape (0 to 2) and the trial that was found for it. */
function factorsOf(shape: number, [scale, angle, x, y]: Trial): number[] {
  // The turning point lies before the centroid, by a way that turns and grows with the sprite.
  const [u, v] = CENTROIDS[shape].map((part) => scale * part);
  const turningX = x - Math.cos(angle) * u - Math.sin(angle) * v;
  const turningY = y + Math.sin(angle) * u - Math.cos(angle) * v;
  const orientation = shape === HEART ? turned(angle, SYMMETRY[shape]) : NaN;
  return [shape + 1, scale, orientation, (turningX - MARGIN) / SPAN, (turningY - MARGIN) / SPAN];
}

/** An angle brought to 0 up to below a symmetry. */
function turned(angle: number, symmetry: number): number {
  const rest = angle % symmetry;
  const positive = rest < 0 ? rest + symmetry : rest;
  return positive >= symmetry ? 0 : positive; // the remainder of a tiny negative angle, rounded
}
