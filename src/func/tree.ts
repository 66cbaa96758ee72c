/** Nested arrays and plain objects with tensors in them: the arguments and results that transforms work on. */
import { isOptions } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** A tensor, or arrays and plain objects of such (and of other values, which transforms leave alone). */
export type Tree = unknown;

const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => isOptions(value);

/** Named fields of an array result (values, indices) on another array of the same length. */
function withNames(list: unknown[], like: readonly unknown[]): unknown[] {
  for (const name of Object.getOwnPropertyNames(like)) {
    if (name === 'length' || Object.hasOwn(list, name)) continue;
    const at = like.indexOf((like as unknown as Readonly<Record<string, unknown>>)[name]);
    if (at >= 0) Object.defineProperty(list, name, { value: list[at], enumerable: false });
  }
  return list;
}

/** The tree with every leaf (whatever is neither an array nor a plain object) replaced. */
export function mapLeaves(tree: Tree, change: (leaf: unknown) => unknown): Tree {
  if (isArray(tree)) return withNames(tree.map((item) => mapLeaves(item, change)), tree);
  if (isObject(tree)) return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, mapLeaves(item, change)]));
  return change(tree);
}

export function leavesOf(tree: Tree, leaves: unknown[] = []): unknown[] {
  if (isArray(tree)) for (const item of tree) leavesOf(item, leaves);
  else if (isObject(tree)) for (const key of Object.keys(tree)) leavesOf(tree[key], leaves);
  else leaves.push(tree);
  return leaves;
}

export const mapTensors = (tree: Tree, change: (x: Tensor) => unknown): Tree => mapLeaves(tree, (leaf) => (leaf instanceof Tensor ? change(leaf) : leaf));

/** The tensors of a tree that must hold nothing else. */
export function tensorsOf(op: string, name: string, tree: Tree): Tensor[] {
  return leavesOf(tree).map((leaf) => {
    if (!(leaf instanceof Tensor)) throw new ArgumentError(op, name, `must be a Tensor, or arrays and plain objects of Tensors, got ${kindOf(leaf)}`);
    return leaf;
  });
}

/** The tree with its leaves taken in order from a list. */
export function refill(tree: Tree, leaves: readonly unknown[]): Tree {
  let at = 0;
  return mapLeaves(tree, () => leaves[at++]);
}

/**
 * A tree of the structure of `tree`, from one that may stop earlier: what stands there holds for all below. `op` and
 * `name` are for the error where they do not match.
 */
export function broadcastTree(op: string, name: string, prefix: Tree, tree: Tree): unknown[] {
  if (isArray(prefix)) {
    if (!isArray(tree) || tree.length !== prefix.length) throw new ArgumentError(op, name, `does not match its structure: expected ${kindOf(prefix)}, got ${kindOf(tree)}`);
    return prefix.flatMap((item, i) => broadcastTree(op, name, item, tree[i]));
  }
  if (isObject(prefix)) {
    if (!isObject(tree) || Object.keys(tree).length !== Object.keys(prefix).length) throw new ArgumentError(op, name, `does not match its structure: expected ${kindOf(prefix)}, got ${kindOf(tree)}`);
    return Object.keys(tree).flatMap((key) => {
      if (!Object.hasOwn(prefix, key)) throw new ArgumentError(op, name, `has no entry for '${key}'`);
      return broadcastTree(op, name, prefix[key], tree[key]);
    });
  }
  return leavesOf(tree).map(() => prefix);
}

/** Whether two trees have their leaves at the same places. */
export function sameStructure(a: Tree, b: Tree): boolean {
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, i) => sameStructure(item, b[i]));
  if (isObject(a)) return isObject(b) && Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => Object.hasOwn(b, key) && sameStructure(a[key], b[key]));
  return !isArray(b) && !isObject(b);
}

export function kindOf(value: unknown): string {
  if (isArray(value)) return `an array of ${value.length}`;
  if (isObject(value)) return `an object with keys ${Object.keys(value).join(', ') || '(none)'}`;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value);
  return typeof value === 'function' ? 'a function' : `a ${(value as object).constructor.name}`;
}
