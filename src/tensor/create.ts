/** Tensors from JS values and from nothing. PyTorch's creation functions; options name dtype and requiresGrad. */
import { BOOL, F32, F64, I16, I32, I64, I8, ITEM_SIZE, U8, isFloating, type DType, type DTypeCode, type TypedArray } from '../core/dtype.ts';
import { allocate, allocateOwn } from '../core/allocator.ts';
import { ArgumentError, AutogradError, DTypeError, ShapeError } from '../core/errors.ts';
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, type Bound } from '../core/args.ts';
import { fma } from '../core/fma.ts';
import { Layout, checkShape, contiguousLayout, type Shape } from '../core/layout.ts';
import { formatArg, formatLayout, type FormatOption } from '../core/memory-format.ts';
import { binaryEntries, rawCast } from './dispatch.ts';
import { binaryInto, copyInto } from './kernels.ts';
import { defaultDTypeCode, resultTypeOf, type Scalar } from './promotion.ts';
import { TensorCore } from './core.ts';
import { dtypeOption } from './reduction.ts';
import { intList } from './movement.ts';
import { elements, writeNumbers, writeRaw } from './values.ts';
import { PlainTensor, type Tensor } from './tensor.ts';

export interface TensorOptions {
  readonly dtype?: DType;
  readonly requiresGrad?: boolean;
  readonly device?: 'cpu';
}
export type LikeOptions = TensorOptions & FormatOption;
/** Sizes as varargs or one array, then options. */
export type SizeArgs<O = TensorOptions> = readonly [...sizes: readonly (number | readonly number[])[], options: O] | readonly (number | readonly number[])[];
/** Numbers, booleans or bigints nested to any depth, or a typed array. */
export type TensorData = Scalar | TypedArray | ArrayBuffer | Tensor | readonly TensorData[];

const TENSOR = signature('tensor(data, *, dtype?, requiresGrad?, device?)');
const optionsOf = (op: string, names = ''): ReturnType<typeof signature> => signature(`${op}(...size?, *, ${names}dtype?, requiresGrad?, device?, generator?)`);
const ARANGE = signature('arange(start?, end?, step?, *, dtype?, requiresGrad?, device?)');
const LINSPACE = signature('linspace(start, end, steps, *, dtype?, requiresGrad?, device?)');
const LOGSPACE = signature('logspace(start, end, steps, base?, *, dtype?, requiresGrad?, device?)');
const FULL = signature('full(size, fillValue, *, dtype?, requiresGrad?, device?)');
const EYE = signature('eye(n, m?, *, dtype?, requiresGrad?, device?)');
const LIKE = signature('zerosLike(input, *, dtype?, requiresGrad?, device?, memoryFormat?)'), FULL_LIKE = signature('fullLike(input, fillValue, *, dtype?, requiresGrad?, device?, memoryFormat?)');

/** An uninitialised contiguous tensor; `own` memory for what lives long. */
export function emptyTensor(shape: Shape, dtype: DTypeCode, own = false): Tensor {
  const layout = contiguousLayout(shape);
  const bytes = layout.numel * ITEM_SIZE[dtype];
  return new PlainTensor(own ? allocateOwn(bytes) : allocate(bytes), layout, dtype);
}

/** Uninitialised memory for a layout without gaps. */
const layoutTensor = (layout: Layout, dtype: DTypeCode): Tensor => new PlainTensor(allocate(layout.numel * ITEM_SIZE[dtype]), layout, dtype);

/** Applies requiresGrad and checks device. */
export function finish(op: string, out: Tensor, bound: Bound): Tensor {
  if (bound.device !== undefined && bound.device !== 'cpu') throw new ArgumentError(op, 'device', `must be 'cpu', got ${show(bound.device)}`);
  if (boolArg(op, 'requiresGrad', bound.requiresGrad)) {
    if (!isFloating(out.dtypeCode)) throw new AutogradError(`${op}: only floating point tensors can require gradients, got ${out.dtype}`);
    out.requiresGrad = true;
  }
  return out;
}

/** Reads sizes and options of `zeros(2, 3, {...})` or `zeros([2, 3], {...})`. */
export function sizeArgs(op: string, args: readonly unknown[], sig = optionsOf(op)): { shape: number[]; bound: Bound } {
  const bound = bind(sig, args);
  if (bound.size === undefined) return { shape: [], bound };
  const shape = intList(op, 'size', bound.size as readonly unknown[]);
  checkShape(op, shape);
  return { shape, bound };
}

