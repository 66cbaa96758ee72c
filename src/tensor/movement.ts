/** Shapes and views: nothing here moves data unless its name says so (contiguous, clone, reshape where it must). */
import { levelsOf, regions } from '../core/batch.ts';
import { dtypeCode, isIntegral, type DType, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError, ShapeError, DTypeError } from '../core/errors.ts';
import { bind, intArg, isOptions, show, signature } from '../core/args.ts';
import { Layout, broadcastStrides, checkShape, contiguousLayout, contiguousStrides, normalizeDim, normalizeDims, numelOf, sameShape, type Shape } from '../core/layout.ts';
import { resultLayout } from '../core/result-layout.ts';
import { formatArg, formatLayout, hasFormat, type FormatOption, type MemoryFormat } from '../core/memory-format.ts';
import { gradEnabled } from './grad-mode.ts';
import { Node, edgeOf, record, setRegenerateView, wantsGrad, type BackwardFn } from './graph.ts';
import { copyInto, emptyLike } from './kernels.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** Sizes or dims: varargs, one array, or an object that names the list. */
export type IntArgs<N extends string> = number[] | [readonly number[]] | [{ readonly [K in N]: readonly number[] }];

/** Reads varargs, one array, or an object that names the list. */
export function intList(op: string, name: string, args: readonly unknown[]): number[] {
  let list = args;
  if (args.length === 1) {
    const [only] = args;
    if (Array.isArray(only)) list = only as readonly unknown[];
    else if (isOptions(only)) return intList(op, name, [bind(signature(`${op}(${name})`), args)[name]]);
  }
  return list.map((value) => intArg(op, name, value));
}

/** A view: shares memory, continues the graph, and follows in-place writes. */
export function makeView(x: Tensor, layout: Layout, name: string, backward: BackwardFn): Tensor {
  const out = x.wrap(x.storage, layout, x.dtypeCode);
  out.base = x.base ?? x;
  out.viewVersion = x.storage.version;
  if (gradEnabled && wantsGrad(x)) record(name, out, [x], backward);
  return out;
}

/**
 * A view of some of a tensor's elements, by what it makes of a layout. Its gradient is zeros with the upstream one written
 * through the same view of them: memory could not tell which elements of an expanded tensor were meant.
 */
function partOf(x: Tensor, name: string, view: (layout: Layout) => Layout): Tensor {
  const { layout } = x;
  return makeView(x, view(layout), name, (g) => {
    const whole = contiguousLayout(layout.shape);
    return scatterStrided(g, whole, view(whole));
  });
}

/** One past the last element. */
const endOf = ({ shape, strides, offset }: Layout): number => shape.reduce((end, size, i) => end + (size - 1) * strides[i], offset + 1);

/**
 * The gradient of any view of a tensor's storage, also of elements that are not the tensor's: those are dropped. Where several of its
 * elements are one in memory, each gets its share.
 */
function storageBackward(view: Layout, of: Layout): BackwardFn {
  const inside = view.offset >= of.offset && endOf(view) <= of.offset + of.numel;
  if (of.contiguous && inside) return (g) => scatterStrided(g, contiguousLayout(of.shape), new Layout(view.shape, view.strides, view.offset - of.offset));
  return (g) => {
    if (view.numel === 0 || of.numel === 0) return g.newZeros([...of.shape]);
    const from = Math.min(view.offset, of.offset), memory = contiguousLayout([Math.max(endOf(view), endOf(of)) - from]);
    const within = ({ shape, strides, offset }: Layout): Layout => new Layout(shape, strides, offset - from), own = within(of);
    let all = scatterStrided(g, memory, within(view));
    if (overlaps(of)) all = all.div(scatterStrided(g.newOnes([...of.shape]), memory, own).clamp({ min: 1 }));
    return all.asStrided(own.shape, own.strides, own.offset);
  };
}

