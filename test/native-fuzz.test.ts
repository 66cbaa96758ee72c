/**
 * The addon, called directly with frames that are nearly right, wrong, or nonsense: it throws or it works. It never
 * crashes, and it never changes a byte outside of the operands it may write.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { FAMILIES, type Family } from '../src/backend/backend.ts';
import { ARG, DIMS, DTYPE, FLOATS, FRAME_LENGTH, IMMEDIATE, ABSENT, INTS, NDIM, OFFSET, OP, OPERAND, OPERANDS, OPERAND_SIZE, PARAMS, STRIDES, frame, frameFloats } from '../src/core/frame.ts';
import { BOOL, F32, F64, I32, I64, ITEM_SIZE } from '../src/core/dtype.ts';
import { OPTIM_OPS, OPTIM_SCALARS, type OptimOp } from '../src/ops/families.ts';
import { RNG_POSITION, RNG_WORDS } from '../src/core/rng.ts';
import type { Addon, NativeKernel } from '../src/backend/native/addon.ts';
import { loadAddon } from '../src/backend/native/load.ts';

/** More, from elsewhere: `FLAMBEAU_FUZZ_CALLS=1000000 FLAMBEAU_FUZZ_SEED=7 npx vitest run test/native-fuzz --testTimeout=1000000`. */
const CALLS = Number(process.env.FLAMBEAU_FUZZ_CALLS ?? 128_000);
const GUARD = 64, SENTINEL = 0x5a;

let addon: Addon;
beforeAll(() => {
  const loaded = loadAddon(undefined);
  if (loaded.addon === null) throw new Error(`no addon: ${JSON.stringify(loaded.tried)}`);
  addon = loaded.addon;
  addon.setFrame(frame);
});

let state = Number(process.env.FLAMBEAU_FUZZ_SEED ?? 12345);
/** An integer in [0, n). */
function below(n: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}
const chance = (oneIn: number): boolean => below(oneIn) === 0;

const OPERAND_COUNT: Readonly<Record<Family, number>> = {
  copy: 2, join: 4, unary: 2, binary: 3, ternary: 4, reduce: 2, argReduce: 2, scan: 2, polyval: 3, moments: 3, matmul: 4, gather: 3,
  scatter: 3, nonzero: 3, sort: 3, select: 3, argScan: 3, searchSorted: 3, softmax: 2, softmaxGrad: 3, crossEntropy: 4, crossEntropyGrad: 4, norm: 6, normGrad: 8,
  recurrence: 7, recurrenceGrad: 8, attention: 5, attentionGrad: 8, conv: 4, pool: 3, taps: 4, distance: 3, distanceGrad: 5, triangular: 2, factor: 4, orthogonal: 5, random: 2, optimStep: 5,
};
const PREDICATES = new Set(['isnan', 'isinf', 'isfinite', 'logicalNot', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'logicalAnd', 'logicalOr', 'logicalXor', 'any', 'all']);
const NASTY = [-1, -2, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), 17, 65536, 46341];

/** Operands that the family writes, by its contract. */
function written(family: Family, operands: number): number[] {
  switch (family) {
    case 'crossEntropy': case 'nonzero': case 'random': case 'sort': case 'select': case 'argScan': return [0, 1];
    case 'pool': return [0, 2];
    case 'factor': return [0, 1, 2, 3];
    case 'orthogonal': return [0, 1, 2, 3, 4];
    case 'norm': return frame[INTS + 2] === 1 ? [0] : [0, 2, 3];
    case 'normGrad': case 'attentionGrad': return [0, 1, 2];
    case 'recurrence': return [0, 1, 2];
    case 'recurrenceGrad': return frame[OP] === 0 ? [0, 1, 2] : [0, 1];
    case 'optimStep': return Array.from({ length: operands - 1 }, (_, k) => k).filter((k) => k !== 1);
    default: return [0];
  }
}

const at = (k: number): number => OPERAND + k * OPERAND_SIZE;

/** Elements of the operands of conv and pool, which are contiguous, by the frame. */
function spatialElements(family: Family, k: number): number {
  const [d, i] = [DIMS, INTS].map((from) => Array.from(frame.subarray(from, from + 16)));
  const volume = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  if (family === 'pool') return d[0] * ((k === 0) === (frame[OP] === 2) && k < 2 ? volume(i.slice(0, 3)) : volume(d.slice(1, 4)));
  const x = d[0] * d[1] * d[3] * volume(i.slice(0, 3)), y = d[0] * d[1] * d[2] * volume(d.slice(4, 7)), w = d[1] * d[2] * d[3] * volume(d.slice(7, 10));
  return [[y, x, w, d[1] * d[2]], [x, y, w, d[1] * d[3]], [w, x, y, 0]][frame[OP]][k];
}

