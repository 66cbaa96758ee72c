/** Batches of matrices between tensors and the float64 arrays on which the decompositions work, and the checks they share. */
import { F32, F64, I32, type DTypeCode } from '../core/dtype.ts';
import { broadcastShapes, Layout, numelOf } from '../core/layout.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { toBeChecked } from '../tensor/batching.ts';
import { copyInto, emptyLike, emptyShape } from '../tensor/kernels.ts';
import { copyElements, elements } from '../tensor/values.ts';
import type { Tensor } from '../tensor/tensor.ts';

const shown = (A: Tensor): string => `[${A.shape.join(', ')}]`;

/** Decompositions take float32 and float64. */
export function requireReal(op: string, name: string, A: Tensor): void {
  if (A.dtypeCode !== F32 && A.dtypeCode !== F64) throw new DTypeError(op, A.dtype, `${name} must be float32 or float64, got ${A.dtype}`);
}

export function requireFloating(op: string, name: string, A: Tensor): void {
  if (!A.isFloatingPoint()) throw new DTypeError(op, A.dtype, `${name} must have a floating point dtype, got ${A.dtype}; cast with .to('float32')`);
}

export function requireMatrices(op: string, name: string, A: Tensor): void {
  requireReal(op, name, A);
  if (A.ndim < 2) throw new ShapeError(op, `${name} must have at least 2 dimensions, got shape ${shown(A)}`);
}

export function requireSquare(op: string, name: string, A: Tensor): void {
  requireMatrices(op, name, A);
  if (A.shape[A.ndim - 1] !== A.shape[A.ndim - 2]) throw new ShapeError(op, `${name} must be square matrices, got shape ${shown(A)}`);
}

export function requireSameDtype(op: string, A: Tensor, B: Tensor): void {
  if (A.dtypeCode !== B.dtypeCode) throw new DTypeError(op, B.dtype, `both operands must have one dtype, got ${A.dtype} and ${B.dtype}`);
}

export const batchOf = (A: Tensor): readonly number[] => A.layout.shape.slice(0, -2);
export const rowsOf = (A: Tensor): number => A.shape[A.ndim - 2];
export const colsOf = (A: Tensor): number => A.shape[A.ndim - 1];

/** Views of both operands with one batch shape. */
export function sameBatch(op: string, A: Tensor, B: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes(op, batchOf(A), batchOf(B));
  return [A.expand([...batch, rowsOf(A), colsOf(A)]), B.expand([...batch, rowsOf(B), colsOf(B)])];
}

/** Throws where a matrix holds NaN or an infinity, with which the iterations cannot converge. */
export function requireFinite(op: string, name: string, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) throw new ArgumentError(op, name, `must hold finite numbers, got ${values[i]}`);
}

/** Throws where the kernel that wrote `info` met numbers that are not finite, or gave up. */
export function requireConverged(op: string, A: Tensor, info: Tensor, what: string): void {
  const codes = elements(info) as Int32Array, b = codes.findIndex((code) => code !== 0);
  if (b < 0) return;
  if (codes[b] < 0) requireFinite(op, 'A', copyElements(A) as Float64Array);
  throw new ArgumentError(op, 'A', `has ${what} that do not converge (matrix ${b})`);
}

/** A copy whose rows lie side by side. */
export function copyRows(A: Tensor): Tensor {
  const out = emptyShape(A, A.shape, A.dtypeCode);
  copyInto(out, A);
  return out;
}

/** A copy whose columns lie side by side, as LAPACK returns matrices. */
export function copyColumns(A: Tensor): Tensor {
  const m = rowsOf(A), n = colsOf(A), strides = [...A.layout.strides];
  let step = m * n;
  for (let d = A.ndim - 3; d >= 0; step *= A.shape[d--]) strides[d] = step;
  strides.splice(-2, 2, 1, m);
  const out = emptyLike(A, new Layout(A.layout.shape, strides, 0), A.dtypeCode);
  copyInto(out, A);
  return out;
}

/** Room for int32 results: pivots and error codes. */
export const emptyInts = (like: Tensor, shape: readonly number[]): Tensor => emptyShape(like, shape, I32);

/** A new tensor with the given numbers, in `like`'s dtype. */
export function write(like: Tensor, shape: readonly number[], values: Float64Array, dtype: DTypeCode = like.dtypeCode): Tensor {
  const out = emptyShape(like, shape, dtype);
  (elements(out) as Float64Array).set(values);
  return out;
}

/** Pivots as given by the caller must be rows of the matrix. */
export function requirePivots(op: string, pivots: Tensor, shape: readonly number[], rows: number): void {
  if (pivots.dtypeCode !== I32) throw new DTypeError(op, pivots.dtype, `pivots must be int32, got ${pivots.dtype}`);
  if (pivots.shape.join() !== shape.join()) throw new ShapeError(op, `pivots must have shape [${shape.join(', ')}], got ${shown(pivots)}`);
  const wrong = (copyElements(toBeChecked(pivots)) as Int32Array).find((at) => at < 1 || at > rows);
  if (wrong !== undefined) throw new ArgumentError(op, 'pivots', `must be rows from 1 to ${rows}, got ${wrong}`);
}

/** Calls `each` with the number of every matrix of a batch. */
export function eachMatrix(batch: readonly number[], each: (b: number) => void): void {
  for (let b = 0, count = numelOf(batch); b < count; b++) each(b);
}

/** The identity matrix [n, n] in A's dtype. */
export function identity(A: Tensor, n: number): Tensor {
  const out = emptyShape(A, [n, n], A.dtypeCode);
  out.writeNumbers(Uint8Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)));
  return out;
}

/** Vectors as diagonal matrices: PyTorch's `diag_embed`. */
export const diagonalMatrix = (d: Tensor): Tensor => d.unsqueeze(-1).mul(identity(d, d.shape[d.ndim - 1]));

/** `x` with its diagonal halved and the part above it dropped. */
export const halfLower = (x: Tensor): Tensor => x.tril().sub(x.tril().triu().mul(0.5));

/** The first matrix of a batch for which a factorisation gave up, as an error. */
export function requireSuccess(op: string, name: string, info: Tensor, expected: string): void {
  const codes = copyElements(toBeChecked(info)) as Int32Array, at = codes.findIndex((code) => code !== 0);
  if (at >= 0) throw new ArgumentError(op, name, `must be ${expected}, ${codes.length > 1 ? `matrix ${at} of the batch` : 'it'} is not (pivot ${codes[at]})`);
}
