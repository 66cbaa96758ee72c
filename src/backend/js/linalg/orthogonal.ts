/** orthogonal: factorisations with orthogonal factors. Computed in float64 and rounded once. */
import { F32, F64 } from '../../../core/dtype.ts';
import { OP, frame } from '../../../core/frame.ts';
import type { Storage } from '../../../core/storage.ts';
import { transpose } from '../../../core/vectors.ts';
import { ORTHOGONAL_OPS } from '../../../ops/families.ts';
import { dim, dtype, offset, unsupported } from '../space.ts';
import { columnsOfQ, factorQR } from './qr.ts';

/** An operand's elements of the matrices of a batch, `size` each. */
interface Batched {
  readonly at: number;
  readonly size: number;
  readonly values: Float64Array;
}

const read = ({ at, size, values }: Batched, b: number): Float64Array => Float64Array.from(values.subarray(at + b * size, at + (b + 1) * size));
const write = ({ at, size, values }: Batched, b: number, numbers: Float64Array): void => values.set(numbers, at + b * size);

export function orthogonal(a: Storage, values: Storage, _info: Storage | null, left: Storage | null, right: Storage | null): void {
  const code = dtype(0), op = ORTHOGONAL_OPS[frame[OP]];
  if (code !== F32 && code !== F64) throw unsupported('orthogonal', code);
  const count = dim(0), m = dim(1), n = dim(2), l = dim(3), r = dim(4), k = Math.min(m, n);
  const of = (storage: Storage, operand: number, size: number): Batched => ({ at: offset(operand), size, values: storage.slab.view(code) as Float64Array });
  const A = of(a, 0, m * n), T = of(values, 1, k), L = left === null ? null : of(left, 3, m * l), R = right === null ? null : of(right, 4, r * n);
  for (let b = 0; b < count; b++) {
    const w = transpose(read(A, b), 0, m, n);
    const tau = op === 'qr' ? factorQR(w, m, n) : read(T, b);
    if (op === 'qr') {
      const packed = transpose(w, 0, n, m);
      write(A, b, packed);
      write(T, b, tau);
      if (R !== null) write(R, b, packed.subarray(0, r * n).map((value, at) => (at % n < Math.floor(at / n) ? 0 : value)));
    }
    if (L !== null) write(L, b, transpose(columnsOfQ(w, m, tau, l), 0, l, m));
  }
}
