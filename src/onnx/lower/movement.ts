/** Views, joining, selecting and placing. */
import { tensor } from '../../tensor/create.ts';
import { isNode, type Arguments, type Operand } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import type { Node } from '../program.ts';
import { example, plus, sameSize, Sym, type Size } from '../sizes.ts';
import { rule, type Rule, type Rules } from './rule.ts';

const same: Rule = rule('same(input, ...rest?)', (a) => a.name('input'));

/** Another shape of the same elements: the shapes say all. */
function reshaped(a: Arguments, g: Graph): Name {
  const input = a.node('input');
  if (input.dtype !== a.out.dtype) return g.fail('to another dtype of the same memory has no ONNX operator');
  return g.reshape(a.name('input'), input.shape, a.out.shape);
}

function flattened(a: Arguments, g: Graph): Name {
  const input = a.node('input'), rank = input.shape.length;
  const from = a.dim(input, a.number('startDim', 0)), to = a.dim(input, a.number('endDim', -1));
  return from === 1 && to === rank - 1 && rank > 1 ? g.add('Flatten', [a.name('input')], { axis: 1 }) : reshaped(a, g);
}

function squeezed(a: Arguments, g: Graph): Name {
  const input = a.node('input'), given = a.ints('dim')?.map((dim) => a.dim(input, dim));
  const dims = input.shape.flatMap((size, i) => (size === 1 && (given === undefined || given.includes(i)) ? [i] : []));
  return dims.length === 0 ? a.name('input') : g.add('Squeeze', [a.name('input'), g.ints(dims)]);
}

const permuted = (a: Arguments, g: Graph, order: readonly number[]): Name =>
  (order.every((from, to) => from === to) ? a.name('input') : g.add('Transpose', [a.name('input')], { perm: order }));

const swapped = (name: string, first: string, second: string): [string, Rule] => [name, rule(`${name}(input, ${first}, ${second})`, (a, g) => {
  const input = a.node('input'), order = input.shape.map((_, i) => i);
  if (order.length === 0) return a.name('input');
  const i = a.dim(input, a.number(first)), j = a.dim(input, a.number(second));
  [order[i], order[j]] = [order[j], order[i]];
  return permuted(a, g, order);
})];

const moved = (name: string): [string, Rule] => [name, rule(`${name}(input, source, destination)`, (a, g) => {
  const input = a.node('input'), rank = input.shape.length;
  const from = (a.ints('source') ?? []).map((dim) => a.dim(input, dim)), to = (a.ints('destination') ?? []).map((dim) => a.dim(input, dim));
  const order = new Array<number>(rank).fill(-1), rest = input.shape.flatMap((_, i) => (from.includes(i) ? [] : [i]));
  to.forEach((at, k) => { order[at] = from[k]; });
  return permuted(a, g, order.map((dim) => (dim === -1 ? rest.shift() as number : dim)));
})];

const expanded = (a: Arguments, g: Graph): Name => g.add('Expand', [a.name('input'), g.sizes(a.out.shape)]);

/** `[start, end)` of a dim in steps; `end` null is the end of the dim. */
export function sliced(g: Graph, x: Name, dim: number, start: Size, end: Size | null, step = 1): Name {
  return g.add('Slice', [x, g.size(start), end === null ? g.ints([Infinity]) : g.size(end), g.ints([dim]), ...(step === 1 ? [] : [g.ints([step])])]);
}

/** One index of a dim, which goes. */
const selected = (g: Graph, x: Name, dim: number, index: Size): Name => g.add('Gather', [x, g.number(index, 'int64')], { axis: dim });

/** Positions along a dim; negative ones count from its end. */
const gathered = (g: Graph, x: Name, index: Name, dim: number): Name => g.add('Gather', [x, index], { axis: dim });

const integral = (a: Arguments, node: Node): Name => (node.dtype === 'int32' || node.dtype === 'int64' ? a.of(node) : a.of(node, 'int64'));

