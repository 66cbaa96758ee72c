/** orthogonal: factorisations with orthogonal factors. Computed in float64 and rounded once. */
import { F32, F64, I32 } from '../../../core/dtype.ts';
import { INTS, OP, frame } from '../../../core/frame.ts';
import type { Storage } from '../../../core/storage.ts';
import { transpose } from '../../../core/vectors.ts';
import { ORTHOGONAL_OPS } from '../../../ops/families.ts';
import { dim, dtype, offset, unsupported } from '../space.ts';
import { columnsOfQ, factorQR } from './qr.ts';
import { singular } from './singular.ts';
import { eigenSymmetric } from './symmetric.ts';

const NOT_FINITE = -1, NOT_CONVERGED = 1;

/** An operand's elements of the matrices of a batch, `size` each. */
interface Batched {
  readonly at: number;
  readonly size: number;
  readonly values: Float64Array;
}

const read = ({ at, size, values }: Batched, b: number): Float64Array => Float64Array.from(values.subarray(at + b * size, at + (b + 1) * size));
const write = ({ at, size, values }: Batched, b: number, numbers: Float64Array): void => values.set(numbers, at + b * size);

export function orthogonal(a: Storage, values: Storage, info: Storage | null, left: Storage | null, right: Storage | null): void {
  const code = dtype(0), op = ORTHOGONAL_OPS[frame[OP]];
  if (code !== F32 && code !== F64) throw unsupported('orthogonal', code);
  const count = dim(0), m = dim(1), n = dim(2), l = dim(3), r = dim(4), upper = frame[INTS] === 1;
  const of = (storage: Storage, operand: number, size: number): Batched => ({ at: offset(operand), size, values: storage.slab.view(code) as Float64Array });
  const A = of(a, 0, m * n), D = of(values, 1, Math.min(m, n)), L = left === null ? null : of(left, 3, m * l), R = right === null ? null : of(right, 4, r * n);
  const outcome = info === null ? null : (info.slab.view(I32) as Int32Array).subarray(offset(2));
  for (let b = 0; b < count; b++) {
    if (outcome !== null) outcome[b] = op === 'eigh' ? eigen(A, D, L, b, n, upper) : singularOf(A, D, L, R, b, m, n);
    else reflectionsOf(op === 'qr', A, D, L, R, b, m, n, l);
  }
}

function reflectionsOf(factor: boolean, A: Batched, taus: Batched, L: Batched | null, R: Batched | null, b: number, m: number, n: number, l: number): void {
  const w = transpose(read(A, b), 0, m, n);
  const tau = factor ? factorQR(w, m, n) : read(taus, b);
  if (factor) {
    const packed = transpose(w, 0, n, m);
    write(A, b, packed);
    write(taus, b, tau);
    if (R !== null) write(R, b, packed.subarray(0, R.size).map((value, at) => (at % n < Math.floor(at / n) ? 0 : value)));
  }
  if (L !== null) write(L, b, transpose(columnsOfQ(w, m, tau, l), 0, l, m));
}

function eigen(A: Batched, values: Batched, vectors: Batched | null, b: number, n: number, upper: boolean): number {
  const matrix = read(A, b), eigenvalues = new Float64Array(n), rows = vectors === null ? null : new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = matrix[i * n + j] = matrix[j * n + i] = upper ? matrix[j * n + i] : matrix[i * n + j];
      if (!Number.isFinite(value)) return NOT_FINITE;
    }
  }
  const converged = eigenSymmetric(matrix, n, eigenvalues, rows);
  write(values, b, eigenvalues);
  if (vectors !== null) write(vectors, b, transpose(rows as Float64Array, 0, n, n));
  return converged ? 0 : NOT_CONVERGED;
}

function singularOf(A: Batched, values: Batched, left: Batched | null, right: Batched | null, b: number, m: number, n: number): number {
  const matrix = read(A, b), k = Math.min(m, n);
  if (!matrix.every(Number.isFinite)) return NOT_FINITE;
  const columns = left === null ? 0 : left.size / m, rows = right === null ? 0 : right.size / n;
  const parts = singular(matrix, 0, m, n, left === null ? 'none' : columns > k || rows > k ? 'full' : 'reduced');
  write(values, b, parts.values);
  if (left !== null) write(left, b, transpose(parts.left.subarray(0, columns * m), 0, columns, m));
  if (right !== null) write(right, b, parts.right.subarray(0, rows * n));
  return parts.converged ? 0 : NOT_CONVERGED;
}
