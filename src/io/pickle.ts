/**
 * A pickle reader that executes nothing: names resolve to the entries of an allow-list only, whose functions are given
 * by the caller. Protocols 2 to 5, as far as data needs them (the opcodes are those of CPython's pickletools).
 */
import type { Fail } from './source.ts';

/** What a pickle may name, but not have as a value: functions, classes, storages. */
export class Opaque {
  readonly opaque = true;
}

/** A name of the allow-list that can be called. */
export class Callable extends Opaque {
  readonly call: (args: readonly unknown[]) => unknown;
  constructor(call: (args: readonly unknown[]) => unknown) {
    super();
    this.call = call;
  }
}

/** A dict while it is read: its keys need not be strings. */
export class Dict {
  readonly items = new Map<unknown, unknown>();
}

export interface Machine {
  /** The allow-list: what a name such as `collections.OrderedDict` stands for. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** Names of Python 2, as protocol 2 writes them. */
const RENAMED: Readonly<Record<string, string>> = { __builtin__: 'builtins' };
/** Integers of more bytes than this are not data of any checkpoint. */
const MAX_LONG = 1024;
/** Deep enough for any model, far from the end of the stack. */
const MAX_DEPTH = 200;

export type Tuple = readonly unknown[];
/** Tuples are frozen arrays. */
const tuple = (items: unknown[]): Tuple => Object.freeze(items);

/** The value of a pickle, with arrays for lists and tuples, and plain objects (where the keys allow it) for dicts. */
export function unpickle(bytes: Uint8Array, machine: Machine, fail: Fail): unknown {
  return plain(new Reader(bytes, machine, fail).run(), new Map(), 0, fail);
}

class Reader {
  private readonly data: DataView;
  private readonly stack: unknown[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly text = new TextDecoder('utf-8', { fatal: true });
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly machine: Machine;
  private readonly fail: Fail;

  constructor(bytes: Uint8Array, machine: Machine, fail: Fail) {
    this.bytes = bytes;
    this.machine = machine;
    this.fail = (problem) => fail(`the pickle ${problem}`);
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    const { stack } = this;
    for (;;) {
      const position = this.at, code = this.data.getUint8(this.take(1));
      switch (code) {
        case 0x80: this.protocol(); break;
        case 0x95: this.take(8); break; // FRAME
        case 0x2e: { // STOP
          const value = this.pop();
          return stack.length > 0 ? this.fail('ends with values left over') : value;
        }
        case 0x28: this.marks.push(stack.length); break; // MARK
        case 0x30: this.pop(); break; // POP
        case 0x31: this.popMark(); break; // POP_MARK
        case 0x4e: stack.push(null); break; // NONE
        case 0x88: stack.push(true); break;
        case 0x89: stack.push(false); break;
        case 0x4a: stack.push(this.data.getInt32(this.take(4), true)); break; // BININT
        case 0x4b: stack.push(this.byte()); break; // BININT1
        case 0x4d: stack.push(this.data.getUint16(this.take(2), true)); break; // BININT2
        case 0x8a: stack.push(this.long(this.byte())); break; // LONG1
        case 0x8b: stack.push(this.long(this.word())); break; // LONG4
        case 0x47: stack.push(this.data.getFloat64(this.take(8))); break; // BINFLOAT
        case 0x58: stack.push(this.string(this.word())); break; // BINUNICODE
        case 0x8c: stack.push(this.string(this.byte())); break; // SHORT_BINUNICODE
        case 0x8d: stack.push(this.string(this.double())); break; // BINUNICODE8
        case 0x42: stack.push(this.raw(this.word())); break; // BINBYTES
        case 0x43: stack.push(this.raw(this.byte())); break; // SHORT_BINBYTES
        case 0x8e: case 0x96: stack.push(this.raw(this.double())); break; // BINBYTES8, BYTEARRAY8
        case 0x7d: stack.push(new Dict()); break; // EMPTY_DICT
        case 0x5d: case 0x8f: stack.push([]); break; // EMPTY_LIST, EMPTY_SET
        case 0x29: stack.push(tuple([])); break; // EMPTY_TUPLE
        case 0x85: case 0x86: case 0x87: stack.push(tuple(this.several(code - 0x84))); break; // TUPLE1, 2, 3
        case 0x74: stack.push(tuple(this.popMark())); break; // TUPLE
        case 0x61: { // APPEND
          const item = this.pop();
          this.list().push(item);
          break;
        }
        case 0x65: case 0x90: { // APPENDS, ADDITEMS
          const items = this.popMark(), list = this.list();
          for (const item of items) list.push(item);
          break;
        }
        case 0x73: this.set(this.several(2)); break; // SETITEM
        case 0x75: this.set(this.popMark()); break; // SETITEMS
        case 0x71: this.memo.set(this.byte(), this.top()); break; // BINPUT
        case 0x72: this.memo.set(this.word(), this.top()); break; // LONG_BINPUT
        case 0x94: this.memo.set(this.memo.size, this.top()); break; // MEMOIZE
        case 0x68: stack.push(this.recall(this.byte())); break; // BINGET
        case 0x6a: stack.push(this.recall(this.word())); break; // LONG_BINGET
        case 0x63: stack.push(this.named(this.line(), this.line())); break; // GLOBAL
        case 0x93: { // STACK_GLOBAL
          const [module, name] = this.several(2);
          stack.push(typeof module === 'string' && typeof name === 'string' ? this.named(module, name) : this.fail('names something by other than text'));
          break;
        }
        case 0x52: case 0x81: { // REDUCE, NEWOBJ
          const [callable, args] = this.several(2);
          if (!(callable instanceof Callable) || !Array.isArray(args)) this.fail('calls something that is not a function of the allow-list');
          else stack.push(callable.call(args));
          break;
        }
        case 0x62: this.build(); break; // BUILD
        case 0x51: stack.push(this.machine.persistent(this.pop())); break; // BINPERSID
        default: this.fail(`has opcode 0x${code.toString(16).padStart(2, '0')} at byte ${position}, which no data needs`);
      }
    }
  }

  /** Advances by `count` bytes and returns where they start. */
  private take(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) this.fail('ends in the middle');
    this.at = start + count;
    return start;
  }

