/** utils.checkpoint and inferenceMode. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { Tensor, autograd, func, inferenceMode, isGradEnabled, isInferenceModeEnabled, nn, noGrad, randn, utils, vmap } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const { checkpoint } = utils.checkpoint;
const expectSame = (a: Tensor | null, b: Tensor | null): void => expect(a?.tolist()).toEqual(b?.tolist());

onBackends(() => {
  describe('checkpoint', () => {
    test('computes the function again in backward, once, and gives the same gradients to inputs, tensors closed over and every output', () => {
      torch.manualSeed(0);
      const x = randn(4, 3).requiresGrad_(), w = randn(3, 3).requiresGrad_();
      let calls = 0;
      const f = (a: Tensor): [Tensor, Tensor] => {
        calls++;
        const h = a.matmul(w).tanh();
        return [h.matmul(w).sigmoid(), h.exp()];
      };
      const run = (outputs: [Tensor, Tensor]): (Tensor | null)[] => {
        x.grad = w.grad = null;
        outputs[0].square().sum().add(outputs[1].sum()).backward();
        return [x.grad, w.grad];
      };
      const plain = run(f(x));
      calls = 0;
      const outputs = checkpoint(f, x, { useReentrant: false });
      expect(calls).toBe(1);
      const again = run(outputs);
      expect(calls).toBe(2);
      again.forEach((g, i) => expectSame(g, plain[i]));
    });

    test('works with autograd.grad, retainGraph, second derivatives and checkpoints inside of it', () => {
      const x = randn(3, { dtype: 'float64' }).requiresGrad_(), w = randn(3, { dtype: 'float64' }).requiresGrad_();
      const f = (a: Tensor): Tensor => a.mul(w).sin().mul(a).exp();
      const y = checkpoint((a: Tensor) => checkpoint(f, a).add(checkpoint(f, a.mul(2))), x).sum();
      const z = f(x).add(f(x.mul(2))).sum();
      const [gx, gw] = autograd.grad(y, [x, w], { retainGraph: true }), [hx, hw] = autograd.grad(z, [x, w], { retainGraph: true });
      expectSame(gx, hx);
      expectSame(gw, hw);
      expectSame(autograd.grad(y, [x])[0], hx);
      expect(autograd.gradcheck((a: Tensor, b: Tensor) => checkpoint((c: Tensor) => c.mul(b).sin().exp(), a), [x, w])).toBe(true);
      expect(autograd.gradgradcheck((a: Tensor, b: Tensor) => checkpoint((c: Tensor) => c.mul(b).sin().exp(), a), [x, w])).toBe(true);
    });

    test('draws the same numbers again and leaves the generator where the forward left it', () => {
      const x = randn(1000).requiresGrad_();
      torch.manualSeed(5);
      const y = checkpoint((a: Tensor) => nn.functional.dropout(a.exp(), 0.5).mul(a), x);
      const after = torch.getRngState();
      y.sum().backward();
      expectSame(torch.getRngState(), after);
      const checkpointed = x.grad;
      x.grad = null;
      torch.manualSeed(5);
      nn.functional.dropout(x.exp(), 0.5).mul(x).sum().backward();
      expectSame(checkpointed, x.grad);
      torch.manualSeed(5);
      const other = checkpoint((a: Tensor) => nn.functional.dropout(a.exp(), 0.5).mul(a), x, { preserveRngState: false });
      x.grad = null;
      torch.manualSeed(6);
      other.sum().backward();
      expect((x.grad as unknown as Tensor).equal(checkpointed as Tensor)).toBe(false);
    });

    test('trains modules, and nests with the transforms of func', () => {
      torch.manualSeed(1);
      const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 2)), x = randn(5, 3);
      model(x).square().sum().backward();
      const plain = model.parameters().map((p) => p.grad);
      model.zeroGrad();
      checkpoint((a: Tensor) => model(a), x).square().sum().backward();
      model.parameters().forEach((p, i) => expectSame(p.grad, plain[i]));
      const f = (t: Tensor): Tensor => t.sin().mul(t).sum(), g = (t: Tensor): Tensor => checkpoint(f, t);
      expect(torch.allclose(func.hessian(g)(x), func.hessian(f)(x))).toBe(true);
      expect(torch.allclose(vmap(func.grad(g))(x), vmap(func.grad(f))(x))).toBe(true);
      const noisy = (t: Tensor): Tensor => nn.functional.dropout(t.exp(), 0.5).mul(t).sum();
      torch.manualSeed(2);
      const a = func.grad((xs: Tensor) => vmap((t: Tensor) => checkpoint(noisy, t), { randomness: 'different' })(xs).sum())(x);
      torch.manualSeed(2);
      const b = func.grad((xs: Tensor) => vmap(noisy, { randomness: 'different' })(xs).sum())(x);
      expect(torch.allclose(a, b)).toBe(true);
    });

    test('only runs the function where nothing is recorded', () => {
      const y = noGrad(() => checkpoint((a: Tensor, b: number) => a.mul(b), randn(3).requiresGrad_(), 2));
      expect(y.requiresGrad).toBe(false);
    });

    test('keeps no tensor for backward', () => {
      // The node of exp saves its output; packed, the node holds a number instead.
      const held = (y: Tensor): unknown => (y.gradFn?.next[0] as unknown as { savedTensors: readonly unknown[] }).savedTensors;
      const f = (a: Tensor): Tensor => a.exp().neg();
      const leaf = randn(8).requiresGrad_();
      expect((held(f(leaf)) as readonly unknown[]).some((each) => each instanceof Tensor)).toBe(true);
      expect((held(checkpoint(f, leaf)) as readonly unknown[]).some((each) => each instanceof Tensor)).toBe(false);
    });

    test('refuses a function that does something else the second time, and arguments changed in between', () => {
      const x = randn(3).requiresGrad_();
      let size = 3;
      const y = checkpoint((a: Tensor) => a.narrow(0, 0, size--).exp(), x);
      expect(() => y.sum().backward()).toThrow(/checkpoint: saved tensor 0 had shape \[3\] in the forward and \[2\]/);
      let more = false;
      const z = checkpoint((a: Tensor) => (more ? a.exp().exp() : ((more = true), a.exp())), x);
      expect(() => z.sum().backward()).toThrow(/1 tensors were saved in the forward and 2/);
      const c = x.mul(1);
      const u = checkpoint((a: Tensor) => a.exp(), c);
      noGrad(() => c.mul_(2));
      expect(() => u.sum().backward()).toThrow(/argument 0 was modified in place/);
      expect(() => checkpoint(3 as unknown as () => Tensor)).toThrow(/function must be a function/);
      expect(() => checkpoint((a: Tensor) => a, x, { determinismCheck: 'some' as 'none' })).toThrow(/determinismCheck/);
    });
  });
});

describe('inferenceMode', () => {
  test('records nothing, as a callback, as a scope and turned off', () => {
    const x = randn(3).requiresGrad_();
    expect(inferenceMode(() => [isGradEnabled(), isInferenceModeEnabled(), x.mul(2).requiresGrad])).toEqual([false, true, false]);
    {
      using _ = inferenceMode();
      expect(x.mul(2).requiresGrad).toBe(false);
      inferenceMode(false, () => expect(isInferenceModeEnabled()).toBe(false));
    }
    expect([isGradEnabled(), isInferenceModeEnabled()]).toEqual([true, false]);
    expect(() => inferenceMode(async () => x)).toThrow(/must be synchronous/);
    expect(() => inferenceMode(3 as never)).toThrow(/must be a boolean or a function/);
  });
});
