/** float64 memory of the decompositions, which the backend's kernels see too: their large matrix products are its own. */
import { allocatePlain } from '../core/allocator.ts';
import { block, type Block } from '../core/block.ts';
import { F64 } from '../core/dtype.ts';
import { contiguousLayout, Layout } from '../core/layout.ts';
import { copyInto, emptyShape, matmulInto } from '../tensor/kernels.ts';
import { PlainTensor, type Tensor } from '../tensor/tensor.ts';
import { elements } from '../tensor/values.ts';

/** The tensor over each array; the array keeps it alive, so that nothing else gets its memory. */
const owners = new WeakMap<Float64Array, Tensor>();

function over(tensor: Tensor): Float64Array {
  const values = elements(tensor) as Float64Array;
  owners.set(values, tensor);
  return values;
}

const empty = (n: number): Tensor => new PlainTensor(allocatePlain(n * 8), contiguousLayout([n]), F64);

/** n zeros. */
export function workspace(n: number): Float64Array {
  return over(empty(n)).fill(0);
}

/** The elements of a tensor in row-major order, as float64. */
export function workingCopy(x: Tensor): Float64Array {
  const copy = emptyShape(x, x.shape, F64);
  copyInto(copy, x);
  return over(copy);
}

/** Products of fewer multiplications than this are not worth a kernel call. */
const SMALL = 20_000;

const view = (tensor: Tensor, { at, row, col }: Block, m: number, n: number): Tensor => tensor.wrap(tensor.storage, new Layout([m, n], [row, col], tensor.layout.offset + at), F64);

/** C += sign A B, for blocks C [m, n], A [m, k] and B [k, n]; C's columns are adjacent, and C overlaps neither. */
export function addProduct(sign: 1 | -1, c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
  if (m === 0 || n === 0 || k === 0) return;
  const out = owners.get(c.values), right = owners.get(b.values);
  if (m * n * k < SMALL || out === undefined || right === undefined) return loops(sign, c, a, b, m, n, k);
  const left = sign === 1 ? owners.get(a.values) : undefined;
  if (left !== undefined) return matmulInto(view(out, c, m, n), view(left, a, m, k), view(right, b, k, n), { accumulate: true });
  const packed = empty(m * k);
  const values = elements(packed) as Float64Array;
  for (let i = 0, at = 0; i < m; i++) for (let t = 0; t < k; t++, at++) values[at] = sign * a.values[a.at + i * a.row + t * a.col];
  matmulInto(view(out, c, m, n), view(packed, block(values, 0, k), m, k), view(right, b, k, n), { accumulate: true });
}

function loops(sign: 1 | -1, c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
  const { values: x } = a, { values: y } = b, { values: z } = c;
  for (let i = 0; i < m; i++) {
    const row = c.at + i * c.row;
    for (let t = 0; t < k; t++) {
      const factor = sign * x[a.at + i * a.row + t * a.col];
      if (factor === 0) continue;
      const from = b.at + t * b.row;
      if (b.col === 1) for (let j = 0; j < n; j++) z[row + j] += factor * y[from + j];
      else for (let j = 0; j < n; j++) z[row + j] += factor * y[from + j * b.col];
    }
  }
}
