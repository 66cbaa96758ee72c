import { beforeEach, describe, expect, test } from 'vitest';
import { AutogradError, autograd, expr, noGrad, ones, setBackend, tensor, zeros, type Tensor } from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';

type Context = autograd.Context;
const leaf = (data: number | number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const gradOf = (x: Tensor): unknown => x.grad?.tolist();

class LegendreP3 extends autograd.Function {
  static override forward(ctx: Context, input: Tensor): Tensor {
    ctx.saveForBackward(input);
    return expr`0.5 * (5 * ${input}**3 - 3 * ${input})`;
  }

  static override backward(ctx: Context, grad: Tensor): Tensor {
    const [input] = ctx.savedTensors;
    return grad.mul(expr`1.5 * (5 * ${input}**2 - 1)`);
  }
}

class MulAdd extends autograd.Function {
  static override forward(ctx: Context, a: Tensor, b: Tensor, scale: number): [Tensor, Tensor] {
    ctx.saveForBackward(a, b);
    ctx.scale = scale;
    return [a.mul(b), a.add(b).mul(scale)];
  }

  static override backward(ctx: Context, product: Tensor, sum: Tensor): (Tensor | null)[] {
    const [a, b] = ctx.savedTensors;
    const scale = ctx.scale as number;
    return [ctx.needsInputGrad[0] ? product.mul(b).add(sum.mul(scale)) : null, product.mul(a).add(sum.mul(scale)), null];
  }
}

describe.each(BACKENDS)('on the %s backend, a Function', (backend) => {
  beforeEach(() => setBackend(backend));

  test('runs its own derivative, to second order too', () => {
    const x = leaf([0.3, -0.7]);
    const y = LegendreP3.apply(x);
    expect(String(y)).toContain('grad_fn=<LegendreP3Backward>');
    expect(autograd.gradcheck((t: Tensor) => LegendreP3.apply(t), [x])).toBe(true);
    expect(autograd.gradgradcheck((t: Tensor) => LegendreP3.apply(t), [x])).toBe(true);
  });

  test('records nothing in noGrad or for inputs that need no gradient', () => {
    expect(noGrad(() => LegendreP3.apply(leaf(1))).requiresGrad).toBe(false);
    expect(LegendreP3.apply(ones(1)).requiresGrad).toBe(false);
  });

  test('may have several inputs and outputs, and arguments that are no tensors', () => {
    const a = leaf([1, 2]), b = leaf([3, 4]);
    const [product, sum] = MulAdd.apply(a, b, 10);
    expect([product.tolist(), sum.tolist()]).toEqual([[3, 8], [40, 60]]);
    product.sum().add(sum.select(0, 0)).backward();
    expect([gradOf(a), gradOf(b)]).toEqual([[13, 4], [11, 2]]);
    expect(autograd.gradgradcheck((x: Tensor, y: Tensor) => MulAdd.apply(x, y, 3), [a, b])).toBe(true);
    const c = ones([2], { dtype: 'float64' });
    MulAdd.apply(c, b, 1)[0].sum().backward();
    expect(c.grad).toBeNull();
  });

  test('gets zeros for an output that received no gradient, or null when it asks for that', () => {
    const seen: unknown[] = [];
    class Two extends autograd.Function {
      static override forward(ctx: Context, x: Tensor, materialize: boolean): Tensor[] {
        ctx.setMaterializeGrads(materialize);
        return [x.mul(1), x.mul(2)];
      }

      static override backward(_ctx: Context, a: Tensor | null, b: Tensor | null): (Tensor | null)[] {
        seen.push(a?.tolist() ?? null, b?.tolist() ?? null);
        return [(a ?? b) as Tensor, null];
      }
    }
    const x = leaf([1, 2]);
    Two.apply(x, true)[1].sum().backward();
    Two.apply(x, false)[0].sum().backward();
    expect(seen).toEqual([[0, 0], [1, 1], [1, 1], null]);
  });

  test('may declare outputs without a gradient', () => {
    class Sorted extends autograd.Function {
      static override forward(ctx: Context, x: Tensor): Tensor[] {
        const sign = x.sign();
        ctx.markNonDifferentiable(sign);
        return [x.abs(), sign];
      }

      static override backward(_ctx: Context, g: Tensor, _s: Tensor): Tensor {
        return g;
      }
    }
    const [abs, sign] = Sorted.apply(leaf([-1, 2]));
    expect([abs.requiresGrad, sign.requiresGrad]).toEqual([true, false]);
  });

  test('may write in place what it marks dirty', () => {
    class Double extends autograd.Function {
      static override forward(ctx: Context, x: Tensor): Tensor {
        ctx.markDirty(x);
        return x.mul_(2);
      }

      static override backward(_ctx: Context, g: Tensor): Tensor {
        return g.mul(2);
      }
    }
    const w = leaf([1, 2]), x = w.mul(1), y = Double.apply(x);
    expect(y === x).toBe(true);
    y.square().sum().backward();
    expect([x.tolist(), gradOf(w)]).toEqual([[2, 4], [8, 16]]);
    expect(() => Double.apply(leaf([1]))).toThrow(/leaf/);
  });

  test('may return its input, which then is another tensor', () => {
    class Reverse extends autograd.Function {
      static override forward(_ctx: Context, x: Tensor): Tensor {
        return x;
      }

      static override backward(_ctx: Context, g: Tensor): Tensor {
        return g.neg();
      }
    }
    const x = leaf([1, 2]), y = Reverse.apply(x);
    expect(y === x).toBe(false);
    y.mul(3).sum().backward();
    expect(gradOf(x)).toEqual([-3, -3]);
  });

  test('may save its output', () => {
    class Exp extends autograd.Function {
      static override forward(ctx: Context, x: Tensor): Tensor {
        const y = x.exp();
        ctx.saveForBackward(y);
        return y;
      }

      static override backward(ctx: Context, g: Tensor): Tensor {
        return g.mul(ctx.savedTensors[0]);
      }
    }
    expect(autograd.gradgradcheck((t: Tensor) => Exp.apply(t), [leaf([0.5, -1])])).toBe(true);
  });

  test('may split forward and context, as newer scripts do', () => {
    class Scale extends autograd.Function {
      static override forward(x: Tensor, factor: number): Tensor;
      static override forward(ctx: Context, ...args: never[]): unknown;
      static override forward(x: unknown, factor?: unknown): unknown {
        return (x as Tensor).mul(factor as number);
      }

      static override setupContext = (ctx: Context, inputs: [Tensor, number]): void => {
        ctx.factor = inputs[1];
      };

      static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
        return [g.mul(ctx.factor as number), null];
      }
    }
    const x = leaf([1, 2]);
    (Scale as unknown as { apply(x: Tensor, factor: number): Tensor }).apply(x, 4).sum().backward();
    expect(gradOf(x)).toEqual([4, 4]);
  });

  test('is refused a second backward when it saved tensors, and stale saved tensors', () => {
    const x = leaf([1]), y = LegendreP3.apply(x);
    y.backward();
    expect(() => y.backward()).toThrow(/second time/);
    const z = x.mul(1), out = LegendreP3.apply(z);
    z.add_(1);
    expect(() => out.backward()).toThrow(/modified by an inplace operation/);
  });

  test('with a wrong number of gradients, or none defined, says so', () => {
    class Few extends autograd.Function {
      static override forward(_ctx: Context, a: Tensor, b: Tensor): Tensor {
        return a.mul(b);
      }

      static override backward(_ctx: Context, g: Tensor): Tensor {
        return g;
      }
    }
    class None extends autograd.Function {
      static override forward(_ctx: Context, a: Tensor): Tensor {
        return a.mul(2);
      }
    }
    expect(() => Few.apply(leaf(1), leaf(2)).backward()).toThrow('function FewBackward returned an incorrect number of gradients (expected 2, got 1)');
    expect(() => None.apply(leaf(1)).backward()).toThrow(AutogradError);
    expect(() => (autograd.Function as unknown as typeof None).apply(zeros(1))).toThrow(/static forward/);
  });
});
