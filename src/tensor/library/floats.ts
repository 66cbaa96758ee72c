/** Functions about the makeup of numbers: their parts, neighbours, replacements, and what they are members of. */
import { BOOL, F16, F64, I64, dtypeName, isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError } from '../../core/errors.ts';
import { named, type Named } from '../../core/named.ts';
import { TensorCore } from '../core.ts';
import { fromData, onesLike } from '../create.ts';
import { binary, binaryEntries, ternary, ternaryEntries } from '../dispatch.ts';
import { finfo } from '../dtype-info.ts';
import type { Other } from '../elementwise.ts';
import { record, recording } from '../graph.ts';
import { operation, type Method } from '../operation.ts';
import { defaultDTypeCode, resultTypeOf, type Scalar } from '../promotion.ts';
import { byBatch } from '../sample-loop.ts';
import type { Tensor } from '../tensor.ts';

/** The input itself; bools are refused. PyTorch's `torch.positive`. */
export const positive = operation('positive(input: Tensor)', (input): Tensor => {
  if (input.dtypeCode === BOOL) throw new DTypeError('positive', 'bool', 'expected a number dtype, got bool');
  return input;
});

/** True everywhere: no dtype is complex. PyTorch's `torch.isreal`. */
export const isreal = operation('isreal(input: Tensor)', (input): Tensor => onesLike(input.detach(), { dtype: 'bool' }));

/** NaN becomes `nan`, the infinities `posinf` and `neginf`: by default the dtype's largest and lowest finite number. PyTorch's `torch.nan_to_num`. */
export const nanToNum = operation('nanToNum(input: Tensor, nan: float = 0, posinf: float?, neginf: float?, *, out: Tensor?)', (input, nan, posinf, neginf): Tensor => {
  if (!input.isFloatingPoint()) return input.clone();
  const { max, min } = finfo(input.dtype);
  return ternary(ternaryEntries.nanToNum, input, nan, posinf ?? max, neginf ?? min);
});

/** `input ** exponent` in float64, whatever the dtypes. PyTorch's `torch.float_power`. */
export const floatPower = operation('floatPower(input: operand, exponent: operand, *, out: Tensor?)', (input, exponent): Tensor => {
  const double = (x: Other): Other => (x instanceof TensorCore ? (x as Tensor).double() : x);
  if (!(input instanceof TensorCore) && !(exponent instanceof TensorCore)) throw new ArgumentError('floatPower', 'exponent', 'must be a Tensor when input is a number');
  return binary(binaryEntries.pow, double(input), double(exponent));
});

/** The in-place form keeps the dtype, which must therefore be float64. */
const floatPowerInto = operation('floatPower_(input: Tensor, exponent: operand)', (input, exponent): Tensor => {
  if (input.dtypeCode !== F64) throw new DTypeError('floatPower_', input.dtype, `expected float64, which the result has, got ${input.dtype}`);
  return input.pow_(exponent instanceof TensorCore ? (exponent as Tensor).double() : exponent);
});

/** `input * 2 ** other`. PyTorch's `torch.ldexp`. */
export const ldexp = operation('ldexp(input: Tensor, other: Tensor, *, out: Tensor?)', (input, other): Tensor => input.mul(binary(binaryEntries.pow, 2, other.isFloatingPoint() ? other : other.castTo(defaultDTypeCode()))));

/** Mantissas in [0.5, 1) and int32 exponents: `input = mantissa * 2 ** exponent`. Floating dtypes. PyTorch's `torch.frexp`. */
export const frexp = operation('frexp(input: Tensor)', (input): Named<Tensor, 'mantissa' | 'exponent'> => {
  if (!input.isFloatingPoint()) throw new DTypeError('frexp', input.dtype, `expected a floating point dtype, got ${input.dtype}`);
  const [mantissa, exponent] = partsOf(input.detach());
  if (recording(input)) record('frexp', mantissa, [input], (g) => g.mul(exponent.to(g.dtype).neg().exp2()));
  return named(['mantissa', 'exponent'], [mantissa, exponent]);
});

