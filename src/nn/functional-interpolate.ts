/** Resizing of images and other grids: `interpolate` and its older names. */
import { F32, F64, U8, isFloating, type DType, type TypedArray } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { numelOf } from '../core/layout.ts';
import { stack } from '../tensor/composite.ts';
import { tensor } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { record, recording } from '../tensor/graph.ts';
import { operation } from '../tensor/operation.ts';
import { readTaps } from '../tensor/taps.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { antialiasTaps, areaTaps, byteTaps, cubicTaps, linearTaps, nearestTaps, transposed, type Scaling, type Taps, type WeightedTaps } from './resample-taps.ts';

/** The taps of one dim, as tensors `[1, outputs, taps]` in which the outputs of one tap lie side by side. */
interface Table {
  readonly index: Tensor;
  readonly weight: Tensor | null;
}

function tableOf({ indices, weights }: Taps, dtype: DType): Table {
  const along = (lists: readonly TypedArray[], as: DType): Tensor =>
    (lists.length === 1 ? tensor(lists[0], { dtype: as }).unsqueeze(0) : stack(lists.map((list) => tensor(list, { dtype: as })))).t().unsqueeze(0);
  return noGrad(() => ({ index: along(indices, 'int32'), weight: weights === null ? null : along(weights, dtype) }));
}

/** One dim of `x` resized. `back` gives the taps by which `x` reads the result: those of the gradient. */
function resample(op: string, x: Tensor, dim: number, taps: () => Table, back: () => Table): Tensor {
  const shape = x.layout.shape, outer = shape.slice(0, dim), inner = shape.slice(dim + 1), { index, weight } = taps();
  const out = noGrad(() => readTaps(op, x.reshape([numelOf(outer), shape[dim], numelOf(inner)]), weight, index).view([...outer, index.shape[1], ...inner]));
  if (recording(x)) record(op, out, [x], (g) => resample(op, g, dim, back, taps));
  return out;
}

/** The order of the dims with the least work: those that shrink most first. The last dim, whose gathers are slowest, when it is smallest. */
function passOrder(scalings: readonly Scaling[]): { readonly scaling: Scaling; readonly dim: number }[] {
  const ratio = ({ input, output }: Scaling): number => output / input;
  return scalings.map((scaling, k) => ({ scaling, dim: k + 2 }))
    .sort((a, b) => ratio(a.scaling) - ratio(b.scaling) || (ratio(a.scaling) < 1 ? a.dim - b.dim : b.dim - a.dim));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function pass(op: string, x: Tensor, dim: number, taps: Taps): Tensor {
  const size = x.shape[dim], { dtype } = x;
  return resample(op, x, dim, once(() => tableOf(taps, dtype)), once(() => tableOf(transposed(taps, size), dtype)));
}

function separable(op: string, x: Tensor, scalings: readonly Scaling[], tapsOf: (scaling: Scaling) => Taps): Tensor {
  let out = x.dtypeCode === F64 ? x : x.castTo(F32);
  for (const { scaling, dim } of passOrder(scalings)) if (!isIdentity(scaling)) out = pass(op, out, dim, tapsOf(scaling));
  return out === x ? x.clone() : out.castTo(x.dtypeCode);
}

/** Bytes: from the last dim on, rounded after each, in whole numbers, which float64 holds exactly. */
function separableBytes(op: string, x: Tensor, scalings: readonly Scaling[], tapsOf: (scaling: Scaling) => WeightedTaps): Tensor {
  let out = x.castTo(F64);
  for (let k = scalings.length - 1; k >= 0; k--) {
    const { shift, ...taps } = byteTaps(tapsOf(scalings[k]));
    out = pass(op, out, k + 2, taps).add_(2 ** (shift - 1)).div_(2 ** shift).floor_().clamp_(0, 255);
  }
  return out.castTo(U8);
}

/** Positions that map to themselves: no mode changes them, unless a factor moves them. */
const isIdentity = ({ input, output, factor, alignCorners }: Scaling): boolean => input === output && (alignCorners || factor === null || factor === 1);

type Mode = 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area' | 'nearest-exact';

/** The numbers of spatial dims that a mode is for. */
const SPATIAL: Readonly<Record<Mode, readonly number[]>> = {
  nearest: [1, 2, 3], 'nearest-exact': [1, 2, 3], area: [1, 2, 3], linear: [1], bilinear: [2], bicubic: [2], trilinear: [3],
};

interface Options {
  readonly size: readonly number[] | undefined;
  readonly scaleFactor: readonly number[] | undefined;
  readonly mode: Mode;
  readonly alignCorners: boolean | undefined;
  readonly recomputeScaleFactor: boolean | undefined;
  readonly antialias: boolean;
}

function perDim(op: string, name: string, values: readonly number[], spatial: number, given: unknown): readonly number[] {
  if (values.length === spatial) return values;
  if (values.length === 1 && !Array.isArray(given)) return new Array<number>(spatial).fill(values[0]);
  throw new ArgumentError(op, name, `must be one number or one per spatial dimension (${spatial}), got ${show(given)}`);
}

/** Output sizes, and the factors where positions are computed from them. */
function scalingsOf(op: string, x: Tensor, { size, scaleFactor, mode, alignCorners = false, recomputeScaleFactor }: Options): Scaling[] {
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(op, 'size and scaleFactor', size === undefined ? 'are both absent; expected one of them' : 'are both given; expected one of them');
  }
  if (size !== undefined && recomputeScaleFactor) throw new ArgumentError(op, 'recomputeScaleFactor', 'has no meaning with a size');
  const inputs = x.layout.shape.slice(2), n = inputs.length;
  const factors = scaleFactor === undefined ? null : perDim(op, 'scaleFactor', scaleFactor, n, scaleFactor.length === 1 ? scaleFactor[0] : scaleFactor);
  const outputs = factors === null ? perDim(op, 'size', size as readonly number[], n, (size as readonly number[]).length === 1 ? (size as readonly number[])[0] : size) : inputs.map((input, k) => Math.floor(input * factors[k]));
  // Average pooling, which 'area' is, may leave nothing.
  const least = mode === 'area' ? 0 : 1;
  if (inputs.some((input) => input < 1) || outputs.some((output) => !(output >= least && Number.isFinite(output)))) {
    throw new ShapeError(op, `input and output sizes must be greater than 0, got input [${inputs.join(', ')}] and output [${outputs.join(', ')}]`);
  }
  const keep = factors !== null && !recomputeScaleFactor && mode !== 'area';
  // Bytes are resized with float64 weights, but pick their nearest neighbours as float32 would.
  const wide = x.dtypeCode === F64 || (x.dtypeCode === U8 && !mode.startsWith('nearest'));
  const round = wide ? (v: number): number => v : Math.fround;
  return inputs.map((input, k) => ({ input, output: outputs[k], factor: keep ? factors[k] : null, alignCorners, round }));
}

