/**
 * Knobs as `latune.control.knobs` defines them: a curve from values to codes, and movements of codes, alone along the
 * knob's motion or jointly, along the regression of all dimensions on the knobs that are set.
 */

import { dot, matrixOf, product, pseudoInverse, selected, transposed, type Matrix } from "./linear_algebra";
import type { KnobData, KnobsData } from "./types";

export type Movement = "alone" | "joint";

const SAME_FEATURE = 1e-6; // singular values of a correlation below this share of the largest: two that say the same
const SAME_KNOB = 1e-12; // of knobs that are one and the same
const LEAST_VARIANCE = 1e-12;

/** One knob: its curve both ways. */
export class Knob {
  constructor(readonly data: KnobData) {}

  get name(): string {
    return this.data.name;
  }

  get span(): number {
    return this.data.high - this.data.low;
  }

  /** Code that items of this value have; beyond the curve it goes on straight. */
  codeOf(value: number): number {
    return interpolated(value, this.data.values, this.data.codes);
  }

  /** Value that items of this code have: the inverse of `codeOf`. */
  valueOf(code: number): number {
    const { codes, values } = this.data;
    const rising = codes[codes.length - 1] >= codes[0];
    return rising ? interpolated(code, codes, values) : interpolated(code, codes.toReversed(), values.toReversed());
  }
}

/** All knobs of a run. */
export class Knobs {
  readonly all: Knob[];
  readonly names: string[];
  readonly readings: Matrix; // (K, D): weights of the dimensions in every knob's code
  readonly motions: Matrix; // (K, D): how codes move per unit of it
  readonly spread: number[];
  private readonly covariance: Matrix; // (D, K) or (D, 2 K)
  private readonly among: Matrix; // (F, F)
  private readonly solved = new Map<string, Solved>();

  constructor(readonly data: KnobsData) {
    this.all = data.knobs.map((knob) => new Knob(knob));
    this.names = data.knobs.map((knob) => knob.name);
    this.spread = data.spread;
    const size = data.spread.length;
    this.readings = data.knobs.map((knob) => direction(knob.reading, knob.dimension, size));
    this.motions = data.knobs.map((knob) => direction(knob.motion, knob.dimension, size));
    this.covariance = matrixOf(data.covariance);
    const linear = this.covariance.map((row) => row.slice(0, this.all.length));
    this.among = data.among ? matrixOf(data.among) : product(this.readings, linear);
  }

  /** A knob by name; throws one sentence where there is none. */
  named(name: string): Knob {
    return this.all[this.index(name)];
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  index(name: string): number {
    const index = this.names.indexOf(name);
    if (index < 0) throw new Error(`There is no knob '${name}': expected one of ${this.names.join(", ")}.`);
    return index;
  }

  /** A knob's code of one item's code. */
  code(codes: ArrayLike<number>, name: string): number {
    return dot(codes, this.readings[this.index(name)]);
  }

  /** Codes (D) moved to where the calibration expects the values; joint movements go `gain` times as far. */
  turn(codes: Float32Array, targets: Record<string, number>, held: string[], movement: Movement): Float32Array {
    const wanted = Object.entries(targets).map(([name, value]): [string, number] => {
      const knob = this.named(name);
      const here = this.code(codes, name);
      return [name, here + (movement === "joint" ? knob.data.gain : 1) * (knob.codeOf(value) - here)];
    });
    return this.move(codes, wanted, held, movement);
  }

  /** Codes (D) with knobs set to codes; what is held takes part with a movement of zero. */
  move(codes: Float32Array, targets: [string, number][], held: string[], movement: Movement): Float32Array {
    const free = held.filter((name) => this.has(name) && targets.every(([target]) => target !== name));
    const chosen = [...targets.map(([name]) => this.index(name)), ...free.map((name) => this.index(name))];
    const { readings, motions, inverse, follow } = this.solve(chosen);
    const here = readings.map((reading) => dot(codes, reading));
    const there = here.map((code, column) => (column < targets.length ? targets[column][1] : code));
    const full = movement === "alone" ? new Float64Array(codes.length) : follow(here, there);
    // What is set is set exactly, whatever the regression says.
    const missing = there.map((code, column) => code - here[column] - dot(full, readings[column]));
    inverse.forEach((row, k) => addScaled(full, motions[k], dot(row, missing)));
    return Float32Array.from(codes, (code, d) => code + full[d]);
  }

  /** What movements of the same knobs share; sliders ask for the same ones again and again. */
  private solve(chosen: number[]): Solved {
    const key = chosen.join();
    let solved = this.solved.get(key);
    if (!solved) {
      const [readings, motions] = [chosen.map((k) => this.readings[k]), chosen.map((k) => this.motions[k])];
      const inverse = pseudoInverse(product(readings, transposed(motions)), SAME_KNOB);
      solved = { readings, motions, inverse, follow: this.regression(chosen) };
      this.solved.set(key, solved);
    }
    return solved;
  }

  /** How all dimensions move when the chosen knobs go from codes to codes: Cov(z, f) Cov(f, f)^-1 df. */
  private regression(chosen: number[]): Follow {
    const count = this.all.length;
    const quadratic = this.covariance[0].length > count;
    const features = quadratic ? [...chosen, ...chosen.map((k) => count + k)] : chosen;
    const within = selected(this.among, features, features);
    const scale = within.map((row, i) => Math.sqrt(Math.max(row[i], LEAST_VARIANCE)));
    const inverse = pseudoInverse(
      within.map((row, i) => row.map((x, j) => x / (scale[i] * scale[j]))),
      SAME_FEATURE,
    );
    const ways = this.covariance.map((row) => Float64Array.from(features, (feature, f) => row[feature] / scale[f]));
    const weights = product(ways, inverse); // (D, F): the inverse is symmetric
    return (here, there) => {
      const change = there.map((code, k) => code - here[k]);
      if (quadratic) change.push(...there.map((code, k) => code ** 2 - here[k] ** 2));
      const scaled = change.map((x, f) => x / scale[f]);
      return Float64Array.from(weights, (row) => dot(row, scaled));
    };
  }
}

type Follow = (here: number[], there: number[]) => Float64Array;

interface Solved {
  readings: Matrix;
  motions: Matrix;
  inverse: Matrix;
  follow: Follow;
}

function direction(given: number[] | undefined, dimension: number, size: number): Float64Array {
  if (given) return Float64Array.from(given);
  const row = new Float64Array(size);
  row[dimension] = 1;
  return row;
}

function addScaled(sum: Float64Array, row: Float64Array, factor: number): void {
  for (let d = 0; d < sum.length; d++) sum[d] += factor * row[d];
}

/** Piecewise linear through (xs, ys), xs rising; beyond the ends with the mean slope of the whole curve. */
export function interpolated(x: number, xs: number[], ys: number[]): number {
  const last = xs.length - 1;
  if (last < 1) return ys[0];
  const slope = (ys[last] - ys[0]) / (xs[last] - xs[0]);
  if (x <= xs[0]) return ys[0] + slope * (x - xs[0]);
  if (x >= xs[last]) return ys[last] + slope * (x - xs[last]);
  let above = 1;
  while (xs[above] < x) above++;
  const [x0, x1, y0, y1] = [xs[above - 1], xs[above], ys[above - 1], ys[above]];
  return y0 + ((y1 - y0) / (x1 - x0)) * (x - x0);
}
