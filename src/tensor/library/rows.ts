/** The elementwise rows as operations. Calls with tensors alone, the common ones, go straight to the method. */
import { ArgumentError } from '../../core/errors.ts';
import { show } from '../../core/args.ts';
import { dtypeName } from '../../core/dtype.ts';
import type { BinaryOp, UnaryOp } from '../../ops/elementwise.ts';
import { TensorCore } from '../core.ts';
import { full } from '../create.ts';
import { binary, binaryEntries, unary, unaryEntries } from '../dispatch.ts';
import { SECOND, type AlphaOption, type Other, type RoundingOption } from '../elementwise.ts';
import { observer } from '../observer.ts';
import { operation, type Operation } from '../operation.ts';
import { resultType, scalarDtype, type Scalar } from '../promotion.ts';
import { Tensor } from '../tensor.ts';

type AnyMethod = (this: Tensor, ...args: readonly unknown[]) => Tensor;
const methodOf = (name: string): AnyMethod | undefined => (Tensor.prototype as unknown as Record<string, AnyMethod | undefined>)[name];

export type UnaryFunction<K extends string> = Operation<`${K}(input: Tensor, *, out: Tensor?)`, Tensor>;

/** The unary row of a name (or what the method of that name makes of it) under its own or another name. */
export function unaryFunction<const K extends UnaryOp, const N extends string = K>(op: K, name: N = op as unknown as N): UnaryFunction<N> {
  const entry = unaryEntries[op];
  const direct = methodOf(op) ?? function (this: Tensor): Tensor { return unary(entry, this); };
  const schema = `${name}(input: Tensor, *, out: Tensor?)` as const;
  const general = operation(schema, ((x: Tensor): Tensor => direct.call(x)) as never) as unknown as (...args: readonly unknown[]) => Tensor;
  const call = (input: unknown, ...rest: readonly unknown[]): Tensor => (rest.length === 0 && observer === null && input instanceof TensorCore ? direct.call(input as Tensor) : general(input, ...rest));
  return Object.defineProperties(call, { name: { value: name }, schema: { value: schema } }) as unknown as UnaryFunction<N>;
}

/** Functions of two operands take a number on either side: `sub(1, x)` ports `1 - x`. */
export interface BinaryFunction<Options> {
  (input: Other, other: Other, options?: Options & { readonly out?: Tensor }): Tensor;
  (options: Options & { readonly input: Other; readonly out?: Tensor } & ({ readonly other: Other } | { readonly exponent: Other } | { readonly values: Other })): Tensor;
  readonly schema: string;
}
type NoOptions = Readonly<Record<never, never>>;

/** Two numbers are an operation on 0-d tensors, where PyTorch takes them. */
const ON_NUMBERS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'sub', 'mul', 'div', 'floorDivide']);
const OPTIONS: Readonly<Partial<Record<BinaryOp, readonly [name: string, parameter: string]>>> = {
  add: ['alpha', 'alpha: scalar?, '], sub: ['alpha', 'alpha: scalar?, '], div: ['roundingMode', "roundingMode: 'trunc'|'floor'?, "],
};

const scalarTensor = (value: Scalar, like?: Tensor): Tensor => full([], value, { dtype: dtypeName(like === undefined ? scalarDtype(value) : resultType(like, value)) });

/** The binary row of a name (or what the method of that name makes of it) under its own or another name. */
export function binaryFunction<O = NoOptions>(op: BinaryOp, name: string = op): BinaryFunction<O> {
  const entry = binaryEntries[op], method = methodOf(op), second = SECOND[op] ?? 'other', [option, parameter] = OPTIONS[op] ?? ['', ''];
  const run = (a: Other, b: Other, value?: unknown): Tensor => {
    const options = value === undefined ? [] : [{ [option]: value }];
    if (a instanceof TensorCore) return method === undefined ? binary(entry, a, b) : method.call(a, b, ...options);
    if (b instanceof TensorCore) return options.length === 0 || method === undefined ? binary(entry, a as Scalar, b) : method.call(scalarTensor(a as Scalar, b), b, ...options);
    if (!ON_NUMBERS.has(op) || method === undefined) throw new ArgumentError(name, second, `must be a Tensor when input is a number, got ${show(b)}`);
    return method.call(scalarTensor(a as Scalar), b, ...options);
  };
  const schema = `${name}(input: operand, ${second}: operand, *, ${parameter}out: Tensor?)`;
  const general = operation(schema, run as never) as unknown as (...args: readonly unknown[]) => Tensor;
  const direct = method ?? function (this: Tensor, other: unknown): Tensor { return binary(entry, this, other as Other); };
  const call = (a: unknown, b: unknown, ...rest: readonly unknown[]): Tensor =>
    (rest.length === 0 && observer === null && a instanceof TensorCore && (typeof b === 'number' || b instanceof TensorCore) ? direct.call(a as Tensor, b) : b === undefined ? general(a) : general(a, b, ...rest));
  return Object.defineProperties(call, { name: { value: name }, schema: { value: schema } }) as unknown as BinaryFunction<O>;
}
