import { expect, test } from "vitest";
import { matrixOf, product, pseudoInverse, singularValues, transposed, type Matrix } from "./linear_algebra";
import { normals, seeded } from "./random";

function random(rows: number, columns: number, seed: number): Matrix {
  const draw = seeded(seed);
  return Array.from({ length: rows }, () => normals(draw, columns));
}

function expectSame(one: Matrix, other: Matrix): void {
  one.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(other[i][j], 9)));
}

test("singular values multiply to the matrix again", () => {
  const matrix = random(6, 4, 1);
  const { left, values, right } = singularValues(matrix);
  const scaled = left.map((vector, k) => vector.map((x) => x * values[k]));
  expectSame(product(transposed(scaled), right), matrix);
  const lengths = right.map((vector) => Math.hypot(...vector));
  lengths.forEach((length) => expect(length).toBeCloseTo(1, 12));
});

test("the pseudo-inverse meets all four conditions, of a matrix without full rank too", () => {
  const thin = product(random(5, 2, 2), random(2, 4, 3)); // rank 2
  const inverse = pseudoInverse(thin, 1e-12);
  expectSame(product(product(thin, inverse), thin), thin);
  expectSame(product(product(inverse, thin), inverse), inverse);
  expectSame(transposed(product(thin, inverse)), product(thin, inverse));
  expectSame(transposed(product(inverse, thin)), product(inverse, thin));
});

test("two features that say the same share what they explain", () => {
  const inverse = pseudoInverse(
    matrixOf([
      [1, 1],
      [1, 1],
    ]),
    1e-6,
  );
  expectSame(
    inverse,
    matrixOf([
      [0.25, 0.25],
      [0.25, 0.25],
    ]),
  );
});
