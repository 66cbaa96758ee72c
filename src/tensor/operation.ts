/**
 * Operations declared by a schema: names, kinds and defaults of the parameters are written once, and from them follow
 * the checks, the named form of every parameter, the TypeScript types, the method, and what the tests know of the op.
 *
 *     export const diff = operation('diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor?, append: Tensor?)',
 *       (input, n, dim, prepend, append): Tensor => ...);
 *
 * `kind?` is a parameter that may be absent (undefined in the function), `kind = value` one with a default (JSON without
 * spaces, or a quoted word), `*` begins the keyword-only ones, `...name` takes the remaining positional arguments. An
 * operation whose schema ends in `*, out: Tensor?` (or `Tensors?`, for several results) writes its result there; its function
 * does not see `out`.
 */
import { regions } from '../core/batch.ts';
import { ArgumentError, AutogradError, DTypeError } from '../core/errors.ts';
import { bind, isOptions, show, signature, type Signature } from '../core/args.ts';
import { dtypeCode, type DType } from '../core/dtype.ts';
import { sameShape } from '../core/layout.ts';
import { named } from '../core/named.ts';
import { TensorCore } from './core.ts';
import { gradEnabled, noGrad } from './grad-mode.ts';
import { observer } from './observer.ts';
import { canCastCode, type Scalar } from './promotion.ts';
import { Generator } from './random-state.ts';
import { guarded } from './sample-loop.ts';
import { checkWritable } from './dispatch.ts';
import type { TensorData } from './create.ts';
import type { Subscript } from './subscripts.ts';
import type { Tensor } from './tensor.ts';

type Distance = (a: Tensor, b: Tensor) => Tensor;

/** What a caller gives for a kind, and what the function receives. */
interface Kinds {
  readonly Tensor: [Tensor, Tensor];
  readonly Tensors: [readonly Tensor[], readonly Tensor[]];
  /** What stands for `model.parameters()`: any iterable of tensors, or one. */
  readonly parameters: [Tensor | Iterable<Tensor>, readonly Tensor[]];
  /** A tensor or a number: the operand of a binary function. */
  readonly operand: [Tensor | Scalar, Tensor | Scalar];
  readonly scalar: [Scalar, Scalar];
  readonly int: [number, number];
  readonly ints: [number | readonly number[], readonly number[]];
  readonly float: [number, number];
  readonly floats: [number | readonly number[], readonly number[]];
  readonly bool: [boolean, boolean];
  readonly string: [string, string];
  readonly dtype: [DType, DType];
  readonly generator: [Generator, Generator];
  /** How far apart the rows of two tensors are. */
  readonly distance: [Distance, Distance];
  /** What stands between the brackets of PyTorch's `x[...]`; checked by the operation itself. */
  readonly subscripts: [Subscript | readonly Subscript[], Subscript | readonly Subscript[]];
  /** What `tensor()` takes; checked by the operation itself. */
  readonly data: [TensorData, TensorData];
  /** Checked by the operation itself. */
  readonly any: [unknown, unknown];
}
type Kind<S extends string> = S extends keyof Kinds ? Kinds[S]
  : S extends `'${infer Word}'|${infer Rest}` ? [Word | Kind<Rest>[0], Word | Kind<Rest>[1]]
    : S extends `'${infer Word}'` ? [Word, Word] : never;

type Split<S extends string> = S extends `${infer Head}, ${infer Tail}` ? [Head, ...Split<Tail>] : S extends '' ? [] : [S];
type Parameters_<S extends string> = S extends `${string}(${infer P})` ? Split<P> : never;

type NameOf<P extends string> = P extends `...${infer N}: ${string}` ? N : P extends `${infer N}: ${string}` ? N : never;
/** [given, taken] of one parameter. */
type TypesOf<P extends string> = P extends `${string}: ${infer K} = ${string}` ? Kind<K>
  : P extends `${string}: ${infer K}?` ? [Kind<K>[0] | null | undefined, Kind<K>[1] | undefined]
    : P extends `${string}: ${infer K}` ? Kind<K> : never;
