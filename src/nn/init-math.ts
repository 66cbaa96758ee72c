/** The numeric helpers of the initialisers, in float64. */

/** Complementary error function for the normal distribution, by W. J. Cody's continued fraction and series; |error| < 1e-15. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2) {
    // Maclaurin series, stable because the terms of exp(-z^2) are factored out.
    let term = z, sum = z;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum);
  }
  // Laplace's continued fraction for erfc, evaluated from the far end; 60 levels suffice from 2 upward.
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)));
}

/** Distribution function of the standard normal. */
export const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** Inverse of erf: Giles' approximation (2010), polished by two Newton steps. */
export function erfinv(y: number): number {
  if (y <= -1 || y >= 1) return y === 1 ? Infinity : y === -1 ? -Infinity : NaN;
  const w = -Math.log((1 - y) * (1 + y));
  let p: number;
  if (w < 5) {
    const v = w - 2.5;
    p = [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941].reduce((a, c) => a * v + c, 0);
  } else {
    const v = Math.sqrt(w) - 3;
    p = [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682].reduce((a, c) => a * v + c, 0);
  }
  let x = p * y;
  for (let i = 0; i < 2; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  return x;
}

/**
 * Orthonormalises the columns of a row-major `rows` x `columns` matrix (rows >= columns) in place, by Gram-Schmidt run
 * twice. That is the Q of the QR decomposition whose R has a positive diagonal, which is unique: the same Q as
 * LAPACK's with its signs fixed, as PyTorch's `orthogonal_` does.
 */
export function orthonormalColumns(matrix: Float64Array, rows: number, columns: number): void {
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += matrix[i * columns + a] * matrix[i * columns + b];
    return sum;
  };
  for (let j = 0; j < columns; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const projection = dot(j, k);
        for (let i = 0; i < rows; i++) matrix[i * columns + j] -= projection * matrix[i * columns + k];
      }
    }
    const norm = Math.sqrt(dot(j, j));
    for (let i = 0; i < rows; i++) matrix[i * columns + j] /= norm;
  }
}
