/** Reductions, scans, softmax and sorting. */
import type { DType } from '../../core/dtype.ts';
import type { Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import { productOf } from '../sizes.ts';
import { sliced } from './movement.ts';
import { isFloat, rule, type Rule, type Rules } from './rule.ts';

/** The reduced dims, from the front; all of them where none is given. */
function dimsOf(a: Arguments): readonly number[] {
  const input = a.node('input'), given = a.ints('dim') ?? [];
  return given.length === 0 ? input.shape.map((_, i) => i) : given.map((dim) => a.dim(input, dim)).filter((dim) => dim < input.shape.length);
}

function reduce(g: Graph, type: string, x: Name, dims: readonly number[], keepdim: boolean): Name {
  return dims.length === 0 ? x : g.add(type, [x, g.ints(dims)], { keepdims: keepdim ? 1 : 0 });
}

/** A reduction in the result's dtype. */
const reduction = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, dim?, keepdim?, *, dtype?)`, (a, g) => {
    // There is no reduction of bools.
    const compute = a.out.dtype === 'bool' ? 'int32' : a.out.dtype;
    return g.cast(reduce(g, type, a.name('input', compute), dimsOf(a), a.bool('keepdim')), compute, a.out.dtype);
  })];

/** any and all: of non-zero elements, as the largest or smallest of 0 and 1. */
const predicate = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, dim?, keepdim?)`, (a, g) => {
    const truth = g.cast(a.name('input', 'bool'), 'bool', 'int32');
    return g.cast(reduce(g, type, truth, dimsOf(a), a.bool('keepdim')), 'int32', a.out.dtype);
  })];

const argReduction = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, dim?, keepdim?)`, (a, g) => {
    const input = a.node('input'), x = input.dtype === 'bool' ? a.name('input', 'int32') : a.name('input');
    if (input.shape.length === 0) return g.constant(0, 'int64');
    if (a.has('dim')) return g.add(type, [x], { axis: a.dim(input, a.number('dim')), keepdims: a.bool('keepdim') ? 1 : 0 });
    const flat = g.add(type, [g.add('Reshape', [x, g.ints([-1])])], { axis: 0, keepdims: 0 });
    return a.bool('keepdim') ? g.reshape(flat, null, input.shape.map(() => 1)) : flat;
  })];

/** Mean squared deviation, with `count - correction` instead of the count below. */
function variance(a: Arguments, g: Graph): Name {
  const input = a.node('input'), flag = typeof a.raw('dim') === 'boolean' ? a.raw('dim') as boolean : undefined;
  const dims = flag === undefined ? dimsOf(a) : input.shape.map((_, i) => i), keepdim = a.bool('keepdim');
  const correction = a.number('correction', (flag ?? a.bool('unbiased', true)) ? 1 : 0);
  const { dtype } = a.out, x = a.name('input');
  const centered = g.add('Sub', [x, reduce(g, 'ReduceMean', x, dims, true)]);
  const mean = reduce(g, 'ReduceMean', g.add('Mul', [centered, centered]), dims, keepdim);
  if (correction === 0) return mean;
  const count = g.number(productOf(dims.map((dim) => input.shape[dim])), dtype);
  return g.add('Mul', [mean, g.add('Div', [count, g.add('Sub', [count, g.constant(correction, dtype)])])]);
}

const norm = (a: Arguments, g: Graph): Name => normOf(g, a.name('input', a.out.dtype), a.raw('p') ?? 2, dimsOf(a), a.bool('keepdim'), a.out.dtype);

function normOf(g: Graph, x: Name, p: unknown, dims: readonly number[], keepdim: boolean, dtype: DType): Name {
  if (p === 2 || p === 'fro') return reduce(g, 'ReduceL2', x, dims, keepdim);
  if (p === 1) return reduce(g, 'ReduceL1', x, dims, keepdim);
  const size = g.add('Abs', [x]);
  if (p === Infinity) return reduce(g, 'ReduceMax', size, dims, keepdim);
  if (p === -Infinity) return reduce(g, 'ReduceMin', size, dims, keepdim);
  if (typeof p !== 'number') return g.fail(`is exported only with a number as p, got ${String(p)}`);
  if (p === 0) return reduce(g, 'ReduceSum', g.cast(g.cast(x, dtype, 'bool'), 'bool', dtype), dims, keepdim);
  return g.add('Pow', [reduce(g, 'ReduceSum', g.add('Pow', [size, g.constant(p, dtype)]), dims, keepdim), g.constant(1 / p, dtype)]);
}

/** Along one dim, in the result's dtype; of a 0-d tensor as of one element. */
const along = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, dim, dtype?)`, (a, g) => {
    const input = a.node('input'), x = a.name('input', a.out.dtype);
    if (input.shape.length > 0) return g.add(type, [x], { axis: a.dim(input, a.number('dim')) });
    return g.add('Squeeze', [g.add(type, [g.add('Unsqueeze', [x, g.ints([0])])], { axis: 0 }), g.ints([0])]);
  })];

