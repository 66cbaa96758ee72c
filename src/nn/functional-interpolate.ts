/** Resizing of images and other grids: `interpolate` and its older names. */
import { F32, F64, U8, isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { tensor } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { record, recording } from '../tensor/graph.ts';
import { copyInto, emptyShape } from '../tensor/kernels.ts';
import { operation } from '../tensor/operation.ts';
import { atDims, pick, writeSelected, type Selection } from '../tensor/selection.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { antialiasTaps, areaTaps, byteTaps, cubicTaps, linearTaps, nearestIndices, type Scaling, type Taps } from './resample-taps.ts';

/** The taps of one dim of a tensor, ready to read it: what is selected, and by what it is weighted. */
interface Pass {
  readonly dim: number;
  readonly shape: readonly number[];
  readonly taps: readonly { readonly selection: Selection; readonly weight: Tensor }[];
}

function passOf(op: string, x: Tensor, dim: number, { indices, weights }: Taps): Pass {
  const along = x.shape.map((_, i) => (i === dim ? indices[0].length : 1));
  return {
    dim,
    shape: x.shape,
    taps: indices.map((index, k) => ({ selection: atDims(op, x.shape, [{ dim, index: tensor(index) }], false), weight: tensor(weights[k], { dtype: x.dtype }).view(along) })),
  };
}

/** The weighted sum of the taps: one dim of `x` resized. Linear; {@link spread} is its transpose. */
function resample(op: string, x: Tensor, pass: Pass): Tensor {
  const out = noGrad(() => {
    const [first, ...rest] = pass.taps;
    const sum = pick(op, x, first.selection).mul_(first.weight);
    for (const { selection, weight } of rest) sum.addcmul_(pick(op, x, selection), weight);
    return sum;
  });
  if (recording(x)) record(op, out, [x], (g) => spread(op, g, pass));
  return out;
}

/** Every element of `g` added, weighted, to the elements that it was read from. */
function spread(op: string, g: Tensor, pass: Pass): Tensor {
  const sum = emptyShape(g, pass.shape, g.dtypeCode);
  noGrad(() => {
    copyInto(sum, 0);
    for (const { selection, weight } of pass.taps) writeSelected(op, 'add', sum, selection, g.mul(weight));
  });
  if (recording(g)) record(op, sum, [g], (gg) => resample(op, gg, pass));
  return sum;
}

/** The order of the dims with the least work: those that shrink most first. The last dim, whose gathers are slowest, when it is smallest. */
function passOrder(scalings: readonly Scaling[]): { readonly scaling: Scaling; readonly dim: number }[] {
  const ratio = ({ input, output }: Scaling): number => output / input;
  return scalings.map((scaling, k) => ({ scaling, dim: k + 2 }))
    .sort((a, b) => ratio(a.scaling) - ratio(b.scaling) || (ratio(a.scaling) < 1 ? a.dim - b.dim : b.dim - a.dim));
}

function separable(op: string, x: Tensor, scalings: readonly Scaling[], tapsOf: (scaling: Scaling) => Taps): Tensor {
  if (x.dtypeCode === U8) return separableBytes(op, x, scalings, tapsOf);
  let out = x.dtypeCode === F64 ? x : x.castTo(F32);
  for (const { scaling, dim } of passOrder(scalings)) if (!isIdentity(scaling)) out = resample(op, out, passOf(op, out, dim, tapsOf(scaling)));
  return out === x ? x.clone() : out.castTo(x.dtypeCode);
}

/** Bytes: from the last dim on, rounded after each, in whole numbers, which float64 holds exactly. */
function separableBytes(op: string, x: Tensor, scalings: readonly Scaling[], tapsOf: (scaling: Scaling) => Taps): Tensor {
  let out = x.castTo(F64);
  for (let k = scalings.length - 1; k >= 0; k--) {
    const { shift, ...taps } = byteTaps(tapsOf(scalings[k]));
    out = resample(op, out, passOf(op, out, k + 2, taps)).add_(2 ** (shift - 1)).div_(2 ** shift).floor_().clamp_(0, 255);
  }
  return out.castTo(U8);
}

/** Positions that map to themselves: no mode changes them, unless a factor moves them. */
const isIdentity = ({ input, output, factor, alignCorners }: Scaling): boolean => input === output && (alignCorners || factor === null || factor === 1);

function nearest(op: string, x: Tensor, scalings: readonly Scaling[], exact: boolean): Tensor {
  const items = scalings.map((scaling, k) => ({ dim: k + 2, index: tensor(nearestIndices(scaling, exact)).view(scalings.map((_, i) => (i === k ? scaling.output : 1))) }));
  return pick(op, x, atDims(op, x.shape, items, false));
}

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
  if (mode === 'nearest' || mode === 'nearest-exact') return nearest(op, input, scalings, mode === 'nearest-exact');
  if (mode === 'area') return separable(op, input, scalings, areaTaps);
  if (antialias) return separable(op, input, scalings, (scaling) => antialiasTaps(scaling, mode === 'bicubic' ? 'cubic' : 'linear'));
  return separable(op, input, scalings, mode === 'bicubic' ? cubicTaps : linearTaps);
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
