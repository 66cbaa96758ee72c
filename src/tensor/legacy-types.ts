/** The type names of old PyTorch scripts: `torch.FloatTensor` and its relatives, one per dtype. */
import { dtypeCode, dtypeName, type DType, type DTypeCode } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';

/** By dtype name; the constructors of legacy.ts follow from it. */
export const LEGACY_TYPES = {
  float32: 'FloatTensor',
  float64: 'DoubleTensor',
  int64: 'LongTensor',
  int32: 'IntTensor',
  bool: 'BoolTensor',
  int16: 'ShortTensor',
  int8: 'CharTensor',
  uint8: 'ByteTensor',
  float16: 'HalfTensor',
  bfloat16: 'BFloat16Tensor',
} as const satisfies Record<DType, string>;

/** `'torch.FloatTensor'` for float32: what `.type()` returns. */
export const typeName = (code: DTypeCode): string => `torch.${LEGACY_TYPES[dtypeName(code)]}`;

const BY_NAME = new Map<string, DTypeCode>(Object.entries(LEGACY_TYPES).map(([dtype, name]) => [name, dtypeCode(dtype)]));

/** A dtype, a legacy type name with or without `torch.`, or a legacy constructor. */
export function dtypeOfType(op: string, type: unknown): DTypeCode {
  const name = typeof type === 'function' ? type.name : type;
  if (typeof name === 'string') {
    const short = name.startsWith('torch.') ? name.slice(6) : name;
    const code = BY_NAME.get(short) ?? dtypeCode(short);
    if (code >= 0) return code;
  }
  throw new ArgumentError(op, 'dtype', `must be a dtype or a type like 'torch.FloatTensor', got ${show(type)}`);
}