  private byte(): number {
    return this.data.getUint8(this.take(1));
  }

  private word(): number {
    return this.data.getUint32(this.take(4), true);
  }

  private double(): number {
    return Number(this.data.getBigUint64(this.take(8), true));
  }

  private protocol(): void {
    const version = this.byte();
    if (version < 2 || version > 5) this.fail(`is of protocol ${version}; 2 to 5 can be read`);
  }

  private raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.slice(start, start + length);
  }

  private string(length: number): string {
    const start = this.take(length);
    try {
      return this.text.decode(this.bytes.subarray(start, start + length));
    } catch {
      return this.fail('has text that is not UTF-8');
    }
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.fail('ends in the middle');
    const text = this.string(end - this.at);
    this.at++;
    return text;
  }

  /** A two's complement integer; a number where that is exact. */
  private long(length: number): number | bigint {
    if (length > MAX_LONG) this.fail(`has an integer of ${length} bytes`);
    const start = this.take(length);
    if (length === 0) return 0;
    const hex = Buffer.from(this.bytes.subarray(start, start + length)).reverse().toString('hex');
    const value = BigInt.asIntN(length * 8, BigInt(`0x${hex}`)), number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail('takes a value that is not there');
    return this.stack.pop();
  }

  private top(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail('takes a value that is not there');
    return this.stack[this.stack.length - 1];
  }

  private several(count: number): unknown[] {
    if (this.stack.length - count < (this.marks.at(-1) ?? 0)) this.fail('takes a value that is not there');
    return this.stack.splice(this.stack.length - count);
  }

  private popMark(): unknown[] {
    const mark = this.marks.pop();
    return mark === undefined ? this.fail('takes a mark that is not there') : this.stack.splice(mark);
  }

  private list(): unknown[] {
    const target = this.top();
    return Array.isArray(target) && !Object.isFrozen(target) ? target : this.fail('appends to something that is not a list');
  }

  private set(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Dict) || items.length % 2 !== 0) this.fail('sets items of something that is not a dict');
    else for (let i = 0; i < items.length; i += 2) target.items.set(items[i], items[i + 1]);
  }

  private recall(index: number): unknown {
    if (!this.memo.has(index)) this.fail(`recalls value ${index}, which it never stored`);
    return this.memo.get(index);
  }

  private named(module: string, name: string): unknown {
    const full = `${RENAMED[module] ?? module}.${name}`;
    if (!this.machine.globals.has(full)) this.fail(`asks for ${full}, which is not on the list of what a file may ask for`);
    return this.machine.globals.get(full);
  }

  /** Attributes of an OrderedDict (a state dict's `_metadata`) are dropped; nothing else has any. */
  private build(): void {
    this.pop();
    if (!(this.top() instanceof Dict)) this.fail('sets attributes of something that has none');
  }
}

/** Dicts as plain objects where all keys are strings or all are integers, else as Maps. What is shared stays shared. */
function plain(value: unknown, done: Map<object, unknown>, depth: number, fail: Fail): unknown {
  const isList = Array.isArray(value);
  if (value instanceof Opaque) return fail('the pickle has a function, a class or a storage as a value');
  if (!isList && !(value instanceof Dict)) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  if (depth > MAX_DEPTH) return fail(`the pickle is nested deeper than ${MAX_DEPTH} levels`);
  if (isList) {
    const list: unknown[] = [];
    done.set(value, list);
    for (const item of value) list.push(plain(item, done, depth + 1, fail));
    return list;
  }
  const keys = [...value.items.keys()];
  if (keys.every((key) => typeof key === 'string') || keys.every((key) => Number.isSafeInteger(key))) {
    const object = {};
    done.set(value, object);
    // defineProperty: a key may be '__proto__'.
    for (const [key, item] of value.items) Object.defineProperty(object, key as string | number, { value: plain(item, done, depth + 1, fail), enumerable: true, writable: true, configurable: true });
    return object;
  }
  const map = new Map<unknown, unknown>();
  done.set(value, map);
  for (const [key, item] of value.items) map.set(plain(key, done, depth + 1, fail), plain(item, done, depth + 1, fail));
  return map;
}
