/** Values as a pickle of protocol 2, which `torch.load(weights_only=True)` takes. What is shared is written once. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** As deep as files are read. */
const MAX_DEPTH = 200;
const MAX_INT32 = 2 ** 31;
/** Python's longest integer of one length byte. */
const MAX_LONG = 255;

export class Pickler {
  private bytes = Buffer.alloc(4096);
  private length = 0;
  private readonly memo = new Map<unknown, number>();
  private readonly tensor: (pickler: Pickler, tensor: Tensor) => void;

  /** `tensor` writes what rebuilds a tensor. */
  constructor(tensor: (pickler: Pickler, tensor: Tensor) => void) {
    this.tensor = tensor;
  }

  finish(value: unknown): Uint8Array {
    this.op(0x80, 2);
    this.value(value, [], false);
    this.op(0x2e);
    return new Uint8Array(this.bytes.subarray(0, this.length));
  }

  op(...codes: readonly number[]): void {
    this.room(codes.length);
    for (const code of codes) this.bytes[this.length++] = code;
  }

  global(module: string, name: string): void {
    const key = `${module}\n${name}\n`;
    if (this.recall(key)) return;
    this.op(0x63);
    this.put(Buffer.from(key));
    this.remember(key);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.op(0x58);
    this.word(bytes.length);
    this.put(bytes);
  }

  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= -MAX_INT32 && value < MAX_INT32) {
      this.op(0x4a);
      this.room(4);
      this.length = this.bytes.writeInt32LE(value, this.length);
      return;
    }
    const big = BigInt(value);
    // One bit more than the magnitude needs, for the sign.
    const size = Math.floor((big < 0n ? -big : big).toString(16).length / 2) + 1;
    if (size > MAX_LONG) throw new ArgumentError('save', 'value', `has an integer of ${size} bytes, at most ${MAX_LONG} can be written`);
    const hex = BigInt.asUintN(size * 8, big).toString(16).padStart(size * 2, '0');
    this.op(0x8a, size);
    this.put(Buffer.from(hex, 'hex').reverse());
  }

  integers(values: readonly number[]): void {
    this.op(0x28);
    for (const value of values) this.integer(value);
    this.op(0x74);
  }

  private value(value: unknown, path: readonly string[], integerKeys: boolean): void {
    if (value === null || value === undefined) this.op(0x4e);
    else if (typeof value === 'boolean') this.op(value ? 0x88 : 0x89);
    else if (typeof value === 'bigint') this.integer(value);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.string(value);
    else if (!this.recall(value)) this.object(value, path, integerKeys);
  }

  private object(value: unknown, path: readonly string[], integerKeys: boolean): void {
    const at = path.join('.') || 'value';
    if (path.length > MAX_DEPTH) throw new ArgumentError('save', at.slice(0, 60), `is nested deeper than ${MAX_DEPTH} levels`);
    if (value instanceof Tensor) {
      this.tensor(this, value);
      this.remember(value);
    } else if (Array.isArray(value)) {
      this.op(0x5d);
      this.remember(value);
      this.op(0x28);
      value.forEach((item, i) => this.value(item, [...path, String(i)], false));
      this.op(0x65);
    } else if (value instanceof Map) {
      this.dict(value, value, path, false);
    } else if (value instanceof Uint8Array) {
      this.global('_codecs', 'encode');
      this.string(Buffer.from(value).toString('latin1'));
      this.string('latin1');
      this.op(0x86, 0x52);
      this.remember(value);
    } else if (isOptions(value)) {
      const keys = Object.entries(value), integers = integerKeys && keys.every(([key]) => /^(0|[1-9]\d{0,8})$/.test(key));
      this.dict(value, integers ? keys.map(([key, item]) => [Number(key), item]) : keys, path, 'param_groups' in value);
    } else throw new ArgumentError('save', at, `must be a Tensor, a plain value, or an array, Map or plain object of them, got ${show(value)}`);
  }

  /** An optimizer's state dict numbers its parameters: the keys of `state` beside `param_groups` are integers in Python. */
  private dict(value: object, items: Iterable<readonly [unknown, unknown]>, path: readonly string[], isOptimizer: boolean): void {
    this.op(0x7d);
    this.remember(value);
    this.op(0x28);
    for (const [key, item] of items) {
      const name = String(key);
      this.value(key, [...path, name], false);
      this.value(item, [...path, name], isOptimizer && key === 'state');
    }
    this.op(0x75);
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.integer(value);
      return;
    }
    this.op(0x47);
    this.room(8);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  private recall(value: unknown): boolean {
    const index = this.memo.get(value);
    if (index === undefined) return false;
    this.op(0x6a);
    this.word(index);
    return true;
  }

  private remember(value: unknown): void {
    const index = this.memo.size;
    this.memo.set(value, index);
    this.op(0x72);
    this.word(index);
  }

  private word(value: number): void {
    this.room(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  private put(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
