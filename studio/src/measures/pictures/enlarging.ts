/** Pictures enlarged 4 times (cubic spline, then a Gaussian, bytes), as `latune.images.morphology_kernels` does it. */

/** Large pixels per pixel, along either axis. */
export const SCALE = 4;

// Gaussian of 4/3 large pixels, centre and one side, with a sum of 1. Written out because its last bits decide whether
// a white area stays white: they must not depend on a library's exponential function.
export const KERNEL = [
  0.2992140721859259, 0.2258586311583344, 0.09714058680350021, 0.02380532458469258, 0.0033239680921068344,
  0.0002644532684030843,
];

const POLE = -0.2679491924311227; // of the cubic spline: the root of 3 less 2, to the last bit

/** An enlarged picture, (4 H, 4 W), with its darkest and brightest value. */
export interface Enlarged {
  grey: Uint8Array;
  low: number;
  high: number;
}

/** Enlarges pictures of one size; the array that it gives is overwritten by the next call. */
export class Enlarger {
  readonly rows: number; // of the enlarged picture
  readonly columns: number;
  private readonly tables: Tables;
  private readonly wide: Float64Array; // (H, 4 W)
  private readonly coefficients: Float64Array; // (H, 4 W)
  private readonly large: Float64Array; // (4 H, 4 W)
  private readonly halfway: Float64Array; // (4 H, 4 W)
  private readonly padded: Float64Array; // (4 W + 10)
  private readonly grey: Uint8Array; // (4 H, 4 W)

  constructor(
    private readonly height: number,
    private readonly width: number,
  ) {
    [this.rows, this.columns] = [SCALE * height, SCALE * width];
    this.tables = tablesOf(height, width);
    const [small, size] = [height * this.columns, this.rows * this.columns];
    [this.wide, this.coefficients] = [new Float64Array(small), new Float64Array(small)];
    [this.large, this.halfway] = [new Float64Array(size), new Float64Array(size)];
    this.padded = new Float64Array(this.columns + 10);
    this.grey = new Uint8Array(size);
  }

  /** Enlarge a picture (H, W) of 0 to 255. */
  enlarge(image: Uint8Array): Enlarged {
    const [low, high] = extremes(image);
    if (low === high) return { grey: this.grey, low, high }; // rounding must not draw a pattern on a constant picture
    this.interpolateAlongX(image);
    this.filterAlongY();
    this.interpolateAlongY(low / 255, high / 255);
    this.smoothAlongY();
    this.smoothAlongX();
    const [least, most] = extremes(this.grey);
    return { grey: this.grey, low: least, high: most };
  }

  private interpolateAlongX(image: Uint8Array): void {
    const { wide, columns, width } = this;
    const weights = this.tables.columns;
    wide.fill(0);
    for (let y = 0; y < this.height; y++) {
      const row = y * columns;
      for (let x = 0; x < width; x++) {
        const value = image[y * width + x];
        if (value === 0) continue;
        const share = value / 255;
        const from = x * columns;
        for (let k = 0; k < columns; k++) wide[row + k] += share * weights[from + k];
      }
    }
  }

  /** Samples to spline coefficients; the order of additions is that of Python. */
  private filterAlongY(): void {
    const { height, columns, wide: source, coefficients: target } = this;
    const { filter, filterSpans } = this.tables;
    target.fill(0);
    for (let i = 0; i < height; i++) {
      const out = i * columns;
      let k = filterSpans[2 * i];
      const stop = filterSpans[2 * i + 1];
      for (; k + 4 <= stop; k += 4) {
        const w = i * height + k;
        const [p, q, r, s] = [filter[w], filter[w + 1], filter[w + 2], filter[w + 3]];
        const a = k * columns;
        const [b, c, d] = [a + columns, a + 2 * columns, a + 3 * columns];
        for (let x = 0; x < columns; x++) {
          target[out + x] += p * source[a + x] + q * source[b + x] + r * source[c + x] + s * source[d + x];
        }
      }
      for (; k < stop; k++) {
        const weight = filter[i * height + k];
        for (let x = 0; x < columns; x++) target[out + x] += weight * source[k * columns + x];
      }
    }
  }