/** The two dims of a diagonal brought together at the end. */
function diagonal(a: Arguments, g: Graph): Name {
  const input = a.node('input'), offset = a.number('offset', 0);
  const rows = a.dim(input, a.number('dim1', 0)), cols = a.dim(input, a.number('dim2', 1));
  const others = input.shape.flatMap((_, i) => (i === rows || i === cols ? [] : [i])), count = a.out.shape[a.out.shape.length - 1];
  const width = input.shape[cols];
  if (typeof width !== 'number' || typeof count !== 'number') return g.fail('is exported only over dims that are not dynamic');
  const lead = others.map((i) => input.shape[i]);
  const flat = g.reshape(permuted(a, g, [...others, rows, cols]), null, [...lead, (input.shape[rows] as number) * width]);
  return gathered(g, flat, g.ints(Array.from({ length: count }, (_, k) => (k + Math.max(-offset, 0)) * width + k + Math.max(offset, 0))), others.length);
}

/** Windows of a dim; their elements are the new last dim. */
export function windows(a: Arguments, g: Graph): Name {
  const input = a.node('input'), dim = a.dim(input, a.number('first')), size = a.number('second'), step = a.number('third'), count = a.out.shape[dim];
  if (typeof count !== 'number') return g.fail('is exported only over a dim that is not dynamic');
  const index = g.initializer(tensor(Array.from({ length: count }, (_, i) => Array.from({ length: size }, (_unused, k) => i * step + k)), { dtype: 'int64' }));
  const picked = gathered(g, a.name('input'), index, dim), rank = input.shape.length;
  const order = [...Array.from({ length: rank + 1 }, (_, i) => i).filter((i) => i !== dim + 1), dim + 1];
  return g.add('Transpose', [picked], { perm: order });
}

function split(a: Arguments, g: Graph): Name | readonly Name[] {
  const input = a.node('input'), axis = a.dim(input, a.number('dim', 0)), parts = a.results.map(({ shape }) => shape[axis]);
  return parts.length === 1 ? a.name('input') : g.addMany('Split', [a.name('input'), g.sizes(parts)], { axis }, parts.length);
}

function joined(a: Arguments, g: Graph): Name {
  // 1-d empty tensors join with anything.
  const parts = a.nodes('tensors').filter(({ shape }) => !(shape.length === 1 && shape[0] === 0));
  const names = parts.map((part) => a.of(part, a.out.dtype));
  return names.length === 1 ? names[0] : g.add('Concat', names, { axis: a.dim(a.out, a.number('dim', 0)) });
}

function stacked(a: Arguments, g: Graph): Name {
  const axis = a.dim(a.out, a.number('dim', 0));
  return g.add('Concat', a.nodes('tensors').map((part) => g.add('Unsqueeze', [a.of(part, a.out.dtype), g.ints([axis])])), { axis });
}

function flipped(a: Arguments, g: Graph): Name {
  const input = a.node('input'), dims = (a.ints('dims') ?? []).map((dim) => a.dim(input, dim));
  if (input.shape.length === 0 || dims.length === 0) return a.name('input');
  const all = (value: number): Name => g.ints(dims.map(() => value));
  return g.add('Slice', [a.name('input'), all(-1), all(Number.MIN_SAFE_INTEGER), g.ints(dims), all(-1)]);
}

type Reduction = 'none' | 'add' | 'mul' | 'max' | 'min';

/** `src`, a tensor or a number, written where `index` says. */
function scattered(a: Arguments, g: Graph, reduction: Reduction, x: Name, index: Node, src: Operand, dim: number): Name {
  const { dtype } = a.out, updates = isNode(src)
    // PyTorch reads as much of the source as there are indices.
    ? index.shape.reduce<Name>((name, size, i) => (sameSize(size, src.shape[i]) ? name : sliced(g, name, i, 0, size)), a.of(src, dtype))
    : g.add('Expand', [a.value(src, dtype), g.sizes(index.shape)]);
  return g.add('ScatterElements', [x, integral(a, index), updates], { axis: dim, reduction: reduction === 'none' ? undefined : reduction });
}