const partsOf = byBatch((input: Tensor): [Tensor, Tensor] => {
  const values = input.double().toTypedArray() as Float64Array, exponents = new Int32Array(values.length);
  const bits = new DataView(values.buffer, values.byteOffset);
  values.forEach((value, i) => {
    if (value === 0 || !Number.isFinite(value)) return;
    const tiny = Math.abs(value) < 2 ** -1022;
    values[i] = tiny ? value * 2 ** 54 : value;
    const high = bits.getUint32(8 * i + 4, true);
    exponents[i] = ((high >>> 20) & 0x7ff) - 1022 - (tiny ? 54 : 0);
    bits.setUint32(8 * i + 4, (high & 0x800fffff) | 0x3fe00000, true);
  });
  return [fromData('frexp', values, undefined).view([...input.shape]).to(input.dtype), fromData('frexp', exponents, undefined).view([...input.shape])];
});

/** The representable number next to `input` towards `other`. Floating dtypes. PyTorch's `torch.nextafter`. */
export const nextafter = operation('nextafter(input: Tensor, other: Tensor, *, out: Tensor?)', (input, other): Tensor => {
  const type = resultTypeOf([input, other]);
  if (!isFloating(type) || type < F16) return binary(binaryEntries.nextafter, input, other);
  // 16-bit floats are computed in float32, whose neighbours they do not see: their bit patterns step instead.
  const [a, b] = [input, other].map((x) => x.detach().to(dtypeName(type)));
  const pattern = (x: Tensor): Tensor => x.contiguous().view('int16');
  const steps = a.lt(b).eq(a.gt(0)).to('int16').mul(2).sub(1);
  const smallest = steps.newFull([], 1).where(b.gt(0), -32767); // the smallest subnormals' patterns
  const next = pattern(a).add(steps).where(a.ne(0), smallest).view(dtypeName(type) as 'float16');
  const out = next.where(a.ne(b), b).where(a.isnan().logicalOr(b.isnan()).logicalNot(), NaN);
  if (recording(input)) record('nextafter', out, [input], (g, node) => g.mul(node.saved<Tensor>(0)), [a.ne(b)]);
  return out;
});

/** Which elements are among `testElements`; `invert` for those that are not. NaN is never a member. PyTorch's `torch.isin`. */
export const isin = operation('isin(elements: operand, testElements: operand, *, assumeUnique: bool = false, invert: bool = false)', (elements, testElements, _assumeUnique, invert): Tensor => {
  const like = [elements, testElements].find((x): x is Tensor => x instanceof TensorCore);
  if (like === undefined) throw new ArgumentError('isin', 'testElements', 'must be a Tensor when elements is a number');
  const type = resultTypeOf([elements, testElements]);
  if (type === BOOL) throw new DTypeError('isin', 'bool', 'expected a number dtype, got bool');
  // In the common dtype, then as numbers, or as bigints where a number may not hold them.
  const values = (x: Tensor | Scalar): ArrayLike<number | bigint> => (x instanceof TensorCore ? (x as Tensor).detach() : like.newFull([], x)).to(dtypeName(type)).castTo(type === I64 ? I64 : F64).toTypedArray();
  const members = new Set(Array.from(values(testElements)));
  members.delete(NaN);
  return byBatch((asked: Tensor | Scalar): Tensor => {
    const each = values(asked), result = new Uint8Array(each.length);
    for (let i = 0; i < each.length; i++) result[i] = members.has(each[i]) !== invert ? 1 : 0;
    return fromData('isin', result, BOOL).view(asked instanceof TensorCore ? [...asked.shape] : []);
  })(elements);
});

export const FLOATS_METHODS = { positive, isreal, nanToNum, floatPower, ldexp, frexp, nextafter };
export const FLOATS_IN_PLACE = { nanToNum, ldexp, nextafter };
/** In-place operations of their own. */
export const FLOATS_OWN_IN_PLACE = { floatPower_: floatPowerInto };

declare module '../tensor.ts' {
  interface Tensor {
    positive: Method<typeof positive>;
    isreal: Method<typeof isreal>;
    nanToNum: Method<typeof nanToNum>;
    nanToNum_: Method<typeof nanToNum>;
    floatPower(exponent: Other | { readonly exponent: Other }): Tensor;
    floatPower_: Method<typeof floatPowerInto>;
    ldexp: Method<typeof ldexp>;
    ldexp_: Method<typeof ldexp>;
    frexp: Method<typeof frexp>;
  }
}