/** Elements of the operands of norm and normGrad, which are contiguous, by the frame. */
function normElements(family: Family, k: number): number {
  const [n, g, size, s] = Array.from(frame.subarray(DIMS, DIMS + 4)), values = n * g * size * s;
  const groups = frame[INTS] === 1 ? n * g : g, weights = frame[INTS + 1] === 1 ? s : g * size;
  return values === 0 ? 0 : (family === 'norm' ? [values, values, groups, groups, weights, weights] : [values, weights, weights, values, values, groups, groups, weights])[k];
}

/** Elements of the operands of factor, which are contiguous, by the frame. */
function factorElements(k: number): number {
  const [count, m, n, r] = Array.from(frame.subarray(DIMS, DIMS + 4));
  return [count * m * n, count * Math.min(m, n), count, count * n * r][k];
}

/** Elements of the operands of orthogonal, which are contiguous, by the frame. */
function orthogonalElements(k: number): number {
  const [count, m, n, left, right] = Array.from(frame.subarray(DIMS, DIMS + 5));
  return [count * m * n, count * Math.min(m, n), count, count * m * left, count * right * n][k];
}

/** Elements of the operands of recurrence and recurrenceGrad, which are contiguous, by the frame. */
function recurrenceElements(family: Family, k: number): number {
  const [time, samples, hidden] = Array.from(frame.subarray(DIMS, DIMS + 3)), all = time * samples * hidden, state = samples * hidden, op = frame[OP];
  const gates = [4, 3, 1, 1][op], weight = gates * hidden * hidden;
  if (all === 0) return 0;
  return (family === 'recurrence' ? [all, all, all * gates, state, state, weight, gates * hidden]
    : [op === 1 ? 4 * all : gates * all, state, op === 0 ? state : all, all, gates * all, all, state, weight])[k];
}

