/** Sprites drawn from their factors, as `latune.images.sprites` draws them: the same pixels. */

import type { Rows } from "./bits";

/** Pixels a side. */
export const SIZE = 64;
/** Pixels: position 0, and the way from 0 to 1. */
export const [MARGIN, SPAN] = [16, 32];

/** Corners of an outline around its turning point, (n, 2), in pixels. */
export type Corners = Float64Array;

/** Outlines at scale 1 and orientation 0: square, ellipse, heart. */
export const OUTLINES: readonly Corners[] = [square(), ellipse(), heart()];

function square(): Corners {
  return Float64Array.from([1, 1, -1, 1, -1, -1, 1, -1], (side) => 9.6 * side);
}

function ellipse(): Corners {
  return corners(100, (angle) => [12.76822 * Math.cos(angle), 7.21948 * Math.sin(angle)]);
}

function heart(): Corners {
  return corners(180, (w) => {
    const curve = 13 * Math.cos(w) - 5 * Math.cos(2 * w) - 2 * Math.cos(3 * w) - Math.cos(4 * w);
    return [16 * 0.59996125 * Math.sin(w) ** 3, -1.43789589 - 0.66219482 * curve];
  });
}

function corners(count: number, at: (angle: number) => [number, number]): Corners {
  return Float64Array.from(Array.from({ length: count }, (_, k) => at((2 * Math.PI * k) / count)).flat());
}

/** Draws outlines. Its rows are overwritten by the next drawing; those outside `top` to `bottom` are dark. */
export class SpritePen implements Rows {
  readonly left = new Int32Array(SIZE);
  readonly right = new Int32Array(SIZE);
  top = 0;
  bottom = 0; // excluded
  private readonly fixed = new Int32Array(2 * 180);

  /**
   * Draw an outline. A pixel is on if its centre lies inside the polygon whose corners were first rounded to 1/256
   * pixel; everything after the rounding is done in whole numbers.
   *
   * `angle` is in radians, anticlockwise as seen on the screen; `x` and `y` are those of the turning point in pixels.
   */
  draw(outline: Corners, scale: number, angle: number, x: number, y: number): void {
    this.left.fill(0, this.top, this.bottom);
    this.right.fill(0, this.top, this.bottom);
    [this.top, this.bottom] = [SIZE, 0];
    this.fix(outline, scale, angle, x, y);
    const { fixed } = this;
    const size = outline.length;
    let [x0, y0] = [fixed[size - 2], fixed[size - 1]];
    for (let k = 0; k < size; k += 2) {
      const [x1, y1] = [fixed[k], fixed[k + 1]];
      if (y0 < y1) this.flipRightOf(x0, y0, x1, y1);
      else if (y1 < y0) this.flipRightOf(x1, y1, x0, y0);
      [x0, y0] = [x1, y1];
    }
    if (this.bottom === 0) this.top = 0;
  }

  private fix(outline: Corners, scale: number, angle: number, x: number, y: number): void {
    const { fixed } = this;
    const [along, across] = [256 * scale * Math.cos(angle), 256 * scale * Math.sin(angle)];
    for (let k = 0; k < outline.length; k += 2) {
      const [u, v] = [outline[k], outline[k + 1]];
      fixed[k] = rounded(256 * x + along * u + across * v);
      fixed[k + 1] = rounded(256 * y - across * u + along * v);
    }
  }

  /** Flip all pixels right of an edge that goes down; flipping at every edge leaves the inside (even-odd rule). */
  private flipRightOf(x0: number, y0: number, x1: number, y1: number): void {
    // Rows whose centre line 256 j + 128 has y0 <= line < y1: half open, so a corner on a line counts once.
    const first = Math.max((y0 + 127) >> 8, 0);
    const last = Math.min((y1 + 127) >> 8, SIZE);
    if (first >= last) return;
    if (first < this.top) this.top = first;
    if (last > this.bottom) this.bottom = last;
    const [rise, run] = [y1 - y0, x1 - x0];
    const whole = rise * 256;
    // The first column is that of the crossing, rounded up; all numbers are far below 2^53, so the quotient is exact
    // enough to round.
    let part = (x0 - 128) * rise + (first * 256 + 128 - y0) * run;
    for (let row = first; row < last; row++) {
      this.flip(row, Math.ceil(part / whole));
      part += run * 256;
    }
  }

  private flip(row: number, column: number): void {
    if (column >= SIZE) return;
    if (column >= 32) {
      this.right[row] ^= -1 >>> (column - 32);
      return;
    }
    this.left[row] ^= column <= 0 ? -1 : -1 >>> column;
    this.right[row] ^= -1;
  }
}

const HALVES = 1.5 * 2 ** 52; // sums with it have no room for fractions

/** To the nearest whole number, halves to the even one. */
function rounded(value: number): number {
  return value + HALVES - HALVES;
}
