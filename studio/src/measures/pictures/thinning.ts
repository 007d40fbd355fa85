/** The medial axis of binary pictures by ordered thinning, as `latune.images.morphology_kernels` does it. */

import { randomWords } from "./pcg64";

/** A medial axis on the box of the bright pixels, with a frame of one pixel around it. */
export interface Skeleton {
  lines: Uint8Array; // (height, stride), ones on the axis
  squared: Int32Array; // (height, stride), squared distance to the nearest dark pixel
  height: number;
  stride: number;
}

/** Rows and columns that bright pixels occupy, ends excluded. */
interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Thins binary pictures (rows, columns) that have at least one bright and one dark pixel. */
export class Thinner {
  private readonly stream: Uint32Array;
  private readonly squared: Int32Array;
  private readonly vertical: Int32Array;
  private readonly mask: Uint8Array;
  private readonly places: Int32Array;
  private readonly ordered: Int32Array;
  private readonly ranks: Int32Array;
  private readonly keys: Int32Array;
  private starts = new Int32Array(0);

  constructor(
    private readonly rows: number,
    private readonly columns: number,
  ) {
    const [size, framed] = [rows * columns, (rows + 2) * (columns + 2)];
    this.stream = randomWords(size + 512); // more than enough: a draw is rejected with a chance below one half
    [this.squared, this.vertical] = [new Int32Array(framed), new Int32Array(framed)];
    this.mask = new Uint8Array(framed);
    [this.places, this.ordered] = [new Int32Array(size), new Int32Array(size + 1)];
    [this.ranks, this.keys] = [new Int32Array(size), new Int32Array(size)];
  }

  /**
   * Every bright pixel is visited once, nearest to the dark first; among equals those with fewer dark neighbours last,
   * among these in the order of a fixed permutation. It is removed unless that would change how the bright pixels
   * around it hang together, or end a line. The arrays that it gives are overwritten by the next call.
   */
  thin(bright: Uint8Array): Skeleton {
    const box = this.boxOf(bright);
    const [height, stride] = [box.bottom - box.top + 2, box.right - box.left + 2];
    this.measureColumns(bright, box, height, stride);
    const count = this.measureRows(height, stride);
    const { mask, places } = this;
    mask.fill(0, 0, height * stride);
    for (let i = 0; i < count; i++) mask[places[i]] = 1;
    this.shuffle(count);
    this.sort(count, stride);
    this.removeInOrder(count, stride);
    return { lines: mask, squared: this.squared, height, stride };
  }