type IsOptional<P extends string> = P extends `${string} = ${string}` ? true : P extends `${string}?` ? true : false;

/** The function's parameters: without `*`, and without the keyword-only `out`. */
type Taken<P extends readonly string[]> = P extends readonly [infer H extends string, ...infer T extends string[]]
  ? H extends '*' | 'out: Tensor?' | 'out: Tensors?' ? Taken<T> : [TypesOf<H>[1], ...Taken<T>] : [];
type BeforeStar<P extends readonly string[]> = P extends readonly [infer H extends string, ...infer T extends string[]] ? H extends '*' ? [] : [H, ...BeforeStar<T>] : [];

/** The parameters as named ones. */
type Named<P extends readonly string[]> = Flat<
  { readonly [H in P[number] as H extends '*' ? never : IsOptional<H> extends true ? NameOf<H> : never]?: TypesOf<H>[0] | null }
  & { readonly [H in P[number] as H extends '*' ? never : IsOptional<H> extends true ? never : NameOf<H>]: TypesOf<H>[0] }>;
/** One object type instead of an intersection, which would let a string pass. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** The tail of P that starts at parameter N positional ones on. */
type Drop<P extends readonly string[], N extends readonly unknown[]> = N extends readonly [unknown, ...infer M] ? P extends readonly [string, ...infer T extends string[]] ? Drop<T, M> : [] : P;
type AllOptional<P extends readonly string[]> = P extends readonly [infer H extends string, ...infer T extends string[]] ? H extends '*' ? true : IsOptional<H> extends true ? AllOptional<T> : false : true;

/** All ways to give the positional parameters Q of P, with those from here on named. */
type Ways<P extends readonly string[], Q extends readonly string[], Given extends readonly unknown[] = []> =
  | (AllOptional<Drop<P, Given>> extends true ? Given : never)
  | [...Given, options: Named<Drop<P, Given>>]
  | (Q extends readonly [infer H extends string, ...infer T extends string[]]
    ? H extends `...${string}: ${infer K}` ? Rest<Given, Kind<K>[0], P>
      : Ways<P, T, [...Given, IsOptional<H> extends true ? TypesOf<H>[0] | null | undefined : TypesOf<H>[0]]> : never);
type Rest<Given extends readonly unknown[], List, P extends readonly string[]> = List extends readonly (infer Item)[]
  ? [...Given, ...Item[]] | [...Given, ...Item[], Named<Drop<P, [...Given, unknown]>>] | [...Given, List] | [...Given, List, Named<Drop<P, [...Given, unknown]>>] : never;

/** What an operation's function receives. */
export type ValuesOf<S extends string> = Taken<Parameters_<S>>;
export type CallOf<S extends string> = Ways<Parameters_<S>, BeforeStar<Parameters_<S>>>;

/** An operation as a function; `schema` is its declaration. */
export interface Operation<S extends string, R> {
  (...args: CallOf<S>): R;
  readonly schema: S;
}

/** The method form: the first parameter is `this`. */
export type Method<O> = O extends Operation<infer S, infer R> ? (...args: WithoutFirst<CallOf<S>>) => R : never;
type WithoutFirst<A> = A extends readonly [Tensor | null | undefined, ...infer T] ? T : never;

export interface Parameter {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly fallback: unknown;
}

/** The parameters of a schema, in order. */
export function parametersOf(schema: string): readonly Parameter[] {
  return schema.slice(schema.indexOf('(') + 1, -1).split(', ').filter((part) => part !== '*' && part !== '').map((part) => {
    const [, name, rest] = /^(?:\.\.\.)?(\w+): (.+)$/.exec(part) as RegExpExecArray;
    const [kind, fallback] = rest.split(' = ');
    if (fallback !== undefined) return { name, kind, required: false, fallback: JSON.parse(fallback.replaceAll("'", '"')) as unknown };
    return { name, kind: kind.replace(/\?$/, ''), required: !kind.endsWith('?'), fallback: undefined };
  });
}