function fillFrame(family: Family): void {
  frame.fill(0);
  const ops = addon.ops[family];
  const op = below(ops?.length ?? 1), name = ops?.[op] ?? '';
  const ndim = family === 'matmul' ? 3 + below(2)
    : family === 'join' || family === 'moments' ? 2
    : family === 'crossEntropy' || family === 'crossEntropyGrad' ? 1 + below(3)
    : family === 'norm' || family === 'normGrad' ? 4 : family === 'recurrence' || family === 'recurrenceGrad' ? 3 : family === 'attention' || family === 'attentionGrad' ? 6 : family === 'conv' ? 10 : family === 'pool' ? 7
    : family === 'taps' || family === 'distance' || family === 'distanceGrad' || family === 'triangular' ? 3 + below(2) : family === 'factor' ? 4 : family === 'orthogonal' ? 5 : family === 'random' || family === 'optimStep' ? 1 : below(4);
  const operands = family === 'optimStep' ? [5, 7, 7, 5, 6, 6, 7, 6, 6, 7][op] : OPERAND_COUNT[family];
  frame[OP] = op;
  frame[NDIM] = ndim;
  frame[OPERANDS] = operands;
  for (let d = 0; d < ndim; d++) frame[DIMS + d] = chance(10) ? 0 : 1 + below(5);
  for (let i = 0; i < 16; i++) {
    frame[INTS + i] = below(4);
    frameFloats[FLOATS + i] = chance(20) ? [NaN, Infinity, -1e300, 2 ** 63][below(4)] : below(9) / 4 - 1;
  }
  if (family === 'matmul') frame[INTS + 1] &= 1;
  if (family === 'gather' || family === 'scatter') frame[INTS + 2] &= 1;
  const dtype = chance(4) ? below(10) : chance(2) ? F32 : below(5);
  for (let k = 0; k < operands; k++) {
    const o = at(k);
    frame[o + ARG] = chance(12) ? (chance(2) ? IMMEDIATE : ABSENT) : below(3);
    frame[o + DTYPE] = dtype;
    frame[o + OFFSET] = below(chance(3) ? 40 : 4);
    let stride = 1;
    for (let d = ndim - 1; d >= 0; d--) {
      frame[o + STRIDES + d] = chance(6) ? 0 : chance(6) ? below(30) : stride;
      stride *= Math.max(1, frame[DIMS + d]);
    }
  }
  if (family === 'copy' && ndim > 0 && chance(3)) {
    const d = below(ndim), step = frame[at(1) + STRIDES + d];
    frame[at(1) + OFFSET] += frame[DIMS + d] * step;
    frame[at(1) + STRIDES + d] = -step;
  }
  const still = (k: number, d: number): void => { frame[at(k) + STRIDES + d] = 0; };
  const type = (k: number, code: number): void => { frame[at(k) + DTYPE] = code; };
  const last = ndim - 1;
  if (PREDICATES.has(name)) type(0, BOOL);
  if (family === 'reduce' && (name === 'countNonzero' || ((name === 'sum' || name === 'prod') && dtype !== F32 && dtype !== F64))) type(0, I64);
  switch (family) {
    case 'ternary': if (name === 'where') type(1, BOOL); break;
    case 'reduce': case 'argReduce':
      for (let d = frame[INTS]; d < ndim; d++) still(0, d);
      if (family === 'argReduce') type(0, I64);
      break;
    case 'join':
      frame[DIMS + 1] = frame[INTS] + frame[INTS + 1] + frame[INTS + 2];
      for (let k = 1; k < operands; k++) still(k, 1);
      if (!chance(10)) frame[at(0) + STRIDES + 1] = 1;
      break;
    case 'polyval': if (ndim > 0) { still(0, last); still(2, last); } break;
    case 'moments': still(0, 0); still(1, 1); still(2, 1); break;
    case 'matmul': still(0, last); still(1, last - 1); still(2, last - 2); still(3, last); break;
    case 'gather': case 'scatter': type(2, chance(2) ? I64 : I32); break;
    case 'nonzero': type(0, I64); type(1, I64); break;
    case 'sort': case 'argScan': type(1, I64); break;
    case 'select':
      type(1, I64);
      if (ndim > 0) still(2, last);
      if (name !== 'smallest' && name !== 'largest' && ndim > 0 && !chance(5)) frame[DIMS + last] = 1;
      if (ndim > 0) frame[INTS] = frame[DIMS + last] + (chance(4) ? below(200) : below(4) - 1);
      break;
    case 'softmax': if (name === 'logSumExp' && ndim > 0) still(0, last); break;
    case 'searchSorted': type(0, I64); if (ndim > 0) still(1, last); break;
    case 'crossEntropy': case 'crossEntropyGrad': {
      const target = family === 'crossEntropy' ? 3 : 2, value = family === 'crossEntropy' ? 0 : 3;
      still(value, last);
      still(target, last);
      if (!chance(4)) for (let k = 0; k < operands; k++) type(k, F32);
      type(target, family === 'crossEntropy' ? I64 : I32);
      break;
    }
    case 'conv': case 'pool':
      for (let d = 0; d < ndim; d++) frame[DIMS + d] = chance(40) ? 0 : 1 + below(chance(3) ? 3 : 2);
      for (let i = 0; i < 3; i++) frame[INTS + i] = 1 + below(4);
      for (let i = 3; i < 12; i++) frame[INTS + i] = i >= 6 && i < 9 ? below(3) : 1 + below(3);
      frame[INTS + 12] = below(2);
      frame[INTS + 13] = below(2);
      frame[INTS + 14] = below(2);
      if (family === 'pool') type(2, I64);
      if (family === 'pool' && op > 0) frame[at(2) + ARG] = ABSENT;
      if (family === 'conv' && (op === 2 || chance(2))) frame[at(3) + ARG] = ABSENT;
      break;
    case 'norm': case 'normGrad':
      for (let i = 0; i < 3; i++) frame[INTS + i] = below(2);
      if (!chance(5)) {
        if (frame[INTS + 1] === 1) frame[INTS] = frame[DIMS + 1] = frame[DIMS + 2] = 1;
        if (frame[INTS] === 0) frame[DIMS + 2] = 1;
      }
      if (name === 'rootMeanSquare' && !chance(5)) frame[at(family === 'norm' ? 2 : 5) + ARG] = ABSENT;
      for (let k = 0; k < operands; k++) if (!chance(20)) type(k, dtype === F64 ? F64 : F32);
      break;
    case 'recurrence': case 'recurrenceGrad': {
      for (let d = 0; d < 3; d++) frame[DIMS + d] = chance(30) ? 0 : 1 + below(3);
      frame[INTS] = below(2);
      const has = (k: number, present: boolean): void => { if (!chance(40)) frame[at(k) + ARG] = present ? below(3) : ABSENT; };
      const gated = op < 2;
      (family === 'recurrence' ? [true, gated, gated, true, op === 0, true, op === 1 && chance(2)] : [true, true, gated, chance(2), gated, true, gated, true]).forEach((present, k) => has(k, present));
      for (let k = 0; k < operands; k++) if (!chance(30)) type(k, dtype === F64 ? F64 : F32);
      break;
    }
    case 'attention': case 'attentionGrad': {
      for (let d = 0; d < 6; d++) frame[DIMS + d] = chance(60) ? 0 : 1 + below(2);
      frame[INTS] = below(2);
      const query = [3, 5], key = [2, 5], value = [2, 4], result = [3, 4], bias = [4, 5];
      (family === 'attention' ? [result, query, key, value, bias] : [query, key, value, result, query, key, value, bias]).forEach((dims, k) => {
        if (!chance(60)) for (const d of dims) still(k, d);
        if (k < operands - 1 && !chance(30)) frame[at(k) + ARG] = below(3);
        if (!chance(40)) type(k, dtype === F64 ? F64 : F32);
      });
      break;
    }
    case 'taps': {
      const [x, y, w] = [[1, 0, 2], [0, 1, 2], [2, 1, 0]][op];
      for (const [k, d] of [[x, last], [x, last - 2], [y, last], [w, last - 1], [3, last - 1]]) if (!chance(60)) still(k, d);
      for (let k = 0; k < 3; k++) if (!chance(30)) type(k, dtype === F64 ? F64 : F32);
      for (let k = 0; k < 4; k++) if (!chance(30)) frame[at(k) + ARG] = k === 2 && w === 2 && chance(3) ? ABSENT : below(3);
      type(3, I32);
      break;
    }
    case 'distance': case 'distanceGrad': {
      // By operand, the dim that it lacks.
      const lacks = family === 'distance' ? [last, last - 1, last - 2] : [last - 1, last - 1, last - 2, last, last];
      lacks.forEach((d, k) => {
        if (!chance(30)) still(k, d);
        if (!chance(30)) type(k, dtype === F64 ? F64 : F32);
      });
      frameFloats[PARAMS] = [0, 0.5, 1, 2, Infinity, NaN, -1][below(7)];
      break;
    }
    case 'triangular':
      still(0, last - 1);
      still(1, last);
      if (!chance(10)) {
        frame[at(0) + STRIDES + last] = 1;
        frame[DIMS + last - 1] = frame[DIMS + last - 2];
      }
      frame[INTS] = below(2);
      for (let k = 0; k < 2; k++) if (!chance(20)) type(k, dtype === F64 ? F64 : F32);
      break;
    case 'factor': {
      if (name !== 'lu' && !chance(20)) frame[DIMS + 2] = frame[DIMS + 1];
      if (name === 'inverse' && !chance(20)) frame[DIMS + 3] = frame[DIMS + 2];
      frame[INTS] = below(2);
      [true, name !== 'cholesky', true, name === 'solve' || name === 'inverse'].forEach((present, k) => {
        if (!chance(40)) frame[at(k) + ARG] = present ? below(3) : ABSENT;
        if (!chance(40)) type(k, k === 1 || k === 2 ? I32 : dtype === F64 ? F64 : F32);
      });
      break;
    }
    case 'orthogonal':
      if (name !== 'svd') for (const d of [2, 3, 4]) if ((d > 2 || name !== 'qr') && !chance(40)) frame[DIMS + d] = Math.min(frame[DIMS + d], frame[DIMS + 1]);
      if (name === 'svd') for (const d of [3, 4]) frame[DIMS + d] = chance(2) ? frame[DIMS + d - 2] : Math.min(frame[DIMS + 1], frame[DIMS + 2]);
      if (name === 'eigh' && !chance(20)) frame[DIMS + 2] = frame[DIMS + 3] = frame[DIMS + 1];
      frame[INTS] = below(2);
      [true, true, name === 'eigh' || name === 'svd', name !== 'qr' && name !== 'eigh' || chance(2), name === 'svd' || (name === 'qr' && chance(2))].forEach((present, k) => {
        if (!chance(40)) frame[at(k) + ARG] = present ? below(3) : ABSENT;
        if (k > 2 && !present && !chance(40)) frame[DIMS + k] = 0;
        if (!chance(40)) type(k, k === 2 ? I32 : dtype === F64 ? F64 : F32);
      });
      break;
    case 'random': type(1, I32); if (name === 'randperm') type(0, I64); break;
    case 'optimStep': for (let k = 1; k <= OPTIM_SCALARS[name as OptimOp]; k++) type(operands - 1 - k, F32); type(operands - 1, F64); break;
    default: break;
  }
  while (chance(4)) frame[below(FRAME_LENGTH)] = NASTY[below(NASTY.length)];
}

