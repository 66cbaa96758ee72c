/** What convolution and pooling share: arguments per spatial dim, and operands as the kernels take them. */
import { ArgumentError } from '../../core/errors.ts';
import { noGrad } from '../grad-mode.ts';
import type { Triple } from '../kernels-spatial.ts';
import type { Tensor } from '../tensor.ts';

/** The elements in row-major order without gaps, outside of the graph. */
export const dense = (x: Tensor): Tensor => noGrad(() => x.detach().contiguous());

export const shapeText = (x: Tensor): string => `[${x.shape.join(', ')}]`;

export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** Numbers per spatial dim, filled up in front with `missing` to three. */
export function triple(list: readonly number[], missing: number): Triple {
  const [d, h, w] = [...new Array<number>(3 - list.length).fill(missing), ...list];
  return [d, h, w];
}

/** One number for all dims, or one for each. */
export function perDim(op: string, name: string, value: readonly number[], dims: number, least: number): readonly number[] {
  if (value.length !== 1 && value.length !== dims) throw new ArgumentError(op, name, `must be one integer or ${dims}, got [${value.join(', ')}]`);
  for (const n of value) if (n < least) throw new ArgumentError(op, name, `must be at least ${least}, got ${value.length === 1 ? n : `[${value.join(', ')}]`}`);
  return value.length === dims ? value : new Array<number>(dims).fill(value[0]);
}