  private boxOf(bright: Uint8Array): Box {
    const { rows, columns } = this;
    let [top, bottom, left, right] = [rows, 0, columns, 0];
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        if (bright[y * columns + x] === 0) continue;
        if (y < top) top = y;
        bottom = y + 1;
        if (x < left) left = x;
        if (x >= right) right = x + 1;
      }
    }
    return { top, bottom, left, right };
  }

  /** Distance to the nearest dark pixel within the column; the frame is dark wherever it lies inside the picture. */
  private measureColumns(bright: Uint8Array, { top, bottom, left, right }: Box, height: number, stride: number): void {
    const { rows, columns, vertical } = this;
    const endless = rows + columns;
    const [h, w] = [height - 2, stride - 2];
    vertical.fill(0, 0, height * stride);
    if (top === 0) vertical.fill(endless, 0, stride);
    for (let y = 1; y <= h; y++) {
      const [row, line] = [y * stride, (top + y - 1) * columns + left - 1];
      for (let x = 1; x <= w; x++) vertical[row + x] = (vertical[row - stride + x] + 1) * bright[line + x];
    }
    if (bottom === rows) vertical.fill(endless, (h + 1) * stride, (h + 2) * stride);
    for (let y = h; y > 0; y--) {
      const row = y * stride;
      for (let x = 1; x <= w; x++) {
        const below = vertical[row + stride + x] + 1;
        if (below < vertical[row + x]) vertical[row + x] = below;
      }
    }
    for (let y = 0; y < height; y++) {
      vertical[y * stride] = left === 0 ? endless : 0;
      vertical[y * stride + w + 1] = right === columns ? endless : 0;
    }
  }

  /** Exact squared distances, along rows for as long as a nearer dark pixel is possible; counts bright pixels. */
  private measureRows(height: number, stride: number): number {
    const { vertical, squared, places } = this;
    const w = stride - 2;
    squared.fill(0, 0, height * stride);
    let count = 0;
    for (let y = 1; y < height - 1; y++) {
      const row = y * stride;
      for (let x = 1; x <= w; x++) {
        const own = vertical[row + x];
        if (own === 0) continue;
        squared[row + x] = this.nearest(row, x, own * own, w);
        places[count++] = row + x;
      }
    }
    return count;
  }

  private nearest(row: number, x: number, within: number, w: number): number {
    const { vertical } = this;
    const endless = this.rows + this.columns;
    let best = within;
    for (let step = 1; step * step < best && (step <= x || x + step <= w + 1); step++) {
      let distance = endless;
      if (step <= x) distance = vertical[row + x - step];
      if (x + step <= w + 1) distance = Math.min(distance, vertical[row + x + step]);
      best = Math.min(best, step * step + distance * distance);
    }
    return best;
  }

  /**
   * Orders the places by the permutation that NumPy's default_rng(42) draws for so many: Fisher-Yates from the end,
   * rejecting masked numbers that are too large.
   */
  private shuffle(n: number): void {
    const { stream, ranks, ordered, places } = this;
    const chosen = ordered; // read up before `ordered` is written
    let mask = 1;
    while (mask < n - 1) mask = (mask << 1) | 1;
    let draw = 0;
    for (let i = n - 1; i > 0; ) {
      const number = (stream[draw] & mask) >>> 0;
      draw = draw + 1 === stream.length ? 0 : draw + 1;
      if (number > i) continue;
      chosen[i] = number;
      i--;
      if (i <= mask >>> 1) mask >>>= 1;
    }
    for (let i = 0; i < n; i++) ranks[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const [j, rank] = [chosen[i], ranks[i]];
      ranks[i] = ranks[j];
      ranks[j] = rank;
    }
    for (let i = 0; i < n; i++) ordered[ranks[i]] = places[i];
  }

  /** Stable counting sort of `ordered` by squared distance, then by number of dark neighbours, into `ranks`. */
  private sort(n: number, stride: number): void {
    const { mask, ordered, squared, keys, ranks: visits } = this;
    let largest = 0;
    for (let i = 0; i < n; i++) {
      const p = ordered[i];
      const [a, b] = [p - stride, p + stride];
      const above = mask[a - 1] + mask[a] + mask[a + 1];
      const around = above + mask[p - 1] + mask[p + 1] + mask[b - 1] + mask[b] + mask[b + 1];
      keys[i] = squared[p] * 9 + 8 - around;
      if (keys[i] > largest) largest = keys[i];
    }
    if (this.starts.length < largest + 2) this.starts = new Int32Array(2 * (largest + 2));
    const { starts } = this;
    starts.fill(0, 0, largest + 2);
    for (let i = 0; i < n; i++) starts[keys[i] + 1]++;
    for (let i = 0; i <= largest; i++) starts[i + 1] += starts[i];
    for (let i = 0; i < n; i++) visits[starts[keys[i]]++] = ordered[i];
  }

  private removeInOrder(n: number, stride: number): void {
    const { mask, ranks: visits } = this;
    for (let i = 0; i < n; i++) {
      const p = visits[i];
      const [a, b] = [p - stride, p + stride];
      const above = mask[a - 1] | (mask[a] << 1) | (mask[a + 1] << 2);
      const beside = (mask[p - 1] << 3) | (mask[p + 1] << 4);
      const below = (mask[b - 1] << 5) | (mask[b] << 6) | (mask[b + 1] << 7);
      mask[p] = KEPT[above | beside | below];
    }
  }
}

// Around the middle, in the order of a neighbourhood's bits: places of the eight neighbours in reading order.
const AROUND = [[-1, -1], [-1, 0], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 0], [1, 1]];

/**
 * Which pixels thinning keeps, by the bits of their 8 neighbours: those that join pieces that would fall apart without
 * them, that fill a hole, that stand alone, or that have one neighbour only, as the ends of lines.
 */
const KEPT = Uint8Array.from({ length: 256 }, (_, code) => {
  const bright = AROUND.flatMap((place, bit) => ((code >> bit) & 1 ? [place] : []));
  return bright.length < 2 || pieces(bright) !== 1 ? 1 : 0;
});

/** Number of pieces that neighbours make, diagonals included. */
function pieces(bright: number[][]): number {
  const left = new Set(bright);
  let count = 0;
  while (left.size > 0) {
    count++;
    const open = [left.values().next().value as number[]];
    left.delete(open[0]);
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      for (const other of left) {
        if (Math.max(Math.abs(place[0] - other[0]), Math.abs(place[1] - other[1])) > 1) continue;
        left.delete(other);
        open.push(other);
      }
    }
  }
  return count;
}
