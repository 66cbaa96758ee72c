/** Tensors joined, and shapes made to agree. */
import { show } from '../../core/args.ts';
import { isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { broadcastShapes as broadcastTwo, checkShape, sameShape } from '../../core/layout.ts';
import { indexTensor } from '../composite.ts';
import { TensorCore } from '../core.ts';
import { record, recording, wantsGrad } from '../graph.ts';
import { joined, requireTensors, stacked } from '../join.ts';
import { copyInto, copyIntoBox, emptyShape } from '../kernels.ts';
import { operation } from '../operation.ts';
import { resultTypeOf } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

/** Joins tensors along an existing dim; dtypes are promoted. PyTorch's `torch.cat`. */
export const cat = operation('cat(tensors: Tensors, dim: int = 0, *, out: Tensor?)', (tensors, dim): Tensor => joined('cat', tensors, dim));
/** `cat` under its other name. PyTorch's `torch.concat`. */
export const concat = operation('concat(tensors: Tensors, dim: int = 0, *, out: Tensor?)', (tensors, dim): Tensor => joined('concat', tensors, dim));
/** `cat` under its other name. PyTorch's `torch.concatenate`. */
export const concatenate = operation('concatenate(tensors: Tensors, dim: int = 0, *, out: Tensor?)', (tensors, dim): Tensor => joined('concatenate', tensors, dim));
/** Joins tensors of one shape along a new dim; dtypes are promoted. PyTorch's `torch.stack`. */
export const stack = operation('stack(tensors: Tensors, dim: int = 0, *, out: Tensor?)', (tensors, dim): Tensor => stacked('stack', tensors, dim));

/** With at least `dims` dims, as a view: NumPy's rule for where the new ones stand. */
const ATLEAST = {
  1: (x: Tensor): Tensor => (x.ndim === 0 ? x.reshape([1]) : x),
  2: (x: Tensor): Tensor => (x.ndim < 2 ? ATLEAST[1](x).unsqueeze(0) : x),
  3: (x: Tensor): Tensor => (x.ndim < 3 ? ATLEAST[2](x).unsqueeze(-1) : x),
} as const;

export interface AtLeast {
  (tensor: Tensor): Tensor;
  (...tensors: readonly Tensor[]): Tensor[];
  (tensors: readonly Tensor[]): Tensor[];
}

function atLeast(dims: 1 | 2 | 3): AtLeast {
  const op = `atleast${dims}d`;
  const run = (...args: readonly (Tensor | readonly Tensor[])[]): Tensor | Tensor[] => {
    if (args.length === 1 && args[0] instanceof TensorCore) return ATLEAST[dims](args[0] as Tensor);
    const tensors = (args.length === 1 && Array.isArray(args[0]) ? args[0] : args) as readonly Tensor[];
    requireTensors(op, tensors);
    return tensors.map(ATLEAST[dims]);
  };
  return Object.defineProperty(run, 'name', { value: op }) as AtLeast;
}

/** A 0-d tensor as `[1]`, others as they are; of several tensors (or one array) an array. PyTorch's `torch.atleast_1d`. */
export const atleast1d = atLeast(1);
/** With at least two dims, new ones first; of several tensors (or one array) an array. PyTorch's `torch.atleast_2d`. */
export const atleast2d = atLeast(2);
/** With at least three dims: `[n]` becomes `[1, n, 1]`, `[m, n]` becomes `[m, n, 1]`; of several tensors (or one array) an array. PyTorch's `torch.atleast_3d`. */
export const atleast3d = atLeast(3);

function raised(op: string, tensors: readonly Tensor[], dims: 1 | 2 | 3): Tensor[] {
  requireTensors(op, tensors);
  return tensors.map(ATLEAST[dims]);
}

/** Joined side by side: along dim 1, of vectors along dim 0. PyTorch's `torch.hstack`. */
export const hstack = operation('hstack(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor => {
  const parts = raised('hstack', tensors, 1);
  return joined('hstack', parts, parts[0].ndim === 1 ? 0 : 1);
});
/** Joined one below the other: along dim 0, vectors as rows. PyTorch's `torch.vstack`. */
export const vstack = operation('vstack(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor => joined('vstack', raised('vstack', tensors, 2), 0));
/** `vstack` under its other name. PyTorch's `torch.row_stack`. */
export const rowStack = operation('rowStack(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor => joined('rowStack', raised('rowStack', tensors, 2), 0));
/** Joined along dim 2; vectors and matrices have a third dim of size 1. PyTorch's `torch.dstack`. */
export const dstack = operation('dstack(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor => joined('dstack', raised('dstack', tensors, 3), 2));
/** Joined along dim 1; numbers and vectors are columns. PyTorch's `torch.column_stack`. */
export const columnStack = operation('columnStack(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor =>
  joined('columnStack', raised('columnStack', tensors, 1).map((x) => (x.ndim === 1 ? x.unsqueeze(1) : x)), 1));

/** Matrices (vectors are rows, numbers 1 x 1) along the diagonal of one matrix, zeros elsewhere; dtypes are promoted. PyTorch's `torch.block_diag`. */
export const blockDiag = operation('blockDiag(...tensors: Tensors)', (tensors): Tensor => {
  requireTensors('blockDiag', tensors);
  const blocks = tensors.map((x, i) => {
    if (x.ndim > 2) throw new ShapeError('blockDiag', `tensors[${i}] must have at most 2 dimensions, got shape [${x.shape.join(', ')}]`);
    return ATLEAST[2](x);
  });
  const type = resultTypeOf(tensors);
  let rows = 0, columns = 0;
  const corners = blocks.map(({ shape }) => [(rows += shape[0]) - shape[0], (columns += shape[1]) - shape[1]] as const);
  const out = emptyShape(blocks[0], [rows, columns], type);
  copyInto(out, 0);
  blocks.forEach((block, k) => copyIntoBox(out, corners[k][0] * columns + corners[k][1], block));
  if (recording(...blocks) && isFloating(type)) {
    record('blockDiag', out, blocks.map((x) => (wantsGrad(x) ? x : null)), (g) =>
      blocks.map(({ shape }, k) => g.narrow(0, corners[k][0], shape[0]).narrow(1, corners[k][1], shape[1])));
  }
  return out;
});

/** The shape that tensors of the given shapes (numbers count as `[n]`) broadcast to. PyTorch's `torch.broadcast_shapes`. */
export function broadcastShapes(...shapes: readonly (number | readonly number[])[]): number[] {
  const lists = shapes.map((shape, i) => {
    if (typeof shape !== 'number' && !Array.isArray(shape)) throw new ArgumentError('broadcastShapes', `shapes[${i}]`, `must be a shape, got ${show(shape)}`);
    const list = typeof shape === 'number' ? [shape] : shape as readonly number[];
    checkShape('broadcastShapes', list);
    return list;
  });
  return [...lists.reduce((all, shape) => broadcastTwo('broadcastShapes', all, shape), [])];
}

/** The tensors as views of one shape. PyTorch's `torch.broadcast_tensors`. */
export const broadcastTensors = operation('broadcastTensors(...tensors: Tensors)', (tensors): Tensor[] => {
  requireTensors('broadcastTensors', tensors);
  const shape = tensors.map((x) => x.shape).reduce((all, each) => broadcastTwo('broadcastTensors', all, each));
  return tensors.map((x) => (sameShape(x.shape, shape) ? x.view([...shape]) : x.expand([...shape])));
});

/** Coordinates of the grid that vectors (or numbers) span, one view per vector; with `indexing: 'xy'` the first two dims are swapped. PyTorch's `torch.meshgrid`. */
export const meshgrid = operation("meshgrid(...tensors: Tensors, *, indexing: 'ij'|'xy' = 'ij')", (tensors, indexing): Tensor[] => {
  requireTensors('meshgrid', tensors);
  const lines = tensors.map((x, i) => {
    if (x.ndim > 1) throw new ShapeError('meshgrid', `tensors[${i}] must be a number or a vector, got shape [${x.shape.join(', ')}]`);
    if (x.dtypeCode !== tensors[0].dtypeCode) throw new DTypeError('meshgrid', x.dtype, `tensors must have one dtype, got ${tensors[0].dtype} and ${x.dtype}`);
    return ATLEAST[1](x);
  });
  const swap = indexing === 'xy' && lines.length > 1;
  const axis = (i: number): number => (swap && i < 2 ? 1 - i : i);
  const shape = lines.map((_, i) => lines[axis(i)].shape[0]);
  return lines.map((x, i) => x.view(shape.map((size, at) => (at === axis(i) ? size : 1))).expand(shape));
});

/** Every way to take one element of each vector, as rows in order; one vector as it is. PyTorch's `torch.cartesian_prod`. */
export const cartesianProd = operation('cartesianProd(...tensors: Tensors)', (tensors): Tensor => {
  requireTensors('cartesianProd', tensors);
  for (const x of tensors) if (x.ndim !== 1) throw new ShapeError('cartesianProd', `tensors must be vectors, got shape [${x.shape.join(', ')}]`);
  if (tensors.length === 1) return tensors[0];
  return stacked('cartesianProd', meshgrid(tensors).map((grid) => grid.reshape([-1])), 1);
});

/** Every way to choose `r` elements of a vector, in order, as rows. PyTorch's `torch.combinations`. */
export const combinations = operation('combinations(input: Tensor, r: int = 2, withReplacement: bool = false)', (input, r, withReplacement): Tensor => {
  if (input.ndim !== 1) throw new ShapeError('combinations', `input must be a vector, got shape [${input.shape.join(', ')}]`);
  if (r < 0) throw new ArgumentError('combinations', 'r', `must not be negative, got ${r}`);
  if (r === 0) return input.newEmpty([0]);
  const n = input.shape[0], picks: number[] = [];
  const choose = (row: readonly number[]): void => {
    if (row.length === r) return void picks.push(...row);
    for (let i = row.length === 0 ? 0 : row[row.length - 1] + (withReplacement ? 0 : 1); i < n; i++) choose([...row, i]);
  };
  choose([]);
  return input.indexSelect(0, indexTensor(input, picks)).view([picks.length / r, r]);
});
