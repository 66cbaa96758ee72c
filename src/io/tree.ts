/**
 * Values as a tree of JSON around named tensors. JSON has no tensors, bigints or non-finite numbers, so every object
 * of the tree is tagged: `{ object }`, `{ tensor }`, `{ bigint }` or `{ number }`.
 */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What `save` takes and `load` gives: tensors and plain values in arrays and plain objects; Maps and bytes in files of PyTorch only. */
export type Saveable = Tensor | string | number | boolean | bigint | null | undefined | Uint8Array | readonly Saveable[] | ReadonlyMap<Saveable, Saveable> | { readonly [key: string]: Saveable };

/** Deep enough for any model, far from the end of the stack. */
const MAX_DEPTH = 200;

type Tagged = { readonly tensor: string } | { readonly object: Readonly<Record<string, unknown>> } | { readonly bigint: string } | { readonly number: string };

/** The tree of a value; its tensors go into `tensors` under dotted names, which for a state dict are its keys. */
export function encodeTree(value: unknown, tensors: Map<string, Tensor>): unknown {
  return encode(value, [], tensors);
}

function encode(value: unknown, path: readonly string[], tensors: Map<string, Tensor>): unknown {
  const at = path.join('.') || 'value';
  if (path.length > MAX_DEPTH) throw new ArgumentError('save', at.slice(0, 60), `is nested deeper than ${MAX_DEPTH} levels (or contains itself)`);
  if (value instanceof Tensor) return { tensor: name(value, path, tensors) };
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : { number: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map((item, i) => encode(item, [...path, String(i)], tensors));
  if (isOptions(value)) return { object: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item, [...path, key], tensors)])) };
  throw new ArgumentError('save', at, `must be a Tensor, a plain value, or an array or plain object of them, got ${show(value)}`);
}

function name(tensor: Tensor, path: readonly string[], tensors: Map<string, Tensor>): string {
  const base = path.join('.') || 'tensor';
  // Keys with dots can collide with nested ones, and one name is taken by the format itself.
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? base : `${base}#${n}`;
    if (candidate === '__metadata__' || tensors.has(candidate)) continue;
    tensors.set(candidate, tensor);
    return candidate;
  }
}

/** The value of a tree; `fail` throws for a malformed one. */
export function decodeTree(tree: unknown, tensors: ReadonlyMap<string, Tensor>, fail: (problem: string) => never, depth = 0): Saveable {
  if (depth > MAX_DEPTH) return fail(`the structure is nested deeper than ${MAX_DEPTH} levels`);
  if (tree === null || typeof tree === 'string' || typeof tree === 'number' || typeof tree === 'boolean') return tree;
  if (Array.isArray(tree)) return tree.map((item: unknown) => decodeTree(item, tensors, fail, depth + 1));
  const tagged = tree as Tagged;
  if ('tensor' in tagged) return tensors.get(String(tagged.tensor)) ?? fail(`the structure names a tensor '${String(tagged.tensor)}' that is not there`);
  if ('bigint' in tagged) return /^-?\d{1,400}$/.test(String(tagged.bigint)) ? BigInt(tagged.bigint) : fail('the structure has a malformed bigint');
  if ('number' in tagged) return ['NaN', 'Infinity', '-Infinity', '-0'].includes(String(tagged.number)) ? Number(tagged.number) : fail('the structure has a malformed number');
  if (!('object' in tagged) || typeof tagged.object !== 'object' || tagged.object === null) return fail('the structure has an unknown node');
  // fromEntries defines properties: a key '__proto__' becomes an ordinary one.
  return Object.fromEntries(Object.entries(tagged.object).map(([key, item]) => [key, decodeTree(item, tensors, fail, depth + 1)]));
}
