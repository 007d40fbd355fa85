/** Linear algebra of small matrices: rows are arrays of double precision. */

export type Matrix = Float64Array[];

const SWEEPS = 60; // of Jacobi rotations; some ten are enough for any matrix of our sizes
const SMALL = 1e-15; // cosine below which two columns are orthogonal

/** A matrix of so many rows and columns, full of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return Array.from({ length: rows }, () => new Float64Array(columns));
}

/** Rows of numbers as a matrix. */
export function matrixOf(rows: ArrayLike<number>[]): Matrix {
  return rows.map((row) => Float64Array.from(row));
}

export function transposed(matrix: Matrix): Matrix {
  const columns = matrix[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, column) => Float64Array.from(matrix, (row) => row[column]));
}

export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}

/** The product of two matrices. */
export function product(left: Matrix, right: Matrix): Matrix {
  const columns = transposed(right);
  return left.map((row) => Float64Array.from(columns, (column) => dot(row, column)));
}

/** Rows and columns of a matrix by number. */
export function selected(matrix: Matrix, rows: number[], columns: number[]): Matrix {
  return rows.map((row) => Float64Array.from(columns, (column) => matrix[row][column]));
}

/** A = U diag(values) V^T, by one-sided Jacobi rotations; U and V have a row per singular value. */
export interface Singular {
  left: Matrix; // rows: left singular vectors
  values: Float64Array;
  right: Matrix; // rows: right singular vectors
}

/** Singular value decomposition; values are in no order. */
export function singularValues(matrix: Matrix): Singular {
  const columns = transposed(matrix);
  const right = Array.from(columns, (_, i) => Float64Array.from(columns, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS && rotateAll(columns, right); sweep++);
  const values = Float64Array.from(columns, (column) => Math.sqrt(dot(column, column)));
  const left = columns.map((column, i) => column.map((x) => (values[i] > 0 ? x / values[i] : 0)));
  return { left, values, right };
}

/** Turn every pair of columns until they are orthogonal; whether anything was turned. */
function rotateAll(columns: Matrix, right: Matrix): boolean {
  let turned = false;
  for (let i = 0; i < columns.length; i++) {
    for (let j = i + 1; j < columns.length; j++) {
      const [a, b, c] = [dot(columns[i], columns[i]), dot(columns[j], columns[j]), dot(columns[i], columns[j])];
      if (Math.abs(c) <= SMALL * Math.sqrt(a * b) || c === 0) continue;
      const zeta = (b - a) / (2 * c);
      const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cosine = 1 / Math.hypot(1, tangent);
      rotate(columns[i], columns[j], cosine, cosine * tangent);
      rotate(right[i], right[j], cosine, cosine * tangent);
      turned = true;
    }
  }
  return turned;
}

function rotate(one: Float64Array, other: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < one.length; k++) {
    const [x, y] = [one[k], other[k]];
    one[k] = cosine * x - sine * y;
    other[k] = sine * x + cosine * y;
  }
}

/** The pseudo-inverse; singular values below `smallest` times the largest one count as zero. */
export function pseudoInverse(matrix: Matrix, smallest: number): Matrix {
  const { left, values, right } = singularValues(matrix);
  const least = smallest * Math.max(0, ...values);
  const inverse = zeros(matrix[0]?.length ?? 0, matrix.length);
  values.forEach((value, k) => {
    if (value <= least) return;
    inverse.forEach((row, i) => row.forEach((_, j) => (row[j] += (right[k][i] * left[k][j]) / value)));
  });
  return inverse;
}