/** Zeros of `target` plus `g` added at a view's positions (which may overlap). Differentiable. */
function scatterStrided(g: Tensor, target: Layout, geometry: Layout): Tensor {
  const out = emptyLike(g, target, g.dtypeCode);
  copyInto(out, 0);
  const part = out.wrap(out.storage, geometry, out.dtypeCode);
  if (overlaps(geometry)) addOverlapping(part, g);
  else copyInto(part, g);
  if (gradEnabled && wantsGrad(g)) record('AsStridedScatter', out, [g], (gg) => {
    const whole = gg.contiguous();
    return whole.asStrided(geometry.shape, geometry.strides, whole.layout.offset + geometry.offset);
  });
  return out;
}

/** Whether two positions of a layout may be the same element. */
export function overlaps(layout: Layout): boolean {
  const order = layout.shape.map((_, i) => i).filter((i) => layout.shape[i] > 1).sort((i, j) => layout.strides[i] - layout.strides[j]);
  let reach = 0;
  for (const i of order) {
    if (layout.strides[i] <= reach) return true;
    reach += (layout.shape[i] - 1) * layout.strides[i];
  }
  return false;
}

/** Adds slice by slice along the dims that overlap, so that every element of a slice is distinct. */
function addOverlapping(part: Tensor, g: Tensor): void {
  const { shape } = part.layout;
  if (!overlaps(part.layout)) {
    part.detach().add_(g.detach());
    return;
  }
  let widest = 0;
  for (let i = 1; i < shape.length; i++) if (part.layout.strides[i] < part.layout.strides[widest] || shape[widest] === 1) widest = i;
  for (let k = 0; k < shape[widest]; k++) addOverlapping(selectRaw(part, widest, k), selectRaw(g.detach(), widest, k));
}

function selectRaw(x: Tensor, dim: number, index: number): Tensor {
  const { shape, strides, offset } = x.layout;
  return x.wrap(x.storage, new Layout(shape.filter((_, i) => i !== dim), strides.filter((_, i) => i !== dim), offset + index * strides[dim]), x.dtypeCode);
}

setRegenerateView((view, base) => {
  const backward = storageBackward(view.layout, base.layout);
  const node = new Node('AsStrided', backward, [edgeOf(base)], [base.slot], null, view.layout, view.dtypeCode);
  if (regions !== 0) node.batch = levelsOf(view.storage);
  view.node = node;
  view.slot = 0;
  view.needsGrad = true;
});

/** `narrow` takes its start as a 0-d integer tensor too. */
function startOf(start: Tensor): number {
  if (start.ndim !== 0 || !isIntegral(start.dtypeCode)) throw new ArgumentError('narrow', 'start', `must be an integer or a 0-d integer Tensor, got shape [${start.shape.join(', ')}] of ${start.dtype}`);
  return start.item();
}

const VIEW = signature('view(dtype)');
const CLONE = signature('clone(*, memoryFormat?)'), CONTIGUOUS = signature('contiguous(memoryFormat?)'), IS_CONTIGUOUS = signature('isContiguous(memoryFormat?)');

type FormatArgs = readonly [] | readonly [memoryFormat: MemoryFormat | null | undefined] | readonly [FormatOption];

export abstract class Movement extends TensorCore {
  /** Sizes, or one size: PyTorch's `size(dim)`. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.ndim)];
  }

  /** Number of dimensions. */
  dim(): number {
    return this.ndim;
  }

  /** Number of elements. */
  numel(): number {
    return this.layout.numel;
  }

  /** Strides in elements, or one of them. */
  stride(): readonly number[];
  stride(dim: number): number;
  stride(dim?: number): readonly number[] | number {
    return dim === undefined ? this.layout.frozenStrides : this.layout.strides[normalizeDim('stride', dim, this.ndim)];
  }

  /** Offset of the first element in the storage, in elements. */
  storageOffset(): number {
    return this.layout.offset;
  }

  /** Whether the elements lie in row-major order (or that of `memoryFormat`) without gaps. */
  isContiguous(...args: FormatArgs): boolean {
    return args.length === 0 ? this.layout.contiguous : hasFormat('isContiguous', this.layout, formatArg('isContiguous', bind(IS_CONTIGUOUS, args).memoryFormat));
  }

