/**
 * Subscripts: what stands between the brackets of PyTorch's `x[...]`. Integers, slices, `...` and new axes give a view;
 * index lists, index tensors and masks select from that view.
 */
import { BOOL, U8 } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { levelsOf } from '../core/batch.ts';
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { numelOf, sameShape } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { nonzeroColumns } from './nonzero.ts';
import { apart, atDims, indexArg, indexTensor, type DimIndex, type Selection } from './selection.ts';
import type { Tensor } from './tensor.ts';

export type IndexList = readonly (number | bigint | boolean | IndexList)[];
/** `'start:stop:step'`, `'...'`, null for a new axis, an integer, a list, an integer tensor or a mask (bool or uint8). */
export type Subscript = number | bigint | boolean | string | null | Tensor | IndexList;

type Item =
  | { readonly kind: 'int'; readonly at: number }
  | { readonly kind: 'slice'; readonly start: number | undefined; readonly stop: number | undefined; readonly step: number }
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'newaxis' }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'index'; readonly index: Tensor }
  | { readonly kind: 'mask'; readonly mask: Tensor };

const SLICE = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/;
const slices = new Map<string, Item>();
const SLICES_KEPT = 1024;

function parseSlice(op: string, text: string): Item {
  const known = slices.get(text);
  if (known !== undefined) return known;
  if (text.trim() === '...') return { kind: 'ellipsis' };
  const match = SLICE.exec(text);
  if (match === null) throw new ArgumentError(op, 'index', `must be a slice like '1:3', '::2' or '...', got ${show(text)}`);
  const part = (k: number): number | undefined => (match[k] === undefined ? undefined : Number(match[k]));
  const step = part(3) ?? 1;
  if (step <= 0) throw new ArgumentError(op, 'index', `must have a positive slice step, got ${show(text)}`);
  const item: Item = { kind: 'slice', start: part(1), stop: part(2), step };
  if (slices.size >= SLICES_KEPT) slices.clear();
  slices.set(text, item);
  return item;
}

/** Numbers (or booleans) of a nested list, and its shape. */
function flatten(op: string, list: IndexList, depth: number, shape: number[], into: (number | boolean)[]): void {
  if (shape.length === depth) shape.push(list.length);
  else if (shape[depth] !== list.length) throw new ShapeError(op, `index list is ragged: expected ${shape[depth]} entries at depth ${depth}, got ${list.length}`);
  for (const entry of list) {
    if (Array.isArray(entry)) flatten(op, entry, depth + 1, shape, into);
    else if (shape.length !== depth + 1) throw new ShapeError(op, `index list is ragged at depth ${depth + 1}`);
    else if (typeof entry === 'boolean') into.push(entry);
    else if ((typeof entry === 'number' && Number.isInteger(entry)) || typeof entry === 'bigint') into.push(Number(entry));
    else throw new ArgumentError(op, 'index', `list must hold integers or booleans, got ${show(entry)}`);
  }
}

function parseList(op: string, x: TensorCore, list: IndexList): Item {
  const shape: number[] = [], values: (number | boolean)[] = [];
  flatten(op, list, 0, shape, values);
  if (numelOf(shape) !== values.length) throw new ShapeError(op, 'index list is ragged');
  const flags = values.filter((value) => typeof value === 'boolean').length;
  if (flags > 0 && flags < values.length) throw new ArgumentError(op, 'index', 'list must not mix booleans and integers');
  if (flags > 0) return { kind: 'mask', mask: indexTensor(x, shape, values.map(Number), BOOL) };
  const wide = (values as number[]).find((value) => Math.abs(value) >= 2 ** 31);
  if (wide !== undefined) throw new IndexRangeError(op, wide, 2 ** 31);
  return { kind: 'index', index: indexTensor(x, shape, values as number[]) };
}

function parseTensor(op: string, index: Tensor): Item {
  if (index.dtypeCode === BOOL || index.dtypeCode === U8) return index.ndim === 0 ? { kind: 'flag', value: index.item() as number | boolean ? true : false } : { kind: 'mask', mask: index };
  const integers = indexArg(op, index);
  return integers.ndim === 0 && levelsOf(integers.storage) === null ? { kind: 'int', at: Number(integers.item()) } : { kind: 'index', index: integers };
}