function scatter(a: Arguments, g: Graph): Name {
  const input = a.node('input'), how = a.raw('reduce'), src = a.operand(a.has('src') ? 'src' : 'value');
  return scattered(a, g, how === 'add' ? 'add' : how === 'multiply' ? 'mul' : 'none', a.name('input'), a.node('index'), src, a.dim(input, a.number('dim')));
}

const REDUCTIONS: Readonly<Record<string, Reduction>> = { sum: 'add', prod: 'mul', amax: 'max', amin: 'min' };

/** Whole rows of a dim: the index of each, for every element of the row. */
function rows(a: Arguments, g: Graph, reduction: Reduction, source: Operand): Name {
  const input = a.node('input'), index = a.node('index'), dim = a.dim(input, a.number('dim')), { dtype } = a.out;
  const shape = input.shape.map((size, i) => (i === dim ? index.shape[0] ?? 1 : size));
  const positions = g.add('Expand', [g.reshape(integral(a, index), null, shape.map((size, i) => (i === dim ? size : 1))), g.sizes(shape)]);
  const updates = isNode(source) ? a.of(source, dtype) : g.add('Expand', [a.value(source, dtype), g.sizes(shape)]);
  return g.add('ScatterElements', [a.name('input'), positions, updates], { axis: dim, reduction: reduction === 'none' ? undefined : reduction });
}

/** PyTorch's `x[...]` of integers, slices, new axes and index tensors next to each other. */
function subscripted(a: Arguments, g: Graph): Name {
  const input = a.node('input'), items = a.raw('items') as readonly unknown[];
  const taken = items.filter((item) => item !== null && item !== '...').length;
  let x = a.name('input'), dim = 0, from = 0;
  const indices: { readonly node: Node | readonly number[]; readonly dim: number }[] = [];
  for (const item of items) {
    const size = input.shape[from];
    if (item === '...') {
      const skipped = input.shape.length - taken;
      dim += skipped;
      from += skipped;
    } else if (item === null) {
      x = g.add('Unsqueeze', [x, g.ints([dim++])]);
    } else if (typeof item === 'number' || typeof item === 'bigint' || item instanceof Sym) {
      x = selected(g, x, dim, item instanceof Sym ? item : Number(item));
      from++;
    } else if (typeof item === 'string') {
      const [start, stop, step] = item.split(':').map((part) => (part.trim() === '' ? undefined : Number(part)));
      if (start !== undefined || stop !== undefined || (step ?? 1) !== 1) x = sliced(g, x, dim, start ?? 0, stop ?? null, step ?? 1);
      dim++;
      from++;
    } else if (isNode(item) && item.dtype !== 'bool' && item.dtype !== 'uint8') {
      indices.push({ node: item, dim });
      dim++;
      from++;
    } else if (Array.isArray(item) && item.every((n) => typeof n === 'number')) {
      indices.push({ node: item as number[], dim });
      dim++;
      from++;
    } else {
      return g.fail(`with a mask as index ${items.indexOf(item)} gives a shape that depends on values, for ${String(example(size ?? 0))} elements; use where()`);
    }
  }
  if (indices.length === 0) return x;
  if (indices.length === 1) {
    const [{ node, dim: at }] = indices;
    return gathered(g, x, isNode(node) ? integral(a, node) : g.ints(node), at);
  }
  return severalIndices(a, g, x, indices);
}

/** `x[mask] = value`, where the value is one for all. */
function putByMask(a: Arguments, g: Graph): Name {
  const input = a.node('input'), given = a.raw('indices'), [mask, ...rest] = Array.isArray(given) ? given as unknown[] : [given], value = a.operand('values');
  if (!isNode(mask) || mask.dtype !== 'bool' || rest.length > 0 || a.bool('accumulate') || (isNode(value) && value.shape.length > 0)) {
    return g.fail('is exported only with one mask and one value for all that it selects; use where(), scatter() or cat()');
  }
  // The mask's dims are the first ones.
  const missing = Array.from({ length: input.shape.length - mask.shape.length }, (_, i) => mask.shape.length + i);
  const condition = missing.length === 0 ? a.of(mask) : g.add('Unsqueeze', [a.of(mask), g.ints(missing)]);
  return g.add('Where', [condition, a.value(value, a.out.dtype), a.name('input', a.out.dtype)]);
}

