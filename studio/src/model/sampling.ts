/** New codes, drawn as those of training items lie. */

import { Genres } from "./genres";
import { dot, matrixOf, singularValues, type Matrix } from "./linear_algebra";
import { normals, seeded } from "./random";
import type { Description, StudioData } from "./types";

/** A Gaussian over codes, see `latune.control.sample.CodeDistribution`. */
export class CodeDistribution {
  private readonly axes: Matrix; // rows: principal directions, as long as the deviation along them

  constructor(
    private readonly mean: number[],
    covariance: number[][],
  ) {
    const { values, right } = singularValues(matrixOf(covariance)); // symmetric: its eigenvectors
    this.axes = right.map((axis, k) => axis.map((x) => x * Math.sqrt(values[k])));
  }

  /** Codes (count x D). */
  draw(count: number, seed: number): Float32Array {
    const [random, size] = [seeded(seed), this.mean.length];
    const codes = new Float32Array(count * size);
    for (let n = 0; n < count; n++) {
      const code = Float64Array.from(this.mean);
      const along = normals(random, size);
      this.axes.forEach((axis, k) => axis.forEach((x, d) => (code[d] += along[k] * x)));
      codes.set(code, n * size);
    }
    return codes;
  }
}

/** Where new codes come from: the prior of a run of songs, or what the export says of training codes. */
export interface CodeSource {
  draw(count: number, seed: number, genre?: number): Float32Array; // count x D
}

/**
 * The source of a run's new codes: its prior, or how its training codes lie; where the run does not say that, how the
 * codes of its gallery do, or at least how far training codes spread around zero.
 */
export function codeSource(description: Description, studio: StudioData): CodeSource {
  if (studio.genres) return new Genres(studio.genres, description.latent_size);
  const codes = description.codes ?? fitted(studio.gallery.codes) ?? around(description.knobs.spread);
  return new CodeDistribution(codes.mean, codes.covariance);
}

function around(spread: number[]): { mean: number[]; covariance: number[][] } {
  return { mean: spread.map(() => 0), covariance: spread.map((x, i) => spread.map((_, j) => (i === j ? x * x : 0))) };
}

/** Mean and covariance of codes; null where they are too few. */
function fitted(codes: number[][]): { mean: number[]; covariance: number[][] } | null {
  if (codes.length < 2) return null;
  const dimensions = codes[0].map((_, d) => codes.map((code) => code[d]));
  const mean = dimensions.map((column) => column.reduce((sum, x) => sum + x, 0) / codes.length);
  const centred = dimensions.map((column, d) => column.map((x) => x - mean[d]));
  return { mean, covariance: centred.map((one) => centred.map((other) => dot(one, other) / (codes.length - 1))) };
}