const SIGNATURES = { empty: optionsOf('empty', 'memoryFormat?, '), zeros: optionsOf('zeros'), ones: optionsOf('ones') };

function filled(op: keyof typeof SIGNATURES, args: readonly unknown[], value: number | null): Tensor {
  const { shape, bound } = sizeArgs(op, args, SIGNATURES[op]);
  const dtype = dtypeOption(op, bound.dtype) ?? defaultDTypeCode(), own = boolArg(op, 'requiresGrad', bound.requiresGrad);
  const out = bound.memoryFormat === undefined ? emptyTensor(shape, dtype, own) : layoutTensor(formatLayout(op, shape, formatArg(op, bound.memoryFormat), null), dtype);
  if (value !== null) copyInto(out, value);
  return finish(op, out, bound);
}

/** Uninitialised memory, row-major or in a `memoryFormat`: contents are undefined. */
export function empty(...args: SizeArgs<TensorOptions & FormatOption>): Tensor {
  return filled('empty', args, null);
}

/** Zeros of the given sizes, in the default float dtype unless given. */
export function zeros(...args: SizeArgs): Tensor {
  return filled('zeros', args, 0);
}

/** Ones of the given sizes, in the default float dtype unless given. */
export function ones(...args: SizeArgs): Tensor {
  return filled('ones', args, 1);
}

/** A tensor of one value; its dtype follows the value (boolean, bigint, else the default float) unless given. */
export function full(size: number | readonly number[], value: Scalar | Tensor | (TensorOptions & { readonly fillValue: Scalar | Tensor }), options?: TensorOptions): Tensor {
  const bound = bind(FULL, options === undefined ? [size, value] : [size, value, options]);
  const { fillValue } = bound;
  const shape = intList('full', 'size', typeof size === 'number' ? [size] : size);
  checkShape('full', shape);
  const scalar = fillValue instanceof TensorCore ? (fillValue as Tensor).item() : scalarArg('full', 'fillValue', fillValue);
  const out = emptyTensor(shape, dtypeOption('full', bound.dtype) ?? valueType(scalar));
  copyInto(out, scalar);
  return finish('full', out, bound);
}

function scalarArg(op: string, name: string, value: unknown): Scalar {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  throw new ArgumentError(op, name, `must be a number or a boolean, got ${show(value)}`);
}

const valueType = (value: Scalar): DTypeCode => (typeof value === 'boolean' ? BOOL : typeof value === 'bigint' ? I64 : defaultDTypeCode());

function like(op: string, input: unknown, options: unknown, value: Scalar | null): Tensor {
  if (!(input instanceof TensorCore)) throw new ArgumentError(op, 'input', `must be a Tensor, got ${show(input)}`);
  const bound = bind(LIKE, [input, options]);
  const dtype = dtypeOption(op, bound.dtype) ?? input.dtypeCode;
  const out = layoutTensor(formatLayout(op, input.shape, formatArg(op, bound.memoryFormat), input.layout), dtype);
  if (value !== null) copyInto(out, value);
  return finish(op, out, bound);
}

/** Uninitialised memory of input's shape and dtype; in the order of input's memory unless a `memoryFormat` is given. PyTorch's `torch.empty_like`. */
export const emptyLike = (input: Tensor, options: LikeOptions = {}): Tensor => like('emptyLike', input, options, null);
/** Zeros of input's shape and dtype. PyTorch's `torch.zeros_like`. */
export const zerosLike = (input: Tensor, options: LikeOptions = {}): Tensor => like('zerosLike', input, options, 0);
/** Ones of input's shape and dtype. PyTorch's `torch.ones_like`. */
export const onesLike = (input: Tensor, options: LikeOptions = {}): Tensor => like('onesLike', input, options, 1);
/** One value in input's shape and dtype. PyTorch's `torch.full_like`. */
export function fullLike(input: Tensor, value: Scalar | (LikeOptions & { readonly fillValue: Scalar }), options?: LikeOptions): Tensor {
  const { fillValue, ...rest } = bind(FULL_LIKE, options === undefined ? [input, value] : [input, value, options]);
  delete (rest as { input?: unknown }).input;
  return like('fullLike', input, rest, scalarArg('fullLike', 'fillValue', fillValue));
}