/** Index tensors for the first dims: rows of GatherND. */
function severalIndices(a: Arguments, g: Graph, x: Name, indices: readonly { readonly node: Node | readonly number[]; readonly dim: number }[]): Name {
  if (!indices.every(({ dim }, i) => dim === i)) return g.fail('is exported with several index tensors only where they are the first indices');
  const shapes = indices.map(({ node }): readonly Size[] => (isNode(node) ? node.shape : [(node as readonly number[]).length]));
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const common = Array.from({ length: rank }, (_, i) => shapes.map((shape) => shape[i - rank + shape.length] ?? 1).reduce((p, q) => (p === 1 ? q : p)));
  const columns = indices.map(({ node }) => g.add('Unsqueeze', [g.add('Expand', [isNode(node) ? a.of(node, 'int64') : g.ints(node as number[]), g.sizes(common)]), g.ints([-1])]));
  return g.add('GatherND', [x, g.add('Concat', columns, { axis: -1 })]);
}

/** The upper or lower triangles of matrices; the operator knows few dtypes. */
const triangle = (name: string, upper: number): [string, Rule] => [name, rule(`${name}(input, diagonal?)`, (a, g) => {
  const { dtype } = a.out, compute = dtype === 'float32' || dtype === 'float64' || dtype === 'int64' ? dtype : dtype.includes('float') ? 'float32' : 'int64';
  return g.cast(g.add('Trilu', [a.name('input', compute), g.number(a.size('diagonal', 0), 'int64')], { upper }), compute, dtype);
})];