/** The argument rule's signature: a parameter with a default is an optional one. */
export function signatureOf(schema: string): Signature {
  const open = schema.indexOf('(');
  const parts = schema.slice(open + 1, -1).split(', ').map((part) => part.replace(/: .*$/, part.includes(' = ') || part.endsWith('?') ? '?' : ''));
  return signature(`${schema.slice(0, open)}(${parts.join(',')})`);
}

const wrong = (op: string, name: string, expected: string, value: unknown): ArgumentError => new ArgumentError(op, name, `must be ${expected}, got ${show(value)}`);

function integer(op: string, name: string, value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw wrong(op, name, 'an integer', value);
  return number;
}
function real(op: string, name: string, value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') throw wrong(op, name, 'a number', value);
  return number;
}
const isScalar = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value as unknown[] : [value]);

type Check = (op: string, name: string, value: unknown) => unknown;
const CHECKS: Readonly<Record<keyof Kinds, Check>> = {
  Tensor(op, name, value) {
    if (!(value instanceof TensorCore)) throw wrong(op, name, 'a Tensor', value);
    return value;
  },
  Tensors(op, name, value) {
    if (!Array.isArray(value)) throw wrong(op, name, 'an array of Tensors', value);
    for (let i = 0; i < value.length; i++) if (!(value[i] instanceof TensorCore)) CHECKS.Tensor(op, `${name}[${i}]`, value[i]);
    return value;
  },
  parameters(op, name, value) {
    if (value instanceof TensorCore) return [value];
    if (typeof (value as { readonly [Symbol.iterator]?: unknown } | null | undefined)?.[Symbol.iterator] !== 'function') throw wrong(op, name, 'tensors', value);
    const tensors = [...value as Iterable<unknown>];
    for (const tensor of tensors) if (!(tensor instanceof TensorCore)) throw wrong(op, name, 'tensors', tensor);
    return tensors;
  },
  operand(op, name, value) {
    if (!(value instanceof TensorCore) && !isScalar(value)) throw wrong(op, name, 'a Tensor or a number', value);
    return value;
  },
  scalar(op, name, value) {
    if (!isScalar(value)) throw wrong(op, name, 'a number', value);
    return value;
  },
  int: integer,
  ints: (op, name, value) => listOf(value).map((item, i) => (Number.isSafeInteger(item) ? item : integer(op, Array.isArray(value) ? `${name}[${i}]` : name, item))),
  float: real,
  floats: (op, name, value) => listOf(value).map((item, i) => real(op, Array.isArray(value) ? `${name}[${i}]` : name, item)),
  bool(op, name, value) {
    if (typeof value !== 'boolean') throw wrong(op, name, 'a boolean', value);
    return value;
  },
  string(op, name, value) {
    if (typeof value !== 'string') throw wrong(op, name, 'a string', value);
    return value;
  },
  dtype(op, name, value) {
    if (typeof value !== 'string' || dtypeCode(value) < 0) throw wrong(op, name, 'a dtype name', value);
    return value;
  },
  generator(op, name, value) {
    if (!(value instanceof Generator)) throw wrong(op, name, 'a Generator', value);
    return value;
  },
  distance(op, name, value) {
    if (typeof value !== 'function') throw wrong(op, name, 'a function', value);
    return value;
  },
  subscripts: (_op, _name, value) => value,
  data: (_op, _name, value) => value,
  any: (_op, _name, value) => value,
};

/** The check of a kind; of a union of quoted words (the last of which may be a kind), that the value is one of them. */
function checkOf(kind: string): Check {
  if (!kind.startsWith("'")) return CHECKS[kind as keyof Kinds];
  const parts = kind.split('|'), words = parts.filter((part) => part.startsWith("'")).map((word) => word.slice(1, -1));
  const other = words.length < parts.length ? CHECKS[parts[parts.length - 1] as keyof Kinds] : null;
  return (op, name, value) => {
    if (other !== null && typeof value !== 'string') return other(op, name, value);
    if (!words.includes(value as string)) throw wrong(op, name, `one of ${words.map((word) => `'${word}'`).join(', ')}`, value);
    return value;
  };
}

