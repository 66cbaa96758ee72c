/** Indexing methods: subscripts, and PyTorch's gather, scatter and masked families. */
import { BOOL, U8, isFloating } from '../core/dtype.ts';
import { bind, boolArg, intArg, numberArg, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError, AutogradError, DTypeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, normalizeDim, numelOf, sameShape } from '../core/layout.ts';
import { checkWritable, overwrite, rawCast } from './dispatch.ts';
import { operandArg, where, type Other } from './elementwise.ts';
import { recording } from './graph.ts';
import { copyInto, emptyShape } from './kernels.ts';
import { Linalg } from './linalg.ts';
import { nonzeroColumns, nonzeroRows } from './nonzero.ts';
import { alongDim, apart, atDims, indexArg, pick, put_, writeSelected, type Selection } from './selection.ts';
import { resolve, type Subscript } from './subscripts.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

export type { Subscript } from './subscripts.ts';

const NONZERO = signature('nonzero(*, asTuple?)');

export function tensorArg(op: string, name: string, value: unknown): Tensor {
  if (!(value instanceof TensorCore)) throw new ArgumentError(op, name, `must be a Tensor, got ${show(value)}`);
  return value as Tensor;
}

/** gather and scatter: index has as many dims as self (0-d counts as 1-d) and is nowhere larger than `sizes`. */
export function elementSelection(op: string, self: Tensor, dim: number, index: Tensor, src: Tensor | null, wrap = false): Selection {
  const at = normalizeDim(op, dim, self.ndim);
  const picks = indexArg(op, tensorArg(op, 'index', index));
  if (picks.numel() === 0) return alongDim(picks, at, wrap);
  if (Math.max(picks.ndim, 1) !== Math.max(self.ndim, 1)) {
    throw new ShapeError(op, `index must have as many dimensions as the tensor, got ${picks.ndim} and ${self.ndim}`);
  }
  picks.shape.forEach((size, i) => {
    if (i !== at && i < self.ndim && size > self.shape[i]) throw new ShapeError(op, `index of shape [${picks.shape.join(', ')}] exceeds shape [${self.shape.join(', ')}] in dimension ${i}`);
    if (src !== null && size > (src.shape[i] ?? 1)) throw new ShapeError(op, `index of shape [${picks.shape.join(', ')}] exceeds src of shape [${src.shape.join(', ')}] in dimension ${i}`);
  });
  if (src !== null && Math.max(src.ndim, 1) !== Math.max(self.ndim, 1)) throw new ShapeError(op, `src must have as many dimensions as the tensor, got ${src.ndim} and ${self.ndim}`);
  return alongDim(apart(self, picks), at, wrap);
}

/** indexSelect and its relatives: a vector of positions along one dim. */
export function rowSelection(op: string, self: Tensor, dim: number, index: Tensor, wrap = false): Selection {
  const at = normalizeDim(op, dim, self.ndim);
  const rows = indexArg(op, tensorArg(op, 'index', index));
  if (rows.ndim > 1) throw new ShapeError(op, `index must be a vector, got shape [${rows.shape.join(', ')}]`);
  return atDims(op, self.ndim === 0 ? [1] : self.shape, [{ dim: at, index: apart(self, rows.ndim === 0 ? rows.reshape([1]) : rows) }], wrap);
}

/** True in the selected rows: a value that fills a row twice has its gradient once. */
function rowMask(self: Tensor, selection: Selection): Tensor {
  const mask = emptyShape(self, self.shape, BOOL);
  copyInto(mask, false);
  writeSelected('indexFill_', 'set', atLeast1d(mask), selection, true);
  return mask;
}

/** `self` with at least one dim: what the row functions treat a 0-d tensor as. */
export const atLeast1d = (self: Tensor): Tensor => (self.ndim === 0 ? self.reshape([1]) : self);

export function checkSource(op: string, self: Tensor, selection: Selection, source: Tensor): Tensor {
  const given = self.ndim === 0 || source.ndim > 0 ? source : source.reshape([1]);
  const shape = self.ndim === 0 && given.ndim === 0 ? [1] : given.shape;
  if (!sameShape(shape, selection.shape)) throw new ShapeError(op, `source must have shape [${selection.shape.join(', ')}], got [${source.shape.join(', ')}]`);
  if (source.dtypeCode !== self.dtypeCode) throw new DTypeError(op, source.dtype, `source must have dtype ${self.dtype} like the tensor, got ${source.dtype}`);
  return given;
}

