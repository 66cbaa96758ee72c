/** unary, binary, ternary: picks the generated loop and walks the dims outside of the inner two. */
import { BOOL, F16, I32, I64, isFloating, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { NDIM, OP, OPERAND, OPERAND_SIZE, PARAMS, STRIDES, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { BINARY_OPS, TERNARY_OPS, UNARY_OPS } from '../../ops/elementwise.ts';
import { BINARY_KERNELS, TERNARY_KERNELS, UNARY_KERNELS, WHERE_KERNELS } from './generated/elementwise.ts';
import type { BinaryKernel, TernaryKernel, UnaryKernel } from './kernel-types.ts';
import { hasSmall, overWide, type Elementwise } from './wide.ts';
import { advance, cursor, dim, dtype, elements, start, stride, unsupported, volume } from './space.ts';

// The tables hold one loop per element type; the code that indexes them has checked the dtype.
type Parameter = number | bigint;
const unaryKernels = UNARY_KERNELS as unknown as readonly (UnaryKernel<TypedArray, TypedArray, Parameter> | null)[];
const binaryKernels = BINARY_KERNELS as unknown as readonly (BinaryKernel<TypedArray, TypedArray, Parameter> | null)[];
type Ternary = TernaryKernel<TypedArray, TypedArray, TypedArray, Parameter>;
const ternaryKernels = TERNARY_KERNELS as unknown as readonly (Ternary | null)[];
const whereKernels = WHERE_KERNELS as unknown as readonly Ternary[];

const COMPUTE_DTYPES = 5;
const WHERE = TERNARY_OPS.indexOf('where');
const DIVISIONS: readonly number[] = [BINARY_OPS.indexOf('floorDivide'), BINARY_OPS.indexOf('remainder'), BINARY_OPS.indexOf('fmod')];

const LOWEST = -(2n ** 63n), HIGHEST = 2n ** 63n - 1n;

/** A parameter for a kernel of this dtype; bounds outside of int64 (and infinities) saturate. */
function parameter(at: number, code: DTypeCode): Parameter {
  const value = frameFloats[PARAMS + at];
  if (code !== I64) return value;
  return value >= 2 ** 63 ? HIGHEST : value >= -(2 ** 63) ? BigInt(Math.trunc(value)) : value < 0 ? LOWEST : 0n;
}

const O = OPERAND + STRIDES, A = O + OPERAND_SIZE, B = A + OPERAND_SIZE, C = B + OPERAND_SIZE;

export function unary(out: Storage, a: Storage | null): void {
  if (hasSmall(2)) return overWide([out, a], unary as Elementwise);
  const code = dtype(1);
  const kernel = code < COMPUTE_DTYPES ? unaryKernels[frame[OP] * COMPUTE_DTYPES + code] : null;
  if (!kernel) throw unsupported(UNARY_OPS[frame[OP]], code);
  const y = out.slab.view(dtype(0)), x = elements(a, 1, code);
  const p0 = parameter(0, code), p1 = parameter(1, code);
  const ndim = frame[NDIM], d = ndim - 1;
  const n = ndim > 0 ? dim(d) : 1, os = ndim > 0 ? frame[O + d] : 0, as = ndim > 0 ? frame[A + d] : 0;
  const m = ndim > 1 ? dim(d - 1) : 1, ot = ndim > 1 ? frame[O + d - 1] : 0, at = ndim > 1 ? frame[A + d - 1] : 0;
  if (ndim > 2 && volume(0, ndim) === 0) return;
  start(2);
  do kernel(y, x, cursor[0], cursor[1], n, os, as, m, ot, at, p0, p1); while (ndim > 2 && advance(0, ndim - 2, 2));
}

export function binary(out: Storage, a: Storage | null, b: Storage | null): void {
  if (hasSmall(3)) return overWide([out, a, b], binary as Elementwise);
  const code = dtype(1), op = frame[OP];
  const kernel = code < COMPUTE_DTYPES ? binaryKernels[op * COMPUTE_DTYPES + code] : null;
  if (!kernel) throw unsupported(BINARY_OPS[op], code);
  const y = out.slab.view(dtype(0)), l = elements(a, 1, code), r = elements(b, 2, code);
  if (!isFloating(code) && DIVISIONS.includes(op)) refuseZeros(BINARY_OPS[op], r);
  const p0 = parameter(0, code), p1 = parameter(1, code);
  const ndim = frame[NDIM], d = ndim - 1;
  const n = ndim > 0 ? dim(d) : 1, m = ndim > 1 ? dim(d - 1) : 1;
  const os = ndim > 0 ? frame[O + d] : 0, as = ndim > 0 ? frame[A + d] : 0, bs = ndim > 0 ? frame[B + d] : 0;
  const ot = ndim > 1 ? frame[O + d - 1] : 0, at = ndim > 1 ? frame[A + d - 1] : 0, bt = ndim > 1 ? frame[B + d - 1] : 0;
  if (ndim > 2 && volume(0, ndim) === 0) return;
  start(3);
  do kernel(y, l, r, cursor[0], cursor[1], cursor[2], n, os, as, bs, m, ot, at, bt, p0, p1);
  while (ndim > 2 && advance(0, ndim - 2, 3));
}

export function ternary(out: Storage, a: Storage | null, b: Storage | null, c: Storage | null): void {
  const op = frame[OP], code = dtype(2);
  if (op !== WHERE && hasSmall(4)) return overWide([out, a, b, c], ternary as Elementwise);
  const kernel = op === WHERE ? whereKernels[code] : code < COMPUTE_DTYPES ? ternaryKernels[op * COMPUTE_DTYPES + code] : null;
  if (!kernel) throw unsupported(TERNARY_OPS[op], code);
  // Loops over raw widths take any dtype of that width as unsigned integers.
  const raw = op === WHERE ? RAW_VIEW[code] : code;
  const y = out.slab.view(raw), u = elements(a, 1, op === WHERE ? BOOL : code);
  const v = elements(b, 2, code, raw), w = elements(c, 3, code, raw);
  const p0 = parameter(0, code), p1 = parameter(1, code);
  const ndim = frame[NDIM], d = ndim - 1;
  const n = ndim > 0 ? dim(d) : 1, m = ndim > 1 ? dim(d - 1) : 1;
  const inner = (s: number): number => (ndim > 0 ? frame[s + d] : 0), outer = (s: number): number => (ndim > 1 ? frame[s + d - 1] : 0);
  if (ndim > 2 && volume(0, ndim) === 0) return;
  start(4);
  do {
    kernel(y, u, v, w, cursor[0], cursor[1], cursor[2], cursor[3], n, inner(O), inner(A), inner(B), inner(C),
      m, outer(O), outer(A), outer(B), outer(C), p0, p1);
  } while (ndim > 2 && advance(0, ndim - 2, 4));
}

/** By dtype code: the dtype whose array type the `where` loop of that code was generated for. */
const RAW_VIEW: readonly DTypeCode[] = [0, 1, I64, I32, BOOL, F16, BOOL, BOOL, F16, F16];

/** Integer division by zero throws before anything is written. */
function refuseZeros(op: string, divisor: TypedArray): void {
  const ndim = frame[NDIM];
  if (volume(0, ndim) === 0) return;
  start(3);
  const n = ndim > 0 ? dim(ndim - 1) : 1, s = ndim > 0 ? stride(2, ndim - 1) : 0;
  do {
    for (let i = 0, at = cursor[2]; i < (s === 0 ? 1 : n); i++, at += s) {
      if (Number(divisor[at]) === 0) throw new ArgumentError(op, 'other', 'must not be zero for integer dtypes');
    }
  } while (advance(0, ndim - 1, 3));
}
