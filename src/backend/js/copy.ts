/** copy: fills, moves and casts between all ten dtypes. */
import { BOOL, F16, I32, I64, ITEM_SIZE, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { CAST_KERNELS } from './generated/casts.ts';
import { moveRow as moveRow16 } from './generated/move-u16.ts';
import { moveRow as moveRow32 } from './generated/move-i32.ts';
import { moveRow as moveRow8 } from './generated/move-u8.ts';
import type { CastKernel } from './kernel-types.ts';
import { movePairs } from './pairs.ts';
import { advance, cursor, dim, dtype, elements, start, stride, volume } from './space.ts';

/** By `to * 10 + from`; null where the bits are moved as they are. */
export const CAST_LOOPS = CAST_KERNELS as unknown as readonly (CastKernel<TypedArray, TypedArray> | null)[];
/** By log2 of the item size: the dtype as which elements of that width are moved, and the loop that moves them. */
export const RAW_BY_WIDTH: readonly DTypeCode[] = [BOOL, F16, I32, I32];
export const MOVES = [moveRow8, moveRow16, moveRow32, movePairs] as unknown as readonly CastKernel<TypedArray, TypedArray>[];
export const widthLog2 = (code: DTypeCode): number => 31 - Math.clz32(ITEM_SIZE[code]);

/** Contiguous runs from this many elements on go through TypedArray.prototype.set. */
export const BLOCK = 64;

export function copy(out: Storage, a: Storage | null): void {
  const to = dtype(0), from = dtype(1), ndim = frame[NDIM];
  if (volume(0, ndim) === 0) return;
  const n = ndim > 0 ? dim(ndim - 1) : 1;
  const os = ndim > 0 ? stride(0, ndim - 1) : 0;
  const cast = CAST_LOOPS[to * 10 + from];
  if (cast !== null) {
    const y = out.slab.view(to === I64 ? I32 : to), x = elements(a, 1, from, from === I64 ? I32 : from);
    const as = ndim > 0 ? stride(1, ndim - 1) : 0;
    start(2);
    do cast(y, x, cursor[0], cursor[1], n, os, as); while (advance(0, ndim - 1, 2));
    return;
  }
  const width = widthLog2(to), raw = RAW_BY_WIDTH[width];
  const y = out.slab.view(raw), x = elements(a, 1, from, raw);
  const as = ndim > 0 ? stride(1, ndim - 1) : 0;
  start(2);
  if (n >= BLOCK && os === 1 && as === 0) {
    const typed = out.slab.view(to) as Float64Array, value = elements(a, 1, from) as Float64Array;
    do typed.fill(value[cursor[1]], cursor[0], cursor[0] + n); while (advance(0, ndim - 1, 2));
    return;
  }
  if (n >= BLOCK && os === 1 && as === 1) {
    const words = width === 3 ? 2 : 1;
    do {
      const at = cursor[1] * words;
      (y as Int32Array).set((x as Int32Array).subarray(at, at + n * words), cursor[0] * words);
    } while (advance(0, ndim - 1, 2));
    return;
  }
  const move = MOVES[width];
  do move(y, x, cursor[0], cursor[1], n, os, as); while (advance(0, ndim - 1, 2));
}
