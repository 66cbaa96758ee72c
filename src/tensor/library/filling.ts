/** Elements replaced in place: diagonals, JavaScript functions of each element, another tensor's size. */
import { show } from '../../core/args.ts';
import { ArgumentError, AutogradError, DTypeError, ShapeError } from '../../core/errors.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { toNumbers } from '../values.ts';
import { resize_ } from './memory.ts';

/**
 * A number on the main diagonal; of more than two dims, which must have one size, on the elements with equal indices. `wrap`
 * goes on below a tall matrix's last diagonal element, one row left out. PyTorch's `Tensor.fill_diagonal_`.
 */
export const fillDiagonal_ = operation('fillDiagonal_(input: Tensor, fillValue: scalar, wrap: bool = false)', (input, fillValue, wrap): Tensor => {
  const { shape, ndim } = input;
  if (ndim < 2) throw new ShapeError('fillDiagonal_', `expected at least 2 dimensions, got shape [${shape.join(', ')}]`);
  if (ndim > 2 && shape.some((size) => size !== shape[0])) throw new ShapeError('fillDiagonal_', `expected dimensions of one size, got shape [${shape.join(', ')}]`);
  const fill = (x: Tensor): void => {
    let diagonal = x;
    while (diagonal.ndim > 1) diagonal = diagonal.diagonal();
    diagonal.fill_(fillValue);
  };
  const [height, width] = shape, step = width + 1;
  fill(input);
  if (wrap && ndim === 2) for (let row = step; row < height; row += step) fill(input.narrow(0, row, Math.min(width, height - row)));
  return input;
});

type Element = number | boolean;

/** The elements in row-major order, as `tolist` gives them. */
function listed(op: string, x: Tensor): Element[] {
  const numbers = Array.from(toNumbers(op, x));
  return x.dtype === 'bool' ? numbers.map((value) => value !== 0) : numbers;
}

/** Writes what `callable` gives, all of it or, where it throws, nothing. */
function replace(op: string, self: Tensor, callable: unknown, others: readonly Tensor[]): Tensor {
  if (typeof callable !== 'function') throw new ArgumentError(op, 'callable', `must be a function, got ${show(callable)}`);
  if (self.requiresGrad) throw new AutogradError(`${op}: is not for tensors that require grad; use detach() first`);
  const lists = [self, ...others].map((x) => listed(op, x));
  const values = lists[0].map((_, i) => {
    const value: unknown = (callable as (...elements: Element[]) => unknown)(...lists.map((list) => list[i]));
    if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') throw new ArgumentError(op, 'callable', `must return numbers, got ${show(value)}`);
    return value;
  });
  const result = self.newEmpty([...self.shape]);
  result.writeNumbers(values);
  return self.copy_(result);
}

/** Every element replaced by `callable(element)`, in row-major order; slow, and not for tensors that require grad. PyTorch's `Tensor.apply_`. */
export const apply_ = operation('apply_(input: Tensor, callable: any)', (input, callable): Tensor => replace('apply_', input, callable, []));

/** Every element replaced by `callable(element, other's element)`, `tensor` being broadcast and of the same dtype. PyTorch's `Tensor.map_`. */
export const map_ = operation('map_(input: Tensor, tensor: Tensor, callable: any)', (input, tensor, callable): Tensor => {
  if (tensor.dtypeCode !== input.dtypeCode) throw new DTypeError('map_', tensor.dtype, `tensor must have dtype ${input.dtype}, got ${tensor.dtype}`);
  return replace('map_', input, callable, [tensor.expandAs(input)]);
});

/** `resize_` to the size of another tensor. PyTorch's `torch.resize_as_`. */
export const resizeAs_ = operation("resizeAs_(input: Tensor, theTemplate: Tensor, *, memoryFormat: 'contiguousFormat'|'channelsLast'|'channelsLast3d'?)", (input, theTemplate, memoryFormat): Tensor =>
  resize_(input, [...theTemplate.shape], { memoryFormat }));

export const FILLING_METHODS = { fillDiagonal_, apply_, map_, resizeAs_ };

declare module '../tensor.ts' {
  interface Tensor {
    fillDiagonal_: Method<typeof fillDiagonal_>;
    apply_: (callable: (element: never) => number | boolean | bigint) => Tensor;
    map_: (tensor: Tensor, callable: (element: never, other: never) => number | boolean | bigint) => Tensor;
    resizeAs_: Method<typeof resizeAs_>;
  }
}