/** A view with sentinels on both sides, filled with small numbers of some dtype. */
function makeBuffer(family: Family): { whole: Uint8Array; view: Uint8Array } {
  const bytes = chance(12) ? 0 : 8 * below(90) + (family === 'random' && !chance(3) ? RNG_WORDS * 4 : 0);
  const shift = chance(20) ? 1 : 0;
  const whole = new Uint8Array(chance(3) ? new SharedArrayBuffer(bytes + 2 * GUARD) : new ArrayBuffer(bytes + 2 * GUARD));
  whole.fill(SENTINEL);
  const view = whole.subarray(GUARD + shift, GUARD + shift + bytes);
  if (shift === 0) {
    if (chance(2)) new Float32Array(view.buffer, view.byteOffset, bytes / 4).forEach((_, i, all) => { all[i] = below(9) / 4 - 1; });
    else if (chance(2)) new Float64Array(view.buffer, view.byteOffset, bytes / 8).forEach((_, i, all) => { all[i] = below(9) / 4 - 1; });
    else new BigInt64Array(view.buffer, view.byteOffset, bytes / 8).forEach((_, i, all) => { all[i] = BigInt(below(6) - 1); });
    if (family === 'random' && bytes >= RNG_WORDS * 4) new Int32Array(view.buffer, view.byteOffset)[RNG_POSITION] = chance(5) ? below(2 ** 31) : below(625);
  }
  return { whole, view };
}