  /** A view of the same memory with other sizes and strides: PyTorch's `as_strided`. Stays inside the storage or throws. */
  asStrided(size: readonly number[], stride: readonly number[], storageOffset: number | null | undefined): Tensor {
    const self = this as unknown as Tensor;
    checkShape('asStrided', size);
    if (stride.length !== size.length) throw new ShapeError('asStrided', `size and stride must have the same length, got ${size.length} and ${stride.length}`);
    const offset = storageOffset ?? this.layout.offset;
    if (!Number.isSafeInteger(offset) || offset < 0) throw new ShapeError('asStrided', `storageOffset must be a non-negative integer, got ${show(storageOffset)}`);
    let last = offset;
    for (let i = 0; i < size.length; i++) {
      if (!Number.isSafeInteger(stride[i]) || stride[i] < 0) throw new ShapeError('asStrided', `strides must be non-negative integers, got [${stride.join(', ')}]`);
      last += (size[i] - 1) * stride[i];
    }
    const available = Math.floor(this.storage.byteLength / itemSize(this.dtypeCode));
    if (numelOf(size) > 0 && last >= available) {
      throw new ShapeError('asStrided', `size [${size.join(', ')}], stride [${stride.join(', ')}] and offset ${offset} need ${last + 1} elements, the storage has ${available}`);
    }
    const layout = new Layout([...size], [...stride], offset);
    return makeView(self, layout, 'AsStrided', storageBackward(layout, this.layout));
  }

  /** The same elements in other sizes without a copy; one size may be -1. Throws where strides forbid it. Also `view(dtype)` for equal item sizes. */
  view(...size: IntArgs<'size'> | [DType] | [{ readonly dtype: DType }]): Tensor {
    const self = this as unknown as Tensor;
    const [first] = size;
    if (typeof first === 'string') return viewDtype(self, first);
    if (isOptions(first) && 'dtype' in first) return viewDtype(self, bind(VIEW, size).dtype as string);
    const target = resolveShape('view', intList('view', 'size', size), this.layout.numel);
    const strides = viewStrides(this.layout, target);
    if (strides === null) throw new ShapeError('view', `shape [${target.join(', ')}] is not compatible with shape [${this.shape.join(', ')}] and strides [${this.layout.strides.join(', ')}]; use reshape()`);
    return viewTo(self, target, strides);
  }

  /** The same elements in other sizes: a view where possible, else a copy. */
  reshape(...shape: IntArgs<'shape'>): Tensor {
    const self = this as unknown as Tensor;
    const target = resolveShape('reshape', intList('reshape', 'shape', shape), this.layout.numel);
    const strides = viewStrides(this.layout, target);
    return strides === null ? viewTo(self.contiguous(), target, contiguousStrides(target)) : viewTo(self, target, strides);
  }

  /** `view` with other's sizes. */
  viewAs(other: Tensor): Tensor {
    return this.view([...other.shape]);
  }

  /** `reshape` with other's sizes. */
  reshapeAs(other: Tensor): Tensor {
    return this.reshape([...other.shape]);
  }

  /** Merges the dims from startDim to endDim (both included); the tensor itself where that is one dim. */
  flatten(startDim: number | undefined, endDim: number | undefined): Tensor {
    const from = normalizeDim('flatten', intArg('flatten', 'startDim', startDim, 0), this.ndim, 'startDim');
    const to = normalizeDim('flatten', intArg('flatten', 'endDim', endDim, -1), this.ndim, 'endDim');
    if (from > to) throw new ShapeError('flatten', `startDim ${from} comes after endDim ${to}`);
    if (this.ndim === 0) return this.reshape([1]);
    if (from === to) return this as unknown as Tensor;
    return this.reshape([...this.layout.shape.slice(0, from), numelOf(this.layout.shape.slice(from, to + 1)), ...this.layout.shape.slice(to + 1)]);
  }

  /** Splits a dim into several sizes, of which one may be -1; a view. */
  unflatten(dim: number, into: readonly number[]): Tensor {
    const at = normalizeDim('unflatten', dim, this.ndim);
    const sizes = intList('unflatten', 'sizes', [into]);
    return this.view([...this.layout.shape.slice(0, at), ...resolveShape('unflatten', sizes, this.shape[at]), ...this.layout.shape.slice(at + 1)]);
  }

