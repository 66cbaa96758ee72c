/**
 * Values as messages between threads. Everything that structured cloning takes goes as it is; tensors by shared memory,
 * without a copy where they already lie there; instances of portable classes with their fields; portable functions and
 * objects by their module and name. Identity and cycles within one message are kept.
 */
import { isOptions, show } from '../core/args.ts';
import { ITEM_SIZE, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { contiguousLayout, Layout } from '../core/layout.ts';
import { Slab, Storage } from '../core/storage.ts';
import { copyInto } from '../tensor/kernels.ts';
import { Generator } from '../tensor/random.ts';
import { PlainTensor, Tensor } from '../tensor/tensor.ts';
import { referenceTo, resolveReference, type Reference } from './portable.ts';
import { sendBlock, sharedCopy, sharedStorage } from './shared.ts';

type Primitive = string | number | boolean | bigint | null | undefined;
/** A value that is no primitive: its kind, and what it is made of. */
type Node =
  | { readonly kind: 'array' | 'set'; readonly items: Encoded[] }
  | { readonly kind: 'object' | 'map'; readonly keys: Encoded[]; readonly items: Encoded[] }
  | { readonly kind: 'instance'; readonly of: Reference; readonly keys: string[]; readonly items: Encoded[] }
  | { readonly kind: 'constructed'; readonly of: Reference; readonly items: Encoded[] }
  | { readonly kind: 'reference'; readonly of: Reference }
  | { readonly kind: 'tensor'; storage: number; readonly shape: readonly number[]; strides: readonly number[] | null; readonly offset: number; readonly dtype: DTypeCode; readonly requiresGrad: boolean }
  | { readonly kind: 'generator'; readonly words: Int32Array }
  | { readonly kind: 'url'; readonly href: string }
  | { readonly kind: 'buffer' | 'cloned'; readonly value: unknown };
type Encoded = Primitive | Node;

interface SharedPiece {
  readonly buffer: SharedArrayBuffer;
  /** Of the slab in the buffer, and of the storage in the slab. */
  readonly slabOffset: number;
  readonly slabLength: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** A block of the sender's, to be given back. */
  readonly block: number | null;
}

export interface Message {
  readonly root: Encoded;
  readonly storages: readonly SharedPiece[];
}

/** Modules whose portable values a message refers to; the receiver imports them before it decodes. */
export type Modules = Set<string>;

const CLONED = new Set<unknown>([Date, RegExp, ArrayBuffer, SharedArrayBuffer, DataView, Boolean, Number, String]);
const LINE = 64;

class Encoder {
  readonly storages: SharedPiece[] = [];
  private readonly op: string;
  private readonly modules: Modules | null;
  private readonly pack: boolean;
  private readonly nodes = new Map<object, Node>();
  private readonly known = new Map<Storage, number>();
  private readonly sent = new Set<Slab>();
  private readonly toCopy: { readonly tensor: Tensor; readonly node: Extract<Node, { kind: 'tensor' }> }[] = [];

  constructor(op: string, modules: Modules | null, pack: boolean) {
    this.op = op;
    this.modules = modules;
    this.pack = pack;
  }

  encode(value: unknown, path: string): Encoded {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      if (typeof value === 'symbol') throw this.refusal(path, value, '');
      return value as Primitive;
    }
    const seen = this.nodes.get(value);
    if (seen !== undefined) return seen;
    const reference = referenceTo(value);
    if (reference !== undefined) return this.note(value, { kind: 'reference', of: this.use(reference) });
    if (value instanceof Tensor) return this.tensor(value, path);
    // A module can be called too, but has its class's prototype, and goes as an instance of that.
    if (value instanceof Function) throw this.refusal(path, value, value.name === '' ? 'give it a name and declare it' : `declare it by portable(import.meta.url, { ${value.name} })`);
    if (Array.isArray(value)) return this.filled(value, { kind: 'array', items: [] }, value.map((item, i) => [item, `${path}[${i}]`]));
    if (isOptions(value)) {
      const keys = Object.keys(value);
      return this.filled(value, { kind: 'object', keys, items: [] }, keys.map((key) => [value[key], `${path}.${key}`]));
    }
    return this.special(value, path);
  }

  private special(value: object, path: string): Encoded {
    const type = value.constructor as { readonly name: string } | undefined;
    if (value instanceof Map && type === Map) {
      const keys: Encoded[] = [], node = this.note(value, { kind: 'map', keys, items: [] });
      for (const [key, item] of value) {
        keys.push(this.encode(key, `${path}.keys()`));
        (node as { items: Encoded[] }).items.push(this.encode(item, `${path}.get(${show(key)})`));
      }
      return node;
    }
    if (value instanceof Set && type === Set) return this.filled(value, { kind: 'set', items: [] }, [...value].map((item) => [item, path]));
    if (value instanceof Generator) return this.note(value, { kind: 'generator', words: value.words.slice() });
    if (value instanceof URL) return this.note(value, { kind: 'url', href: value.href });
    // A view is cloned with the whole buffer under it.
    if (Buffer.isBuffer(value)) return this.note(value, { kind: 'buffer', value: Uint8Array.prototype.slice.call(value) });
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return this.note(value, { kind: 'cloned', value: (value as Uint8Array).slice() });
    if (CLONED.has(type) || value instanceof Error) return this.note(value, { kind: 'cloned', value });
    const of = type === undefined ? undefined : referenceTo(type);
    if (of === undefined) throw this.refusal(path, value, `declare its class by portable(import.meta.url, { ${type?.name ?? 'TheClass'} }) in the module that has it`);
    const { constructorArgs } = value as { readonly constructorArgs?: () => readonly unknown[] };
    if (typeof constructorArgs === 'function') {
      return this.filled(value, { kind: 'constructed', of: this.use(of), items: [] }, constructorArgs.call(value).map((item, i) => [item, `${path}.constructorArgs()[${i}]`]));
    }
    if (typeof value === 'function') throw this.refusal(path, value, `write constructorArgs() in ${type?.name ?? 'its class'}: what can be called cannot be copied`);
    const keys = Object.keys(value);
    return this.filled(value, { kind: 'instance', of: this.use(of), keys, items: [] }, keys.map((key) => [(value as Readonly<Record<string, unknown>>)[key], `${path}.${key}`]));
  }

  /** The node of a value; known before its members are encoded, which may refer to it. */
  private filled(value: object, node: Extract<Node, { items: Encoded[] }>, members: readonly (readonly [member: unknown, path: string])[]): Node {
    this.note(value, node);
    for (const [member, path] of members) node.items.push(this.encode(member, path));
    return node;
  }

  private note(value: object, node: Node): Node {
    this.nodes.set(value, node);
    return node;
  }

  private use(reference: Reference): Reference {
    this.modules?.add(reference.module);
    return reference;
  }

  private tensor(tensor: Tensor, path: string): Node {
    if (tensor.gradFn !== null) throw this.refusal(path, tensor, 'it is part of a graph, which cannot leave its thread: detach() it');
    const own = tensor.storage.slab.bytes.buffer instanceof SharedArrayBuffer;
    const { storage, layout } = own || this.pack ? tensor : sharedCopy(tensor);
    const node: Extract<Node, { kind: 'tensor' }> = { kind: 'tensor', storage: -1, shape: layout.shape, strides: layout.strides, offset: layout.offset, dtype: tensor.dtypeCode, requiresGrad: tensor.requiresGrad };
    if (this.pack && !own) this.toCopy.push({ tensor, node });
    else node.storage = this.known.get(storage) ?? this.piece(storage);
    return this.note(tensor, node);
  }

  /** Names a storage in shared memory; the first one of a slab says whose block that is. */
  private piece(storage: Storage): number {
    const { slab, byteOffset, byteLength } = storage, { bytes } = slab;
    const block = this.sent.has(slab) ? null : sendBlock(slab);
    this.sent.add(slab);
    const index = this.storages.push({ buffer: bytes.buffer as unknown as SharedArrayBuffer, slabOffset: bytes.byteOffset, slabLength: bytes.byteLength, byteOffset, byteLength, block }) - 1;
    this.known.set(storage, index);
    return index;
  }

  /** Copies what does not lie in shared memory into one block. */
  finish(): void {
    if (this.toCopy.length === 0) return;
    const sizes = this.toCopy.map(({ tensor }) => Math.ceil((tensor.numel() * ITEM_SIZE[tensor.dtypeCode]) / LINE) * LINE);
    const all = sharedStorage(sizes.reduce((a, b) => a + b, 0));
    let at = all.byteOffset;
    this.toCopy.forEach(({ tensor, node }, i) => {
      const layout = contiguousLayout(node.shape), storage = new Storage(all.slab, at, layout.numel * ITEM_SIZE[node.dtype]);
      copyInto(new PlainTensor(storage, layout, node.dtype), tensor);
      node.strides = null;
      node.storage = this.piece(storage);
      at += sizes[i];
    });
  }

  private refusal(path: string, value: unknown, remedy: string): ArgumentError {
    const what = typeof value === 'function' && !(value instanceof Function) ? `a ${(value as object).constructor.name}` : show(value);
    return new ArgumentError(this.op, path.replace(/^\./, ''), `cannot go to another thread: ${what}${remedy === '' ? '' : `; ${remedy}`}`);
  }
}