/** The part of src that a smaller index reaches; 0-d counts as 1-d. */
export const cropped = (src: Tensor, { shape }: Selection): Tensor => (src.ndim === shape.length
  ? shape.reduce<Tensor>((part, size, i) => (part.shape[i] === size ? part : part.narrow(i, 0, size)), src)
  : atLeast1d(src).narrow(0, 0, numelOf(shape)).reshape([...shape]));

function maskArg(op: string, mask: unknown): Tensor {
  const given = tensorArg(op, 'mask', mask);
  if (given.dtypeCode !== BOOL && given.dtypeCode !== U8) throw new DTypeError(op, given.dtype, `mask must have dtype bool, got ${given.dtype}`);
  return rawCast(given, BOOL) as Tensor;
}

/** A fill value in the dtype of self: numbers lose their fraction where that is an integer one, as in PyTorch. */
function fillValue(op: string, self: Tensor, value: unknown): Other {
  const given = operandArg(op, 'value', value);
  if (typeof given === 'object') {
    if (given.ndim > 0) throw new ShapeError(op, `value must be a number or a 0-d Tensor, got shape [${given.shape.join(', ')}]`);
    return given.castTo(self.dtypeCode);
  }
  if (self.dtypeCode === BOOL) return Boolean(given);
  if (isFloating(self.dtypeCode) || typeof given !== 'number') return given;
  if (!Number.isFinite(given)) throw new DTypeError(op, self.dtype, `value ${given} cannot be stored in dtype ${self.dtype}`);
  return Math.trunc(given);
}

export abstract class Indexing extends Linalg {
  /**
   * PyTorch's `x[...]`: `x.index(0, '1:3', '...', null, [1, 2], mask)`. Integers, slices (`'start:stop:step'`), `'...'`
   * and null (a new axis) give a view; lists, integer tensors and masks (bool or uint8) a copy. Differentiable.
   */
  index(...items: readonly Subscript[]): Tensor {
    const { view, selection } = resolve('index', this as unknown as Tensor, items);
    if (selection !== null) return pick('index', view, selection);
    return (view as unknown) === this ? view.view([...view.shape]) : view;
  }

  /** PyTorch's `x[items] = value` (or `+=`, counting repeated indices, with `accumulate`). The value broadcasts. */
  indexPut_(items: Subscript | readonly Subscript[], values: Other, accumulate: boolean | undefined): Tensor {
    const self = this as unknown as Tensor;
    const source = operandArg('indexPut_', 'values', values);
    const add = boolArg('indexPut_', 'accumulate', accumulate);
    const { view, selection } = resolve('indexPut_', self, Array.isArray(items) ? items as readonly Subscript[] : [items as Subscript]);
    if (selection !== null) put_('indexPut', view, selection, source, add);
    else if (add) view.add_(source);
    else if (typeof source === 'object') view.copy_(droppedOnes(source, view));
    else view.fill_(Number(source));
    return self;
  }

  /** As {@link indexPut_} on a copy; values of another dtype are refused, as in PyTorch, where only an assignment casts. */
  indexPut(items: Subscript | readonly Subscript[], values: Other, accumulate: boolean | undefined): Tensor {
    if (values instanceof TensorCore && values.dtypeCode !== this.dtypeCode) throw new DTypeError('indexPut', values.dtype, `values must have dtype ${this.dtype} like the tensor, got ${values.dtype}`);
    return (this as unknown as Tensor).clone().indexPut_(items, values, accumulate);
  }

  /** `out[i][j] = self[index[i][j]][j]` for dim 0. Differentiable. */
  gather(dim: number, index: Tensor): Tensor {
    const self = this as unknown as Tensor;
    return pick('gather', self, elementSelection('gather', self, dim, index, null));
  }

  /** A copy with `self[index[i][j]][j] = src[i][j]` for dim 0; `src` may be a number, or `value` one. `reduce` 'add' or 'multiply'. */
  scatter(...args: readonly unknown[]): Tensor {
    return scatterInto((this as unknown as Tensor).clone(), args);
  }

  scatter_(...args: readonly unknown[]): Tensor {
    return scatterInto(this as unknown as Tensor, args);
  }

  /** A copy with src added at the indexed elements; repeated indices add up. Differentiable. */
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor {
    return (this as unknown as Tensor).clone().scatterAdd_(dim, index, src);
  }

  scatterAdd_(dim: number, index: Tensor, src: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const source = tensorArg('scatterAdd_', 'src', src);
    if (source.dtypeCode !== self.dtypeCode) throw new DTypeError('scatterAdd_', source.dtype, `src must have dtype ${self.dtype} like the tensor, got ${source.dtype}`);
    const selection = elementSelection('scatterAdd_', self, dim, index, source);
    return put_('scatterAdd', self, selection, cropped(source, selection), true);
  }