  /** A new dim of size 1 at position `dim`; a view. */
  unsqueeze(dim: number): Tensor {
    const at = normalizeDim('unsqueeze', intArg('unsqueeze', 'dim', dim), this.ndim + 1);
    const { shape, strides } = this.layout;
    const stride = at < shape.length ? shape[at] * strides[at] : 1;
    return viewTo(this as unknown as Tensor, [...shape.slice(0, at), 1, ...shape.slice(at)], [...strides.slice(0, at), stride, ...strides.slice(at)]);
  }

  /** Drops dims of size 1: all of them, or those named (others among them stay); a view. */
  squeeze(dim: number | readonly number[] | null | undefined): Tensor {
    const named = dim === undefined || dim === null ? null : normalizeDims('squeeze', intList('squeeze', 'dim', [dim]), this.ndim);
    const { shape, strides } = this.layout;
    const keep = shape.map((size, i) => size !== 1 || (named !== null && !named.includes(i)));
    return viewTo(this as unknown as Tensor, shape.filter((_, i) => keep[i]), strides.filter((_, i) => keep[i]));
  }

  /** All dims in another order; a view. */
  permute(...dims: IntArgs<'dims'>): Tensor {
    const order = normalizeDims('permute', intList('permute', 'dims', dims), this.ndim);
    if (order.length !== this.ndim) throw new ShapeError('permute', `expected ${this.ndim} dims, got ${order.length}`);
    const { shape, strides, offset } = this.layout;
    const inverse = new Array<number>(order.length);
    order.forEach((from, to) => (inverse[from] = to));
    return makeView(this as unknown as Tensor, new Layout(order.map((i) => shape[i]), order.map((i) => strides[i]), offset), 'Permute', (g) => g.permute(inverse));
  }

  /** Two dims swapped, as a view. */
  transpose(dim0: number, dim1: number): Tensor {
    const a = normalizeDim('transpose', dim0, this.ndim, 'dim0'), b = normalizeDim('transpose', dim1, this.ndim, 'dim1');
    if (this.ndim === 0) return this.permute([]);
    const order = this.shape.map((_, i) => i);
    [order[a], order[b]] = [b, a];
    return this.permute(order);
  }

  /** `transpose` under its other name. */
  swapaxes(axis0: number, axis1: number): Tensor {
    return this.transpose(axis0, axis1);
  }

  /** `transpose` under its other name. */
  swapdims(dim0: number, dim1: number): Tensor {
    return this.transpose(dim0, dim1);
  }

