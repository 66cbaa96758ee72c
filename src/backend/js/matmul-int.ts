/** matmul of int32 and int64: wrapping arithmetic, no packing. */
import { I64 } from '../../core/dtype.ts';
import { INTS, NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { activate } from './activation.ts';
import { advance, cursor, dim, dtype, start, stride } from './space.ts';

function dot32(A: Int32Array, B: Int32Array, a: number, b: number, as: number, bs: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++, a += as, b += bs) sum = (sum + Math.imul(A[a], B[b])) | 0;
  return sum;
}

function dot64(A: BigInt64Array, B: BigInt64Array, a: number, b: number, as: number, bs: number, n: number): bigint {
  let sum = 0n;
  for (let k = 0; k < n; k++, a += as, b += bs) sum = BigInt.asIntN(64, sum + A[a] * B[b]);
  return sum;
}

export function integerMatmul(out: Storage, a: Storage, b: Storage, bias: Storage | null): void {
  const code = dtype(1), ndim = frame[NDIM], outer = ndim - 1;
  const K = dim(outer), as = stride(1, outer), bs = stride(2, outer), operands = bias ? 4 : 3;
  const activation = frame[INTS], accumulate = frame[INTS + 1] === 1;
  start(operands);
  if (code === I64) {
    const O = out.slab.view(I64) as BigInt64Array, A = a.slab.view(I64) as BigInt64Array, B = b.slab.view(I64) as BigInt64Array;
    const C = bias && (bias.slab.view(I64) as BigInt64Array);
    do {
      let x = dot64(A, B, cursor[1], cursor[2], as, bs, K);
      if (C) x += C[cursor[3]];
      if (accumulate) x += O[cursor[0]];
      O[cursor[0]] = activation === 1 && x < 0n ? 0n : x;
    } while (advance(0, outer, operands));
    return;
  }
  const O = out.slab.view(code) as Int32Array, A = a.slab.view(code) as Int32Array, B = b.slab.view(code) as Int32Array;
  const C = bias && (bias.slab.view(code) as Int32Array);
  do {
    let x = dot32(A, B, cursor[1], cursor[2], as, bs, K);
    if (C) x = (x + C[cursor[3]]) | 0;
    if (accumulate) x = (x + O[cursor[0]]) | 0;
    O[cursor[0]] = activate(activation, x);
  } while (advance(0, outer, operands));
}