/** Byte range [from, to) of the view that an operand spans. */
function span(family: Family, k: number, operands: number): readonly [arg: number, from: number, to: number] {
  const o = at(k), item = ITEM_SIZE[frame[o + DTYPE]] ?? 0;
  let length = 1;
  if (family === 'nonzero') length = k === 0 ? frame[INTS] * frame[NDIM] : 1;
  else if (family === 'conv' || family === 'pool') length = spatialElements(family, k);
  else if (family === 'norm' || family === 'normGrad') length = normElements(family, k);
  else if (family === 'recurrence' || family === 'recurrenceGrad') length = recurrenceElements(family, k);
  else if (family === 'factor') length = factorElements(k);
  else if (family === 'orthogonal') length = orthogonalElements(k);
  else if (family === 'random' && k === 1) length = RNG_WORDS;
  else if (!(family === 'optimStep' && k >= operands - 1 - OPTIM_SCALARS[OPTIM_OPS[frame[OP]]])) {
    for (let d = 0; d < frame[NDIM]; d++) length += Math.max(0, frame[DIMS + d] - 1) * frame[o + STRIDES + d];
    if (family === 'scatter' || (family === 'taps' && frame[OP] === 1)) length += Math.max(0, frame[INTS] - 1) * frame[INTS + 1];
  }
  const from = frame[o + OFFSET] * item;
  return [frame[o + ARG], from, from + length * item];
}

function onlyOutputsChanged(family: Family, buffers: readonly { whole: Uint8Array; view: Uint8Array }[], before: readonly Uint8Array[]): boolean {
  const operands = frame[OPERANDS];
  const spans = written(family, operands).map((k) => span(family, k, operands));
  return buffers.every(({ whole, view }, i) => {
    const start = view.byteOffset;
    let equal = 0;
    const ranges = spans.filter(([arg]) => arg === i).map(([, from, to]) => [start + from, start + to]).sort((a, b) => a[0] - b[0]);
    for (const [from, to] of [...ranges, [whole.length, whole.length]]) {
      if (from > equal && Buffer.compare(whole.subarray(equal, from), before[i].subarray(equal, from)) !== 0) return false;
      equal = Math.max(equal, to);
    }
    return true;
  });
}