  /** Dims moved to other positions, the rest in order, as a view. */
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    const from = normalizeDims('movedim', intList('movedim', 'source', [source]), this.ndim);
    const to = normalizeDims('movedim', intList('movedim', 'destination', [destination]), this.ndim);
    if (from.length !== to.length) throw new ShapeError('movedim', `source and destination must have the same length, got ${from.length} and ${to.length}`);
    if (this.ndim === 0) return this.permute([]);
    const order = new Array<number>(this.ndim).fill(-1);
    to.forEach((at, i) => (order[at] = from[i]));
    const rest = this.shape.map((_, i) => i).filter((i) => !from.includes(i));
    return this.permute(order.map((i) => (i >= 0 ? i : rest.shift() as number)));
  }

  /** `movedim` under its other name. */
  moveaxis(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return this.movedim(source, destination);
  }

  /** Transpose of a tensor of at most two dims. */
  t(): Tensor {
    if (this.ndim > 2) throw new ShapeError('t', `expected at most 2 dimensions, got ${this.ndim}`);
    return this.ndim < 2 ? this.permute(this.shape.map((_, i) => i)) : this.permute([1, 0]);
  }

  /** All dims reversed. */
  get T(): Tensor {
    return this.permute(this.shape.map((_, i) => this.ndim - 1 - i));
  }

  /** The last two dims swapped. */
  get mT(): Tensor {
    if (this.ndim < 2) throw new ShapeError('mT', `expected at least 2 dimensions, got ${this.ndim}`);
    return this.transpose(-2, -1);
  }

  /** A view in which dims of size 1 are repeated without memory; -1 keeps a size. */
  expand(...size: IntArgs<'size'>): Tensor {
    const target = intList('expand', 'size', size);
    const skip = target.length - this.ndim;
    if (skip < 0) throw new ShapeError('expand', `the number of sizes (${target.length}) must be at least the number of dimensions (${this.ndim})`);
    const shape = target.map((s, i) => (s === -1 && i >= skip ? this.shape[i - skip] : s));
    checkShape('expand', shape);
    for (let i = 0; i < this.ndim; i++) {
      if (this.shape[i] !== 1 && this.shape[i] !== shape[i + skip]) {
        throw new ShapeError('expand', `size ${shape[i + skip]} does not match the existing size ${this.shape[i]} at dimension ${i} (only size 1 can be expanded)`);
      }
    }
    return makeView(this as unknown as Tensor, new Layout(shape, expandedStrides(this.layout, shape), this.layout.offset), 'Expand', (g) => g);
  }

  /** `expand` to other's sizes. */
  expandAs(other: Tensor): Tensor {
    return this.expand([...other.shape]);
  }

  /** `expand` under its other name. PyTorch's `broadcast_to`. */
  broadcastTo(...size: IntArgs<'size'>): Tensor {
    return this.expand(intList('broadcastTo', 'size', size));
  }

  /** One index of a dim, which goes; a view. Throws for an index out of range. */
  select(dim: number, index: number): Tensor {
    if (this.ndim === 0) throw new ShapeError('select', 'a 0-d tensor has no dimension to select from');
    const at = normalizeDim('select', dim, this.ndim);
    const size = this.shape[at];
    if (!Number.isInteger(index) || index < -size || index >= size) throw new ShapeError('select', `index ${show(index)} is out of range for dimension ${at} of size ${size}`);
    const steps = index < 0 ? index + size : index;
    return partOf(this as unknown as Tensor, 'Select', ({ shape, strides, offset }) => new Layout(without(shape, at), without(strides, at), offset + steps * strides[at]));
  }

  /** `length` indices of a dim from `start`; a view. Throws where they leave the dim. */
  narrow(dim: number, first: number | Tensor, length: number): Tensor {
    const at = normalizeDim('narrow', dim, this.ndim);
    const size = this.shape[at];
    const start = first instanceof TensorCore ? startOf(first) : first;
    const from = start < 0 ? start + size : start;
    if (this.ndim === 0 || !Number.isInteger(start) || !Number.isInteger(length) || from < 0 || length < 0 || from + length > size) {
      throw new ShapeError('narrow', `start (${show(start)}) and length (${show(length)}) leave dimension ${at} of size ${size ?? 0}`);
    }
    return (this as unknown as Tensor).slice(at, from, from + length, 1);
  }

  /** The indices start, start + step, ... before end of a dim; Python's slice rules, step > 0; a view. PyTorch's `x[start:end:step]`. */
  slice(dim: number | undefined, start: number | null | undefined, end: number | null | undefined, by: number | undefined): Tensor {
    const at = normalizeDim('slice', intArg('slice', 'dim', dim, 0), this.ndim);
    if (this.ndim === 0) throw new ShapeError('slice', 'a 0-d tensor has no dimension to slice');
    const size = this.shape[at];
    const step = intArg('slice', 'step', by, 1);
    if (step <= 0) throw new ArgumentError('slice', 'step', `must be positive, got ${step}`);
    const clip = (v: number): number => Math.min(Math.max(v < 0 ? v + size : v, 0), size);
    const from = clip(intArg('slice', 'start', start, 0)), to = clip(intArg('slice', 'end', end, size));
    return partOf(this as unknown as Tensor, 'Slice', ({ shape, strides, offset }) => {
      const sizes = [...shape], steps = [...strides];
      sizes[at] = Math.max(Math.ceil((to - from) / step), 0);
      steps[at] = strides[at] * step;
      return new Layout(sizes, steps, offset + from * strides[at]);
    });
  }

  /** The diagonal of two dims (0 and 1), `offset` above the main one, as a new last dim of a view. */
  diagonal(above: number | undefined, dim1: number | undefined, dim2: number | undefined): Tensor {
    const a = normalizeDim('diagonal', intArg('diagonal', 'dim1', dim1, 0), this.ndim, 'dim1');
    const b = normalizeDim('diagonal', intArg('diagonal', 'dim2', dim2, 1), this.ndim, 'dim2');
    if (a === b) throw new ShapeError('diagonal', `dim1 and dim2 must differ, both are ${a}`);
    const move = intArg('diagonal', 'offset', above, 0);
    const { shape } = this.layout;
    const length = Math.max(move >= 0 ? Math.min(shape[a], shape[b] - move) : Math.min(shape[a] + move, shape[b]), 0);
    const rest = shape.map((_, i) => i).filter((i) => i !== a && i !== b), sizes = [...rest.map((i) => shape[i]), length];
    return partOf(this as unknown as Tensor, 'Diagonal', ({ strides, offset }) => {
      const start = length === 0 ? 0 : move >= 0 ? move * strides[b] : -move * strides[a];
      return new Layout(sizes, [...rest.map((i) => strides[i]), strides[a] + strides[b]], offset + start);
    });
  }

  /** Windows of `size` every `step` along a dim, as a new last dim of a view. */
  unfold(dimension: number, size: number, step: number): Tensor {
    const at = normalizeDim('unfold', dimension, this.ndim, 'dimension');
    const { shape } = this.layout;
    const length = shape.length === 0 ? 1 : shape[at];
    if (!Number.isInteger(size) || size < 0 || size > length) throw new ShapeError('unfold', `size must be in [0, ${length}], got ${show(size)}`);
    if (!Number.isInteger(step) || step <= 0) throw new ArgumentError('unfold', 'step', `must be a positive integer, got ${show(step)}`);
    const sizes = [...shape];
    if (shape.length > 0) sizes[at] = Math.floor((length - size) / step) + 1;
    return partOf(this as unknown as Tensor, 'Unfold', ({ strides, offset }) => {
      const steps = [...strides];
      if (shape.length > 0) steps[at] = strides[at] * step;
      return new Layout([...sizes, size], [...steps, shape.length === 0 ? 1 : strides[at]], offset);
    });
  }

  /** A copy with its own memory, in the order of this one's unless a `memoryFormat` is given; continues the graph. */
  clone(options?: FormatOption): Tensor {
    const layout = options === undefined ? resultLayout(this.layout) : formatLayout('clone', this.shape, formatArg('clone', bind(CLONE, [options]).memoryFormat), this.layout);
    return this.copyAs('Clone', layout, this.dtypeCode);
  }

  /** @internal A row-major copy. */
  rowMajorCopy(): Tensor {
    return this.copyAs('Clone', contiguousLayout(this.shape), this.dtypeCode);
  }

  /** The tensor itself when it is contiguous (in `memoryFormat`), else a contiguous copy. */
  contiguous(...args: FormatArgs): Tensor {
    if (args.length === 0) return this.layout.contiguous ? (this as unknown as Tensor) : this.rowMajorCopy();
    const format = formatArg('contiguous', bind(CONTIGUOUS, args).memoryFormat);
    if (hasFormat('contiguous', this.layout, format)) return this as unknown as Tensor;
    return this.copyAs('Clone', formatLayout('contiguous', this.shape, format, null), this.dtypeCode);
  }

  /** @internal A copy in memory of the given layout; differentiable between floating dtypes. */
  copyAs(name: string, layout: Layout, dtype: DTypeCode): Tensor {
    const self = this as unknown as Tensor;
    const out = emptyLike(this, layout, dtype);
    copyInto(out, this);
    const from = this.dtypeCode;
    if (gradEnabled && wantsGrad(self) && isFloatingCode(dtype)) record(name, out, [self], from === dtype ? (g) => g : (g) => g.castTo(from));
    return out;
  }

  /** Another tensor on the same memory, outside of the graph. In-place writes through it are seen by both. */
  detach(): Tensor {
    return this.wrap(this.storage, this.layout, this.dtypeCode);
  }

  /** @internal The same values in another dtype; differentiable between floating dtypes. */
  castTo(dtype: DTypeCode): Tensor {
    return dtype === this.dtypeCode ? this as unknown as Tensor : this.copyAs('ToCopy', resultLayout(this.layout), dtype);
  }
}