/** The error of an operation inside of another one, in the name of the one that was called. */
function inNameOf(op: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('op' in error) || typeof error.op !== 'string' || error.op === op) return error;
  const { message, op: inner } = error;
  if (!message.startsWith(`${inner}: `)) return error;
  error.op = op;
  error.message = op + message.slice(inner.length);
  error.stack = error.stack?.replace(message, error.message);
  return error;
}

/** What a schema means for a call. */
interface Plan {
  readonly sig: Signature;
  readonly taken: readonly (Parameter & { readonly check: Check })[];
  readonly out: 'none' | 'one' | 'several';
}

function planOf(schema: string): Plan {
  const parameters = parametersOf(schema).map((parameter) => ({ ...parameter, check: checkOf(parameter.kind) }));
  const out = parameters.find(({ name }) => name === 'out');
  return { sig: signatureOf(schema), taken: parameters.filter((parameter) => parameter !== out), out: out === undefined ? 'none' : out.kind === 'Tensors' ? 'several' : 'one' };
}

const accept = ({ name, required, fallback, check }: Plan['taken'][number], op: string, value: unknown): unknown => (value === undefined && !required ? fallback : check(op, name, value));

/** Declares an operation. */
export function operation<const S extends string, R>(schema: S, run: (...args: Taken<Parameters_<S>>) => R): Operation<S, R> {
  const name = schema.slice(0, schema.indexOf('('));
  // Read at the first call: a program uses few of the hundreds, and its start would wait for all.
  let plan: Plan | undefined;
  const apply = (values: Taken<Parameters_<S>>): R => {
    try {
      if (observer !== null) return observer.span('op', name, values, null, () => (regions === 0 ? run(...values) : guarded(name, run, values)));
      return regions === 0 ? run(...values) : guarded(name, run, values);
    } catch (error) {
      throw inNameOf(name, error);
    }
  };
  const call = (...args: readonly unknown[]): R => {
    const { sig, taken, out } = plan ??= planOf(schema);
    const count = args.length;
    // The commonest call, without a record of names: all by position.
    if (!sig.variadic && count >= sig.required && count <= sig.positional && (count === 0 || !isOptions(args[count - 1]))) {
      const values = new Array<unknown>(taken.length);
      for (let i = 0; i < taken.length; i++) values[i] = accept(taken[i], name, i < count ? args[i] ?? undefined : undefined);
      return apply(values as Taken<Parameters_<S>>);
    }
    const bound = bind(sig, args);
    const values = taken.map((parameter) => accept(parameter, name, bound[parameter.name])) as Taken<Parameters_<S>>;
    const target = out === 'one' ? outArg(name, bound.out) : null, targets = out === 'several' && bound.out !== undefined ? CHECKS.Tensors(name, 'out', bound.out) as readonly Tensor[] : null;
    const result = apply(values);
    return target !== null ? writeOut(name, target, result as Tensor, values) as R : targets !== null ? writeOuts(name, targets, result) as R : result;
  };
  return Object.defineProperties(call, { name: { value: name }, schema: { value: schema } }) as unknown as Operation<S, R>;
}

export const outArg = (op: string, out: unknown): Tensor | null => (out === undefined ? null : CHECKS.Tensor(op, 'out', out) as Tensor);

/** As in PyTorch, an empty `out` takes the result's shape, unless it is an operand as well. */
function resizeEmpty(out: Tensor, result: Tensor, operands: readonly unknown[]): void {
  if (out.layout.numel > 0 || sameShape(out.shape, result.shape) || operands.some((value) => value === out || (Array.isArray(value) && value.includes(out)))) return;
  if (!out.requiresGrad) out.resize_([...result.shape]);
}

