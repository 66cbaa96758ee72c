/** What users may pass as data, and the checks that turn it into Float64Arrays before anything is drawn. */
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

export function toMatrix(op: string, argument: string, value: unknown): Matrix {
  const data = hasToList(value) ? value.tolist() : value;
  if (!isSequence(data)) throw new ArgumentError(op, argument, `must be rows of numbers or a tensor, got ${describe(value)}`);
  const rows = data.length;
  const first = data[0];
  const columns = isSequence(first) ? first.length : 0;
  if (columns === 0) throw new ShapeError(op, `${argument} must have two dimensions, none of them empty`);
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = data[i];
    if (!isSequence(row) || row.length !== columns) {
      throw new ShapeError(op, `${argument} is ragged: row 0 holds ${columns} values, row ${i} ${isSequence(row) ? row.length : describe(row)}`);
    }
    for (let j = 0; j < columns; j++) {
      const item = row[j];
      if (!isScalar(item)) throw new ArgumentError(op, argument, `must hold numbers, got ${describe(item)} at [${i}, ${j}]`);
      values[i * columns + j] = Number(item);
    }
  }
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

/** Rejects misspelt options, which would otherwise be ignored in silence. */
export function checkOptions(op: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || isData(options)) {
    throw new ArgumentError(op, 'options', `must be a plain object, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name)) throw new ArgumentError(op, name, `is not an option (${allowed.join(', ')})`);
  }
}
