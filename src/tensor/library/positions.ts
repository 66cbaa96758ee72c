/** Positions of elements as int64 tensors. */
import { show } from '../../core/args.ts';
import { I64, dtypeCode, isIntegral } from '../../core/dtype.ts';
import { ArgumentError, DTypeError } from '../../core/errors.ts';
import { checkShape } from '../../core/layout.ts';
import { emptyTensor } from '../create.ts';
import { copyInto, emptyShape } from '../kernels.ts';
import { nonzeroRows } from '../nonzero.ts';
import { operation, type Method } from '../operation.ts';
import { writeNumbers } from '../values.ts';
import type { Tensor } from '../tensor.ts';

/** Positions of the non-zero elements, one row each, `[count, ndim]`. PyTorch's `torch.argwhere`. */
export const argwhere = operation('argwhere(input: Tensor)', (input): Tensor => nonzeroRows(input));

/** The first `size` positions of non-zero elements, `[size, ndim]`; rows beyond their number hold `fillValue`. PyTorch's `torch.nonzero_static`. */
export const nonzeroStatic = operation('nonzeroStatic(input: Tensor, *, size: int, fillValue: int = -1, out: Tensor?)', (input, size, fillValue): Tensor => {
  if (size < 0) throw new ArgumentError('nonzeroStatic', 'size', `must not be negative, got ${size}`);
  const rows = nonzeroRows(input), count = Math.min(rows.shape[0], size);
  const out = emptyShape(input, [size, input.ndim], I64);
  copyInto(out, fillValue);
  copyInto(out.narrow(0, 0, count), rows.narrow(0, 0, count));
  return out;
});

/** Positions in a tensor of the given shape of positions in the flattened one: one int64 tensor per dim. PyTorch's `torch.unravel_index`. */
export const unravelIndex = operation('unravelIndex(indices: Tensor, shape: any)', (indices, shape): Tensor[] => {
  if (!isIntegral(indices.dtypeCode)) throw new DTypeError('unravelIndex', indices.dtype, `indices must have an integer dtype, got ${indices.dtype}`);
  const sizes = (Array.isArray(shape) ? shape as readonly unknown[] : [shape]).map((size, i) => {
    if (typeof size === 'bigint' ? size >= 0n : typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return BigInt(size as number);
    throw new ArgumentError('unravelIndex', Array.isArray(shape) ? `shape[${i}]` : 'shape', `must be a non-negative integer, got ${show(size)}`);
  });
  let step = 1n;
  const steps = sizes.map(() => 1n);
  for (let i = sizes.length - 1; i >= 0; i--) {
    steps[i] = step;
    step *= sizes[i] > 0n ? sizes[i] : 1n;
  }
  const wide = indices.castTo(I64);
  return sizes.map((size, i) => wide.floorDivide(steps[i]).remainder(size > 0n ? size : 1n));
});

function triangleIndices(op: string, rows: number, columns: number, dtype: string, device: string | undefined, columnsOf: (row: number) => readonly [number, number]): Tensor {
  for (const [name, value] of [['row', rows], ['col', columns]] as const) if (value < 0) throw new ArgumentError(op, name, `must not be negative, got ${value}`);
  const code = dtypeCode(dtype);
  if (!isIntegral(code)) throw new DTypeError(op, dtype, `expected an integer dtype, got ${dtype}`);
  if (device !== undefined && device !== 'cpu') throw new ArgumentError(op, 'device', `must be 'cpu', got ${show(device)}`);
  const i: number[] = [], j: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [from, to] = columnsOf(row);
    for (let column = Math.max(from, 0); column < Math.min(to, columns); column++) {
      i.push(row);
      j.push(column);
    }
  }
  checkShape(op, [2, i.length]);
  const out = emptyTensor([2, i.length], code);
  writeNumbers(out, i.concat(j));
  return out;
}

/** Rows and columns of the lower triangle of a `row` x `col` matrix, up to the diagonal `offset`, `[2, count]`. PyTorch's `torch.tril_indices`. */
export const trilIndices = operation("trilIndices(row: int, col: int, offset: int = 0, *, dtype: dtype = 'int64', device: string?)", (row, col, offset, dtype, device): Tensor =>
  triangleIndices('trilIndices', row, col, dtype, device, (i) => [0, i + offset + 1]));

/** Rows and columns of the upper triangle of a `row` x `col` matrix, from the diagonal `offset` on, `[2, count]`. PyTorch's `torch.triu_indices`. */
export const triuIndices = operation("triuIndices(row: int, col: int, offset: int = 0, *, dtype: dtype = 'int64', device: string?)", (row, col, offset, dtype, device): Tensor =>
  triangleIndices('triuIndices', row, col, dtype, device, (i) => [i + offset, col]));

export const POSITIONS_METHODS = { argwhere, nonzeroStatic };

declare module '../tensor.ts' {
  interface Tensor {
    argwhere: Method<typeof argwhere>;
    nonzeroStatic: Method<typeof nonzeroStatic>;
  }
}
