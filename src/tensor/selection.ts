/**
 * Selections: which elements of a tensor an indexing operation touches. Reading them (`pick`), adding into them (`place`)
 * and clearing them (`erase`) are linear and each other's derivatives, so every order of gradient follows from three kernels.
 */
import { I32, dtypeName, isFloating, type DTypeCode } from '../core/dtype.ts';
import { DTypeError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, broadcastStrides, contiguousLayout, sameShape, type Layout, type Shape } from '../core/layout.ts';
import { elementOffset } from '../core/plan.ts';
import type { ScatterOp } from '../ops/families.ts';
import { binaryEntries, binary, checkInPlace, checkWritable, edgesBefore, rawCast, rawResult, recordInPlace, spent } from './dispatch.ts';
import { gradEnabled, noGrad } from './grad-mode.ts';
import { record, recording, wantsGrad, type Node } from './graph.ts';
import { copyInto, emptyShape, gatherInto, scatterInto, type Input } from './kernels.ts';
import { computeType, type Scalar } from './promotion.ts';
import type { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** An index that shares memory with the tensor about to be written must be read first. */
export const apart = (self: TensorCore, index: Tensor): Tensor => (index.storage === self.storage ? index.detach().clone() : index);

/** How a gather or scatter kernel walks a tensor of a given layout. Strides are over the selection's shape. */
interface Walk {
  readonly strides: readonly number[];
  readonly index: Tensor;
  readonly indexStrides: readonly number[];
  readonly size: number;
  readonly step: number;
}

export interface Selection {
  /** Shape of what is selected. */
  readonly shape: Shape;
  /** The index tensors, saved for backward: a later in-place change of them is refused. */
  readonly indices: readonly Tensor[];
  /** Negative indices count from the end. */
  readonly wrap: boolean;
  walk(layout: Layout): Walk;
}

/** An integer index in a dtype that kernels read. */
export function indexArg(op: string, index: Tensor): Tensor {
  if (isFloating(index.dtypeCode) || index.dtype === 'bool') {
    throw new DTypeError(op, index.dtype, `index must have an integer dtype, got ${index.dtype}; cast it with .to('int64')`);
  }
  return index.dtypeCode <= I32 ? index : rawCast(index, I32) as Tensor;
}

/** `gather` and `scatter`: one index per element, replacing the position in one dim. */
export function alongDim(index: Tensor, dim: number, wrap = false): Selection {
  return {
    shape: index.shape,
    indices: [index],
    wrap,
    walk: ({ shape, strides }) => ({
      strides: index.shape.map((_, i) => (i === dim || i >= strides.length ? 0 : strides[i])),
      index,
      indexStrides: index.layout.strides,
      size: shape[dim] ?? 1,
      step: strides[dim] ?? 1,
    }),
  };
}

export interface DimIndex {
  readonly dim: number;
  readonly index: Tensor;
}

/**
 * Whole-dim indices, broadcast together: the common shape stands where the indexed dims were if they are adjacent, else
 * first. `wrap` lets negative indices count from the end.
 */
export function atDims(op: string, of: Shape, items: readonly DimIndex[], wrap = true): Selection {
  return items.length === 1 ? atDim(of, items[0], wrap) : atSeveralDims(op, of, items, wrap);
}

/** A list with `middle` instead of its element `dim`. */
const instead = (list: readonly number[], dim: number, middle: readonly number[]): number[] => [...list.slice(0, dim), ...middle, ...list.slice(dim + 1)];

function atDim(of: Shape, { dim, index }: DimIndex, wrap: boolean): Selection {
  const own = index.layout, none = own.shape.map(() => 0);
  return {
    shape: instead(of, dim, own.shape),
    indices: [index],
    wrap,
    walk: ({ shape, strides }) => ({
      strides: instead(strides, dim, none), index, indexStrides: instead(shape.map(() => 0), dim, own.strides), size: shape[dim], step: strides[dim],
    }),
  };
}

function atSeveralDims(op: string, of: Shape, items: readonly DimIndex[], wrap: boolean): Selection {
  const indexed = new Set(items.map(({ dim }) => dim));
  const adjacent = items.every(({ dim }, k) => k === 0 || dim === items[k - 1].dim + 1);
  const common = items.reduce<Shape>((shape, { index }) => broadcastIndices(op, shape, index.shape), []);
  const before = adjacent ? items[0].dim : 0;
  const rest = of.map((_, i) => i).filter((i) => !indexed.has(i));
  const [first, last] = [rest.slice(0, before), rest.slice(before)];
  const spread = (values: readonly number[]): number[] => [...first.map(() => 0), ...values, ...last.map(() => 0)];
  let resolved: { strides: readonly number[]; index: Tensor } | null = null;
  return {
    shape: [...first.map((i) => of[i]), ...common, ...last.map((i) => of[i])],
    indices: items.map(({ index }) => index),
    wrap,
    walk(layout) {
      const strides = [...first.map((i) => layout.strides[i]), ...common.map(() => 0), ...last.map((i) => layout.strides[i])];
      if (resolved === null || !sameShape(resolved.strides, layout.strides)) resolved = { strides: layout.strides, index: distance(items, layout, wrap) };
      const size = 1 + items.reduce((sum, { dim }) => sum + Math.max(layout.shape[dim] - 1, 0) * layout.strides[dim], 0);
      return { strides, index: resolved.index, indexStrides: spread(broadcastStrides(resolved.index.layout, common)), size, step: 1 };
    },
  };
}

function broadcastIndices(op: string, a: Shape, b: Shape): Shape {
  try {
    return broadcastShapes(op, a, b);
  } catch {
    throw new ShapeError(op, `index tensors could not be broadcast together, got shapes [${a.join(', ')}] and [${b.join(', ')}]`);
  }
}

/**
 * Distance in elements from the origin, one per combination of indices. Each index reads its part from a table of
 * multiples of the stride, so that the gather kernel checks its range and wraps it.
 */
function distance(items: readonly DimIndex[], layout: Layout, wrap: boolean): Tensor {
  const parts = items.map(({ dim, index }) => {
    const size = layout.shape[dim], step = layout.strides[dim];
    const table = emptyShape(index, [size], I32);
    const elements = table.storage.slab.view(I32), from = elementOffset(table.storage, I32);
    for (let i = 0; i < size; i++) elements[from + i] = i * step;
    const part = emptyShape(index, index.shape, I32);
    gatherInto(part, table, index.shape.map(() => 0), index, index.layout.strides, size, 1, wrap);
    return part;
  });
  return noGrad(() => parts.reduce((sum, part) => binary(binaryEntries.add, sum, part)));
}

/** Runs a kernel whose index may be out of range and names the operation that was called in its error. */
function named<T>(op: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof IndexRangeError && error.op !== op) throw new IndexRangeError(op, error.index, error.size);
    throw error;
  }
}

