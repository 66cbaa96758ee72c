/** Pooling over windows of the last one, two or three dims. The gradient of a maximum goes to the element at its index. */
import { BOOL, F64, I64, isFloating, type DTypeCode } from '../../core/dtype.ts';
import { show } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { rawCast, rawResult, spent } from '../dispatch.ts';
import { record, recording } from '../graph.ts';
import { emptyShape } from '../kernels.ts';
import { poolInto, type PoolGeometry, type Triple } from '../kernels-spatial.ts';
import type { CallOf, Operation } from '../operation.ts';
import { computeType } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';
import { dense, perDim, product, shapeText, triple } from './spatial.ts';

/** Maxima, and where in their plane they were found. */
export type WithIndices = readonly [output: Tensor, indices: Tensor] & { readonly output: Tensor; readonly indices: Tensor };

export const withIndices = (output: Tensor, indices: Tensor): WithIndices => Object.assign([output, indices] as const, { output, indices });

/** A pooling gives its indices too when the parameter `returnIndices`, the Nth, is true. */
type Indexed<S extends string, N extends number> = Operation<S, Tensor> & { (...args: WithTrue<CallOf<S>, N>): WithIndices };
type WithTrue<A, N extends number> = A extends readonly [...infer Head, infer Last]
  ? Last extends { readonly returnIndices?: boolean | null } ? [...Head, options: Last & { readonly returnIndices: true }] : A['length'] extends N ? [...Head, returnIndices: true] : never
  : never;

export function indexed<const S extends string, const N extends number>(_position: N, run: Operation<S, Tensor | WithIndices>): Indexed<S, N> {
  return run as unknown as Indexed<S, N>;
}
/** The input has a channel dim, maybe a batch dim before it, and elements in all but the batch. */
export function requireImage(op: string, x: Tensor, dims: number): void {
  if (x.ndim !== dims + 1 && x.ndim !== dims + 2) throw new ShapeError(op, `input must have ${dims + 1} (unbatched) or ${dims + 2} dimensions, got shape ${shapeText(x)}`);
  if (x.layout.shape.slice(x.ndim - dims - 1).includes(0)) throw new ShapeError(op, `input must have elements in all but the batch dimension, got shape ${shapeText(x)}`);
}