function resize(op: string, input: Tensor, options: Options): Tensor {
  const { mode, alignCorners, antialias } = options;
  if (input.ndim < 3 || input.ndim > 5) throw new ShapeError(op, `input must have 3, 4 or 5 dimensions ([N, C, ...]), got shape [${input.shape.join(', ')}]`);
  if (!SPATIAL[mode].includes(input.ndim - 2)) throw new ArgumentError(op, 'mode', `'${mode}' is for ${SPATIAL[mode].map((n) => n + 2).join(' or ')} dimensions, got shape [${input.shape.join(', ')}]`);
  const positional = mode === 'nearest' || mode === 'nearest-exact' || mode === 'area';
  if (positional && alignCorners !== undefined) throw new ArgumentError(op, 'alignCorners', `is only for modes 'linear', 'bilinear', 'bicubic' and 'trilinear', got ${alignCorners} with '${mode}'`);
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic') throw new ArgumentError(op, 'antialias', `is only for modes 'bilinear' and 'bicubic', got '${mode}'`);
  const isByte = input.dtypeCode === U8 && mode !== 'area' && mode !== 'linear' && mode !== 'trilinear';
  if (!isFloating(input.dtypeCode) && !isByte) throw new DTypeError(op, input.dtype, `mode '${mode}' is not for dtype ${input.dtype}; cast it to a floating one`);
  const scalings = scalingsOf(op, input, options);
  if (mode === 'nearest' || mode === 'nearest-exact') return separable(op, input, scalings, (scaling) => nearestTaps(scaling, mode === 'nearest-exact'));
  if (mode === 'area') return separable(op, input, scalings, areaTaps);
  const tapsOf = antialias ? (scaling: Scaling): WeightedTaps => antialiasTaps(scaling, mode === 'bicubic' ? 'cubic' : 'linear') : mode === 'bicubic' ? cubicTaps : linearTaps;
  return (isByte ? separableBytes : separable)(op, input, scalings, tapsOf);
}

/**
 * `input` `[N, C, ...]` with its one to three spatial dims resized to `size`, or by `scaleFactor` (rounded down).
 * `antialias` widens the filters of 'bilinear' and 'bicubic' where the input shrinks. PyTorch's `F.interpolate`.
 */
export const interpolate = operation(
  "interpolate(input: Tensor, size: ints?, scaleFactor: floats?, mode: 'nearest'|'linear'|'bilinear'|'bicubic'|'trilinear'|'area'|'nearest-exact' = 'nearest', alignCorners: bool?, recomputeScaleFactor: bool?, antialias: bool = false)",
  (input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias): Tensor =>
    resize('interpolate', input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias }));

/** {@link interpolate} under its old name. PyTorch's `F.upsample`. */
export const upsample = operation(
  "upsample(input: Tensor, size: ints?, scaleFactor: floats?, mode: 'nearest'|'linear'|'bilinear'|'bicubic'|'trilinear'|'area'|'nearest-exact' = 'nearest', alignCorners: bool?)",
  (input, size, scaleFactor, mode, alignCorners): Tensor => resize('upsample', input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor: undefined, antialias: false }));

/** Nearest neighbours. PyTorch's `F.upsample_nearest`. */
export const upsampleNearest = operation('upsampleNearest(input: Tensor, size: ints?, scaleFactor: floats?)', (input, size, scaleFactor): Tensor =>
  resize('upsampleNearest', input, { size, scaleFactor, mode: 'nearest', alignCorners: undefined, recomputeScaleFactor: undefined, antialias: false }));

/** Bilinear, with aligned corners. PyTorch's `F.upsample_bilinear`. */
export const upsampleBilinear = operation('upsampleBilinear(input: Tensor, size: ints?, scaleFactor: floats?)', (input, size, scaleFactor): Tensor =>
  resize('upsampleBilinear', input, { size, scaleFactor, mode: 'bilinear', alignCorners: true, recomputeScaleFactor: undefined, antialias: false }));
