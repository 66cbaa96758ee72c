/** Constructors of old PyTorch scripts: `Tensor([...])`, `FloatTensor([...])`, `new LongTensor(2, 3)`, `Variable(x)`. */
import { dtypeCode, type DType, type TypedArray } from '../core/dtype.ts';
import { bind, boolArg, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { checkShape } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { emptyTensor, fromData, type TensorData } from './create.ts';
import { LEGACY_TYPES } from './legacy-types.ts';
import { intList } from './movement.ts';
import { installMethods } from './operation.ts';
import { getDefaultDtype } from './promotion.ts';
import { Tensor as TensorClass } from './tensor.ts';

/**
 * With nested arrays, a typed array or a tensor: a tensor of these values in the constructor's dtype. With sizes: an
 * uninitialised tensor. Works with and without `new`; `x instanceof FloatTensor` tells the dtype.
 */
export interface LegacyConstructor extends TensorConstructor {
  readonly dtype: DType;
}

/** PyTorch's `torch.Tensor`: the constructor of the default dtype, and the class of all tensors. */
export interface TensorConstructor {
  (data: readonly TensorData[] | TypedArray | Tensor): Tensor;
  (...sizes: readonly number[]): Tensor;
  new (data: readonly TensorData[] | TypedArray | Tensor): Tensor;
  new (...sizes: readonly number[]): Tensor;
  readonly prototype: Tensor;
}

export type Tensor = TensorClass;

function constructorOf(name: string, dtype: () => DType): TensorConstructor {
  const construct = function (...args: readonly unknown[]): Tensor {
    const [data] = args, code = dtypeCode(dtype());
    if (args.length === 1 && typeof data === 'object' && data !== null) return data instanceof TensorCore ? (data as Tensor).castTo(code).detach() : fromData(name, data, code);
    const shape = args.length === 0 ? [0] : intList(name, 'size', args);
    checkShape(name, shape);
    return emptyTensor(shape, code);
  };
  Object.defineProperty(construct, 'name', { value: name });
  construct.prototype = TensorClass.prototype;
  return construct as unknown as TensorConstructor;
}

export const Tensor = constructorOf('Tensor', getDefaultDtype);

function legacy(dtype: DType): LegacyConstructor {
  const code = dtypeCode(dtype), construct = constructorOf(LEGACY_TYPES[dtype], () => dtype);
  Object.defineProperty(construct, 'dtype', { value: dtype });
  Object.defineProperty(construct, Symbol.hasInstance, { value: (x: unknown) => x instanceof TensorCore && x.dtypeCode === code });
  return construct as LegacyConstructor;
}

export const FloatTensor = legacy('float32');
export const DoubleTensor = legacy('float64');
export const LongTensor = legacy('int64');
export const IntTensor = legacy('int32');
export const BoolTensor = legacy('bool');
export const ShortTensor = legacy('int16');
export const CharTensor = legacy('int8');
export const ByteTensor = legacy('uint8');
export const HalfTensor = legacy('float16');
export const BFloat16Tensor = legacy('bfloat16');

const CONSTRUCTORS = new Map([FloatTensor, DoubleTensor, LongTensor, IntTensor, BoolTensor, ShortTensor, CharTensor, ByteTensor, HalfTensor, BFloat16Tensor].map((construct) => [construct.dtype, construct]));
installMethods(TensorClass.prototype, { new: (like: Tensor, ...args: readonly number[]): Tensor => (CONSTRUCTORS.get(like.dtype) as LegacyConstructor)(...args) });

const VARIABLE = signature('Variable(data, requiresGrad?)');

interface VariableOptions {
  readonly requiresGrad?: boolean;
}
type VariableArgs = CallArgs<[requiresGrad: boolean], VariableOptions>;

export interface VariableConstructor {
  (data: Tensor, ...args: VariableArgs): Tensor;
  new (data: Tensor, ...args: VariableArgs): Tensor;
}

/** A tensor on the memory of `data`, outside of its graph: what tensors and autograd were joined by before PyTorch 0.4. */
export const Variable = function (data: Tensor, ...args: readonly unknown[]): Tensor {
  const bound = bind(VARIABLE, [data, ...args]);
  if (!(data instanceof TensorCore)) throw new ArgumentError('Variable', 'data', `must be a Tensor, got ${show(data)}`);
  const variable = (data as Tensor).detach();
  if (boolArg('Variable', 'requiresGrad', bound.requiresGrad)) variable.requiresGrad = true;
  return variable;
} as unknown as VariableConstructor;

declare module './tensor.ts' {
  interface Tensor {
    /** What the legacy constructor of this dtype makes: `x.new(2, 3)`, `x.new([1, 2])`. PyTorch's `Tensor.new`. */
    readonly new: (...args: readonly number[] | readonly [data: readonly TensorData[] | TypedArray | Tensor]) => Tensor;
  }
}