/**
 * A value as a message; `op` and `path` name it in errors, `modules` collects what the receiver has to import. Private
 * memory is copied: with `pack` into a block that the receiver gives back, else once for all messages.
 */
export function encode(op: string, path: string, value: unknown, { modules = null, pack = false }: { readonly modules?: Modules | null; readonly pack?: boolean } = {}): Message {
  const encoder = new Encoder(op, modules, pack);
  const root = encoder.encode(value, path);
  encoder.finish();
  return { root, storages: encoder.storages };
}

class Decoder {
  private readonly storages: readonly Storage[];
  private readonly values = new Map<Node, unknown>();

  constructor(storages: readonly Storage[]) {
    this.storages = storages;
  }

  decode(value: Encoded): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.values.has(value)) return this.values.get(value);
    switch (value.kind) {
      case 'array': return this.fill([] as unknown[], value, (array, item) => array.push(item));
      case 'set': return this.fill(new Set<unknown>(), value, (set, item) => set.add(item));
      case 'map': return this.fill(new Map<unknown, unknown>(), value, (map, item, i) => map.set(this.decode(value.keys[i]), item));
      case 'object': return this.fill({} as Record<string, unknown>, value, (object, item, i) => define(object, value.keys[i] as string, item));
      case 'instance': {
        const { prototype } = resolveReference(value.of) as { readonly prototype: object };
        return this.fill(Object.create(prototype) as object, value, (object, item, i) => define(object, value.keys[i], item));
      }
      case 'constructed': {
        const type = resolveReference(value.of) as new (...args: readonly unknown[]) => object;
        return this.keep(value, new type(...value.items.map((item) => this.decode(item))));
      }
      case 'reference': return this.keep(value, resolveReference(value.of));
      case 'tensor': return this.keep(value, this.tensor(value));
      case 'generator': return this.keep(value, generatorOf(value.words));
      case 'url': return this.keep(value, new URL(value.href));
      case 'buffer': return this.keep(value, Buffer.from((value.value as Uint8Array).buffer as ArrayBuffer));
      case 'cloned': return this.keep(value, value.value);
    }
  }

  private keep(node: Node, value: unknown): unknown {
    this.values.set(node, value);
    return value;
  }

  private fill<T>(into: T, node: Extract<Node, { items: Encoded[] }>, add: (into: T, item: unknown, i: number) => unknown): T {
    this.values.set(node, into);
    node.items.forEach((item, i) => add(into, this.decode(item), i));
    return into;
  }

  private tensor(node: Extract<Node, { kind: 'tensor' }>): Tensor {
    const layout = node.strides === null ? contiguousLayout(node.shape) : new Layout(node.shape, node.strides, node.offset);
    const tensor = new PlainTensor(this.storages[node.storage], layout, node.dtype);
    if (node.requiresGrad) tensor.requiresGrad = true;
    return tensor;
  }
}

