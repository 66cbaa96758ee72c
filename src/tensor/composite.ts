/** Ops made of other ops, joining and rearranging. */
import { BOOL, F64, I64, dtypeCode, dtypeName, type DType, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { bind, boolArg, intArg, isOptions, lastArg, numberArg, show, signature, type Bound, type Signature } from '../core/args.ts';
import { Layout, checkShape, normalizeDim, normalizeDims, sameShape } from '../core/layout.ts';
import { channelsInnermost, formatArg, formatLayout, hasFormat, type FormatOption, type MemoryFormat } from '../core/memory-format.ts';
import { resultLayout } from '../core/result-layout.ts';
import { record, recording } from './graph.ts';
import { copyInto, emptyLike, emptyShape, reverseInto } from './kernels.ts';
import { checkWritable, overwrite, refill } from './dispatch.ts';
import { resultTypeOf, canCastCode, type Scalar } from './promotion.ts';
import { TensorCore } from './core.ts';
import { dtypeOption } from './reduction.ts';
import { intList, type IntArgs } from './movement.ts';
import { joined, stacked } from './join.ts';
import { splitViews } from './pieces.ts';
import { Indexing } from './indexing.ts';
import { generatorState, type Generator } from './random-state.ts';
import { cauchyInto, geometricInto, logNormalInto } from './distributions.ts';
import { drawInto } from './draw.ts';
import { operandArg, type Other } from './elementwise.ts';
import type { Tensor } from './tensor.ts';

const TO = signature('to(dtype?, nonBlocking?, copy?, *, memoryFormat?, device?)');
const TO_DEVICE = signature('to(device, dtype?, nonBlocking?, copy?, *, memoryFormat?)'), TO_OTHER = signature('to(other, nonBlocking?, copy?, *, memoryFormat?)');
const NEW_FULL = signature('newFull(size, fillValue, *, dtype?, requiresGrad?, device?)');
const NEW = Object.fromEntries((['newZeros', 'newOnes', 'newEmpty'] as const).map((name) => [name, signature(`${name}(...size, *, dtype?, requiresGrad?, device?)`)])) as Record<'newZeros' | 'newOnes' | 'newEmpty', Signature>;
const UNIFORM = signature('uniform_(from?, to?, *, generator?)'), NORMAL = signature('normal_(mean?, std?, *, generator?)');
const BERNOULLI = signature('bernoulli_(p?, *, generator?)'), EXPONENTIAL = signature('exponential_(lambd?, *, generator?)');
const RANDOM = signature('random_(from?, to?, *, generator?)');
const CASTS = signature('to(*, memoryFormat?)');

type NewArgs = readonly [...sizes: readonly number[]] | readonly [...sizes: readonly number[], options: NewOptions] | readonly [size: readonly number[], options?: NewOptions];
type CastArgs = readonly [] | readonly [FormatOption];

export abstract class Composite extends Indexing {
  /**
   * Another dtype (a name, or `other` tensor's), another `memoryFormat`; 'cpu' and `nonBlocking` are accepted and do nothing.
   * The tensor itself when nothing changes, unless `copy` is true. PyTorch's `to(dtype | device | other, ...)`.
   */
  to(...args: readonly unknown[]): Tensor {
    const [first] = args;
    const { dtype, device, other, nonBlocking, copy, memoryFormat } = bind(first instanceof TensorCore ? TO_OTHER : typeof first === 'string' && dtypeCode(first) < 0 ? TO_DEVICE : TO, args);
    if (device !== undefined && device !== 'cpu') throw new ArgumentError('to', 'device', `must be 'cpu', got ${show(device)}`);
    if (other !== undefined && !(other instanceof TensorCore)) throw new ArgumentError('to', 'other', `must be a Tensor, got ${show(other)}`);
    boolArg('to', 'nonBlocking', nonBlocking);
    const code = other instanceof TensorCore ? other.dtypeCode : dtypeOption('to', dtype) ?? this.dtypeCode;
    return this.converted('to', code, formatArg('to', memoryFormat), boolArg('to', 'copy', copy));
  }

  private converted(op: string, dtype: DTypeCode, format: MemoryFormat | null, copy: boolean): Tensor {
    const kept = format === null || format === 'preserveFormat' || hasFormat(op, this.layout, format) || (format === 'contiguousFormat' && !channelsInnermost(this.layout));
    if (!copy && kept && dtype === this.dtypeCode) return this as unknown as Tensor;
    return this.copyAs('ToCopy', formatLayout(op, this.shape, format, this.layout), dtype);
  }

  private castBy(op: string, dtype: DTypeCode, args: readonly unknown[]): Tensor {
    return args.length === 0 ? this.castTo(dtype) : this.converted(op, dtype, formatArg(op, bind(CASTS, args).memoryFormat), false);
  }

  /** To float32. */
  float(...args: CastArgs): Tensor { return this.castBy('float', 0, args); }
  /** To float64. */
  double(...args: CastArgs): Tensor { return this.castBy('double', F64, args); }
  /** To int64, towards zero. */
  long(...args: CastArgs): Tensor { return this.castBy('long', I64, args); }
  /** To int32, towards zero. */
  int(...args: CastArgs): Tensor { return this.castBy('int', 3, args); }
  /** To int16. */
  short(...args: CastArgs): Tensor { return this.castBy('short', 5, args); }
  /** To int8. */
  char(...args: CastArgs): Tensor { return this.castBy('char', 6, args); }
  /** To uint8. */
  byte(...args: CastArgs): Tensor { return this.castBy('byte', 7, args); }
  /** To float16. */
  half(...args: CastArgs): Tensor { return this.castBy('half', 8, args); }
  /** To bfloat16. */
  bfloat16(...args: CastArgs): Tensor { return this.castBy('bfloat16', 9, args); }
  /** To bool: whether the element is not zero; NaN is true. */
  bool(...args: CastArgs): Tensor { return this.castBy('bool', BOOL, args); }
  /** The tensor itself: there is no other device. */
  cpu(): Tensor { return this as unknown as Tensor; }

  /** Writes `src` (broadcast and cast) into this tensor. */
  copy_(src: Tensor | Scalar): Tensor {
    const self = this as unknown as Tensor;
    const tensor = src instanceof TensorCore ? (src as Tensor) : null;
    if (tensor === null && typeof src === 'object') throw new ArgumentError('copy_', 'src', `must be a Tensor or a number, got ${show(src)}`);
    if (tensor !== null) {
      tensor.broadcastable('copy_', this.shape);
      checkWritable('copy_', self);
    }
    return overwrite('copy_', self, src);
  }

  /** @internal Throws unless this shape broadcasts to `shape`. */
  broadcastable(op: string, shape: readonly number[]): void {
    const skip = shape.length - this.ndim;
    if (skip < 0 || this.layout.shape.some((size, i) => size !== 1 && size !== shape[i + skip])) {
      throw new ShapeError(op, `shape [${this.shape.join(', ')}] does not broadcast to [${shape.join(', ')}]`);
    }
  }

  /** Every element set to a number or a 0-d tensor. */
  fill_(value: Other): Tensor {
    if (value instanceof TensorCore && value.ndim !== 0) throw new ShapeError('fill_', `value must be a number or a 0-d tensor, got shape [${value.shape.join(', ')}]`);
    return this.copy_(value);
  }

  /** Every element set to zero. */
  zero_(): Tensor { return this.copy_(0); }

  /** One value in the given shape, with this tensor's dtype unless given. PyTorch's `new_full`. */
  newFull(size: readonly number[], fillValue: Scalar | (NewOptions & { readonly fillValue: Scalar }), options?: NewOptions): Tensor {
    const bound = bind(NEW_FULL, options === undefined ? [size, fillValue] : [size, fillValue, options]);
    const value = operandArg('newFull', 'fillValue', bound.fillValue);
    return this.makeNew('newFull', bound, typeof value === 'object' ? value.item() : value);
  }

  /** Zeros with this tensor's dtype unless given. PyTorch's `new_zeros`. */
  newZeros(...args: NewArgs): Tensor { return this.makeNew('newZeros', bind(NEW.newZeros, args), 0); }
  /** Ones with this tensor's dtype unless given. PyTorch's `new_ones`. */
  newOnes(...args: NewArgs): Tensor { return this.makeNew('newOnes', bind(NEW.newOnes, args), 1); }

  /** Uninitialised memory with this tensor's dtype unless given. PyTorch's `new_empty`. */
  newEmpty(...args: NewArgs): Tensor { return this.makeNew('newEmpty', bind(NEW.newEmpty, args), null); }

  private makeNew(op: string, bound: Bound, value: Scalar | null): Tensor {
    const shape = intList(op, 'size', Array.isArray(bound.size) ? bound.size as readonly unknown[] : [bound.size]);
    checkShape(op, shape);
    if (bound.device !== undefined && bound.device !== 'cpu') throw new ArgumentError(op, 'device', `must be 'cpu', got ${show(bound.device)}`);
    const out = emptyShape(this, shape, dtypeOption(op, bound.dtype) ?? this.dtypeCode);
    if (value !== null) copyInto(out, value);
    if (boolArg(op, 'requiresGrad', bound.requiresGrad)) out.requiresGrad = true;
    return out;
  }

  /** Joins this and other tensors along an existing dim: `torch.cat([self, ...others], dim)`. */
  cat(others: readonly Tensor[], dim = 0): Tensor {
    return cat([this as unknown as Tensor, ...others], dim);
  }

  /** The elements of the given dims in reverse order; a copy. */
  flip(...dims: IntArgs<'dims'>): Tensor {
    const self = this as unknown as Tensor;
    if (dims.length === 0) throw new ArgumentError('flip', 'dims', 'is missing');
    const list = normalizeDims('flip', intList('flip', 'dims', dims), this.ndim);
    if (this.ndim === 0) return self.clone();
    const out = emptyLike(self, resultLayout(this.layout), this.dtypeCode);
    reverseInto(out, self, list);
    if (recording(self)) record('flip', out, [self], (g) => g.flip(list));
    return out;
  }

  /** Elements moved by shifts along dims (of the flattened tensor without dims). */
  roll(shifts: number | readonly number[], dims: number | readonly number[] | null | undefined): Tensor {
    const self = this as unknown as Tensor;
    const moves = intList('roll', 'shifts', [shifts]);
    if (dims === undefined || dims === null) return moves.length === 1 ? self.reshape([-1]).roll(moves[0], 0).reshape([...this.shape]) : missingDims();
    const axes = intList('roll', 'dims', [dims]);
    if (axes.length !== moves.length) throw new ShapeError('roll', `shifts and dims must have the same length, got ${moves.length} and ${axes.length}`);
    const rolled = axes.reduce<Tensor>((x, dim, i) => {
      const size = x.shape[normalizeDim('roll', dim, x.ndim)];
      const at = size === 0 ? 0 : (((size - moves[i]) % size) + size) % size;
      return at === 0 ? x : x.narrow(dim, at, size - at).cat([x.narrow(dim, 0, at)], dim);
    }, self);
    return rolled === self ? self.clone() : rolled;
  }

  /** Copies side by side: PyTorch's `repeat`. */
  repeat(...repeats: IntArgs<'repeats'>): Tensor {
    const times = intList('repeat', 'repeats', repeats);
    const skip = times.length - this.ndim;
    if (skip < 0) throw new ShapeError('repeat', `the number of repeats (${times.length}) must be at least the number of dimensions (${this.ndim})`);
    const shape = [...new Array<number>(skip).fill(1), ...this.shape];
    const paired = shape.flatMap((size) => [1, size]), expanded = shape.flatMap((size, i) => [times[i], size]);
    return (this as unknown as Tensor).reshape(paired).expand(expanded).rowMajorCopy().view(shape.map((size, i) => size * times[i]));
  }

  /** `repeat` in which missing leading counts are 1. */
  tile(...dims: IntArgs<'dims'>): Tensor {
    const times = intList('tile', 'dims', dims);
    return this.repeat([...new Array<number>(Math.max(this.ndim - times.length, 0)).fill(1), ...times]);
  }

  /** Every element `repeats` times in a row (a number, or a tensor of one count per index), along `dim` or of the flattened tensor. PyTorch's `repeat_interleave`. */
  repeatInterleave(...[repeats, dim, outputSize]: readonly unknown[]): Tensor {
    const self = dim === undefined || dim === null ? (this as unknown as Tensor).reshape([-1]) : (this as unknown as Tensor);
    const axis = normalizeDim('repeatInterleave', intArg('repeatInterleave', 'dim', dim, 0), self.ndim);
    const counts = repeats instanceof TensorCore ? (repeats as Tensor).tolist() as number | number[] : intArg('repeatInterleave', 'repeats', repeats);
    const size = self.shape[axis];
    if (typeof counts === 'number' && counts >= 0 && outputSize === undefined) {
      const shape = self.layout.shape, before = shape.slice(0, axis), after = shape.slice(axis + 1);
      return self.unsqueeze(axis + 1).expand([...before, size, counts, ...after]).rowMajorCopy().view([...before, size * counts, ...after]);
    }
    const each = (i: number): number => (typeof counts === 'number' ? counts : counts.length === 1 ? counts[0] : counts[i]);
    if (typeof counts === 'object' && counts.length !== 1 && counts.length !== size) throw new ShapeError('repeatInterleave', `repeats must have 1 element or ${size}, the size of dimension ${axis}, got ${counts.length}`);
    for (const count of typeof counts === 'number' ? [counts] : counts) if (!(count >= 0)) throw new ArgumentError('repeatInterleave', 'repeats', `must not be negative, got ${count}`);
    const picks = Array.from({ length: size }, (_, i) => new Array<number>(each(i)).fill(i)).flat();
    const total = intArg('repeatInterleave', 'outputSize', outputSize, picks.length);
    if (total !== picks.length) throw new ArgumentError('repeatInterleave', 'outputSize', `must be the sum of repeats, ${picks.length}, got ${total}`);
    return self.indexSelect(axis, indexTensor(self, picks));
  }

  /** Pieces of `splitSize` (or of the sizes listed) along a dim, as views. */
  split(splitSize: number | readonly number[], dim: number | undefined): Tensor[] {
    const at = normalizeDim('split', intArg('split', 'dim', dim, 0), this.ndim);
    const size = this.shape[at];
    if (!Array.isArray(splitSize) && !(Number.isInteger(splitSize) && (splitSize as number) > 0)) throw new ShapeError('split', `splitSize must be a positive integer, got ${show(splitSize)}`);
    const sizes = typeof splitSize === 'number' ? Array.from({ length: Math.max(Math.ceil(size / splitSize), 1) }, (_, i) => Math.min(splitSize, size - i * splitSize)) : splitSize;
    if (sizes.reduce((a, b) => a + b, 0) !== size) throw new ShapeError('split', `sizes [${sizes.join(', ')}] do not add up to ${size}, the size of dimension ${at}`);
    return splitViews(this as unknown as Tensor, sizes, at);
  }

  /** At most `chunks` equal pieces along a dim, as views. */
  chunk(chunks: number, dim: number | undefined): Tensor[] {
    const at = normalizeDim('chunk', intArg('chunk', 'dim', dim, 0), this.ndim);
    if (!Number.isInteger(chunks) || chunks <= 0) throw new ShapeError('chunk', `chunks must be a positive integer, got ${show(chunks)}`);
    return (this as unknown as Tensor).split(Math.max(Math.ceil(this.shape[at] / chunks), 1), at);
  }

  /** The slices along a dim, which goes, as views. */
  unbind(dim: number | undefined): Tensor[] {
    const at = normalizeDim('unbind', intArg('unbind', 'dim', dim, 0), this.ndim);
    if (this.ndim === 0) throw new ShapeError('unbind', 'a 0-d tensor has no dimension to unbind');
    return Array.from({ length: this.shape[at] }, (_, i) => (this as unknown as Tensor).select(at, i));
  }

  /** A vector on the diagonal of a matrix, or the diagonal of a matrix. */
  diag(offset: number | undefined): Tensor {
    const self = this as unknown as Tensor;
    const diagonal = intArg('diag', 'diagonal', offset, 0);
    if (this.ndim === 2) return self.diagonal(diagonal).clone();
    if (this.ndim !== 1) throw new ShapeError('diag', `expected 1 or 2 dimensions, got shape [${this.shape.join(', ')}]`);
    const n = this.shape[0] + Math.abs(diagonal);
    const out = self.newZeros([n, n]);
    out.diagonal(diagonal).copy_(self);
    return out;
  }

  /** Sum of the diagonal of a matrix. */
  trace(): Tensor {
    if (this.ndim !== 2) throw new ShapeError('trace', `expected a matrix, got shape [${this.shape.join(', ')}]`);
    return (this as unknown as Tensor).diagonal().sum();
  }

  // In-place random fills, from PyTorch's streams.

  /** Uniform numbers in [from, to), [0, 1) by default; floating dtypes. */
  uniform_(...args: readonly unknown[]): Tensor {
    const { from, to, generator } = bind(UNIFORM, args);
    const low = numberArg('uniform_', 'from', from, 0), high = numberArg('uniform_', 'to', to, 1);
    if (!(low <= high)) throw new ArgumentError('uniform_', 'from', `must not be greater than to, got ${low} and ${high}`);
    return this.fillRandom('uniform', low, high, generator);
  }

  /** Normal numbers with the given mean (0) and standard deviation (1); floating dtypes. */
  normal_(...args: readonly unknown[]): Tensor {
    const { mean, std, generator } = bind(NORMAL, args);
    const deviation = numberArg('normal_', 'std', std, 1);
    if (!(deviation >= 0)) throw new ArgumentError('normal_', 'std', `must not be negative, got ${deviation}`);
    return this.fillRandom('normal', numberArg('normal_', 'mean', mean, 0), deviation, generator);
  }

  /** Ones with probability p (a number, or a tensor of probabilities), else zeros. */
  bernoulli_(...args: readonly unknown[]): Tensor {
    const { p, generator } = bind(BERNOULLI, args);
    const probability = p instanceof TensorCore ? (p as Tensor) : numberArg('bernoulli_', 'p', p, 0.5);
    if (typeof probability === 'number' && !(probability >= 0 && probability <= 1)) throw new ArgumentError('bernoulli_', 'p', `must be in [0, 1], got ${probability}`);
    const self = this as unknown as Tensor;
    return refill('bernoulli_', self, () => drawInto(self, 'bernoulli', probability, 0, generatorState(generator as Generator | undefined)));
  }

  /** Exponential numbers of rate `lambd`; floating dtypes. */
  exponential_(...args: readonly unknown[]): Tensor {
    const { lambd, generator } = bind(EXPONENTIAL, args);
    const rate = numberArg('exponential_', 'lambd', lambd, 1);
    if (!(rate > 0)) throw new ArgumentError('exponential_', 'lambd', `must be positive, got ${rate}`);
    return this.fillRandom('exponential', rate, 0, generator);
  }

  /** Integers in [from, to); without bounds, over the dtype's whole (exactly represented) range. */
  random_(...args: readonly unknown[]): Tensor {
    const { from, to, generator } = bind(RANDOM, args);
    const self = this as unknown as Tensor;
    const only = from !== undefined && to === undefined;
    const low = from === undefined || only ? undefined : intArg('random_', 'from', from), high = only ? intArg('random_', 'to', from) : to === undefined ? undefined : intArg('random_', 'to', to);
    return refill('random_', self, () => drawInto(self, 'randint', low ?? (high === undefined ? NaN : 0), high ?? NaN, generatorState(generator as Generator | undefined)));
  }

  /** Cauchy numbers with the given median and half width. */
  cauchy_(...args: readonly unknown[]): Tensor {
    return cauchyInto(this as unknown as Tensor, args);
  }

  /** How many trials with probability p the first success takes. */
  geometric_(...args: readonly unknown[]): Tensor {
    return geometricInto(this as unknown as Tensor, args);
  }

  /** Exponentials of normal numbers with the given mean (1) and standard deviation (2). */
  logNormal_(...args: readonly unknown[]): Tensor {
    return logNormalInto(this as unknown as Tensor, args);
  }

  private fillRandom(kind: 'uniform' | 'normal' | 'exponential', p0: number, p1: number, generator: unknown): Tensor {
    const self = this as unknown as Tensor;
    if (!this.isFloatingPoint()) throw new DTypeError(`${kind}_`, this.dtype, `expected a floating point dtype, got ${this.dtype}`);
    return refill(`${kind}_`, self, () => drawInto(self, kind, p0, p1, generatorState(generator as Generator | undefined)));
  }
}

type NewOptions = { readonly dtype?: DType; readonly requiresGrad?: boolean; readonly device?: string };

function missingDims(): never {
  throw new ShapeError('roll', 'dims are required for several shifts');
}

/** An int64 vector of the given indices. */
export function indexTensor(like: Tensor, values: readonly number[]): Tensor {
  const out = emptyShape(like, [values.length], I64);
  out.writeNumbers(values);
  return out;
}


type DimArg = number | { readonly dim?: number };
const JOIN = { cat: signature('cat(tensors, dim?)'), stack: signature('stack(tensors, dim?)') };
const dimArg = (op: 'cat' | 'stack', tensors: readonly Tensor[], dim: DimArg): number => (typeof dim === 'number' ? dim : intArg(op, 'dim', bind(JOIN[op], [tensors, dim]).dim, 0));

/** Joins tensors along an existing dim; dtypes are promoted. PyTorch's `torch.cat`. */
export const cat = (tensors: readonly Tensor[], dim: DimArg = 0): Tensor => joined('cat', tensors, dimArg('cat', tensors, dim));
/** Joins tensors of one shape along a new dim; dtypes are promoted. PyTorch's `torch.stack`. */
export const stack = (tensors: readonly Tensor[], dim: DimArg = 0): Tensor => stacked('stack', tensors, dimArg('stack', tensors, dim));

/** PyTorch's `torch.can_cast`. */
export function canCast(from: DType, to: DType): boolean {
  return canCastCode(dtypeCode(from), dtypeCode(to));
}

/** PyTorch's `torch.result_type`. */
export const resultTypeName = (a: Tensor | Scalar, b: Tensor | Scalar): DType => dtypeName(resultTypeOf([a, b]));
