/** What users may pass as data, and the checks that turn it into Float64Arrays before anything is drawn. */
import { bind, isOptions } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';

type Scalar = number | bigint | boolean;

/** A tensor, or whatever else knows its numbers as nested arrays. */
export interface HasToList {
  tolist(): unknown;
}

/** A sequence of numbers: array, typed array, tensor of one dimension (or one column), or one number. */
export type VectorLike = ArrayLike<Scalar> | HasToList | Scalar;

/** Rows of numbers: nested arrays, rows of typed arrays, or a tensor of two dimensions. */
export type MatrixLike = ArrayLike<ArrayLike<Scalar>> | HasToList;

/** Numbers in any number of dimensions: nested arrays or a tensor. */
export type ArrayLikeND = VectorLike | MatrixLike | ArrayLike<ArrayLike<ArrayLike<Scalar>>> | ArrayLike<ArrayLike<ArrayLike<ArrayLike<Scalar>>>> | ArrayLike<HasToList>;

/** Numbers in row-major order with their shape. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly values: Float64Array;
}

function hasToList(value: unknown): value is HasToList {
  return typeof value === 'object' && value !== null && typeof (value as Partial<HasToList>).tolist === 'function';
}

function isSequence(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (isScalar(value)) return String(value);
  return typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
}

/** Whether `value` is data, so that overloads can tell `plot(y, options)` from `plot(x, y)`. */
export function isData(value: unknown): value is VectorLike {
  return isScalar(value) || isSequence(value) || hasToList(value);
}

export function toVector(op: string, argument: string, value: unknown): Float64Array {
  const data = hasToList(value) ? value.tolist() : value;
  if (isScalar(data)) return Float64Array.of(Number(data));
  if (!isSequence(data)) throw new ArgumentError(op, argument, `must be numbers (array, typed array or tensor), got ${describe(value)}`);
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    let item = data[i];
    if (isSequence(item)) {
      if (item.length !== 1) {
        throw new ShapeError(op, `${argument} must have one dimension (or one column), but its element ${i} holds ${item.length} values`);
      }
      item = item[0];
    }
    if (!isScalar(item)) throw new ArgumentError(op, argument, `must hold numbers, got ${describe(item)} at index ${i}`);
    out[i] = Number(item);
  }
  return out;
}

/** Nested data of any depth; sizes are taken from the first element of each dimension, and every other must agree. */
export function toArray(op: string, argument: string, value: unknown): NumberArray {
  const unwrap = (item: unknown): unknown => (hasToList(item) ? item.tolist() : item);
  const data = unwrap(value);
  const shape: number[] = [];
  for (let item = data; isSequence(item); item = unwrap(item[0])) {
    shape.push(item.length);
    if (item.length === 0) break;
  }
  if (shape.length === 0 && !isScalar(data)) throw new ArgumentError(op, argument, `must be numbers (nested arrays, typed arrays or a tensor), got ${describe(value)}`);
  const values = new Float64Array(shape.reduce((product, size) => product * size, 1));
  let at = 0;
  const fill = (item: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (!isScalar(item)) throw new ArgumentError(op, argument, `must hold numbers, got ${describe(item)} at ${path}]`);
      values[at++] = Number(item);
      return;
    }
    if (!isSequence(item) || item.length !== shape[depth]) {
      throw new ShapeError(op, `${argument} is ragged: row 0 holds ${shape[depth]} values, row ${path.slice(1)} ${isSequence(item) ? item.length : describe(item)}`);
    }
    for (let i = 0; i < item.length; i++) fill(unwrap(item[i]), depth + 1, `${path}${path === '[' ? '' : ', '}${i}`);
  };
  fill(data, 0, '[');
  return { shape, values };
}

export function toMatrix(op: string, argument: string, value: unknown): Matrix {
  const { shape, values } = toArray(op, argument, value);
  const [rows, columns] = shape;
  if (shape.length !== 2 || values.length === 0) throw new ShapeError(op, `${argument} must have two dimensions, none of them empty, got shape [${shape.join(', ')}]`);
  return { rows, columns, values };
}

export function sameLength(op: string, a: string, x: ArrayLike<unknown>, b: string, y: ArrayLike<unknown>): void {
  if (x.length !== y.length) throw new ShapeError(op, `${a} and ${b} must have the same length, got ${x.length} and ${y.length}`);
}

export function checkNumber(op: string, argument: string, value: unknown, { min = -Infinity, max = Infinity } = {}): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    const range = min === -Infinity && max === Infinity ? 'a finite number' : max === Infinity ? `a number of at least ${min}` : `a number between ${min} and ${max}`;
    throw new ArgumentError(op, argument, `must be ${range}, got ${describe(value)}`);
  }
  return value;
}

export function checkText(op: string, argument: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw new ArgumentError(op, argument, `must be a string, got ${describe(value)}`);
  return String(value);
}

export function checkOneOf<T extends string>(op: string, argument: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new ArgumentError(op, argument, `must be one of ${allowed.join(', ')}, got ${describe(value)}`);
  return found;
}

/**
 * What follows the data of a call: values in matplotlib's order, each also by its name in a last object that holds the
 * keywords too. Misspelt names throw, for they would otherwise be ignored in silence.
 */
export function readOptions<T extends object>(op: string, positional: readonly string[], keywords: readonly string[], rest: readonly unknown[]): T {
  const parameters = [...positional, ...keywords];
  return bind({ name: op, parameters, positional: positional.length, required: 0, optional: parameters.map(() => true), variadic: false }, rest) as T;
}

/** The object of options alone, for functions without further positional parameters. */
export function checkOptions(op: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  if (!isOptions(options) || isData(options)) throw new ArgumentError(op, 'options', `must be a plain object, got ${describe(options)}`);
  readOptions(op, [], allowed, [options]);
}

/** One value for all of `count`, or one each. */
export function spread(op: string, argument: string, value: VectorLike, count: number): Float64Array {
  const values = toVector(op, argument, value);
  if (values.length === 1) return new Float64Array(count).fill(values[0]);
  if (values.length !== count) throw new ShapeError(op, `${argument} must hold one value or ${count}, got ${values.length}`);
  return values;
}