  /** Splines overshoot: the definition clips them to the picture's range. */
  private interpolateAlongY(floor: number, ceiling: number): void {
    const { columns, coefficients, large } = this;
    const { taps, tapRows } = this.tables;
    for (let y = 0; y < this.rows; y++) {
      const t = 4 * y;
      const [p, q, r, s] = [taps[t], taps[t + 1], taps[t + 2], taps[t + 3]];
      const [a, b] = [tapRows[t] * columns, tapRows[t + 1] * columns];
      const [c, d] = [tapRows[t + 2] * columns, tapRows[t + 3] * columns];
      for (let x = 0; x < columns; x++) {
        const value =
          p * coefficients[a + x] + q * coefficients[b + x] + r * coefficients[c + x] + s * coefficients[d + x];
        large[y * columns + x] = value < floor ? floor : value > ceiling ? ceiling : value;
      }
    }
  }

  /** Terms are added from the outside in, as in Python: where a picture is all white the sum is 1 to the last bit. */
  private smoothAlongY(): void {
    const { rows, columns, large: source, halfway } = this;
    const [p, q, r, s, t, u] = KERNEL;
    for (let y = 0; y < rows; y++) {
      const at = (step: number): number => mirrored(y + step, rows) * columns;
      const [z, a, b, c, d] = [y * columns, at(-1), at(1), at(-2), at(2)];
      const [e, f, g, h, i, j] = [at(-3), at(3), at(-4), at(4), at(-5), at(5)];
      for (let x = 0; x < columns; x++) {
        const far = p * source[z + x] + u * (source[i + x] + source[j + x]) + t * (source[g + x] + source[h + x]);
        const near = far + s * (source[e + x] + source[f + x]) + r * (source[c + x] + source[d + x]);
        halfway[z + x] = near + q * (source[a + x] + source[b + x]);
      }
    }
  }

  private smoothAlongX(): void {
    const { rows, columns, halfway, padded, grey } = this;
    const [p, q, r, s, t, u] = KERNEL;
    for (let y = 0; y < rows; y++) {
      const line = y * columns;
      for (let x = -5; x < columns + 5; x++) {
        const inside = x >= 0 && x < columns;
        padded[x + 5] = halfway[line + (inside ? x : mirrored(x, columns))];
      }
      for (let x = 0; x < columns; x++) {
        const far = p * padded[x + 5] + u * (padded[x] + padded[x + 10]) + t * (padded[x + 1] + padded[x + 9]);
        const near = far + s * (padded[x + 2] + padded[x + 8]) + r * (padded[x + 3] + padded[x + 7]);
        grey[line + x] = ((near + q * (padded[x + 4] + padded[x + 6])) * 255) | 0;
      }
    }
  }
}

/** The place that `index` shows in a row whose edge values are repeated: (c b a | a b c | c b a). */
function mirrored(index: number, size: number): number {
  const place = ((index % (2 * size)) + 2 * size) % (2 * size);
  return place < size ? place : 2 * size - 1 - place;
}

function extremes(values: Uint8Array): [number, number] {
  let [low, high] = [255, 0];
  for (let k = 0; k < values.length; k++) {
    if (values[k] < low) low = values[k];
    if (values[k] > high) high = values[k];
  }
  return [low, high];
}

interface Tables {
  columns: Float64Array; // interpolation along x: a large row of weights for each pixel, (W, 4 W)
  filter: Float64Array; // along y, samples to spline coefficients, (H, H)
  filterSpans: Int32Array; // where its rows differ from zero: first and last (excluded), (H, 2)
  taps: Float64Array; // weights of the four coefficients around each large row, (4 H, 4)
  tapRows: Int32Array; // which coefficients these are, (4 H, 4)
}