  /** The rows (along dim) at the positions of a vector. Differentiable. */
  indexSelect(dim: number, index: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const selection = rowSelection('indexSelect', self, dim, index);
    const out = pick('indexSelect', atLeast1d(self), selection);
    return self.ndim === 0 ? out.reshape([]) : out;
  }

  /** A copy with `alpha * source` added to the rows at `index`; repeated indices add up. Differentiable. */
  indexAdd(...args: readonly unknown[]): Tensor {
    return addRows((this as unknown as Tensor).clone(), args);
  }

  indexAdd_(...args: readonly unknown[]): Tensor {
    return addRows(this as unknown as Tensor, args);
  }

  /** A copy with the rows at `index` replaced by those of source. Differentiable. */
  indexCopy(dim: number, index: Tensor, source: Tensor): Tensor {
    return (this as unknown as Tensor).clone().indexCopy_(dim, index, source);
  }

  indexCopy_(dim: number, index: Tensor, source: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const selection = rowSelection('indexCopy_', self, dim, index);
    put_('indexCopy', atLeast1d(self), selection, checkSource('indexCopy_', self, selection, tensorArg('indexCopy_', 'source', source)));
    return self;
  }

  /** A copy with the rows at `index` filled with a number or a 0-d tensor. Differentiable. */
  indexFill(dim: number, index: Tensor, value: Other): Tensor {
    return (this as unknown as Tensor).clone().indexFill_(dim, index, value);
  }

  indexFill_(dim: number, index: Tensor, value: Other): Tensor {
    const self = this as unknown as Tensor;
    const selection = rowSelection('indexFill_', self, dim, index, true);
    const filled = fillValue('indexFill_', self, value);
    if (typeof filled === 'object' && recording(filled)) return self.maskedFill_(rowMask(self, selection), filled);
    put_('indexFill', atLeast1d(self), selection, filled);
    return self;
  }

  /** The elements where the mask (broadcast) is true, as a vector. Differentiable. */
  maskedSelect(mask: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const chosen = maskArg('maskedSelect', mask);
    const shape = broadcastShapes('maskedSelect', self.shape, chosen.shape);
    const [index] = nonzeroColumns(chosen.expand([...shape]).reshape([-1]));
    const whole = self.expand([...shape]).reshape([-1]);
    return pick('maskedSelect', whole, atDims('maskedSelect', whole.shape, [{ dim: 0, index }]));
  }

  /** `value` where the mask is true, else self; row-major, as in PyTorch. Differentiable in self and in a 0-d tensor value. */
  maskedFill(mask: Tensor, value: Other): Tensor {
    return where(maskArg('maskedFill', mask), fillValue('maskedFill', this as unknown as Tensor, value), this as unknown as Tensor).contiguous();
  }

  maskedFill_(mask: Tensor, value: Other): Tensor {
    const self = this as unknown as Tensor;
    const chosen = maskArg('maskedFill_', mask);
    if (!sameShape(broadcastShapes('maskedFill_', self.shape, chosen.shape), self.shape)) {
      throw new ShapeError('maskedFill_', `mask of shape [${chosen.shape.join(', ')}] does not broadcast to shape [${self.shape.join(', ')}]`);
    }
    // Every place of an expanded tensor gets one value several times.
    return overwrite('maskedFill_', self, self.maskedFill(chosen, value));
  }

  /** A copy whose elements at the true positions of the mask are the first ones of source, in order. Differentiable. */
  maskedScatter(mask: Tensor, source: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const shape = broadcastShapes('maskedScatter', self.shape, tensorArg('maskedScatter', 'mask', mask).shape);
    return self.expand([...shape]).clone().maskedScatter_(mask, source);
  }

  maskedScatter_(mask: Tensor, source: Tensor): Tensor {
    const self = this as unknown as Tensor;
    const values = tensorArg('maskedScatter_', 'source', source);
    if (values.dtypeCode !== self.dtypeCode) throw new DTypeError('maskedScatter_', values.dtype, `source must have dtype ${self.dtype} like the tensor, got ${values.dtype}`);
    const columns = nonzeroColumns(maskArg('maskedScatter_', mask).expand([...self.shape]));
    const count = columns[0].shape[0];
    if (values.numel() < count) throw new ShapeError('maskedScatter_', `source must have at least ${count} elements, got ${values.numel()}`);
    const whole = atLeast1d(self);
    put_('maskedScatter', whole, atDims('maskedScatter_', whole.shape, columns.map((index, dim) => ({ dim, index }))), values.reshape([-1]).narrow(0, 0, count));
    return self;
  }