export interface WindowArguments {
  readonly kernelSize: readonly number[];
  /** Absent or empty: the kernel's size. */
  readonly stride: readonly number[] | undefined;
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

export interface Pooled {
  readonly geometry: PoolGeometry;
  readonly shape: readonly number[];
}

/** Windows at regular distances; `ceilMode` allows a last one that begins within the input or its padding but ends outside. */
export function regular(op: string, x: Tensor, dims: number, given: WindowArguments, divisor = 0, countIncludePad = false): Pooled {
  const kernel = perDim(op, 'kernelSize', given.kernelSize, dims, 1), padding = perDim(op, 'padding', given.padding, dims, 0);
  const stride = given.stride === undefined || given.stride.length === 0 ? kernel : perDim(op, 'stride', given.stride, dims, 1);
  const dilation = perDim(op, 'dilation', given.dilation, dims, 1);
  const span = kernel.map((k, d) => dilation[d] * (k - 1) + 1);
  if (padding.some((p, d) => 2 * p > span[d])) {
    throw new ArgumentError(op, 'padding', `must be at most half of the kernel's extent [${span.join(', ')}], got [${padding.join(', ')}]`);
  }
  requireImage(op, x, dims);
  const lead = x.layout.shape.slice(0, x.ndim - dims), size = x.layout.shape.slice(x.ndim - dims);
  const out = size.map((n, d) => {
    const room = n + 2 * padding[d] - span[d];
    let count = (given.ceilMode ? Math.ceil(room / stride[d]) : Math.floor(room / stride[d])) + 1;
    if (given.ceilMode && (count - 1) * stride[d] >= n + padding[d]) count--;
    return count;
  });
  if (out.some((n) => n < 1)) throw new ShapeError(op, `the output size [${out.join(', ')}] is too small for an input of shape ${shapeText(x)} and kernelSize [${kernel.join(', ')}]`);
  return {
    geometry: {
      inSize: triple(size, 1), outSize: triple(out, 1), kernel: triple(kernel, 1), stride: triple(stride, 1), padding: triple(padding, 0),
      dilation: triple(dilation, 1), adaptive: false, countIncludePad, divisor,
    },
    shape: [...lead, ...out],
  };
}

/** As many windows as asked for; null keeps the size of a dim. */
export function adaptive(op: string, x: Tensor, dims: number, outputSize: unknown): Pooled {
  const given: readonly unknown[] = Array.isArray(outputSize) ? outputSize as unknown[] : new Array<unknown>(dims).fill(outputSize);
  if (given.length !== dims) throw new ArgumentError(op, 'outputSize', `must be one integer or ${dims}, got ${show(outputSize)}`);
  requireImage(op, x, dims);
  const lead = x.layout.shape.slice(0, x.ndim - dims), size = x.layout.shape.slice(x.ndim - dims);
  const out = given.map((n, d) => {
    if (n === null || n === undefined) return size[d];
    if (!Number.isSafeInteger(n) || (n as number) < 0) throw new ArgumentError(op, 'outputSize', `must be non-negative integers or null, got ${show(outputSize)}`);
    return n as number;
  });
  const one: Triple = [1, 1, 1];
  return {
    geometry: { inSize: triple(size, 1), outSize: triple(out, 1), kernel: one, stride: one, padding: [0, 0, 0], dilation: one, adaptive: true, countIncludePad: false, divisor: 0 },
    shape: [...lead, ...out],
  };
}

/** `source` `[..., positions]` added into planes of `plane` elements at `indices`. */
export const scatterIntoPlanes = (source: Tensor, indices: Tensor, planes: number, plane: number): Tensor =>
  source.newZeros([planes, plane]).scatterAdd(1, indices.reshape([planes, -1]), source.reshape([planes, -1]));

/** The maximum of every window and its position in the input's plane. */
export function maxima(op: string, x: Tensor, { geometry, shape }: Pooled): WithIndices {
  const type = x.dtypeCode, compute: DTypeCode = computeType(type);
  if (type === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
  const plane = product(geometry.inSize), planes = product(shape) === 0 ? 0 : x.numel() / plane;
  const out = emptyShape(x, shape, compute), indices = emptyShape(x, shape, I64);
  const input = dense(rawCast(x, compute) as Tensor);
  if (planes > 0) poolInto('max', geometry, planes, out, input, indices);
  spent(input, x);
  const output = rawResult(out, type);
  if (recording(x)) {
    record(op, output, [x], (g) => scatterIntoPlanes(g, indices, x.numel() / plane, plane).reshape([...x.shape]));
  }
  return withIndices(output, indices);
}

/** The mean of every window. Integers are divided as PyTorch divides them, towards zero; sums beyond 2^53 are rounded. */
export function averages(x: Tensor, pooled: Pooled): Tensor {
  if (!isFloating(x.dtypeCode)) return averaged(x.castTo(F64), pooled).trunc().castTo(x.dtypeCode);
  return averaged(x.castTo(computeType(x.dtypeCode)), pooled).castTo(x.dtypeCode);
}

function averaged(x: Tensor, pooled: Pooled): Tensor {
  const { geometry, shape } = pooled, out = emptyShape(x, shape, x.dtypeCode);
  if (out.numel() > 0) poolInto('avg', geometry, x.numel() / product(geometry.inSize), out, dense(x));
  if (recording(x)) record('avgPool', out, [x], (g) => shared(g, pooled, x.shape));
  return out;
}

/** The transpose of {@link averaged}: every element shared out among its window. */
function shared(g: Tensor, pooled: Pooled, inShape: readonly number[]): Tensor {
  const out = emptyShape(g, inShape, g.dtypeCode);
  if (out.numel() > 0) poolInto('avgGrad', pooled.geometry, out.numel() / product(pooled.geometry.inSize), out, dense(g));
  if (recording(g)) record('avgPoolBackward', out, [g], (gg) => averaged(gg, pooled));
  return out;
}