function gatherRaw(op: string, out: Tensor, x: TensorCore, selection: Selection): void {
  named(op, () => {
    const { strides, index, indexStrides, size, step } = selection.walk(x.layout);
    gatherInto(out, x, strides, index, indexStrides, size, step, selection.wrap);
  });
}

/** `value` must be broadcast to the selection; it and the index must not share memory with `out`. */
function scatterRaw(op: string, kind: ScatterOp, out: TensorCore, selection: Selection, value: Input): void {
  const compute = kind === 'set' ? out.dtypeCode : computeType(out.dtypeCode);
  if (compute !== out.dtypeCode) {
    const wide = rawCast(out, compute);
    scatterRaw(op, kind, wide, selection, typeof value === 'object' ? rawCast(value, compute) : value);
    copyInto(out, wide);
    spent(wide, out);
    return;
  }
  named(op, () => {
    const { strides, index, indexStrides, size, step } = selection.walk(out.layout);
    const valueStrides = typeof value === 'object' ? broadcastStrides(value.layout, selection.shape) : selection.shape.map(() => 0);
    scatterInto(kind, out, strides, value, valueStrides, index, indexStrides, selection.shape, size, step, selection.wrap);
  });
}

/** Refuses index tensors that were modified since the forward. */
function unchanged(node: Node, selection: Selection): Selection {
  for (let k = 0; k < selection.indices.length; k++) node.saved(k);
  return selection;
}

/** The selected elements of `x`. */
export function pick(op: string, x: Tensor, selection: Selection): Tensor {
  const out = emptyShape(x, selection.shape, x.dtypeCode);
  gatherRaw(op, out, x, selection);
  const of = x.shape;
  if (recording(x)) record(op, out, [x], (g, node) => place(op, g, unchanged(node, selection), of), selection.indices);
  return out;
}