/** Sorted by TopK of all elements. */
function sorted(a: Arguments, g: Graph, count: Name, largest: boolean): Name[] {
  const input = a.node('input'), bool = input.dtype === 'bool', x = bool ? a.name('input', 'int32') : a.name('input');
  const axis = a.dim(input, a.number('dim', -1));
  if (input.shape.length === 0) return [x, g.constant(0, 'int64')];
  const [values, indices] = g.addMany('TopK', [x, count], { axis, largest: largest ? 1 : 0, sorted: 1 }, 2);
  return [bool ? g.cast(values, 'int32', 'bool') : values, indices];
}

const sortedAll = (a: Arguments, g: Graph): Name[] => {
  const input = a.node('input');
  return sorted(a, g, g.size(input.shape[a.dim(input, a.number('dim', -1))] ?? 1), a.bool('descending'));
};

/** Products of the last 2, 4, 8, ... elements: each step multiplies by the step before, moved along. */
function cumprod(a: Arguments, g: Graph): Name {
  const input = a.node('input'), { dtype } = a.out, rank = input.shape.length, axis = a.dim(input, a.number('dim')), size = input.shape[axis] ?? 1;
  if (typeof size !== 'number') return g.fail('is exported only along a dim that is not dynamic');
  let x = a.name('input', dtype);
  for (let by = 1; by < size && rank > 0; by *= 2) {
    const margins = Array.from({ length: 2 * rank }, (_, i) => (i === axis ? by : 0));
    x = g.add('Mul', [x, g.add('Pad', [sliced(g, x, axis, 0, size - by), g.ints(margins), g.constant(1, dtype)])]);
  }
  return x;
}

export const REDUCTION: Rules = {
  ...Object.fromEntries([
    reduction('sum', 'ReduceSum'), reduction('mean', 'ReduceMean'), reduction('prod', 'ReduceProd'), reduction('amax', 'ReduceMax'), reduction('amin', 'ReduceMin'),
    reduction('logsumexp', 'ReduceLogSumExp'),
    predicate('any', 'ReduceMax'), predicate('all', 'ReduceMin'),
    argReduction('argmax', 'ArgMax'), argReduction('argmin', 'ArgMin'),
    along('softmax', 'Softmax'), along('logSoftmax', 'LogSoftmax'),
  ]),
  var: rule('var(input, dim?, unbiased?, keepdim?, *, correction?)', variance),
  std: rule('std(input, dim?, unbiased?, keepdim?, *, correction?)', (a, g) => g.add('Sqrt', [variance(a, g)])),
  norm: rule('norm(input, p?, dim?, keepdim?, *, dtype?)', norm),
  'linalg.vectorNorm': rule('linalg.vectorNorm(input, p?, dim?, keepdim?, *, dtype?)', norm),
  cdist: rule('cdist(x1, x2, p?, computeMode?)', (a, g) => {
    const { dtype } = a.out, difference = g.add('Sub', [g.add('Unsqueeze', [a.name('x1', dtype), g.ints([-2])]), g.add('Unsqueeze', [a.name('x2', dtype), g.ints([-3])])]);
    return normOf(g, difference, a.raw('p') ?? 2, [a.out.shape.length], false, dtype);
  }),
  nansum: rule('nansum(input, dim?, keepdim?, *, dtype?)', (a, g) => {
    const { dtype } = a.out, x = a.name('input', dtype);
    const kept = isFloat(dtype) ? g.add('Where', [g.add('IsNaN', [x]), g.constant(0, dtype), x]) : x;
    return reduce(g, 'ReduceSum', kept, dimsOf(a), a.bool('keepdim'));
  }),
  countNonzero: rule('countNonzero(input, dim?)', (a, g) => reduce(g, 'ReduceSum', g.cast(a.name('input', 'bool'), 'bool', 'int64'), dimsOf(a), false)),
  cumsum: rule('cumsum(input, dim, dtype?)', (a, g) => {
    const compute: DType = a.out.dtype, input = a.node('input'), x = a.name('input', compute);
    return input.shape.length === 0 ? x : g.add('CumSum', [x, g.constant(a.dim(input, a.number('dim')), 'int64')]);
  }),
  cumprod: rule('cumprod(input, dim, dtype?)', cumprod),
  sort: rule('sort(input, dim?, descending?, *, stable?)', sortedAll),
  argsort: rule('argsort(input, dim?, descending?, *, stable?)', (a, g) => sortedAll(a, g)[1]),
  topk: rule('topk(input, k, dim?, largest?, sorted?)', (a, g) => sorted(a, g, g.size(a.size('k')), a.bool('largest', true))),
};