/** 0 along what is repeated; a new dim of size 1 spans the one within it. */
function expandedStrides(layout: Layout, shape: Shape): number[] {
  const strides = new Array<number>(shape.length), skip = shape.length - layout.shape.length;
  for (let i = shape.length - 1; i >= 0; i--) {
    const own = i >= skip, size = own ? layout.shape[i - skip] : 1;
    strides[i] = size !== shape[i] ? 0 : own ? layout.strides[i - skip] : i + 1 < shape.length ? shape[i + 1] * strides[i + 1] : 1;
  }
  return strides;
}

const isFloatingCode = (code: DTypeCode): boolean => code < 2 || code > 7;
const ITEMS = [4, 8, 8, 4, 1, 2, 1, 1, 2, 2];
const itemSize = (code: DTypeCode): number => ITEMS[code];
const without = (list: readonly number[], at: number): number[] => list.filter((_, i) => i !== at);

function viewTo(x: Tensor, shape: Shape, strides: readonly number[]): Tensor {
  const layout = x.layout.offset === 0 && sameShape(strides, contiguousStrides(shape)) ? contiguousLayout(shape) : new Layout(shape, strides, x.layout.offset);
  const from = x.layout.shape as number[];
  return makeView(x, layout, 'View', (g) => g.reshape(from));
}

