/** Operands with guarded memory, and calls through the frame, for tests of a Backend without tensors. */
import { expect } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { fromBrain, fromHalf, toBrain, toHalf } from '../../src/backend/js/half.ts';
import { BF16, F16, I64, ITEM_SIZE, type DTypeCode } from '../../src/core/dtype.ts';
import {
  ABSENT, ARG, DIMS, DTYPE, FLOATS, IMMEDIATE, INTS, NDIM, OFFSET, OP, OPERAND, OPERANDS, OPERAND_SIZE, PARAMS, STRIDES,
  frame, frameBigInts, frameFloats,
} from '../../src/core/frame.ts';
import { Slab, Storage } from '../../src/core/storage.ts';

export interface Operand {
  readonly storage: Storage;
  readonly dtype: DTypeCode;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** An immediate number, or an optional operand that is not given. */
export type Argument = Operand | { readonly value: number | bigint; readonly dtype: DTypeCode } | null;

/**
 * contiguous; transposed: the last dim is the slowest; gaps: elements are three apart; broadcast: one element for the
 * whole first dim (for inputs).
 */
export const LAYOUTS = ['contiguous', 'transposed', 'gaps', 'broadcast'] as const;
export type Layout = (typeof LAYOUTS)[number];

const GUARD = 16;

export const volume = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function stridesOf(shape: readonly number[], layout: Layout): number[] {
  const order = shape.map((_, d) => d);
  if (layout === 'transposed') order.unshift(order.pop() ?? 0);
  const strides = new Array<number>(shape.length).fill(0);
  let step = layout === 'gaps' ? 3 : 1;
  for (const d of (shape.length ? order : []).reverse()) {
    strides[d] = layout === 'broadcast' && d === 0 ? 0 : step;
    if (strides[d] !== 0) step *= shape[d];
  }
  return strides;
}

/** A guarded operand of this shape; every byte that is no element of it is a guard. */
export function operand(dtype: DTypeCode, shape: readonly number[], values: (i: number) => number | bigint = () => 0, layout: Layout = 'contiguous'): Operand {
  const strides = stridesOf(shape, layout);
  const span = volume(shape) === 0 ? 0 : 1 + shape.reduce((sum, n, d) => sum + (n - 1) * strides[d], 0);
  const bytes = new Uint8Array((2 * GUARD + span) * 8).fill(0xa5);
  const guarded: Operand = { storage: new Storage(new Slab(bytes), 0, bytes.length), dtype, offset: GUARD, shape, strides };
  positions(guarded).forEach((at, i) => write(guarded, at, values(i)));
  return guarded;
}

/** The same memory in another iteration space. */
export const viewOf = (o: Operand, shape: readonly number[], strides: readonly number[], offset = o.offset): Operand => ({ ...o, shape, strides, offset });

/** Slab positions of the elements, in row-major order. */
export function positions(o: Operand): number[] {
  let all = [o.offset];
  o.shape.forEach((n, d) => {
    const next = new Array<number>(all.length * n);
    for (let k = 0; k < next.length; k++) next[k] = all[Math.floor(k / n)] + (k % n) * o.strides[d];
    all = next;
  });
  return all;
}

function write(o: Operand, at: number, value: number | bigint): void {
  const view = o.storage.slab.view(o.dtype);
  if (o.dtype === I64) (view as BigInt64Array)[at] = BigInt(value);
  else (view as Float64Array)[at] = o.dtype === F16 ? toHalf(Math.fround(Number(value))) : o.dtype === BF16 ? toBrain(Math.fround(Number(value))) : Number(value);
}

/** The elements as numbers (int64 ones must be small), in row-major order. */
export function read(o: Operand): number[] {
  const view = o.storage.slab.view(o.dtype);
  return positions(o).map((at) => (o.dtype === F16 ? fromHalf(Number(view[at])) : o.dtype === BF16 ? fromBrain(Number(view[at])) : Number(view[at])));
}

export const readBig = (o: Operand): bigint[] => positions(o).map((at) => (o.storage.slab.view(I64) as BigInt64Array)[at]);

export interface Call {
  readonly op?: number;
  readonly dims: readonly number[];
  /** Operand 0 first; strides beyond an operand's own dims are 0. */
  readonly operands: readonly Argument[];
  readonly ints?: readonly number[];
  readonly params?: readonly number[];
}

const isOperand = (a: Argument): a is Operand => a !== null && 'storage' in a;

/** Writes a call to the frame and returns the storages to pass. */
export function fill({ op = 0, dims, operands, ints = [], params = [] }: Call): (Storage | null)[] {
  frame.fill(0);
  frame[OP] = op;
  frame[NDIM] = dims.length;
  frame[OPERANDS] = operands.length;
  dims.forEach((n, d) => (frame[DIMS + d] = n));
  ints.forEach((n, i) => (frame[INTS + i] = n));
  params.forEach((x, i) => (frameFloats[PARAMS + i] = x));
  return operands.map((a, k) => {
    const at = OPERAND + k * OPERAND_SIZE;
    if (isOperand(a)) {
      frame[at + DTYPE] = a.dtype;
      frame[at + OFFSET] = a.offset;
      a.strides.forEach((s, d) => (frame[at + STRIDES + d] = s));
      return a.storage;
    }
    frame[at + ARG] = a === null ? ABSENT : IMMEDIATE;
    if (a === null) return null;
    frame[at + DTYPE] = a.dtype;
    if (typeof a.value === 'bigint') frameBigInts[FLOATS + k] = a.value;
    else frameFloats[FLOATS + k] = a.value;
    return null;
  });
}

type Method = Exclude<keyof Backend, 'name' | 'setNumThreads' | 'numThreads'>;

/** Calls a family and checks that, in all its operands' memory, only elements of `written` (its output) changed. */
export function run(backend: Backend, method: Method, call: Call, written: readonly Operand[] = call.operands.slice(0, 1).filter(isOperand)): void {
  const slabs = new Set(call.operands.filter(isOperand).map((a) => a.storage.slab));
  const before = new Map([...slabs].map((slab) => [slab, slab.bytes.slice()]));
  const storages = fill(call);
  if (method === 'optimStep') backend.optimStep(storages);
  else (backend[method] as (...operands: (Storage | null)[]) => void)(...storages);
  for (const [slab, expected] of before) {
    const now = slab.bytes.slice();
    for (const a of written.filter(({ storage }) => storage.slab === slab)) {
      const size = ITEM_SIZE[a.dtype];
      for (const at of positions(a)) for (let b = at * size; b < (at + 1) * size; b++) expected[b] = now[b] = 0;
    }
    if (Buffer.compare(expected, now) === 0) continue;
    expect.fail(`${method} wrote byte ${expected.findIndex((x, i) => x !== now[i])} of ${now.length}, which is no element of its output`);
  }
}

/** A small deterministic generator, so that a failing case fails again. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
