/** Integer reductions that need 64 bits: any of int64, products and very long sums of int32 and bool. */
import { I64 } from '../../core/dtype.ts';
import { INTS, NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import type { ReduceOp } from '../../ops/families.ts';
import { advance, cursor, dtype, start, volume } from './space.ts';

const big = BigInt;
const wrap = (x: bigint): bigint => BigInt.asIntN(64, x);

const STEP: Readonly<Partial<Record<ReduceOp, (acc: bigint, x: bigint) => bigint>>> = {
  sum: (acc, x) => wrap(acc + x),
  prod: (acc, x) => wrap(acc * x),
  amax: (acc, x) => (x > acc ? x : acc),
  amin: (acc, x) => (x < acc ? x : acc),
};
const count = (acc: bigint, x: bigint): bigint => (x === 0n ? acc : acc + 1n);

export function reduceBig(op: ReduceOp, out: Storage, a: Storage): void {
  const ndim = frame[NDIM], kept = frame[INTS], total = BigInt(volume(kept, ndim));
  const source = a.slab.view(dtype(1)), y = out.slab.view(dtype(0));
  const step = STEP[op] ?? count;
  const initial = op === 'prod' ? 1n : op === 'amax' ? -(2n ** 63n) : op === 'amin' ? 2n ** 63n - 1n : 0n;
  start(2);
  do {
    let acc = initial;
    if (total > 0n) do acc = step(acc, big(source[cursor[1]])); while (advance(kept, ndim, 2));
    const value = op === 'any' ? big(acc > 0n) : op === 'all' ? big(acc === total) : acc;
    if (dtype(0) === I64) y[cursor[0]] = value;
    else y[cursor[0]] = Number(value);
  } while (advance(0, kept, 2));
}

export function argReduceBig(sign: number, out: Storage, a: Storage): void {
  const ndim = frame[NDIM], kept = frame[INTS];
  const source = a.slab.view(I64) as BigInt64Array, y = out.slab.view(I64) as BigInt64Array;
  start(2);
  do {
    let best = source[cursor[1]], at = 0, position = 0;
    do {
      const x = source[cursor[1]];
      if (sign > 0 ? x > best : x < best) {
        best = x;
        at = position;
      }
      position++;
    } while (advance(kept, ndim, 2));
    y[cursor[0]] = BigInt(at);
  } while (advance(0, kept, 2));
}