/** Makes `calls` random calls; returns how many of each family worked and were refused. */
function fuzz(calls: number): { readonly worked: Map<Family, number>; readonly refused: Map<Family, number> } {
  const worked = new Map<Family, number>(), refused = new Map<Family, number>();
  const count = (map: Map<Family, number>, family: Family): unknown => map.set(family, (map.get(family) ?? 0) + 1);
  for (let i = 0; i < calls; i++) {
    const family = FAMILIES[below(FAMILIES.length)];
    fillFrame(family);
    const buffers = [makeBuffer(family), makeBuffer(family), makeBuffer(family)];
    const before = buffers.map(({ whole }) => whole.slice());
    const views = buffers.slice(0, 1 + below(3)).map(({ view }) => view);
    let result: unknown;
    try {
      result = addon[family](...views);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      count(refused, family);
      buffers.forEach(({ whole }, k) => {
        if (Buffer.compare(whole, before[k]) !== 0) throw new Error(`${family}: refused, but memory changed (call ${i}, ${error.message})`);
      });
      continue;
    }
    if (result !== undefined && result !== false) throw new Error(`${family} returned ${String(result)}`);
    if (result === undefined) count(worked, family);
    if (!onlyOutputsChanged(family, buffers, before)) throw new Error(`${family}: bytes outside of the outputs changed (call ${i})`);
  }
  return { worked, refused };
}

describe('the addon called with anything', () => {
  test(`${CALLS} random calls throw or work, and change nothing but their outputs`, () => {
    const { worked, refused } = fuzz(CALLS);
    for (const family of FAMILIES) expect(refused.get(family), family).toBeGreaterThan(100);
    for (const family of addon.coverage) expect(worked.get(family), family).toBeGreaterThan(50);
  }, 300_000);

  test('so do the builds for lesser instruction sets', () => {
    for (const isa of addon.levels.slice(0, -1)) {
      addon.setIsa(isa);
      const { worked } = fuzz(CALLS / 4);
      for (const family of addon.coverage) expect(worked.get(family), `${isa} ${family}`).toBeGreaterThan(10);
    }
    addon.setIsa('');
  }, 300_000);

  test('arguments that are not views throw a TypeError', () => {
    frame.fill(0);
    frame[OPERANDS] = 2;
    const call = addon.copy as unknown as (...args: readonly unknown[]) => unknown;
    for (const argument of [undefined, null, 1, 'text', {}, [], new ArrayBuffer(8), new SharedArrayBuffer(8), () => 0, Symbol('s')])
      expect(() => call(argument), String(typeof argument)).toThrow(TypeError);
    expect(() => call(...new Array<Uint8Array>(9).fill(new Uint8Array(8)))).toThrow(RangeError);
    expect(() => call()).toThrow(RangeError);
  });

  test('a detached buffer throws', () => {
    const bytes = new Uint8Array(64);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    frame.fill(0);
    frame[OPERANDS] = 2;
    expect(() => addon.copy(bytes)).toThrow(RangeError);
  });

  test('setFrame takes only an Int32Array of the whole frame on shared memory', () => {
    const set = addon.setFrame as unknown as (frame: unknown) => void;
    for (const wrong of [undefined, 1, new Int32Array(FRAME_LENGTH), new Int32Array(new SharedArrayBuffer(64)), new Uint8Array(new SharedArrayBuffer(FRAME_LENGTH * 4)), new DataView(new SharedArrayBuffer(FRAME_LENGTH * 4))])
      expect(() => set(wrong)).toThrow(TypeError);
    set(frame);
  });

  test('the other functions refuse what makes no sense', () => {
    for (const threads of [0, -1, NaN, 1e9, '2', undefined]) expect(() => addon.setNumThreads(threads as number)).toThrow(RangeError);
    for (const isa of ['avx1024', undefined, 7]) expect(() => addon.setIsa(isa as string)).toThrow(RangeError);
    expect(() => addon.place(1 as unknown as Uint8Array)).toThrow(TypeError);
  });

  test('the frame that another thread scribbles on makes no crash', async () => {
    const { Worker } = await import('node:worker_threads');
    const scribbler = new Worker(`
      const { workerData } = require('node:worker_threads');
      const words = new Int32Array(workerData);
      for (let i = 0; ; i++) words[(i * 7919) % words.length] = [-1, 0, 1, 2, 5, 1 << 30, 2147483647][i % 7];
    `, { eval: true, workerData: frame.buffer });
    const bytes = new Uint8Array(8192);
    const kernels: NativeKernel[] = FAMILIES.filter((family) => family !== 'random').map((family) => addon[family]);
    let thrown = 0;
    for (let i = 0; i < 50_000; i++) {
      try {
        kernels[i % kernels.length](bytes, bytes);
      } catch {
        thrown++;
      }
    }
    await scribbler.terminate();
    expect(thrown).toBeGreaterThan(0);
  });
});