/** Also for a member that is called `__proto__`. */
const define = (object: object, key: string, value: unknown): unknown => Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });

function generatorOf(words: Int32Array): Generator {
  const generator = new Generator();
  generator.words.set(words);
  return generator;
}

/** What a message says; `slabOf` makes the slab over a piece of shared memory, once per buffer. */
export function decode(message: Message, slabOf: (bytes: Uint8Array, block: number | null) => Slab = (bytes) => new Slab(bytes)): unknown {
  const slabs = new Map<string, Slab>(), buffers = new Map<SharedArrayBuffer, number>();
  const storages = message.storages.map((piece) => {
    const number = buffers.get(piece.buffer) ?? buffers.size;
    buffers.set(piece.buffer, number);
    const key = `${number} ${piece.slabOffset} ${piece.slabLength}`;
    let slab = slabs.get(key);
    if (slab === undefined) slabs.set(key, (slab = slabOf(new Uint8Array(piece.buffer, piece.slabOffset, piece.slabLength), piece.block)));
    return new Storage(slab, piece.byteOffset, piece.byteLength);
  });
  return new Decoder(storages).decode(message.root);
}

/** Blocks of a message that will not be decoded. */
export const blocksOf = (message: Message): number[] => message.storages.flatMap(({ block }) => (block === null ? [] : [block]));
