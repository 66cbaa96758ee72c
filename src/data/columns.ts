/** Columns of tables: typed values, and how they come from text. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { DType } from '../core/dtype.ts';
import { tensor } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** `object` holds whatever a file has besides: lists, dates, bytes. */
export type ColumnType = 'float64' | 'float32' | 'int64' | 'int32' | 'bool' | 'string' | 'object';
export const COLUMN_TYPES: readonly ColumnType[] = ['float64', 'float32', 'int64', 'int32', 'bool', 'string', 'object'];

/** One value of a row; null is a missing one. */
export type Cell = number | bigint | boolean | string | null | object;

/** The values of one column. Booleans are kept as 0 and 1. */
export interface Column {
  readonly type: ColumnType;
  readonly values: Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array | readonly Cell[];
}

/** What a row shows of a value: integers are numbers where a number holds them exactly. */
export function cellOf({ type, values }: Column, row: number): Cell {
  const value = values[row];
  if (type === 'bool') return value === 1;
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value;
  return value;
}

export function columnTensor(op: string, name: string, { type, values }: Column, dtype?: DType): Tensor {
  if (type === 'string' || type === 'object') throw new ArgumentError(op, 'column', `${show(name)} has ${type === 'string' ? 'text (see factorize)' : 'values that are not numbers'}, which no tensor holds`);
  return tensor(values as Float64Array, { dtype: dtype ?? type });
}

export const sliceColumn = ({ type, values }: Column, start: number, end: number): Column => ({ type, values: values.slice(start, end) });

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/, INTEGER = /^\s*[+-]?\d+\s*$/, INFINITE = /^\s*([+-]?)inf(inity)?\s*$/i;
const BOOLS: ReadonlyMap<string, 0 | 1> = new Map([['true', 1], ['True', 1], ['TRUE', 1], ['false', 0], ['False', 0], ['FALSE', 0]]);
const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n;

/** The number in a text, or undefined. */
function numberIn(text: string): number | undefined {
  // Number() also reads blanks as 0, and 0x, 0o and 0b.
  const value = Number(text);
  if (value - value === 0 && text.charCodeAt(0) > 32 && !(text.charCodeAt(1) > 57)) return value;
  if (NUMBER.test(text)) return Number(text);
  const infinite = INFINITE.exec(text);
  return infinite === null ? undefined : infinite[1] === '-' ? -Infinity : Infinity;
}

/** Decimal digits that a number surely holds. */
const SAFE_DIGITS = 15;

