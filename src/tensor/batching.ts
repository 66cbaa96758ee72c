/**
 * In and out of vmap: a dim of a tensor becomes hidden (`enter`) and comes back (`leave`). Both are views of the same
 * memory and each other's derivatives, so gradients of every order pass through.
 */
import { Batch, dimsOf, levelsOf, sorted, type BatchDim, type Level } from '../core/batch.ts';
import { ITEM_SIZE } from '../core/dtype.ts';
import { Layout, contiguousLayout, type Shape } from '../core/layout.ts';
import { Storage } from '../core/storage.ts';
import { gradEnabled } from './grad-mode.ts';
import { record, setFitBatch, wantsGrad, type BackwardFn } from './graph.ts';
import { visible } from './observer.ts';
import type { Tensor } from './tensor.ts';

export const isBatched = (x: Tensor): boolean => dimsOf(x.storage).length > 0;

/** Bytes from the first element of a layout to the end of the last. */
const extent = (layout: Layout, item: number): number =>
  (layout.numel === 0 ? 0 : (1 + layout.shape.reduce((sum, size, i) => sum + (size - 1) * layout.strides[i], 0)) * item);

/** The memory of `x` seen with other hidden dims, and a sample of the given shape and strides, at offset 0. */
function reseen(x: Tensor, dims: readonly BatchDim[], shape: Shape, strides: readonly number[]): Tensor {
  // Disposed memory must not be seen anew.
  if (!isBatched(x) && x.storage.state !== null) x.storage.state.check();
  const item = ITEM_SIZE[x.dtypeCode];
  const seen = new Layout(shape, strides, 0);
  const storage = new Storage(x.storage.memory, x.storage.byteOffset + x.layout.offset * item, extent(seen, item));
  storage.origin = x.storage.origin ?? x.storage;
  storage.state = dims.length === 0 ? null : new Batch(-1, sorted(dims));
  return x.wrap(storage, seen.contiguous ? contiguousLayout(shape) : seen, x.dtypeCode);
}

/** Gradients pass these views by reference: their memory must not be taken for spent. */
function recordView(name: string, out: Tensor, x: Tensor, backward: BackwardFn): Tensor {
  if (gradEnabled && wantsGrad(x)) record(name, out, [x], backward).foreign = true;
  return out;
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);
const withItem = <T>(list: readonly T[], at: number, item: T): T[] => [...list.slice(0, at), item, ...list.slice(at)];

/** Hides dim `dim`, whose size is the level's: each of its indices is a sample. */
export function enter(x: Tensor, level: Level, dim: number): Tensor {
  const { shape, strides } = x.layout;
  const hidden = { level, stride: strides[dim] * ITEM_SIZE[x.dtypeCode] };
  const out = reseen(x, [...dimsOf(x.storage), hidden], without(shape, dim), without(strides, dim));
  return recordView('VmapEnter', out, x, (g) => leave(g, level, dim));
}

/** The samples of a level as dim `dim`. What is not batched over the level is expanded. */
export function leave(x: Tensor, level: Level, dim: number): Tensor {
  const dims = dimsOf(x.storage);
  const hidden = dims.find((each) => each.level === level);
  if (hidden === undefined) return x.unsqueeze(dim).expand(withItem(x.shape, dim, level.size));
  const out = reseen(x, dims.filter((each) => each !== hidden), withItem(x.shape, dim, level.size), withItem(x.layout.strides, dim, hidden.stride / ITEM_SIZE[x.dtypeCode]));
  return recordView('VmapLeave', out, x, (g) => enter(g, level, dim));
}

/** Whether leaving a level gives memory that others see too. */
export const sharesMemory = (x: Tensor): boolean => x.storage.state instanceof Batch && x.storage.state.birth < 0;

/** Batched over levels too for which it is the same. */
export function expandOver(x: Tensor, levels: readonly Level[]): Tensor {
  const { storage } = x;
  const alias = new Storage(storage.memory, storage.byteOffset, storage.byteLength);
  alias.origin = storage.origin ?? storage;
  alias.state = new Batch(-1, sorted([...dimsOf(storage), ...levels.map((level) => ({ level, stride: 0 }))]));
  // Backward sums over what was expanded, as for every tensor that is batched less than its result.
  return recordView('VmapExpand', x.wrap(alias, x.layout, x.dtypeCode), x, (g) => g);
}

const NONE: readonly Level[] = [];

setFitBatch((gradient, batch, all) => {
  const has = levelsOf(gradient.storage) ?? NONE, wanted = batch ?? NONE;
  if (has.length === 0 && wanted.length === 0) return gradient;
  let fitted = gradient;
  for (const level of has) if (!wanted.includes(level) && (all || !level.alive)) fitted = leave(fitted, level, 0).sum(0);
  const missing = wanted.filter((level) => !level.alive && !has.includes(level));
  return missing.length === 0 ? fitted : expandOver(fitted, missing);
});

/** All samples' elements outside of the graph, with the hidden dims in front: for checks of values. */
export function everySample(x: Tensor): Tensor {
  const levels = levelsOf(x.storage);
  return levels === null ? x : levels.reduceRight<Tensor>((all, level) => leave(all, level, 0), x.detach());
}

/** The same where what is read decides of an error only, never of a result: a tracer of values takes no notice. */
export const toBeChecked = visible('toBeChecked', everySample);