/** Zeros of shape `of` with `g` added at the selected elements. */
export function place(op: string, g: Tensor, selection: Selection, of: Shape): Tensor {
  const compute = computeType(g.dtypeCode);
  const sum = emptyShape(g, of, compute);
  copyInto(sum, 0);
  const value = rawCast(g, compute);
  scatterRaw(op, 'add', sum, selection, value);
  spent(value, g);
  const out = rawResult(sum, g.dtypeCode);
  if (recording(g)) record(op, out, [g], (gg, node) => pick(op, gg, unchanged(node, selection)), selection.indices);
  return out;
}

/** A copy of `g` with zeros at the selected elements. */
export function erase(op: string, g: Tensor, selection: Selection): Tensor {
  const out = emptyShape(g, g.shape, g.dtypeCode);
  copyInto(out, g);
  scatterRaw(op, 'set', out, selection, 0);
  if (recording(g)) record(op, out, [g], (gg, node) => erase(op, gg, unchanged(node, selection)), selection.indices);
  return out;
}

interface PutContext {
  readonly op: string;
  readonly selection: Selection;
  readonly accumulate: boolean;
}

function putBackward(g: Tensor, node: Node): (Tensor | null)[] {
  const { op, selection, accumulate } = node.context as PutContext;
  unchanged(node, selection);
  return [node.needs(0) ? (accumulate ? g : erase(op, g, selection)) : null, node.needs(1) ? pick(op, g, selection) : null];
}

/** Writes (or adds) `value`, broadcast, into the selected elements of `self`. */
export function put_(op: string, self: Tensor, selection: Selection, value: Tensor | Scalar, accumulate = false): Tensor {
  const name = `${op}_`;
  const to = typeof value === 'object' ? value : null;
  const source = to === null ? value : broadcastSource(name, to, selection.shape);
  const wants = gradEnabled && (wantsGrad(self) || (to !== null && wantsGrad(to)));
  if (wants) checkInPlace(name, self);
  checkWritable(name, self);
  const edges = wants ? edgesBefore([wantsGrad(self) ? self : null, typeof source === 'object' && wantsGrad(source) && isFloating(source.dtypeCode) ? source : null]) : null;
  writeSelected(name, accumulate ? 'add' : 'set', self, selection, source);
  if (edges !== null) recordInPlace(self, op, edges, putBackward, selection.indices, { op: name, selection, accumulate } satisfies PutContext);
  return self;
}

/** The kernel part of {@link put_}, for any way of combining; not recorded. */
export function writeSelected(op: string, kind: ScatterOp, self: Tensor, selection: Selection, value: Tensor | Scalar): void {
  const source = typeof value !== 'object' ? value : rawCast(value.storage === self.storage ? value.detach().clone() : value, self.dtypeCode);
  scatterRaw(op, kind, self, selection, source);
  self.storage.version++;
}

/** Leading dims of size 1 that the selection lacks are dropped, as PyTorch does; then `value` must broadcast. */
function broadcastSource(op: string, value: Tensor, shape: Shape): Tensor {
  let source = value;
  while (source.ndim > shape.length && source.shape[0] === 1) source = source.select(0, 0);
  const fits = source.ndim <= shape.length && source.layout.shape.every((size, i) => size === 1 || size === shape[i + shape.length - source.ndim]);
  if (!fits) throw new ShapeError(op, `value of shape [${value.shape.join(', ')}] cannot be broadcast to the indexed shape [${shape.join(', ')}]`);
  return source;
}

/** An integer tensor of the given elements. */
export function indexTensor(like: TensorCore, shape: Shape, values: readonly number[], dtype: DTypeCode = I32): Tensor {
  const out = like.wrap(emptyShape(like, shape, dtype).storage, contiguousLayout(shape), dtype);
  const elements = out.storage.slab.view(dtype), from = elementOffset(out.storage, dtype);
  if (dtypeName(dtype) === 'int64') for (let i = 0; i < values.length; i++) elements[from + i] = BigInt(values[i]);
  else for (let i = 0; i < values.length; i++) elements[from + i] = values[i];
  return out;
}
