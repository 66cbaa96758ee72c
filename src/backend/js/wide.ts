/** Calls with operands of the small dtypes: computed on wide copies of them. */
import { F32, I32, isFloating, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { DIMS, DTYPE, NDIM, OFFSET, OPERAND, OPERAND_SIZE, STRIDES, frame } from '../../core/frame.ts';
import { Slab, Storage } from '../../core/storage.ts';
import { CAST_LOOPS } from './copy.ts';
import type { CastKernel } from './kernel-types.ts';
import { advance, cursor, dim, dtype, elements, start, stride, volume } from './space.ts';

export type Elementwise = (out: Storage, ...inputs: readonly (Storage | null)[]) => void;

const COMPUTE_DTYPES = 5;
const isSmall = (code: DTypeCode): boolean => code >= COMPUTE_DTYPES;
const wideOf = (code: DTypeCode): DTypeCode => (isFloating(code) ? F32 : I32);

/** Whether one of the first `operands` operands is of a small dtype. */
export function hasSmall(operands: number): boolean {
  for (let k = 0; k < operands; k++) if (isSmall(dtype(k))) return true;
  return false;
}

/** Runs `body` in a space that is one wide along dims in which operand k does not move. */
function inOwnSpace<T>(k: number, body: () => T): T {
  const ndim = frame[NDIM], sizes = frame.slice(DIMS, DIMS + ndim);
  for (let d = 0; d < ndim; d++) if (stride(k, d) === 0) frame[DIMS + d] = 1;
  try {
    return body();
  } finally {
    frame.set(sizes, DIMS);
  }
}

/** Walks operand k row by row beside the positions of its contiguous copy. */
function eachRow(k: number, row: (at: number, position: number, n: number, step: number) => void): void {
  inOwnSpace(k, () => {
    const ndim = frame[NDIM], n = ndim > 0 ? dim(ndim - 1) : 1, step = ndim > 0 ? stride(k, ndim - 1) : 0;
    if (volume(0, ndim) === 0) return;
    let position = 0;
    start(k + 1);
    do {
      row(cursor[k], position, n, step);
      position += n;
    } while (advance(0, ndim - 1, k + 1));
  });
}

const castOf = (to: DTypeCode, from: DTypeCode): CastKernel<TypedArray, TypedArray> => CAST_LOOPS[to * 10 + from] as CastKernel<TypedArray, TypedArray>;

/** Makes operand k of the frame a contiguous one of a compute dtype in memory of its own. */
function replace(k: number, code: DTypeCode): Storage {
  const at = OPERAND + k * OPERAND_SIZE, ndim = frame[NDIM];
  frame[at + DTYPE] = code;
  frame[at + OFFSET] = 0;
  const bytes = 4 * inOwnSpace(k, () => volume(0, ndim));
  let step = 1;
  for (let d = ndim - 1; d >= 0; d--) {
    if (stride(k, d) === 0) continue;
    frame[at + STRIDES + d] = step;
    step *= dim(d);
  }
  return new Storage(new Slab(new Uint8Array(bytes)), 0, bytes);
}

/** `first`: the first operand that is read; 0 where results are added to what the output holds. */
export function overWide(operands: readonly [Storage, ...(Storage | null)[]], run: Elementwise, first = 1): void {
  const [out] = operands, before = frame.slice(), small = dtype(0);
  try {
    const [target, ...inputs] = operands.map((storage, k) => {
      const from = dtype(k);
      if (!isSmall(from)) return storage;
      const values = elements(storage, k, from), rows: [number, number, number, number][] = [];
      if (k >= first) eachRow(k, (...row) => void rows.push(row));
      const wide = replace(k, wideOf(from)), copy = wide.slab.view(wideOf(from));
      for (const [at, position, n, step] of rows) castOf(wideOf(from), from)(copy, values, position, at, n, 1, step);
      return wide;
    });
    run(target as Storage, ...inputs);
    if (target === out || target === null) return;
    frame.set(before);
    eachRow(0, (at, position, n, step) => castOf(small, wideOf(small))(out.slab.view(small), target.slab.view(wideOf(small)), at, position, n, step, 1));
  } finally {
    frame.set(before);
  }
}
