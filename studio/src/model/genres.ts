/** Genres of a run of songs, see `latune.control.genres` and `latune.models.petals`. */

import { joined, parts } from "./arrays";
import { normals, seeded } from "./random";
import type { GenresData } from "./types";

type Petals = NonNullable<GenresData["petals"]>;

/** The prior of a run's codes: petals, or styles behind the content. */
export class Genres {
  constructor(
    readonly data: GenresData,
    private readonly latentSize: number,
  ) {}

  get count(): number {
    return this.data.names.length;
  }

  /** Codes (count x D) of one genre, of no genre (the number behind the last one), or of each genre in turn. */
  draw(count: number, seed: number, genre?: number): Float32Array {
    const [random, size] = [seeded(seed), this.latentSize];
    const codes = new Float32Array(count * size);
    for (let n = 0; n < count; n++) {
      const place = genre ?? n % Math.max(this.count, 1);
      const noise = normals(random, size);
      const { petals, content_size, styles } = this.data;
      if (petals) {
        const along = normals(random, 1)[0];
        const drawn = noise.map(
          (x, d) => petals.means[place][d] + petals.radial[place][d] * along + deviation(petals, place, d) * x,
        );
        codes.set(drawn, n * size);
        continue;
      }
      for (let s = 0; s < styles; s++) {
        noise[content_size + s] = this.count > 0 ? Number(s === place) : Number(random() < 0.5);
      }
      codes.set(noise, n * size);
    }
    return codes;
  }

  /** The genre that is most of each code (N x D); -1 where the run knows none. */
  of(codes: Float32Array): Int32Array {
    return Int32Array.from(parts(codes, this.latentSize), (code) => largest(this.shares(code)));
  }

  /** How much of each genre is in a code: probabilities of petals, or styles. */
  shares(code: Float32Array): number[] {
    const { petals, content_size } = this.data;
    if (!petals) return this.data.names.map((_, genre) => code[content_size + genre]);
    const density = petals.means.map((_, petal) => logDensity(petals, petal, code));
    const most = Math.max(...density);
    const weights = density.map((x) => Math.exp(x - most));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.slice(0, this.count).map((x) => x / sum);
  }

  /** Codes (N x D) carried from the genre that is most of them to another one. */
  carry(codes: Float32Array, target: number): Float32Array {
    const carried = parts(codes, this.latentSize).map((code) => this.carried(code, largest(this.shares(code)), target));
    return joined(carried, this.latentSize);
  }

  /** One code carried from a genre to another. */
  carried(code: Float32Array, source: number, target: number): Float32Array {
    const { petals, content_size } = this.data;
    if (petals) return exchanged(petals, code, source, target);
    const result = code.slice();
    result[content_size + source] = code[content_size + target];
    result[content_size + target] = code[content_size + source];
    return result;
  }
}

/** A code mirrored so that two petals change places (Householder's reflection). */
function exchanged(petals: Petals, code: Float32Array, source: number, target: number): Float32Array {
  const across = petals.means[source].map((x, d) => Math.fround(x) - Math.fround(petals.means[target][d]));
  const squared = across.reduce((sum, x) => sum + x * x, 0);
  const share = squared > 0 ? across.reduce((sum, x, d) => sum + x * code[d], 0) / squared : 0;
  return code.map((x, d) => x - 2 * share * across[d]);
}

/** Natural logarithm of a petal's density, but for what all petals share. */
function logDensity(petals: Petals, petal: number, code: Float32Array): number {
  let [squared, projected, stretch, volume] = [0, 0, 1, 0];
  for (let d = 0; d < code.length; d++) {
    const width = deviation(petals, petal, d);
    const [offset, radial] = [(code[d] - petals.means[petal][d]) / width, petals.radial[petal][d] / width];
    squared += offset * offset;
    projected += offset * radial;
    stretch += radial * radial;
    volume += Math.log(width);
  }
  return -0.5 * (squared - projected ** 2 / stretch) - volume - 0.5 * Math.log(stretch);
}

function deviation(petals: Petals, petal: number, dimension: number): number {
  const given = petals.deviations[dimension];
  return typeof given === "number" ? given : (petals.deviations as number[][])[petal][dimension];
}

function largest(shares: number[]): number {
  return shares.length === 0 ? -1 : shares.indexOf(Math.max(...shares));
}