export const MOVEMENT: Rules = {
  detach: same, clone: same, contiguous: same, alias: same,
  copyAs: rule('copyAs(input, ...rest?)', (a) => a.name('input', a.out.dtype)),
  view: rule('view(input, ...size)', reshaped),
  reshape: rule('reshape(input, ...shape)', reshaped),
  viewAs: rule('viewAs(input, other)', reshaped),
  reshapeAs: rule('reshapeAs(input, other)', reshaped),
  unflatten: rule('unflatten(input, dim, sizes)', reshaped),
  flatten: rule('flatten(input, startDim?, endDim?)', flattened),
  unsqueeze: rule('unsqueeze(input, dim)', (a, g) => g.add('Unsqueeze', [a.name('input'), g.ints([a.number('dim')])])),
  squeeze: rule('squeeze(input, dim?)', squeezed),
  permute: rule('permute(input, ...dims)', (a, g) => permuted(a, g, (a.ints('dims') ?? []).map((dim) => a.dim(a.node('input'), dim)))),
  t: rule('t(input)', (a, g) => permuted(a, g, a.node('input').shape.map((_, i, { length }) => length - 1 - i))),
  expand: rule('expand(input, ...size)', expanded),
  expandAs: rule('expandAs(input, other)', expanded),
  broadcastTo: rule('broadcastTo(input, ...size)', expanded),
  select: rule('select(input, dim, index)', (a, g) => selected(g, a.name('input'), a.dim(a.node('input'), a.number('dim')), a.size('index'))),
  narrow: rule('narrow(input, dim, start, length)', (a, g) => {
    const input = a.node('input'), dim = a.dim(input, a.number('dim')), start = a.size('start'), length = a.size('length');
    // A negative start counts from the end: the length may then end at 0.
    if (example(start) < 0) return sliced(g, a.name('input'), dim, plus(input.shape[dim], start), plus(plus(input.shape[dim], start), length));
    return start === 0 && sameSize(length, input.shape[dim]) ? a.name('input') : sliced(g, a.name('input'), dim, start, plus(start, length));
  }),
  slice: rule('slice(input, dim?, start?, end?, step?)', (a, g) =>
    sliced(g, a.name('input'), a.dim(a.node('input'), a.number('dim', 0)), a.size('start', 0), a.has('end') ? a.size('end') : null, a.number('step', 1))),
  diagonal: rule('diagonal(input, offset?, dim1?, dim2?)', diagonal),
  split: rule('split(input, splitSize, dim?)', split),
  joined: rule('joined(op, tensors, dim)', joined),
  stacked: rule('stacked(op, tensors, dim)', stacked),
  flip: rule('flip(input, ...dims)', flipped),
  repeat: rule('repeat(input, ...repeats)', (a, g) => {
    const input = a.node('input'), times = a.sizes('repeats'), missing = times.length - input.shape.length;
    const x = missing === 0 ? a.name('input') : g.add('Unsqueeze', [a.name('input'), g.ints(Array.from({ length: missing }, (_, i) => i))]);
    return g.add('Tile', [x, g.sizes(times)]);
  }),
  gather: rule('gather(input, dim, index)', (a, g) => (a.node('input').shape.length === 0 ? a.name('input')
    : g.add('GatherElements', [a.name('input'), integral(a, a.node('index'))], { axis: a.dim(a.node('input'), a.number('dim')) }))),
  indexSelect: rule('indexSelect(input, dim, index)', (a, g) => (a.node('input').shape.length === 0 ? a.name('input')
    : gathered(g, a.name('input'), integral(a, a.node('index')), a.dim(a.node('input'), a.number('dim'))))),
  take: rule('take(input, index)', (a, g) => gathered(g, g.add('Reshape', [a.name('input'), g.ints([-1])]), integral(a, a.node('index')), 0)),
  scatter: rule('scatter(input, dim, index, src?, *, value?, reduce?)', scatter),
  scatterAdd: rule('scatterAdd(input, dim, index, src)', (a, g) => scattered(a, g, 'add', a.name('input'), a.node('index'), a.operand('src'), a.dim(a.node('input'), a.number('dim')))),
  scatterReduce: rule('scatterReduce(input, dim, index, src, reduce, includeSelf?)', (a, g) => {
    const how = REDUCTIONS[a.string('reduce', '')];
    if (how === undefined || !a.bool('includeSelf', true)) return g.fail("is exported only with reduce 'sum', 'prod', 'amax' or 'amin' and includeSelf");
    return scattered(a, g, how, a.name('input'), a.node('index'), a.operand('src'), a.dim(a.node('input'), a.number('dim')));
  }),
  indexAdd: rule('indexAdd(input, dim, index, source, *, alpha?)', (a, g) => {
    if (Number(a.raw('alpha') ?? 1) !== 1) return g.fail('is exported only with alpha 1');
    return rows(a, g, 'add', a.operand('source'));
  }),
  indexCopy: rule('indexCopy(input, dim, index, source)', (a, g) => rows(a, g, 'none', a.operand('source'))),
  indexFill: rule('indexFill(input, dim, index, value)', (a, g) => {
    const value = a.operand('value');
    return rows(a, g, 'none', isNode(value) && value.constant !== null ? value.constant.item() : value);
  }),
  // A lone list is one index, not the list of them.
  index: { read: ([input, ...items]) => ({ input, items }), lower: subscripted },
  indexPut: rule('indexPut(input, indices, values, accumulate?)', putByMask),
  embedding: rule('embedding(weight, indices, paddingIdx?, op?)', (a, g) => gathered(g, a.name('weight'), integral(a, a.node('indices')), 0)),
  ...Object.fromEntries([
    swapped('transpose', 'dim0', 'dim1'), swapped('swapaxes', 'axis0', 'axis1'), swapped('swapdims', 'dim0', 'dim1'), moved('movedim'), moved('moveaxis'),
    triangle('triu', 1), triangle('tril', 0),
  ]),
};
