/**
 * Layout: shape, strides and offset (in elements, from the start of a storage) of a tensor. Immutable and shared:
 * contiguous layouts at offset 0 are interned, so that "same shape, both contiguous" is mostly one identity test.
 */
import { MAX_DIMS } from './frame.ts';
import { ShapeError } from './errors.ts';

export type Shape = readonly number[];

export class Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly numel: number;
  /** Row-major without gaps (dimensions of size 1 and empty tensors do not matter). */
  readonly contiguous: boolean;
  /** What result-layout.ts has found out about it. */
  result: Layout | undefined;
  order: readonly number[] | null | undefined;
  private shownShape: Shape | null = null;
  private shownStrides: readonly number[] | null = null;

  constructor(shape: Shape, strides: readonly number[], offset: number) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.numel = numelOf(shape);
    this.contiguous = isContiguous(shape, strides);
    this.result = undefined;
    this.order = undefined;
  }

  get ndim(): number {
    return this.shape.length;
  }

  // What users get to see cannot be changed. The lists themselves are not frozen: V8 takes twenty times as long for slice() of such.
  get frozenShape(): Shape {
    return (this.shownShape ??= Object.freeze([...this.shape]));
  }

  get frozenStrides(): readonly number[] {
    return (this.shownStrides ??= Object.freeze([...this.strides]));
  }
}

export function numelOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === 0) return true;
    if (size !== 1) {
      if (strides[i] !== expected) return false;
      expected *= size;
    }
  }
  return true;
}

export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= Math.max(shape[i], 1);
  }
  return strides;
}

/** Largest number of elements: kernels count elements with 32-bit offsets. */
export const MAX_ELEMENTS = 2 ** 31 - 1;

export function checkShape(op: string, shape: Shape): void {
  if (shape.length > MAX_DIMS) throw new ShapeError(op, `expected at most ${MAX_DIMS} dimensions, got ${shape.length}`);
  let n = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw new ShapeError(op, `sizes must be non-negative integers, got [${shape.join(', ')}]`);
    n *= size;
  }
  if (n > MAX_ELEMENTS) throw new ShapeError(op, `shape [${shape.join(', ')}] has ${n} elements, at most ${MAX_ELEMENTS} are supported`);
}

// A trie over dims; emptied when it grows, so that programs with ever new shapes do not leak.
interface Interned { layout: Layout | null; next: Map<number, Interned> | null }
const newNode = (): Interned => ({ layout: null, next: null });
let root = newNode();
let interned = 0;
const INTERN_LIMIT = 4096;

/** The interned row-major layout of a shape at offset 0. */
export function contiguousLayout(shape: Shape): Layout {
  let node = root;
  for (let i = 0; i < shape.length; i++) {
    const next = (node.next ??= new Map<number, Interned>());
    let child = next.get(shape[i]);
    if (child === undefined) next.set(shape[i], (child = newNode()));
    node = child;
  }
  if (node.layout === null) {
    if (++interned > INTERN_LIMIT) {
      root = newNode();
      interned = 0;
    }
    const copy = [...shape];
    node.layout = new Layout(copy, contiguousStrides(copy), 0);
  }
  return node.layout;
}

export const SCALAR_LAYOUT = contiguousLayout([]);

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** PyTorch's broadcasting of two shapes; throws a {@link ShapeError} that names the first dimension (from the right) that does not fit. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const n = Math.max(a.length, b.length);
  const shape = new Array<number>(n);
  for (let i = 1; i <= n; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(op, `shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast: ${x} against ${y} in dimension ${-i}`);
    }
    shape[n - i] = x === 1 ? y : x;
  }
  return shape;
}

/** Strides of a layout seen with a (larger) broadcast shape. */
export function broadcastStrides(layout: Layout, shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  const skip = shape.length - layout.shape.length;
  for (let i = 0; i < shape.length; i++) strides[i] = i < skip || layout.shape[i - skip] === 1 ? 0 : layout.strides[i - skip];
  return strides;
}

/** A dim in [-ndim, ndim) made non-negative. A 0-d tensor accepts -1 and 0, as in PyTorch. */
export function normalizeDim(op: string, dim: number, ndim: number, name = 'dim'): number {
  const limit = Math.max(ndim, 1);
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
    throw new ShapeError(op, `${name} must be in [${-limit}, ${limit - 1}] for ${ndim} dimensions, got ${dim}`);
  }
  return dim < 0 ? dim + limit : dim;
}

/** Distinct dims, non-negative; throws on repeats. */
export function normalizeDims(op: string, dims: readonly number[], ndim: number): number[] {
  const result = dims.map((dim) => normalizeDim(op, dim, ndim));
  if (result.length > 1 && new Set(result).size !== result.length) throw new ShapeError(op, `dim ${result.find((d, i) => result.indexOf(d) !== i)} appears twice in [${dims.join(', ')}]`);
  return result;
}