/** The integer in a text: a number where it is short, which is most of them, else a bigint or undefined. */
function integerIn(text: string): number | bigint | undefined {
  const { length } = text, sign = text.charCodeAt(0);
  let i = sign === 45 || sign === 43 ? 1 : 0, value = 0;
  if (length > i && length <= SAFE_DIGITS) {
    for (; i < length; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (i === length) return sign === 45 ? -value : value;
  }
  if (!INTEGER.test(text)) return undefined;
  const whole = BigInt(text.trim().replace(/^\+/, ''));
  return whole >= INT64_MIN && whole <= INT64_MAX ? whole : undefined;
}

function int64In(text: string): bigint | undefined {
  const value = integerIn(text);
  return typeof value === 'number' ? BigInt(value) : value;
}

/** The narrowest type that holds all the texts, of which null ones are missing: bool, int64, float64, string. */
export function inferType(texts: readonly (string | null)[]): TextType {
  let some = false, missing = false, bools = true, integers = true;
  for (const text of texts) {
    if (text === null) {
      missing = true;
      continue;
    }
    some = true;
    bools = bools && BOOLS.has(text);
    integers = integers && integerIn(text) !== undefined;
    if (!bools && !integers && numberIn(text) === undefined) return 'string';
  }
  // A column without any value is one of missing numbers; integers and booleans have no missing value.
  if (!some) return 'float64';
  return bools ? (missing ? 'string' : 'bool') : integers && !missing ? 'int64' : 'float64';
}

/** Turns texts to the values of a type; `undefined` where a text is not of it. */
const PARSERS: Readonly<Record<Exclude<ColumnType, 'object'>, (text: string) => number | bigint | string | undefined>> = {
  float64: numberIn,
  float32: numberIn,
  int64: int64In,
  int32(text) {
    const value = Number(integerIn(text) ?? NaN);
    return value === (value | 0) ? value | 0 : undefined;
  },
  bool: (text) => BOOLS.get(text),
  string: (text) => text,
};

const ARRAYS = { float64: Float64Array, float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array } as const;
type Numeric = keyof typeof ARRAYS;

/** Types that come from text. */
export type TextType = Exclude<ColumnType, 'object'>;

/** A fill as a value of a type, or undefined if it is none. */
export function fillValue(type: TextType, fill: unknown): number | bigint | string | undefined {
  if (Number.isNaN(fill)) return type.startsWith('float') ? NaN : undefined;
  if (typeof fill === 'string') return type === 'string' ? fill : undefined;
  if (typeof fill === 'boolean' || typeof fill === 'number' || typeof fill === 'bigint') return (typeof fill === 'boolean') === (type === 'bool') && type !== 'string' ? PARSERS[type](String(fill)) : undefined;
  return undefined;
}

/**
 * A column that grows by texts. `fill` stands for missing values; without it they are NaN, in text null, and errors
 * elsewhere. Where the type is only `inferred`, integers become floats when they have to.
 */
export class ColumnBuilder {
  private type: TextType;
  private readonly inferred: boolean;
  private fill: number | bigint | string | undefined;
  private readonly required: boolean;
  private numbers: InstanceType<(typeof ARRAYS)[Numeric]> | null;
  private readonly texts: (string | null)[] = [];
  private length = 0;

  constructor(type: TextType, { inferred, fill, required }: { readonly inferred: boolean; readonly fill: number | bigint | string | undefined; readonly required: boolean }) {
    this.type = type;
    this.inferred = inferred;
    this.required = required;
    this.numbers = type === 'string' ? null : new ARRAYS[type](64);
    this.fill = fill;
  }

  /** Appends a value, or says what is wrong with it. */
  add(text: string | null): string | undefined {
    const value = text === null ? this.absent() : PARSERS[this.type](text);
    if (value === undefined) {
      if (text === null && this.required) return 'has no value';
      if (this.inferred && this.type === 'int64' && (text === null || PARSERS.float64(text) !== undefined)) {
        this.widen();
        return this.add(text);
      }
      return text === null ? `has no value, and ${this.type} has none that stands for it: give a fill` : `${show(text)} is not of type ${this.type}`;
    }
    if (this.numbers === null) this.texts.push(value as string | null);
    else {
      if (this.length === this.numbers.length) this.grow(this.numbers);
      this.numbers[this.length] = value as never;
    }
    this.length++;
    return undefined;
  }

  /** The column so far; what is added next begins a new one. */
  take(): Column {
    const values = this.numbers === null ? this.texts.splice(0) : this.numbers.slice(0, this.length);
    this.length = 0;
    return { type: this.type, values };
  }

  private absent(): number | bigint | string | null | undefined {
    if (this.fill !== undefined) return this.fill;
    if (this.required) return undefined;
    return this.type === 'string' ? null : this.type.startsWith('float') ? NaN : undefined;
  }

  private grow(full: InstanceType<(typeof ARRAYS)[Numeric]>): void {
    const larger = new ARRAYS[this.type as Numeric](full.length * 2);
    larger.set(full as never);
    this.numbers = larger;
  }

  private widen(): void {
    this.type = 'float64';
    this.numbers = Float64Array.from(this.numbers as BigInt64Array, Number);
    if (this.fill !== undefined) this.fill = Number(this.fill);
  }
}
