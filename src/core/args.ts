/**
 * The argument rule, once: parameters are positional in PyTorch's order, and a trailing plain object may name any
 * parameter not given positionally. Keyword-only parameters stand after `*` and go in the object only. `null` and
 * `undefined` are None. Naming a parameter twice, or an unknown one, throws.
 */
import { ArgumentError } from './errors.ts';

export interface Signature {
  readonly name: string;
  readonly parameters: readonly string[];
  /** How many parameters may be given by position. */
  readonly positional: number;
  /** How many of them must be given: up to the last one that is not optional. */
  readonly required: number;
  /** Which parameters may be left out by name, also before one that may not. */
  readonly optional: readonly boolean[];
  /** The last positional parameter takes all remaining positional arguments (sizes, dims). */
  readonly variadic: boolean;
}

/** Reads `'sum(dim?, keepdim?, *, dtype?)'`: `?` marks optional parameters, `...` before the last one a variadic list. */
export function signature(text: string): Signature {
  const open = text.indexOf('(');
  const parameters: string[] = [], optional: boolean[] = [];
  let positional = -1, required = 0, variadic = false;
  for (const part of text.slice(open + 1, -1).split(',')) {
    let name = part.trim();
    if (name === '') continue;
    if (name === '*') {
      positional = parameters.length;
      continue;
    }
    if (name.startsWith('...')) {
      variadic = true;
      name = name.slice(3);
    }
    optional.push(name.endsWith('?'));
    if (name.endsWith('?')) name = name.slice(0, -1);
    else if (positional < 0) required = parameters.length + 1;
    parameters.push(name);
  }
  return { name: text.slice(0, open), parameters, positional: positional < 0 ? parameters.length : positional, required, optional, variadic };
}

/** An object literal: the only kind of object that can carry named parameters. */
export function isOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Values by parameter name; parameters that were not given, or given as null or undefined, are absent. */
export type Bound = Readonly<Record<string, unknown>>;

export function bind(sig: Signature, args: readonly unknown[]): Bound {
  const bound: Record<string, unknown> = {};
  let count = args.length;
  const last = count > 0 ? args[count - 1] : undefined;
  const options = isOptions(last) ? last : undefined;
  if (options) count--;
  if (sig.variadic) count = bindVariadic(sig, args, count, bound);
  else if (count > sig.positional) {
    throw new ArgumentError(sig.name, 'arguments', `expected at most ${sig.positional} positional (${sig.parameters.slice(0, sig.positional).join(', ')}), got ${count}`);
  }
  for (let i = 0; i < count; i++) {
    if (args[i] !== undefined && args[i] !== null) bound[sig.parameters[i]] = args[i];
  }
  if (options) {
    for (const key of Object.keys(options)) {
      const position = sig.parameters.indexOf(key);
      if (position < 0) throw new ArgumentError(sig.name, `option '${key}'`, `is unknown; expected one of ${sig.parameters.join(', ') || 'none'}`);
      if (position < count || key in bound) throw new ArgumentError(sig.name, `parameter '${key}'`, 'is given twice, by position and by name');
      const value = options[key];
      if (value !== undefined && value !== null) bound[key] = value;
    }
  }
  for (let i = 0; i < sig.required; i++) {
    if (!sig.optional[i] && !(sig.parameters[i] in bound) && !(i < count)) throw new ArgumentError(sig.name, `parameter '${sig.parameters[i]}'`, 'is missing');
  }
  return bound;
}

/** The last of `args`, given by position or by its name in an options object. */
export function lastArg<T>(sig: Signature, ...args: readonly [...unknown[], T]): Exclude<T, Readonly<Record<string, unknown>>> {
  const last = args[args.length - 1];
  return (isOptions(last) ? bind(sig, args)[sig.parameters[args.length - 1]] : last) as Exclude<T, Readonly<Record<string, unknown>>>;
}

/** Collects varargs or one array into the variadic parameter; returns how many plain positional arguments remain. */
function bindVariadic(sig: Signature, args: readonly unknown[], count: number, bound: Record<string, unknown>): number {
  const at = sig.positional - 1;
  if (count <= at) return count;
  const rest = args.slice(at, count);
  bound[sig.parameters[at]] = rest.length === 1 && (Array.isArray(rest[0]) || rest[0] === null) ? rest[0] : rest;
  if (bound[sig.parameters[at]] === null) delete bound[sig.parameters[at]];
  return at;
}

/** How an argument is shown in an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length > 8 ? `[${value.slice(0, 8).map(show).join(', ')}, ...]` : `[${value.map(show).join(', ')}]`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  if (typeof value === 'bigint') return `${value}n`;
  return String(value);
}

export function boolArg(op: string, name: string, value: unknown, fallback = false): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw new ArgumentError(op, name, `must be a boolean, got ${show(value)}`);
  return value;
}

export function numberArg(op: string, name: string, value: unknown, fallback?: number): number {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  if (typeof value !== 'number') throw new ArgumentError(op, name, `must be a number, got ${show(value)}`);
  return value;
}

export function intArg(op: string, name: string, value: unknown, fallback?: number): number {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new ArgumentError(op, name, `must be an integer, got ${show(value)}`);
  return number;
}

export function stringArg<T extends string>(op: string, name: string, value: unknown, allowed: readonly T[], fallback?: T): T {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  if (!allowed.includes(value as T)) throw new ArgumentError(op, name, `must be one of ${allowed.map((a) => `'${a}'`).join(', ')}, got ${show(value)}`);
  return value as T;
}

/** All prefixes of a positional parameter list. */
type Prefixes<P extends readonly unknown[]> = P extends readonly [...infer Rest, unknown] ? P | Prefixes<Rest> : [];
/** The argument list of a function with positional parameters P and options O, all of them optional. */
export type CallArgs<P extends readonly unknown[], O> = Prefixes<P> | [...Prefixes<P>, O];