function tablesOf(height: number, width: number): Tables {
  const filter = splineFilter(height);
  return {
    columns: interpolation(width),
    filter,
    filterSpans: spans(filter, height),
    ...splineTaps(height),
  };
}

/** The matrix (n, n) from samples to the coefficients of the cubic spline through them, mirrored at its ends. */
export function splineFilter(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const samples = new Float64Array(n);
    samples[column] = 1;
    splineCoefficients(samples).forEach((value, row) => (matrix[row * n + column] = value));
  }
  return matrix;
}

/**
 * A causal and an anticausal recursive filter (Unser, Aldroubi and Eden 1993) with exact starting values, in the order
 * of operations of SciPy: where a picture is white, the last bits decide.
 */
function splineCoefficients(samples: Float64Array): Float64Array {
  const n = samples.length;
  if (n === 1) return samples;
  const gain = (1 - POLE) * (1 - 1 / POLE);
  const c = samples.map((sample) => sample * gain);
  const last = POLE ** (n - 1);
  let start = c[0] + last * c[n - 1];
  let power = POLE;
  for (let k = 1; k < n - 1; k++) {
    start += power * (c[k] + last * c[n - 1 - k]);
    power *= POLE;
  }
  c[0] = start / (1 - last * last);
  for (let k = 1; k < n; k++) c[k] += POLE * c[k - 1];
  c[n - 1] = ((POLE * c[n - 2] + c[n - 1]) * POLE) / (POLE * POLE - 1);
  for (let k = n - 2; k >= 0; k--) c[k] = POLE * (c[k + 1] - c[k]);
  return c;
}

/** Weights and places of the spline coefficients that make the values at the centres of 4 n large pixels. */
function splineTaps(n: number): { taps: Float64Array; tapRows: Int32Array } {
  const [taps, tapRows] = [new Float64Array(4 * SCALE * n), new Int32Array(4 * SCALE * n)];
  const period = Math.max(2 * n - 2, 1); // mirrored about the centres of the first and the last pixel
  for (let k = 0; k < SCALE * n; k++) {
    const position = (k + 0.5) / SCALE - 0.5; // the borders of the picture stay where they are
    const below = Math.floor(position);
    const part = position - below;
    const rest = 1 - part;
    const inner = [2 / 3 - (part * part * (2 - part)) / 2, 2 / 3 - (rest * rest * (2 - rest)) / 2];
    taps.set([(rest * rest * rest) / 6, ...inner, (part * part * part) / 6], 4 * k);
    for (let tap = 0; tap < 4; tap++) {
      const place = Math.abs(below - 1 + tap) % period;
      tapRows[4 * k + tap] = n > 1 ? Math.min(place, period - place) : 0;
    }
  }
  return { taps, tapRows };
}

/** From n samples to 4 n values of the cubic spline through them, transposed: (n, 4 n). */
function interpolation(n: number): Float64Array {
  const { taps, tapRows } = splineTaps(n);
  const filter = splineFilter(n);
  const [matrix, large] = [new Float64Array(n * SCALE * n), SCALE * n];
  for (let k = 0; k < large; k++) {
    for (let tap = 0; tap < 4; tap++) {
      const [weight, row] = [taps[4 * k + tap], tapRows[4 * k + tap] * n];
      for (let sample = 0; sample < n; sample++) matrix[sample * large + k] += weight * filter[row + sample];
    }
  }
  return matrix;
}

/** First and last place (excluded) of each row of (n, n) that matter in double precision, (n, 2). */
function spans(matrix: Float64Array, n: number): Int32Array {
  const result = new Int32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const matters = Array.from(matrix.subarray(i * n, (i + 1) * n), (value) => Math.abs(value) > 1e-18);
    result.set([matters.indexOf(true), matters.lastIndexOf(true) + 1], 2 * i);
  }
  return result;
}
