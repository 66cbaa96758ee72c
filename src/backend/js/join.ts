/** join: rows of several operands side by side. */
import { I32, I64 } from '../../core/dtype.ts';
import { INTS, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { BLOCK, CAST_LOOPS, MOVES, RAW_BY_WIDTH, widthLog2 } from './copy.ts';
import { dim, dtype, offset, stride } from './space.ts';

export function join(out: Storage, ...parts: readonly Storage[]): void {
  const to = dtype(0), rows = dim(0), pitch = stride(0, 0);
  for (let k = 1, first = offset(0); k <= parts.length; k++) {
    const from = dtype(k), n = frame[INTS + k - 1], step = stride(k, 0), { slab } = parts[k - 1];
    const cast = CAST_LOOPS[to * 10 + from], width = widthLog2(to), raw = RAW_BY_WIDTH[width];
    if (cast === null && n >= BLOCK) {
      const words = width === 3 ? 2 : 1, y = out.slab.view(raw) as Int32Array, x = slab.view(raw) as Int32Array;
      for (let r = 0, o = first, a = offset(k); r < rows; r++, o += pitch, a += step) y.set(x.subarray(a * words, (a + n) * words), o * words);
    } else {
      const y = out.slab.view(cast === null ? raw : to === I64 ? I32 : to), x = slab.view(cast === null ? raw : from === I64 ? I32 : from);
      const move = cast ?? MOVES[width];
      for (let r = 0, o = first, a = offset(k); r < rows; r++, o += pitch, a += step) move(y, x, o, a, n, 1, 1);
    }
    first += n;
  }
}