function checkOut(op: string, out: Tensor, result: Tensor): void {
  if (gradEnabled && (out.requiresGrad || result.requiresGrad)) throw new AutogradError(`${op}: out does not support automatic differentiation, but one of the arguments requires grad`);
  if (!canCastCode(result.dtypeCode, out.dtypeCode)) throw new DTypeError(op, out.dtype, `result type ${result.dtype} can't be cast to the desired output type ${out.dtype}`);
  if (!sameShape(out.shape, result.shape)) throw new ArgumentError(op, 'out', `must have the result's shape [${result.shape.join(', ')}], got [${out.shape.join(', ')}]`);
  checkWritable(op, out);
}

/** PyTorch's `out=`: the result's values in a given tensor of its shape, whose dtype can hold them. */
export function writeOut(op: string, out: Tensor, result: Tensor, operands: readonly unknown[]): Tensor {
  resizeEmpty(out, result, operands);
  checkOut(op, out, result);
  noGrad(() => out.copy_(result));
  return out;
}

/** The same for results with several parts, under their names; their dtypes must be the results' own, as in PyTorch. */
function writeOuts(op: string, outs: readonly Tensor[], results: unknown): readonly Tensor[] {
  if (!Array.isArray(results)) throw new ArgumentError(op, 'out', 'must not be given: there is one result');
  const parts = results as readonly Tensor[];
  if (outs.length !== parts.length) throw new ArgumentError(op, 'out', `must be ${parts.length} Tensors, got ${outs.length}`);
  parts.forEach((part, k) => {
    checkOut(op, outs[k], part);
    if (outs[k].dtypeCode !== part.dtypeCode) throw new DTypeError(op, outs[k].dtype, `out[${k}] must be ${part.dtype}, got ${outs[k].dtype}`);
  });
  noGrad(() => parts.forEach((part, k) => outs[k].copy_(part)));
  return named(Object.getOwnPropertyNames(parts).filter((key) => key !== 'length' && !/^\d+$/.test(key)), outs);
}

/** Writes one result, or several, where `out` says. */
export function writeResult(op: string, out: unknown, result: unknown, operands: readonly unknown[]): unknown {
  return Array.isArray(result) ? writeOuts(op, CHECKS.Tensors(op, 'out', out) as readonly Tensor[], result) : writeOut(op, CHECKS.Tensor(op, 'out', out) as Tensor, result as Tensor, operands);
}

type AnyOperation = (...args: readonly unknown[]) => unknown;
const define = (prototype: object, name: string, value: AnyOperation): void => {
  Object.defineProperty(prototype, name, { value: { [name]: value }[name], writable: true, configurable: true, enumerable: false });
};

/** Makes operations methods of their first parameter. */
export function installMethods(prototype: object, operations: Readonly<Record<string, unknown>>): void {
  for (const [name, run] of Object.entries(operations)) {
    define(prototype, name, function (this: Tensor, ...args: readonly unknown[]) { return (run as AnyOperation)(this, ...args); });
  }
}

/** Makes operations in-place methods as well: `x.op_(...)` writes `op(x, ...)` into x. */
export function installInPlace(prototype: object, operations: Readonly<Record<string, unknown>>): void {
  for (const [name, run] of Object.entries(operations)) {
    define(prototype, `${name}_`, function (this: Tensor, ...args: readonly unknown[]) { return assign(`${name}_`, this, (run as AnyOperation)(this, ...args) as Tensor); });
  }
}

function assign(op: string, self: Tensor, result: Tensor): Tensor {
  if (!canCastCode(result.dtypeCode, self.dtypeCode)) throw new DTypeError(op, self.dtype, `result type ${result.dtype} can't be cast to the desired output type ${self.dtype}`);
  if (!sameShape(self.shape, result.shape)) throw new ArgumentError(op, 'input', `of shape [${self.shape.join(', ')}] cannot hold the result of shape [${result.shape.join(', ')}]`);
  return self.copy_(result);
}