function viewDtype(x: Tensor, name: string): Tensor {
  const code = dtypeCode(name);
  if (code < 0) throw new ArgumentError('view', 'dtype', `must be a dtype or sizes, got ${show(name)}`);
  if (itemSize(code) !== itemSize(x.dtypeCode)) throw new DTypeError('view', name, `expected a dtype of ${itemSize(x.dtypeCode)} bytes like ${x.dtype}, got ${name}`);
  const out = x.wrap(x.storage, x.layout, code);
  out.base = x.base ?? x;
  return out;
}

/** Replaces a -1 and checks the element count. */
export function resolveShape(op: string, shape: Shape, numel: number): number[] {
  const result = [...shape];
  const unknown = result.indexOf(-1);
  if (unknown >= 0) {
    if (result.lastIndexOf(-1) !== unknown) throw new ShapeError(op, `only one size can be -1, got [${shape.join(', ')}]`);
    let known = 1;
    result.forEach((size, i) => (known *= i === unknown ? 1 : size));
    if (known === 0 || numel % known !== 0) throw new ShapeError(op, `shape [${shape.join(', ')}] is invalid for ${numel} elements`);
    result[unknown] = numel / known;
  }
  checkShape(op, result);
  if (numelOf(result) !== numel) throw new ShapeError(op, `shape [${shape.join(', ')}] is invalid for ${numel} elements`);
  return result;
}

/** Strides that show a layout's elements in another shape, or null when only a copy can. */
export function viewStrides(layout: Layout, target: Shape): number[] | null {
  if (layout.contiguous || layout.numel === 0) return contiguousStrides(target);
  const { shape, strides } = layout;
  const result = new Array<number>(target.length).fill(1);
  let at = target.length - 1;
  let chunk = 1, available = 1;
  let chunkStride = shape.length > 0 ? strides[shape.length - 1] : 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    available *= shape[i];
    if (i === 0 || (shape[i - 1] !== 1 && strides[i - 1] !== available * chunkStride)) {
      while (at >= 0 && (chunk < available || target[at] === 1)) {
        result[at] = chunk * chunkStride;
        chunk *= target[at];
        at--;
      }
      if (chunk !== available) return null;
      if (i > 0) {
        chunkStride = strides[i - 1];
        chunk = 1;
        available = 1;
      }
    }
  }
  return at === -1 ? result : null;
}