/** Numbers from start (0) to end, exclusive, by step (1). Integral arguments give int64, as in PyTorch. */
export function arange(...args: readonly unknown[]): Tensor {
  let bound = bind(ARANGE, args);
  if (bound.end === undefined) bound = { ...bound, start: 0, end: bound.start };
  const start = rangeArg('start', bound.start ?? 0), end = rangeArg('end', bound.end), step = rangeArg('step', bound.step ?? 1);
  if (step === 0) throw new ArgumentError('arange', 'step', 'must not be zero');
  if ((end - start) * step < 0) throw new ArgumentError('arange', 'end', `must lie in the direction of step, got start ${start}, end ${end}, step ${step}`);
  const integral = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(step);
  const dtype = dtypeOption('arange', bound.dtype) ?? (integral ? I64 : defaultDTypeCode());
  if (dtype === BOOL) throw new DTypeError('arange', 'bool', 'expected a number dtype, got bool');
  if (!integral && !isFloating(dtype)) return finish('arange', wholeSteps(start, end, step, dtype), bound);
  const n = Math.ceil((end - start) / step);
  checkShape('arange', [n]);
  const last = start + n * step;
  if (integral && n >= 2 * RAMP_ROW && Number.isSafeInteger(start) && Number.isSafeInteger(last) && (dtype === I64 || isFloating(dtype))) {
    const exact = dtype === F32 && Math.max(Math.abs(start), Math.abs(last)) < 2 ** 23 ? F32 : dtype === I64 ? I64 : F64;
    return finish('arange', rawCast(ramp(start, step, n, exact), dtype) as Tensor, bound);
  }
  return finish('arange', rawCast(line(start, step, n), dtype) as Tensor, bound);
}

/** PyTorch's integers between fractions: start and step lose theirs, and for int64 so does end. */
function wholeSteps(start: number, end: number, step: number, dtype: DTypeCode): Tensor {
  const from = Math.trunc(start), by = Math.trunc(step), wide = dtype === I64;
  if (wide && by === 0) throw new ArgumentError('arange', 'step', `must not be zero as an int64, got ${step}`);
  const n = Math.ceil(wide ? (Math.trunc(end) - from) / by : (end - start) / step);
  checkShape('arange', [n]);
  return rawCast(line(from, by, n), dtype) as Tensor;
}

/** `start + i * step` in float64. */
function line(start: number, step: number, n: number): Tensor {
  const out = emptyTensor([n], F64), values = elements(out) as Float64Array;
  for (let i = 0; i < n; i++) values[i] = start + i * step;
  return out;
}

const RAMP_ROW = 1024;

/** `start + i * step` for many i, all of them exact in the dtype: what rows begin with plus what columns add, by one kernel. */
function ramp(start: number, step: number, n: number, dtype: DTypeCode): Tensor {
  const rows = Math.floor(n / RAMP_ROW), whole = rows * RAMP_ROW;
  const out = emptyTensor([n], dtype);
  const first = rawCast(line(start, RAMP_ROW * step, rows), dtype) as Tensor, columns = rawCast(line(0, step, RAMP_ROW), dtype) as Tensor;
  const part = (offset: number, shape: readonly number[]): Tensor => out.wrap(out.storage, new Layout(shape, contiguousLayout(shape).strides, offset), dtype);
  binaryInto(binaryEntries.add.code, part(0, [rows, RAMP_ROW]), first.unsqueeze(1), columns, dtype);
  if (whole < n) binaryInto(binaryEntries.add.code, part(whole, [n - whole]), columns.narrow(0, 0, n - whole), start + whole * step, dtype);
  return out;
}

function rangeArg(name: string, value: unknown): number {
  const number = numberArg('arange', name, typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value);
  if (!Number.isFinite(number)) throw new ArgumentError('arange', name, `must be finite, got ${number}`);
  return number;
}

/** `steps` numbers evenly spaced from start to end, both included; computed from both ends, as PyTorch does. */
export function linspace(...args: readonly unknown[]): Tensor {
  const bound = bind(LINSPACE, args);
  const start = numberArg('linspace', 'start', bound.start), end = numberArg('linspace', 'end', bound.end);
  const dtype = dtypeOption('linspace', bound.dtype) ?? defaultDTypeCode(), round = roundingOf(dtype);
  // PyTorch's values to the last bit: its loop computes in the dtype, by the CPU's fused multiply-add.
  const step = (span: number, steps: number): number => round(round(span) / steps);
  const out = spaced('linspace', start, end, intArg('linspace', 'steps', bound.steps), dtype, step, (x, y, z) => round(fma(x, y, z)));
  return finish('linspace', out, bound);
}

