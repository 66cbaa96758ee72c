/** Op names of every family, and the translation of their codes where a binary lists them in another order. */
import type { Family } from '../backend.ts';
import { BINARY_OPS, TERNARY_OPS, UNARY_OPS } from '../../ops/elementwise.ts';
import { ARG_REDUCE_OPS, ARG_SCAN_OPS, CONV_OPS, FACTOR_OPS, NORM_OPS, OPTIM_OPS, ORTHOGONAL_OPS, POOL_OPS, RANDOM_OPS, RECURRENCE_OPS, REDUCE_OPS, SCAN_OPS, SCATTER_OPS, SEARCH_OPS, SELECT_OPS, SOFTMAX_GRAD_OPS, SOFTMAX_OPS, SORT_OPS, TAPS_OPS, TRIANGULAR_OPS } from '../../ops/families.ts';
import type { Addon } from './addon.ts';

export const FAMILY_OPS: Readonly<Partial<Record<Family, readonly string[]>>> = {
  unary: UNARY_OPS, binary: BINARY_OPS, ternary: TERNARY_OPS, reduce: REDUCE_OPS, argReduce: ARG_REDUCE_OPS,
  scan: SCAN_OPS, scatter: SCATTER_OPS, sort: SORT_OPS, select: SELECT_OPS,
  argScan: ARG_SCAN_OPS, searchSorted: SEARCH_OPS, softmax: SOFTMAX_OPS, softmaxGrad: SOFTMAX_GRAD_OPS, norm: NORM_OPS, normGrad: NORM_OPS,
  recurrence: RECURRENCE_OPS, recurrenceGrad: RECURRENCE_OPS, conv: CONV_OPS,
  pool: POOL_OPS, taps: TAPS_OPS, triangular: TRIANGULAR_OPS, factor: FACTOR_OPS, orthogonal: ORTHOGONAL_OPS, random: RANDOM_OPS,
  optimStep: OPTIM_OPS,
};

/** The op's name where the family has ops, else the family's. */
export const opName = (family: Family, op: number): string => FAMILY_OPS[family]?.[op] ?? family;

/** Native code per TypeScript code, -1 for an op the binary lacks; null when they are the same as far as the binary's go. */
export function nativeCodes(addon: Addon, family: Family): Int32Array | null {
  const ours = FAMILY_OPS[family], theirs = addon.ops[family];
  if (ours === undefined) return null;
  const codes = Int32Array.from(ours, (name) => theirs?.indexOf(name) ?? -1);
  return codes.every((code, i) => code === i || (code < 0 && i >= nativeCount(addon, family))) ? null : codes;
}

/** How many ops of a family the binary has. */
export const nativeCount = (addon: Addon, family: Family): number => addon.ops[family]?.length ?? Infinity;
