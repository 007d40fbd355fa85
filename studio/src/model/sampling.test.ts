import { expect, test } from "vitest";
import { Genres } from "./genres";
import { goldenJson } from "./node_files";
import { normals, seeded } from "./random";
import { CodeDistribution, codeSource } from "./sampling";
import type { Description, GenresData, StudioData } from "./types";

const COUNT = 40_000;

test("draws have the mean and the covariance that were asked for", () => {
  const [mean, covariance] = [
    [1, -2, 0.5],
    [
      [2, 0.9, 0],
      [0.9, 1, -0.2],
      [0, -0.2, 0.5],
    ],
  ];
  const codes = new CodeDistribution(mean, covariance).draw(COUNT, 3);
  for (let i = 0; i < 3; i++) {
    let sum = 0;
    for (let n = 0; n < COUNT; n++) sum += codes[3 * n + i];
    expect(Math.abs(sum / COUNT - mean[i])).toBeLessThan(0.03);
    for (let j = 0; j < 3; j++) {
      let product = 0;
      for (let n = 0; n < COUNT; n++) product += (codes[3 * n + i] - mean[i]) * (codes[3 * n + j] - mean[j]);
      expect(Math.abs(product / COUNT - covariance[i][j])).toBeLessThan(0.04);
    }
  }
});

test("a seed gives the same draws again, another one others", () => {
  const distribution = new CodeDistribution(
    [0, 0],
    [
      [1, 0],
      [0, 1],
    ],
  );
  expect(distribution.draw(5, 7)).toEqual(distribution.draw(5, 7));
  expect(distribution.draw(5, 7)).not.toEqual(distribution.draw(5, 8));
});

test("uniform and normal numbers have their moments", () => {
  const random = seeded(0);
  const uniform = Array.from({ length: COUNT }, random);
  expect(Math.abs(uniform.reduce((a, b) => a + b) / COUNT - 0.5)).toBeLessThan(0.01);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(uniform.every((x) => x < 1)).toBe(true);
  const normal = normals(seeded(1), COUNT);
  const moment = (power: number): number => normal.reduce((sum, x) => sum + x ** power, 0) / COUNT;
  expect(Math.abs(moment(1))).toBeLessThan(0.02);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25);
});

interface GenreCase {
  genres: GenresData;
  codes: number[][];
  of: number[];
  shares: number[][];
  carried: number[][][]; // by target
}

const genreCases = goldenJson<GenreCase[]>("genres.json");

test.each(genreCases)("genres are found and exchanged as in Python %#", ({ genres, codes, of, shares, carried }) => {
  const size = codes[0].length;
  const prior = new Genres(genres, size);
  const flat = Float32Array.from(codes.flat());
  expect([...prior.of(flat)]).toEqual(of);
  codes.forEach((code, n) => {
    prior.shares(Float32Array.from(code)).forEach((share, k) => expect(share).toBeCloseTo(shares[n][k], 4));
  });
  carried.forEach((expected, target) => {
    prior.carry(flat, target).forEach((x, i) => expect(x).toBeCloseTo(expected.flat()[i], 5));
  });
});

test.each(genreCases)("draws of a genre are of that genre %#", ({ genres, codes }) => {
  const prior = new Genres(genres, codes[0].length);
  for (let genre = 0; genre < prior.count; genre++) {
    const places = prior.of(prior.draw(200, genre, genre));
    expect(places.filter((place) => place === genre).length).toBeGreaterThan(190);
  }
  expect([...prior.of(prior.draw(6, 1))]).toEqual([0, 1, 2, 0, 1, 2]);
});

test("draws of a petal have its mean and its covariance", () => {
  const { genres, codes } = genreCases[1];
  const { means, radial, deviations } = genres.petals!;
  const [size, genre, count] = [codes[0].length, 1, 20_000];
  const drawn = new Genres(genres, size).draw(count, 5, genre);
  for (let d = 0; d < size; d++) {
    let [sum, square] = [0, 0];
    for (let n = 0; n < count; n++) {
      const offset = drawn[n * size + d] - means[genre][d];
      sum += offset;
      square += offset ** 2;
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(square / count).toBeCloseTo((deviations[d] as number) ** 2 + radial[genre][d] ** 2, 2);
  }
});

test("a run that does not say how its codes lie draws as those of its gallery lie, or as far as they spread", () => {
  const description = { latent_size: 2, codes: null, knobs: { spread: [2, 0.1] } } as unknown as Description;
  const studio = (codes: number[][]): StudioData => ({ genres: null, gallery: { codes } }) as unknown as StudioData;
  const spreads = (codes: Float32Array): number[] => {
    return [0, 1].map((d) => Math.sqrt(codes.filter((_, i) => i % 2 === d).reduce((sum, x) => sum + x * x, 0) / 5000));
  };
  const [first, second] = spreads(codeSource(description, studio([])).draw(5000, 1));
  expect(Math.abs(first - 2)).toBeLessThan(0.1);
  expect(Math.abs(second - 0.1)).toBeLessThan(0.01);
  const line = codeSource(
    description,
    studio([
      [1, 1],
      [3, 3],
      [5, 5],
    ]),
  ).draw(5000, 1);
  for (let n = 0; n < 5000; n++) expect(line[2 * n]).toBeCloseTo(line[2 * n + 1], 4);
});
