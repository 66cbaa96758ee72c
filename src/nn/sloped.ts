/** Functions whose derivative is stated, not composed. */
import { Function, type Context } from '../tensor/function.ts';
import { recording } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';

type Formula = (x: Tensor) => Tensor;

class Sloped extends Function {
  static override forward(ctx: Context, x: Tensor, value: Formula, slope: Formula): Tensor {
    ctx.saveForBackward(x);
    ctx.slope = slope;
    return value(x);
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    return [grad.mul((ctx.slope as Formula)(ctx.savedTensors[0])), null, null];
  }
}

/** `value(x)` with the derivative `slope(x)`, which a composition would not give at its kinks and infinities. */
export const sloped = (x: Tensor, value: Formula, slope: Formula): Tensor => (recording(x) ? Sloped.apply(x, value, slope) : value(x));