  /** Elements at positions of the flattened tensor, in the shape of index. Differentiable. */
  take(index: Tensor): Tensor {
    const flat = (this as unknown as Tensor).reshape([-1]);
    return pick('take', flat, atDims('take', flat.shape, [{ dim: 0, index: indexArg('take', tensorArg('take', 'index', index)) }]));
  }

  /** As gather, with everything but `dim` broadcast; without a dim, positions of the flattened tensor. Differentiable. */
  takeAlongDim(indices: Tensor, dim: number | null | undefined): Tensor {
    const self = this as unknown as Tensor;
    const picks = tensorArg('takeAlongDim', 'indices', indices);
    if (dim === undefined || dim === null) return self.reshape([-1]).takeAlongDim(picks.reshape([-1]), 0);
    const at = normalizeDim('takeAlongDim', intArg('takeAlongDim', 'dim', dim), self.ndim);
    if (picks.ndim !== self.ndim) throw new ShapeError('takeAlongDim', `indices must have ${self.ndim} dimensions like the tensor, got ${picks.ndim}`);
    const common = broadcastShapes('takeAlongDim', self.shape.map((s, i) => (i === at ? 1 : s)), picks.shape.map((s, i) => (i === at ? 1 : s)));
    const withAxis = (size: number): number[] => common.map((s, i) => (i === at ? size : s));
    const whole = self.expand(withAxis(self.shape[at]));
    return pick('takeAlongDim', whole, elementSelection('takeAlongDim', whole, at, picks.expand(withAxis(picks.shape[at])), null, true));
  }

  /** Positions of the non-zero elements: int64 `[count, ndim]`, or with `asTuple` one vector per dimension. */
  nonzero(options?: { readonly asTuple?: false }): Tensor;
  nonzero(options: { readonly asTuple: true }): Tensor[];
  nonzero(options?: { readonly asTuple?: boolean }): Tensor | Tensor[] {
    const { asTuple } = bind(NONZERO, options === undefined ? [] : [options]);
    const self = this as unknown as Tensor;
    return boolArg('nonzero', 'asTuple', asTuple) ? nonzeroColumns(self) : nonzeroRows(self);
  }
}

/** `indexAdd_` by position. */
function addRows(self: Tensor, [dim, index, source, factor]: readonly unknown[]): Tensor {
  const alpha = typeof factor === 'boolean' ? Number(factor) : numberArg('indexAdd_', 'alpha', factor, 1);
  const selection = rowSelection('indexAdd_', self, intArg('indexAdd_', 'dim', dim), tensorArg('indexAdd_', 'index', index));
  const rows = checkSource('indexAdd_', self, selection, tensorArg('indexAdd_', 'source', source));
  put_('indexAdd', atLeast1d(self), selection, alpha === 1 ? rows : rows.mul(alpha), true);
  return self;
}

/** `scatter_` by position. */
function scatterInto(self: Tensor, [dim, index, src, value, reduce]: readonly unknown[]): Tensor {
  if (src !== undefined && src !== null && value !== undefined) throw new ArgumentError('scatter_', 'src and value', 'are both given; expected one of them');
  const source = operandArg('scatter_', 'src', src ?? value);
  const combine = reduce === undefined ? null : stringArg('scatter_', 'reduce', reduce, ['add', 'multiply'] as const);
  const tensor = typeof source === 'object' && (source.ndim > 0 || self.ndim === 0) ? source : null;
  if (tensor !== null && tensor.dtypeCode !== self.dtypeCode) throw new DTypeError('scatter_', tensor.dtype, `src must have dtype ${self.dtype} like the tensor, got ${tensor.dtype}`);
  const selection = elementSelection('scatter_', self, intArg('scatter_', 'dim', dim), tensorArg('scatter_', 'index', index), tensor);
  const given = tensor === null ? source : cropped(tensor, selection);
  if (combine !== 'multiply') return put_('scatter', self, selection, given, combine === 'add');
  if (recording(self, typeof given === 'object' ? given : null)) throw new AutogradError("scatter_: reduce: 'multiply' has no derivative; do it in noGrad()");
  checkWritable('scatter_', self);
  writeSelected('scatter_', 'mul', self, selection, given);
  return self;
}

/** PyTorch lets an assigned value have extra leading dims of size 1. */
function droppedOnes(source: Tensor, target: Tensor): Tensor {
  let value = source;
  while (value.ndim > target.ndim && value.shape[0] === 1) value = value.select(0, 0);
  return value;
}