function parseItem(op: string, x: TensorCore, item: Subscript): Item {
  if (item === null) return { kind: 'newaxis' };
  if (typeof item === 'string') return parseSlice(op, item);
  if (typeof item === 'boolean') return { kind: 'flag', value: item };
  if (typeof item === 'bigint' || (typeof item === 'number' && Number.isInteger(item))) return { kind: 'int', at: Number(item) };
  if (Array.isArray(item)) return parseList(op, x, item as IndexList);
  if (item instanceof TensorCore) return parseTensor(op, item as Tensor);
  throw new ArgumentError(op, 'index', `must be an integer, a slice string, null, a list, or an integer or bool Tensor, got ${show(item)}`);
}

/** How many dims of the indexed tensor an item uses up. */
const consumes = (item: Item): number => (item.kind === 'mask' ? item.mask.ndim : item.kind === 'int' || item.kind === 'slice' || item.kind === 'index' ? 1 : 0);

const isAdvanced = ({ kind }: Item): boolean => kind === 'mask' || kind === 'index' || kind === 'flag';

export interface Subscripts {
  /** The tensor after integers, slices, `...` and new axes. */
  readonly view: Tensor;
  /** What index lists, tensors and masks select from the view; null when there are none. */
  readonly selection: Selection | null;
}

/** Applies subscripts in order. Everything is checked before anything is read or written, but the range of index tensors. */
export function resolve(op: string, x: Tensor, subscripts: readonly Subscript[]): Subscripts {
  const items = subscripts.map((item) => parseItem(op, x, item));
  const used = items.reduce((sum, item) => sum + consumes(item), 0);
  if (used > x.ndim) throw new ShapeError(op, `too many indices: ${used} for a tensor of ${x.ndim} dimensions`);
  // A vmap's integers select a dim of one shape beside no other index; else a dim is selected, and a sample's is read.
  if (items.filter(isAdvanced).length > 1) for (const item of items) if (item.kind === 'index' && item.index.ndim === 0) item.index.item();
  if (items.filter(({ kind }) => kind === 'ellipsis').length > 1) throw new ArgumentError(op, 'index', "must have at most one '...'");
  // `axis` counts dims of x, `dim` those of the view.
  let view = x, dim = 0, axis = 0;
  const advanced: DimIndex[] = [];
  for (const item of items) {
    switch (item.kind) {
      case 'int':
        view = view.select(dim, checkedInt(op, item.at, axis, view.shape[dim]));
        break;
      case 'slice':
        if (item.start !== undefined || item.stop !== undefined || item.step !== 1) view = view.slice(dim, item.start ?? null, item.stop ?? null, item.step);
        dim++;
        break;
      case 'ellipsis':
        dim += x.ndim - used;
        axis += x.ndim - used;
        break;
      case 'newaxis':
        view = view.unsqueeze(dim++);
        break;
      case 'flag':
        // A dimension of size 1 that is taken once or not at all.
        view = view.unsqueeze(dim);
        advanced.push({ dim: dim++, index: indexTensor(x, item.value ? [1] : [0], item.value ? [0] : []) });
        break;
      case 'index':
        advanced.push({ dim: dim++, index: apart(x, item.index) });
        break;
      case 'mask':
        checkMask(op, item.mask, view, dim);
        for (const index of nonzeroColumns(item.mask)) advanced.push({ dim: dim++, index });
        break;
    }
    axis += consumes(item);
  }
  return { view, selection: advanced.length === 0 ? null : atDims(op, view.shape, advanced) };
}

function checkedInt(op: string, at: number, dim: number, size: number): number {
  if (at < -size || at >= size) throw new IndexRangeError(op, at, size, `index ${at} is out of range for dimension ${dim} with size ${size}`);
  return at;
}

function checkMask(op: string, mask: Tensor, view: Tensor, dim: number): void {
  if (!sameShape(mask.shape, view.layout.shape.slice(dim, dim + mask.ndim))) {
    throw new ShapeError(op, `mask of shape [${mask.shape.join(', ')}] does not match dimensions ${dim} to ${dim + mask.ndim - 1} of shape [${view.shape.join(', ')}]`);
  }
}
