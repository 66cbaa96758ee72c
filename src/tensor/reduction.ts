/** Reductions over any set of dims, and scans. `dim` null or absent means all. */
import { BOOL, I64, dtypeCode, dtypeName, isFloating, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { bind, boolArg, intArg, numberArg, show, signature, type CallArgs, type Signature } from '../core/args.ts';
import { contiguousLayout, normalizeDim, normalizeDims, numelOf, SCALAR_LAYOUT } from '../core/layout.ts';
import { named, type Named } from '../core/named.ts';
import { ARG_REDUCE_OPS, REDUCE_OPS, SCAN_OPS, type ArgReduceOp, type ReduceOp, type ScanOp } from '../ops/families.ts';
import { isBatched } from './batching.ts';
import { rawCast, rawResult, spent } from './dispatch.ts';
import { emptyLike, emptyShape, parameters, reduceInto, scanInto, softmaxInto, softmaxGradInto } from './kernels.ts';
import { gradEnabled, noGrad } from './grad-mode.ts';
import { record, wantsGrad, type BackwardFn } from './graph.ts';
import { computeType, floatType } from './promotion.ts';
import { TensorCore } from './core.ts';
import { Elementwise, operandArg } from './elementwise.ts';
import type { Tensor } from './tensor.ts';

export type Dims = number | readonly number[] | null;
type DimOptions = { readonly dim?: Dims; readonly keepdim?: boolean };
type SumOptions = DimOptions & { readonly dtype?: string };
export type SumArgs = CallArgs<[dim: Dims, keepdim: boolean], SumOptions>;
export type DimArgs = CallArgs<[dim: Dims, keepdim: boolean], DimOptions>;
type OneDimOptions = { readonly dim?: number | null; readonly keepdim?: boolean };
export type OneDimArgs = CallArgs<[dim: number | null, keepdim: boolean], OneDimOptions>;
type VarOptions = DimOptions & { readonly correction?: number; readonly unbiased?: boolean };
export type VarArgs = CallArgs<[dim: Dims | boolean, unbiased: boolean, keepdim: boolean], VarOptions>;

const withDtype = (name: string): Signature => signature(`${name}(dim?, keepdim?, *, dtype?)`);
const SUM = withDtype('sum'), MEAN = withDtype('mean'), PROD = withDtype('prod'), NANSUM = withDtype('nansum');
const plain = (name: string): Signature => signature(`${name}(dim?, keepdim?)`);
const AMAX = plain('amax'), AMIN = plain('amin'), ANY = plain('any'), ALL = plain('all'), ARGMAX = plain('argmax'), ARGMIN = plain('argmin');
const LOGSUMEXP = signature('logsumexp(dim, keepdim?)'), NORM = signature('norm(p?, dim?, keepdim?, *, dtype?)'), COUNT = signature('countNonzero(dim?)');
const MAX = signature('max(dim?, keepdim?)'), MIN = signature('min(dim?, keepdim?)');
const SOFTMAX = { softmax: signature('softmax(dim, *, dtype?)'), logSoftmax: signature('logSoftmax(dim, *, dtype?)') };
/** By dim, or (the older form) with `unbiased` first. */
const VAR_BY_DIM = signature('var(dim?, unbiased?, keepdim?, *, correction?)'), VAR_BY_FLAG = signature('var(unbiased?, keepdim?, *, dim?, correction?)');
const CUMSUM = signature('cumsum(dim, *, dtype?)'), CUMPROD = signature('cumprod(dim, *, dtype?)');

/** Dims given by the user as a sorted list; all of them for null. */
export function dimList(op: string, dim: unknown, ndim: number): readonly number[] {
  if (dim === undefined || dim === null || (Array.isArray(dim) && dim.length === 0)) return ALL_DIMS[ndim];
  if (Number.isInteger(dim) && ndim > 0) return [normalizeDim(op, dim as number, ndim)];
  const list: readonly unknown[] = Array.isArray(dim) ? dim : [dim];
  const dims = normalizeDims(op, list.map((d) => intArg(op, 'dim', d)), ndim);
  return ndim === 0 ? [] : dims.sort((a, b) => a - b);
}

/** The code of a dtype named by the user; undefined where none is. */
export function dtypeOption(op: string, dtype: unknown): DTypeCode | undefined {
  if (dtype === undefined || dtype === null) return undefined;
  const code = typeof dtype === 'string' ? dtypeCode(dtype) : -1;
  if (code < 0) throw new ArgumentError(op, 'dtype', `must be a dtype name, got ${show(dtype)}`);
  return code;
}

/** The shape after reducing, with kept dims as size 1 or without them. */
function reducedShape(shape: readonly number[], dims: readonly number[], keepdim: boolean): number[] {
  return keepdim ? shape.map((s, i) => (dims.includes(i) ? 1 : s)) : shape.filter((_, i) => !dims.includes(i));
}

/** The raw reduction of all `dims`, computed in `compute`, in the kernel's output dtype; `keepdim` only shapes the result. */
function reduceRaw(op: ReduceOp, x: TensorCore, dims: readonly number[], keepdim: boolean, out: DTypeCode, compute = computeType(x.dtypeCode)): Tensor {
  const full = dims.length === x.layout.shape.length && !keepdim;
  const result = full ? emptyLike(x, SCALAR_LAYOUT, out) : emptyShape(x, reducedShape(x.layout.shape, dims, keepdim), out);
  const input = rawCast(x, compute);
  reduceInto(REDUCE_OPS.indexOf(op), result, input, dims, false);
  spent(input, x);
  return result;
}

/** A reduced tensor with its dims back as size 1, so that it broadcasts against the input. */
function restore(g: Tensor, shape: readonly number[], dims: readonly number[], keepdim: boolean): Tensor {
  return keepdim || dims.length === shape.length && g.ndim === 0 ? g : g.reshape(reducedShape(shape, dims, true));
}

const integerResult = (code: DTypeCode): boolean => !isFloating(code);

function sumLike(op: 'sum' | 'mean' | 'prod', x: Tensor, dims: readonly number[], keepdim: boolean, dtype: DTypeCode | undefined): Tensor {
  const type = dtype ?? (op !== 'mean' && integerResult(x.dtypeCode) ? I64 : x.dtypeCode);
  if (op === 'mean' && !isFloating(type)) throw new DTypeError('mean', dtypeName(type), `expected a floating point dtype, got ${dtypeName(type)}; cast with .to('float32') or give { dtype }`);
  const source = isFloating(type) ? type : x.dtypeCode === BOOL ? BOOL : isFloating(x.dtypeCode) ? type : x.dtypeCode;
  const compute = computeType(source);
  const out = rawResult(reduceRaw(op, x, dims, keepdim, isFloating(compute) ? compute : I64, compute), type);
  if (gradEnabled && wantsGrad(x) && isFloating(type)) record(op, out, [x], sumBackward(op, x, dims, keepdim), op === 'prod' ? [x, out] : null);
  return out;
}

function sumBackward(op: 'sum' | 'mean' | 'prod', x: Tensor, dims: readonly number[], keepdim: boolean): BackwardFn {
  const shape = x.layout.shape as number[];
  if (op === 'prod') return (g, node) => prodBackward(restore(g, shape, dims, keepdim), node.saved(0), restore(node.saved(1), shape, dims, keepdim), dims);
  if (op === 'sum') return (g) => restore(g, shape, dims, keepdim).expand(shape);
  const count = numelOf(dims.map((i) => shape[i]));
  return (g) => restore(g, shape, dims, keepdim).div(count).expand(shape);
}

/** Products of all the others, without dividing by zero: exclusive products from both sides. */
function prodBackward(g: Tensor, x: Tensor, y: Tensor, dims: readonly number[]): Tensor {
  if (!gradEnabled && x.numel() > 0 && !isBatched(x) && !x.eq(0).any().item()) return g.mul(y.div(x));
  const rest = x.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const order = [...rest, ...dims];
  const moved = x.permute(order);
  const flat = moved.reshape([...rest.map((i) => x.shape[i]), -1]);
  const n = flat.shape[flat.ndim - 1];
  if (n === 0) return g.mul(0).expand([...x.shape]);
  const ones = flat.detach().slice({ dim: -1, start: 0, end: 1 }).mul(0).add(1);
  const before = ones.cat([flat.narrow(-1, 0, n - 1)], -1).cumprod(-1);
  const after = ones.cat([flat.flip(-1).narrow(-1, 0, n - 1)], -1).cumprod(-1).flip(-1);
  const inverse = new Array<number>(order.length);
  order.forEach((from, to) => (inverse[from] = to));
  return g.mul(before.mul(after).reshape([...moved.shape]).permute(inverse));
}

export abstract class Reduction extends Elementwise {
  /** Sum over dims; integers and bool give int64. PyTorch's `sum(dim=None, keepdim=False, *, dtype=None)`. */
  sum(...args: SumArgs): Tensor {
    const self = this as unknown as Tensor;
    if (args.length === 0) return sumLike('sum', self, allDims(self), false, undefined);
    const { dim, keepdim, dtype } = bind(SUM, args);
    return sumLike('sum', self, dimList('sum', dim, this.ndim), boolArg('sum', 'keepdim', keepdim), dtypeOption('sum', dtype));
  }

  /** Mean over dims, of floating dtypes (or with `dtype`); NaN over no elements. */
  mean(...args: SumArgs): Tensor {
    const { dim, keepdim, dtype } = bind(MEAN, args);
    return sumLike('mean', this as unknown as Tensor, dimList('mean', dim, this.ndim), boolArg('mean', 'keepdim', keepdim), dtypeOption('mean', dtype));
  }

  /** Product over all elements or one dim; integers and bool give int64. */
  prod(...args: CallArgs<[dim: number | null, keepdim: boolean], SumOptions>): Tensor {
    const { dim, keepdim, dtype } = bind(PROD, args);
    return sumLike('prod', this as unknown as Tensor, dimList('prod', dim, this.ndim), boolArg('prod', 'keepdim', keepdim), dtypeOption('prod', dtype));
  }

  /** Sum with NaN counted as zero. */
  nansum(...args: SumArgs): Tensor {
    const self = this as unknown as Tensor;
    const { dim, keepdim, dtype } = bind(NANSUM, args);
    const source = self.isFloatingPoint() ? self.where(self.isnan().logicalNot(), 0) : self;
    return sumLike('sum', source, dimList('nansum', dim, this.ndim), boolArg('nansum', 'keepdim', keepdim), dtypeOption('nansum', dtype));
  }

  /** Largest element over dims; NaN wins; gradients are shared evenly between equal ones. Throws over no elements. */
  amax(...args: DimArgs): Tensor {
    return extremum('amax', this as unknown as Tensor, bind(AMAX, args));
  }

  /** Smallest element over dims; NaN wins; gradients are shared evenly between equal ones. */
  amin(...args: DimArgs): Tensor {
    return extremum('amin', this as unknown as Tensor, bind(AMIN, args));
  }

  /** Whether any element is not zero: bool, uint8 for uint8. False over no elements. */
  any(...args: DimArgs): Tensor {
    return truth('any', this as unknown as Tensor, bind(ANY, args));
  }

  /** Whether no element is zero: bool, uint8 for uint8. True over no elements. */
  all(...args: DimArgs): Tensor {
    return truth('all', this as unknown as Tensor, bind(ALL, args));
  }

  /** How many elements over dims are not zero: int64. PyTorch's `count_nonzero`. */
  countNonzero(...args: CallArgs<[dim: Dims], { readonly dim?: Dims }>): Tensor {
    const dims = dimList('countNonzero', bind(COUNT, args).dim, this.ndim);
    return reduceRaw('countNonzero', this, dims, false, I64);
  }

  /** Index of the first largest element: over all (of the flattened tensor) or along one dim. int64. */
  argmax(...args: OneDimArgs): Tensor {
    return argReduce('argmax', this as unknown as Tensor, bind(ARGMAX, args));
  }

  /** Index of the first smallest element: over all (of the flattened tensor) or along one dim. int64. */
  argmin(...args: OneDimArgs): Tensor {
    return argReduce('argmin', this as unknown as Tensor, bind(ARGMIN, args));
  }

  /** Without arguments the largest element; with a dim `{ values, indices }`; with a tensor the elementwise maximum. */
  max(): Tensor;
  max(other: Tensor): Tensor;
  max(dim: number | { readonly dim: number; readonly keepdim?: boolean }, keepdim?: boolean | { readonly keepdim?: boolean }): Named<Tensor, 'values' | 'indices'>;
  max(...args: readonly unknown[]): Tensor | Named<Tensor, 'values' | 'indices'> {
    return maxOrMin('max', this as unknown as Tensor, args);
  }

  /** Without arguments the smallest element; with a dim `{ values, indices }`; with a tensor the elementwise minimum. */
  min(): Tensor;
  min(other: Tensor): Tensor;
  min(dim: number | { readonly dim: number; readonly keepdim?: boolean }, keepdim?: boolean | { readonly keepdim?: boolean }): Named<Tensor, 'values' | 'indices'>;
  min(...args: readonly unknown[]): Tensor | Named<Tensor, 'values' | 'indices'> {
    return maxOrMin('min', this as unknown as Tensor, args);
  }

  /** Variance with Bessel's correction by default. PyTorch's `var(dim, *, correction=1, keepdim=False)` and `var(dim, unbiased, keepdim)`. */
  var(...args: VarArgs): Tensor {
    return variance('var', this as unknown as Tensor, args);
  }

  /** Standard deviation, the root of `var`, with the same arguments. The gradient is 0 where it is 0. */
  std(...args: VarArgs): Tensor {
    return variance('std', this as unknown as Tensor, args);
  }

  /** `[var, mean]`, with the arguments of `var`. PyTorch's `var_mean`. */
  varMean(...args: VarArgs): Named<Tensor, 'var' | 'mean'> {
    const { dims, keepdim } = varianceArgs('varMean', this.ndim, args);
    return named(['var', 'mean'] as const, [this.var(...args), this.mean({ dim: dims.length === this.ndim ? null : dims, keepdim })]);
  }

  /** `[std, mean]`. PyTorch's `std_mean`. */
  stdMean(...args: VarArgs): Named<Tensor, 'std' | 'mean'> {
    const { dims, keepdim } = varianceArgs('stdMean', this.ndim, args);
    return named(['std', 'mean'] as const, [this.std(...args), this.mean({ dim: dims.length === this.ndim ? null : dims, keepdim })]);
  }

  /** `log(sum(exp(x)))` over dims, without overflow; integers as floats. */
  logsumexp(...args: CallArgs<[dim: Dims, keepdim: boolean], DimOptions>): Tensor {
    const bound = bind(LOGSUMEXP, args);
    const self = this.isFloatingPoint() ? (this as unknown as Tensor) : this.castTo(floatType(this.dtypeCode));
    const dims = dimList('logsumexp', bound.dim, this.ndim), keepdim = boolArg('logsumexp', 'keepdim', bound.keepdim);
    if (self.numel() === 0) return self.exp().sum(dims, keepdim).log();
    const result = logSumExp(self, dims);
    return keepdim ? result : result.reshape(reducedShape(this.shape, dims, false));
  }

  /** The p-norm over dims (all by default): p a number, Infinity, -Infinity, 'fro', or over two dims the nuclear norm 'nuc'. */
  norm(...args: CallArgs<[p: number | 'fro' | 'nuc' | null, dim: Dims, keepdim: boolean], DimOptions & { readonly p?: number | 'fro' | 'nuc'; readonly dtype?: string }>): Tensor {
    const bound = bind(NORM, args);
    const dtype = dtypeOption('norm', bound.dtype);
    const self = dtype === undefined ? this as unknown as Tensor : this.castTo(dtype);
    const dims = dimList('norm', bound.dim, this.ndim), keepdim = boolArg('norm', 'keepdim', bound.keepdim);
    if (bound.p === 'nuc') return nuclearNorm(self, bound.dim === undefined ? dims : bound.dim as readonly number[], keepdim);
    const p = bound.p === undefined || bound.p === 'fro' ? 2 : numberArg('norm', 'p', bound.p);
    return normOver(self, p, dims, keepdim);
  }

  /** Running sums along a dim; integers and bool give int64. */
  cumsum(...args: CallArgs<[dim: number], { readonly dim?: number; readonly dtype?: string }>): Tensor {
    return scan('cumsum', this as unknown as Tensor, bind(CUMSUM, args));
  }

  /** Running products along a dim; integers and bool give int64. */
  cumprod(...args: CallArgs<[dim: number], { readonly dim?: number; readonly dtype?: string }>): Tensor {
    return scan('cumprod', this as unknown as Tensor, bind(CUMPROD, args));
  }

  /** exp(x) divided by its sum along a dim; floating dtypes, or with `dtype`. */
  softmax(...args: CallArgs<[dim: number], { readonly dim?: number; readonly dtype?: string }>): Tensor {
    return softmax('softmax', this as unknown as Tensor, args);
  }

  /** Logarithm of the softmax along a dim, without overflow. PyTorch's `log_softmax`. */
  logSoftmax(...args: CallArgs<[dim: number], { readonly dim?: number; readonly dtype?: string }>): Tensor {
    return softmax('logSoftmax', this as unknown as Tensor, args);
  }

  /** @internal Sums a broadcast gradient back to the shape it was broadcast from. */
  sumToSize(...size: readonly number[] | readonly [readonly number[]]): Tensor {
    const shape: readonly number[] = size.length === 1 && Array.isArray(size[0]) ? size[0] : (size as readonly number[]);
    const skip = this.ndim - shape.length;
    const dims: number[] = [];
    for (let i = 0; i < this.ndim; i++) {
      if (i < skip || (shape[i - skip] === 1 && this.shape[i] !== 1)) dims.push(i);
      else if (shape[i - skip] !== this.shape[i]) throw new ShapeError('sumToSize', `shape [${this.shape.join(', ')}] cannot be reduced to [${shape.join(', ')}]`);
    }
    const self = this as unknown as Tensor;
    // A gradient may also be smaller than its target: it stands for its expansion.
    if (skip < 0) return self.expand([...shape]);
    if (dims.length === 0) return self;
    // Along what it was expanded over, the sum is one term times their number: the gradient of a sum is nothing else.
    let terms = self, count = 1;
    for (const i of dims) {
      if (this.layout.strides[i] !== 0 || this.shape[i] < 2) continue;
      terms = terms.narrow(i, 0, 1);
      count *= this.shape[i];
    }
    const sum = terms.sum(dims, shape.length > 0 && skip === 0), result = count === 1 ? sum : sum.mul(count);
    return result.ndim === shape.length ? result : result.reshape([...shape]);
  }
}

const ALL_DIMS: readonly (readonly number[])[] = Array.from({ length: 17 }, (_, n) => Array.from({ length: n }, (_v, i) => i));
const allDims = (x: TensorCore): readonly number[] => ALL_DIMS[x.layout.shape.length];

function requireElements(op: string, x: Tensor, dims: readonly number[]): void {
  for (const i of dims) if (x.shape[i] === 0) throw new ShapeError(op, `expected a reduction over at least one element, dimension ${i} has size 0`);
  if (x.numel() === 0 && dims.length === x.ndim) throw new ShapeError(op, 'expected at least one element, got an empty tensor');
}

function extremum(op: 'amax' | 'amin', x: Tensor, bound: Readonly<Record<string, unknown>>): Tensor {
  const dims = dimList(op, bound.dim, x.ndim), keepdim = boolArg(op, 'keepdim', bound.keepdim);
  requireElements(op, x, dims);
  const compute = computeType(x.dtypeCode);
  const out = rawResult(reduceRaw(op, x, dims, keepdim, compute), x.dtypeCode);
  if (gradEnabled && wantsGrad(x)) {
    record(op, out, [x], (g, node) => {
      const input = node.saved(0);
      const hits = input.eq(restore(node.saved(1), input.shape, dims, keepdim)).castTo(input.dtypeCode);
      return restore(g, input.shape, dims, keepdim).mul(hits).div(hits.sum(dims as number[], true));
    }, [x, out]);
  }
  return out;
}

function truth(op: 'any' | 'all', x: Tensor, bound: Readonly<Record<string, unknown>>): Tensor {
  const dims = dimList(op, bound.dim, x.ndim);
  const out = reduceRaw(op, x, dims, boolArg(op, 'keepdim', bound.keepdim), BOOL);
  return x.dtype === 'uint8' ? out.castTo(x.dtypeCode) : out;
}

function argReduce(op: ArgReduceOp, x: Tensor, bound: Readonly<Record<string, unknown>>): Tensor {
  if (x.dtypeCode === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
  const all = bound.dim === undefined;
  const dims = all ? dimList(op, null, x.ndim) : dimList(op, intArg(op, 'dim', bound.dim), x.ndim);
  requireElements(op, x, dims);
  const keepdim = boolArg(op, 'keepdim', bound.keepdim);
  const out = emptyShape(x, reducedShape(x.shape, dims, keepdim), I64);
  const input = rawCast(x, computeType(x.dtypeCode));
  reduceInto(ARG_REDUCE_OPS.indexOf(op), out, input, dims, true);
  spent(input, x);
  return out;
}

const DIM_EXTREMUM = { max: ['amax', 'argmax', 'maximum'], min: ['amin', 'argmin', 'minimum'] } as const;

function maxOrMin(op: 'max' | 'min', x: Tensor, args: readonly unknown[]): Tensor | Named<Tensor, 'values' | 'indices'> {
  const [whole, arg, pair] = DIM_EXTREMUM[op];
  if (args.length === 0) return x[whole]();
  if (args[0] instanceof TensorCore) return x[pair](operandArg(op, 'other', args[0]));
  const bound = bind(op === 'max' ? MAX : MIN, args);
  const dim = normalizeDim(op, intArg(op, 'dim', bound.dim), x.ndim);
  const keepdim = boolArg(op, 'keepdim', bound.keepdim);
  if (x.ndim === 0) return named(['values', 'indices'] as const, [x.clone(), x.newZeros([], { dtype: 'int64' })]);
  const source = x.dtypeCode === BOOL ? x.castTo(I64) : x;
  const indices = source.detach()[arg](dim, true);
  const values = x.gather(dim, indices);
  return named(['values', 'indices'] as const, keepdim ? [values, indices] : [values.squeeze(dim), indices.squeeze(dim)]);
}

function varianceArgs(op: string, ndim: number, args: readonly unknown[]): { dims: readonly number[]; correction: number; keepdim: boolean } {
  const bound = bind(typeof args[0] === 'boolean' ? VAR_BY_FLAG : VAR_BY_DIM, args);
  const unbiased = boolArg(op, 'unbiased', bound.unbiased, true);
  return {
    dims: dimList(op, bound.dim, ndim),
    correction: numberArg(op, 'correction', bound.correction, unbiased ? 1 : 0),
    keepdim: boolArg(op, 'keepdim', bound.keepdim),
  };
}

/** Where the deviation is 0, PyTorch lets no gradient pass; nor may a derivative of this divide by it. */
function overTwiceStd(g: Tensor, std: Tensor): Tensor {
  const some = std.ne(0);
  return g.where(some, 0).div(std.where(some, 1).mul(2));
}

function variance(op: 'var' | 'std', x: Tensor, args: readonly unknown[]): Tensor {
  if (!x.isFloatingPoint()) throw new DTypeError(op, x.dtype, `expected a floating point dtype, got ${x.dtype}; cast with .to('float32')`);
  const { dims, correction, keepdim } = varianceArgs(op, x.ndim, args);
  const compute = computeType(x.dtypeCode);
  const input = rawCast(x, compute);
  parameters(correction);
  const out = rawResult(reduceRaw(op, input, dims, keepdim, compute), x.dtypeCode);
  spent(input, x);
  if (gradEnabled && wantsGrad(x)) {
    const count = numelOf(dims.map((i) => x.shape[i]));
    record(op, out, [x], (g, node) => {
      const saved = node.saved(0);
      const scale = restore(op === 'var' ? g : overTwiceStd(g, node.saved(1)), saved.shape, dims, keepdim);
      const spread = scale.mul(2 / Math.max(count - correction, 0));
      return spread.mul(saved.sub(saved.mean(dims.length === saved.ndim ? null : dims, true)));
    }, [x, op === 'std' ? out : null]);
  }
  return out;
}

/** The sum of the singular values of the matrices in two dims. */
function nuclearNorm(x: Tensor, dims: readonly number[], keepdim: boolean): Tensor {
  if (dims.length !== 2) throw new ArgumentError('norm', 'dim', `must be two dims for the nuclear norm, got ${show(dims)}`);
  const [rows, cols] = normalizeDims('norm', dims, x.ndim);
  const value = x.movedim([rows, cols], [-2, -1]).svd().S.sum(-1);
  return keepdim ? value.reshape(reducedShape(x.shape, [rows, cols], true)) : value;
}

/** The p-norm over dims; `sum |x|^p` to the power of 1 / p, with the limits for p = 0 (a count) and infinities. */
export function normOver(x: Tensor, p: number, dims: readonly number[], keepdim: boolean): Tensor {
  if (!x.isFloatingPoint()) throw new DTypeError('norm', x.dtype, `expected a floating point dtype, got ${x.dtype}; cast with .to('float32')`);
  if (p === 2 || p === 1) return norm12(x, p, dims, keepdim);
  if (p === Infinity) return x.abs().amax(dims, keepdim);
  if (p === -Infinity) return x.abs().amin(dims, keepdim);
  if (p === 0) {
    const count = x.detach().ne(0).castTo(x.dtypeCode).sum(dims, keepdim);
    // Attached, as in PyTorch, though no gradient flows.
    if (gradEnabled && wantsGrad(x)) record('norm', count, [x], () => null);
    return count;
  }
  const compute = computeType(x.dtypeCode);
  if (compute !== x.dtypeCode) return normOver(x.castTo(compute), p, dims, keepdim).castTo(x.dtypeCode);
  const out = noGrad(() => x.abs().pow(p).sum(dims, keepdim).pow(1 / p));
  if (gradEnabled && wantsGrad(x)) {
    record('norm', out, [x], (g, node) => {
      const input = node.saved(0), size = restore(node.saved(1), input.shape, dims, keepdim), scale = restore(g, input.shape, dims, keepdim);
      // x |x|^(p-2) / norm^(p-1). At zero the subgradient 0, as in PyTorch; replacing it before the powers keeps NaN out of higher orders.
      const zero = input.eq(0).logicalOr(size.eq(0));
      const inner = p < 2 || isBatched(size) || !size.detach().ne(0).all().item() ? input.where(zero.logicalNot(), 1) : input;
      const length = size.where(size.ne(0), 1);
      return inner.mul(inner.abs().pow(p - 2)).mul(scale.div(length.pow(p - 1))).where(zero.logicalNot(), 0);
    }, [x, out]);
  }
  return out;
}

function norm12(x: Tensor, p: 1 | 2, dims: readonly number[], keepdim: boolean): Tensor {
  const compute = computeType(x.dtypeCode);
  const raw = reduceRaw(p === 2 ? 'sumSquares' : 'sumAbs', x, dims, keepdim, compute);
  const total = p === 2 ? raw.sqrt() : raw;
  const out = rawCast(total, x.dtypeCode) as Tensor;
  if (gradEnabled && wantsGrad(x)) {
    record('norm', out, [x], (g, node) => {
      const input = node.saved(0);
      const scale = restore(g, input.shape, dims, keepdim);
      if (p === 1) return scale.mul(input.sign());
      // At zero the subgradient 0, as in PyTorch.
      const length = restore(node.saved(1), input.shape, dims, keepdim);
      return input.mul(scale.div(length.where(length.ne(0), 1)));
    }, [x, p === 2 ? out : null]);
  }
  return out;
}

function scan(op: ScanOp, x: Tensor, bound: Readonly<Record<string, unknown>>): Tensor {
  const dim = normalizeDim(op, intArg(op, 'dim', bound.dim), x.ndim);
  const type = dtypeOption(op, bound.dtype) ?? (integerResult(x.dtypeCode) ? I64 : x.dtypeCode);
  const compute = computeType(type);
  const source = rawCast(x, compute);
  const raw = emptyShape(x, x.shape, compute);
  scanInto(SCAN_OPS.indexOf(op), raw, source, dim);
  spent(source, x);
  const out = rawResult(raw, type);
  if (gradEnabled && wantsGrad(x) && isFloating(type)) {
    if (op === 'cumsum') record(op, out, [x], (g) => reverseCumsum(g, dim));
    else record(op, out, [x], (g, node) => cumprodBackward(g, node.saved(0), node.saved(1), dim), [x, out]);
  }
  return out;
}

const reverseCumsum = (g: Tensor, dim: number): Tensor => (g.ndim === 0 ? g : g.flip(dim).cumsum(dim).flip(dim));

/** sum over j >= i of g_j y_j / x_i; where x has zeros, by the explicit sum of products without x_i. */
function cumprodBackward(g: Tensor, x: Tensor, y: Tensor, dim: number): Tensor {
  if (x.numel() === 0 || x.ndim === 0) return g;
  if (!gradEnabled && !isBatched(x) && !x.eq(0).any().item()) return reverseCumsum(g.mul(y), dim).div(x);
  const n = x.shape[dim];
  const parts: Tensor[] = [];
  for (let i = 0; i < n; i++) {
    // y without x_i at positions >= i: the prefix before i times the running product after it.
    const head = i === 0 ? null : x.narrow(dim, 0, i).prod(dim, true);
    const one = x.narrow(dim, i, 1).detach().mul(0).add(1);
    const tail = one.cat([x.narrow(dim, i + 1, n - i - 1)], dim).cumprod(dim);
    const without = head === null ? tail : tail.mul(head);
    parts.push(g.narrow(dim, i, n - i).mul(without).sum(dim, true));
  }
  return parts[0].cat(parts.slice(1), dim);
}

function softmax(op: 'softmax' | 'logSoftmax', input: Tensor, args: readonly unknown[]): Tensor {
  const bound = bind(SOFTMAX[op], args);
  const type = dtypeOption(op, bound.dtype);
  const x = type === undefined ? input : input.castTo(type);
  if (!x.isFloatingPoint()) throw new DTypeError(op, x.dtype, `expected a floating point dtype, got ${x.dtype}; cast with .to('float32')`);
  const dim = normalizeDim(op, intArg(op, 'dim', bound.dim), x.ndim);
  const compute = computeType(x.dtypeCode);
  const raw = emptyLike(x, contiguousLayout(x.shape), compute);
  const source = rawCast(x, compute);
  softmaxInto(op, raw, source, dim);
  spent(source, x);
  const out = rawResult(raw, x.dtypeCode);
  if (gradEnabled && wantsGrad(x)) record(op, out, [x], (g, node) => softmaxBackward(op, g, node.saved(0), dim), [out]);
  return out;
}

/** The dims stay, as size 1. */
function logSumExp(x: Tensor, dims: readonly number[]): Tensor {
  const { shape } = x.layout, kept = shape.map((_, i) => i).filter((i) => !dims.includes(i)), sizes = kept.map((i) => shape[i]);
  // The kernel walks one dim: several are joined behind the others.
  const single = dims.length === 1 && shape.length > 0, rows = single ? x : x.detach().permute([...kept, ...dims]).reshape([...sizes, -1]);
  const source = rawCast(rows, computeType(x.dtypeCode));
  const raw = emptyShape(x, reducedShape(shape, dims, true), source.dtypeCode);
  softmaxInto('logSumExp', (single ? raw : raw.reshape([...sizes, 1])).expand(rows.layout.shape), source, single ? dims[0] : kept.length);
  spent(source, rows);
  const out = rawResult(raw, x.dtypeCode);
  if (gradEnabled && wantsGrad(x)) record('logsumexp', out, [x], (g, node) => g.mul(node.saved(0).sub(node.saved(1)).exp()), [x, out]);
  return out;
}

/** Fused where nothing records; composed of differentiable ops for higher orders. */
function softmaxBackward(op: 'softmax' | 'logSoftmax', g: Tensor, y: Tensor, dim: number): Tensor {
  if (gradEnabled && (wantsGrad(g) || wantsGrad(y))) {
    return op === 'softmax' ? y.mul(g.sub(g.mul(y).sum(dim, true))) : g.sub(y.exp().mul(g.sum(dim, true)));
  }
  const compute = computeType(y.dtypeCode);
  const out = emptyShape(y, y.shape, compute);
  const gradient = rawCast(g, compute), result = rawCast(y, compute);
  softmaxGradInto(op, out, gradient, result, dim);
  spent(gradient, g);
  spent(result, y);
  return rawResult(out, y.dtypeCode);
}

