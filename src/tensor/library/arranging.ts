/** Elements in other positions: rotations, mirrors, diagonals. */
import { BOOL, I32 } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { checkShape, normalizeDim, normalizeDims } from '../../core/layout.ts';
import { indexTensor } from '../composite.ts';
import { record, recording } from '../graph.ts';
import { copyInto, emptyShape } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** All elements as one dim: a view where possible. PyTorch's `torch.ravel`. */
export const ravel = operation('ravel(input: Tensor)', (input): Tensor => input.contiguous().view([-1]));

/** Turned by `k` quarters in the plane of two dims, from the first to the second. PyTorch's `torch.rot90`. */
export const rot90 = operation('rot90(input: Tensor, k: int = 1, dims: ints = [0,1])', (input, k, dims): Tensor => {
  if (dims.length !== 2 || input.ndim < 2) throw new ShapeError('rot90', `expected two of at least two dimensions, got dims [${dims.join(', ')}] of shape [${input.shape.join(', ')}]`);
  const [a, b] = normalizeDims('rot90', dims, input.ndim);
  switch (((k % 4) + 4) % 4) {
    case 1: return input.flip([b]).transpose(a, b);
    case 2: return input.flip([a, b]);
    case 3: return input.flip([a]).transpose(a, b);
    default: return input.clone();
  }
});

/** Dim 1 in reverse order; a copy. PyTorch's `torch.fliplr`. */
export const fliplr = operation('fliplr(input: Tensor)', (input): Tensor => {
  if (input.ndim < 2) throw new ShapeError('fliplr', `expected at least 2 dimensions, got shape [${input.shape.join(', ')}]`);
  return input.flip([1]);
});

/** Dim 0 in reverse order; a copy. PyTorch's `torch.flipud`. */
export const flipud = operation('flipud(input: Tensor)', (input): Tensor => {
  if (input.ndim < 1) throw new ShapeError('flipud', 'expected at least 1 dimension, got shape []');
  return input.flip([0]);
});

function embedded(op: string, x: Tensor, offset: number, dim1: number, dim2: number): Tensor {
  const ndim = x.ndim + 1;
  const a = normalizeDim(op, dim1, ndim, 'dim1'), b = normalizeDim(op, dim2, ndim, 'dim2');
  if (a === b) throw new ShapeError(op, `dim1 and dim2 must differ, both are ${a}`);
  const rest = x.layout.shape.slice(0, -1), size = x.shape[x.ndim - 1] + Math.abs(offset);
  const shape = Array.from({ length: ndim }, (_, i) => (i === a || i === b ? size : rest.shift() as number));
  checkShape(op, shape);
  const out = emptyShape(x, shape, x.dtypeCode);
  copyInto(out, 0);
  copyInto(out.diagonal(offset, a, b), x);
  if (recording(x)) record(op, out, [x], (g) => g.diagonal(offset, a, b));
  return out;
}

/** Matrices, in the dims `dim1` and `dim2` of the result, whose diagonals `offset` above the main one are the last dim of input. PyTorch's `torch.diag_embed`. */
export const diagEmbed = operation('diagEmbed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1)', (input, offset, dim1, dim2): Tensor => {
  if (input.ndim === 0) throw new ShapeError('diagEmbed', 'expected at least 1 dimension, got shape []');
  return embedded('diagEmbed', input, offset, dim1, dim2);
});

/** A matrix whose diagonal, `offset` above the main one, holds all elements in order. PyTorch's `torch.diagflat`. */
export const diagflat = operation('diagflat(input: Tensor, offset: int = 0)', (input, offset): Tensor => embedded('diagflat', input.reshape([-1]), offset, 0, 1));

/** `x` where `kept` holds for a column and the column of its row's diagonal element, zeros elsewhere; row-major. */
function triangle(op: string, x: Tensor, diagonal: number, kept: (columns: Tensor, limits: Tensor) => Tensor): Tensor {
  if (x.ndim < 2) throw new ShapeError(op, `expected at least 2 dimensions, got shape [${x.shape.join(', ')}]`);
  const [rows, columns] = x.layout.shape.slice(-2), within = Math.min(Math.max(diagonal, -rows), columns);
  const limits = indexTensor(x, Array.from({ length: rows }, (_, i) => i + within)).castTo(I32).unsqueeze(1);
  return x.where(kept(indexTensor(x, Array.from({ length: columns }, (_, i) => i)).castTo(I32), limits), x.dtypeCode === BOOL ? false : 0).contiguous();
}

/** The lower triangle of matrices, up to `diagonal`, zeros elsewhere. PyTorch's `torch.tril`. */
export const tril = operation('tril(input: Tensor, diagonal: int = 0, *, out: Tensor?)', (input, diagonal): Tensor => triangle('tril', input, diagonal, (columns, limits) => columns.le(limits)));
/** The upper triangle of matrices, from `diagonal` on, zeros elsewhere. PyTorch's `torch.triu`. */
export const triu = operation('triu(input: Tensor, diagonal: int = 0, *, out: Tensor?)', (input, diagonal): Tensor => triangle('triu', input, diagonal, (columns, limits) => columns.ge(limits)));

export const ARRANGING_METHODS = { ravel, rot90, fliplr, flipud, diagEmbed, diagflat, tril, triu };
export const ARRANGING_IN_PLACE = { tril, triu };

declare module '../tensor.ts' {
  interface Tensor {
    ravel: Method<typeof ravel>;
    rot90: Method<typeof rot90>;
    fliplr: Method<typeof fliplr>;
    flipud: Method<typeof flipud>;
    diagEmbed: Method<typeof diagEmbed>;
    diagflat: Method<typeof diagflat>;
    tril: Method<typeof tril>;
    tril_: Method<typeof tril>;
    triu: Method<typeof triu>;
    triu_: Method<typeof triu>;
  }
}