/** `base` to the power of `linspace(start, end, steps)`. */
export function logspace(...args: readonly unknown[]): Tensor {
  const bound = bind(LOGSPACE, args);
  const start = numberArg('logspace', 'start', bound.start), end = numberArg('logspace', 'end', bound.end), base = numberArg('logspace', 'base', bound.base, 10);
  const dtype = dtypeOption('logspace', bound.dtype) ?? defaultDTypeCode();
  const out = spaced('logspace', start, end, intArg('logspace', 'steps', bound.steps), dtype, (span, steps) => span / steps, (x, y, z) => base ** (x * y + z));
  return finish('logspace', out, bound);
}

/** The arithmetic of scalars of a dtype; integers and halves are computed in a wider one. */
const roundingOf = (dtype: DTypeCode): ((x: number) => number) => (isFloating(dtype) && dtype !== F64 ? Math.fround : (x) => x);

/** What a number is in an integer dtype. */
const WHOLE: Readonly<Record<number, (x: number) => number>> = {
  [I64]: Math.trunc, [I32]: (x) => x | 0, [I16]: (x) => (x << 16) >> 16, [I8]: (x) => (x << 24) >> 24, [U8]: (x) => x & 255,
};

/** The bounds are numbers of the dtype; `at(step, i, bound)` is the value i steps from a bound. */
function spaced(op: string, start: number, end: number, steps: number, dtype: DTypeCode, stepOf: (span: number, steps: number) => number, at: typeof fma): Tensor {
  if (steps < 0) throw new ArgumentError(op, 'steps', `must not be negative, got ${steps}`);
  checkShape(op, [steps]);
  if (dtype === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
  const bound = isFloating(dtype) ? roundingOf(dtype) : WHOLE[dtype];
  const a = bound(start), b = bound(end), step = steps > 1 ? stepOf(b - a, steps - 1) : 0;
  const half = Math.floor(steps / 2);
  const out = emptyTensor([steps], F64), values = elements(out) as Float64Array;
  for (let i = 0; i < steps; i++) values[i] = i < half || steps === 1 ? at(step, i, a) : at(-step, steps - i - 1, b);
  return rawCast(out, dtype) as Tensor;
}

/** Ones on the diagonal of an `[n, m]` matrix (m = n), zeros elsewhere. */
export function eye(...args: readonly unknown[]): Tensor {
  const bound = bind(EYE, args);
  const n = intArg('eye', 'n', bound.n), m = intArg('eye', 'm', bound.m, n);
  checkShape('eye', [n, m]);
  const out = emptyTensor([n, m], dtypeOption('eye', bound.dtype) ?? defaultDTypeCode());
  copyInto(out, 0);
  const diagonal = Math.min(n, m) > 0 ? out.diagonal() : null;
  if (diagonal !== null) copyInto(diagonal, 1);
  return finish('eye', out, bound);
}

const ARRAY_TYPES = new Map<string, DTypeCode>([
  ['Float32Array', F32], ['Float64Array', F64], ['BigInt64Array', I64], ['Int32Array', I32], ['Int16Array', I16], ['Int8Array', I8],
  ['Uint8Array', U8], ['Uint8ClampedArray', U8], ['Buffer', U8],
]);

/**
 * A tensor from nested arrays, numbers or a typed array (copied). JS numbers give the default float dtype, booleans bool,
 * bigints int64, typed arrays keep their dtype.
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  const bound = bind(TENSOR, [wrapOptions(data), options]);
  const dtype = dtypeOption('tensor', bound.dtype);
  const out = fromData('tensor', data, dtype, boolArg('tensor', 'requiresGrad', bound.requiresGrad));
  return finish('tensor', out, bound);
}

/** A plain object as data must not be taken for options. */
function wrapOptions(data: unknown): unknown {
  if (isOptions(data)) throw new ArgumentError('tensor', 'data', `must be a number, nested arrays, a typed array or a Tensor, got ${show(data)}`);
  return data ?? NaN;
}

/** What `tensor()` makes of its data; the dtype follows the data where none is given. */
export function fromData(op: string, data: unknown, dtype: DTypeCode | undefined, own = false): Tensor {
  if (data instanceof TensorCore) {
    const copy = (data as Tensor).detach().castTo(dtype ?? data.dtypeCode);
    return copy.storage === data.storage ? copy.clone() : copy;
  }
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return fromTypedArray(op, data, dtype, own);
  if (!Array.isArray(data)) {
    const scalar = scalarData(op, data);
    const out = emptyTensor([], dtype ?? valueType(scalar), own);
    copyInto(out, scalar);
    return out;
  }
  const shape: number[] = [];
  for (let level: unknown = data; isSequence(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  if (data.some((item) => item instanceof TensorCore && item.ndim > 0)) return fromTensors(op, data as readonly unknown[], dtype);
  checkShape(op, shape);
  const flat: Scalar[] = [];
  flatten(op, data, shape, 0, flat);
  const out = emptyTensor(shape, dtype ?? (flat.length === 0 ? defaultDTypeCode() : elementType(flat)), own);
  writeNumbers(out, flat);
  return out;
}

type Sequence = { readonly length: number; readonly [i: number]: unknown };
const isSequence = (x: unknown): x is Sequence => Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));

function fromTensors(op: string, rows: readonly unknown[], dtype: DTypeCode | undefined): Tensor {
  const parts = rows.map((row) => (row instanceof TensorCore ? (row as Tensor).detach() : fromData(op, row, dtype)));
  for (const part of parts) if (part.shape.join() !== parts[0].shape.join()) throw new ShapeError(op, `tensors in the data must have one shape, got [${parts[0].shape.join(', ')}] and [${part.shape.join(', ')}]`);
  const out = emptyTensor([parts.length, ...parts[0].shape], dtype ?? resultTypeOf(parts));
  parts.forEach((part, i) => copyInto(out.select(0, i), part));
  return out;
}

function flatten(op: string, level: unknown, shape: readonly number[], depth: number, into: Scalar[]): void {
  if (depth === shape.length) {
    if (isSequence(level)) throw raggedError(op, depth, 'a number', level.length);
    into.push(level instanceof TensorCore ? (level as Tensor).item() : scalarData(op, level));
    return;
  }
  if (!isSequence(level)) throw raggedError(op, depth, `an array of ${shape[depth]}`, show(level));
  if (level.length !== shape[depth]) throw raggedError(op, depth, `${shape[depth]} items`, level.length);
  for (let i = 0; i < level.length; i++) flatten(op, level[i], shape, depth + 1, into);
}

const raggedError = (op: string, depth: number, expected: string, got: unknown): ShapeError =>
  new ShapeError(op, `nested arrays must be regular: expected ${expected} at depth ${depth}, got ${typeof got === 'number' ? `${got} items` : String(got)}`);

function scalarData(op: string, value: unknown): Scalar {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  throw new ArgumentError(op, 'data', `must hold numbers, booleans or bigints, got ${show(value)}`);
}

function elementType(flat: readonly Scalar[]): DTypeCode {
  let bools = 0, bigs = 0;
  for (const value of flat) {
    if (typeof value === 'boolean') bools++;
    else if (typeof value === 'bigint') bigs++;
  }
  return bools === flat.length ? BOOL : bigs > 0 && bigs + bools === flat.length ? I64 : defaultDTypeCode();
}

function fromTypedArray(op: string, data: ArrayBufferView | ArrayBuffer, dtype: DTypeCode | undefined, own: boolean): Tensor {
  const buffer = (data instanceof ArrayBuffer ? data : data.buffer) as ArrayBuffer & { readonly detached?: boolean };
  if (buffer.detached || (buffer.byteLength === 0 && isDetached(buffer))) throw new ArgumentError(op, 'data', 'is backed by a detached ArrayBuffer');
  const array = (data instanceof ArrayBuffer ? new Uint8Array(data) : data) as TypedArray;
  const code = ARRAY_TYPES.get(array.constructor.name);
  if (code === undefined) throw new ArgumentError(op, 'data', `must be a typed array of a supported dtype, got ${show(array)}`);
  checkShape(op, [array.length]);
  const out = emptyTensor([array.length], dtype ?? code, own);
  if (out.dtypeCode === code) writeRaw(out, array);
  else writeNumbers(out, array);
  return out;
}

/** Node 20 has no `detached`; a view cannot be made on a detached buffer. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** A tensor from data, sharing nothing: PyTorch's `torch.as_tensor` returns a Tensor argument as it is. */
export function asTensor(data: TensorData, options: TensorOptions = {}): Tensor {
  if (data instanceof TensorCore && (options.dtype === undefined || options.dtype === data.dtype)) return data as Tensor;
  return tensor(data, options);
}

/** PyTorch's `torch.from_numpy` for typed arrays: a copy, so that nobody can detach the tensor's memory. */
export function fromArray(data: TypedArray): Tensor {
  if (!ArrayBuffer.isView(data)) throw new DTypeError('fromArray', typeof data, `expected a typed array, got ${show(data)}`);
  return tensor(data);
}
