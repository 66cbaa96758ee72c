import { beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { AutogradError, ShapeError, arange, autograd, enableGrad, eye, isGradEnabled, linspace, noGrad, ones, randn, setBackend, setGradEnabled, tensor, zeros, type Tensor } from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';

const leaf = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const double = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64' });
const check = (fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[], inputs: Tensor[]): void => {
  expect(autograd.gradcheck(fn, inputs)).toBe(true);
  expect(autograd.gradgradcheck(fn, inputs)).toBe(true);
};
const gradOf = (x: Tensor): unknown => x.grad?.tolist();

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  describe('backward', () => {
    test('adds to what .grad holds and leaves non-leaves alone', () => {
      const x = leaf([1, 2]), y = x.mul(3);
      y.sum().backward();
      x.mul(3).sum().backward();
      expect(gradOf(x)).toEqual([6, 6]);
      expect(y.grad).toBeNull();
    });

    test('reduces broadcast operands to their shape', () => {
      const a = leaf([[1], [2]]), b = leaf([1, 2, 3]), c = leaf(2);
      a.mul(b).add(c).sum().backward();
      expect(gradOf(a)).toEqual([[6], [6]]);
      expect(gradOf(b)).toEqual([3, 3, 3]);
      expect(gradOf(c)).toBe(6);
    });

    test('counts what a sum was expanded over', () => {
      const a = leaf([[1, 2], [3, 4]]), b = leaf([1, 2]), c = leaf(2);
      a.view(2, 1, 2).add(b.view(1, 2, 1)).add(c).sum(2).mul(leaf([1, 10])).sum().backward();
      expect(gradOf(a)).toEqual([[11, 11], [11, 11]]);
      expect(gradOf(b)).toEqual([4, 40]);
      expect(gradOf(c)).toBe(44);
    });

    test('takes a gradient for what is not a scalar', () => {
      const x = leaf([1, 2, 3]);
      x.square().backward(double([1, 10, 100]));
      expect(gradOf(x)).toEqual([2, 40, 600]);
      expect(() => x.square().backward(double([1]))).toThrow(ShapeError);
      expect(() => x.square().backward()).toThrow('grad can be implicitly created only for scalar outputs');
    });

    test('meets a tensor that is used many times once per use', () => {
      const x = leaf(3), y = x.mul(x);
      y.add(y).mul(y).backward();
      expect(gradOf(x)).toBe(8 * 27);
    });

    test('of a leaf gives it the gradient itself', () => {
      const x = leaf(3);
      x.backward();
      expect(gradOf(x)).toBe(1);
    });

    test('casts gradients to the dtype of the leaf', () => {
      const x = tensor([1, 2], { requiresGrad: true });
      x.double().mul(2).sum().backward();
      expect(x.grad?.dtype).toBe('float32');
      expect(gradOf(x)).toEqual([2, 2]);
    });

    test('leaves the gradients of two leaves independent when one rule passes its gradient to both', () => {
      const a = leaf([1]), b = leaf([1]);
      a.add(b).sum().backward();
      noGrad(() => a.grad?.mul_(5));
      expect(gradOf(b)).toEqual([1]);
      const seed = double([1]), c = leaf([1]);
      c.view(1).backward(seed);
      noGrad(() => c.grad?.mul_(5));
      expect(seed.tolist()).toEqual([1]);
    });

    test('works on long chains without recursion', () => {
      const x = leaf(1);
      let y = x;
      for (let i = 0; i < 20_000; i++) y = y.add(1);
      y.backward();
      expect(gradOf(x)).toBe(1);
    });

    test('collects only into inputs when they are named', () => {
      const a = leaf(2), b = leaf(3), m = a.mul(b);
      m.square().backward({ inputs: [a, m] });
      expect([gradOf(a), gradOf(b), gradOf(m)]).toEqual([36, undefined, 12]);
      autograd.backward([a.mul(2), b.mul(3)], [null, double(2)]);
      expect([gradOf(a), gradOf(b)]).toEqual([38, 6]);
      autograd.backward(a.mul(b), { inputs: b });
      expect([gradOf(a), gradOf(b)]).toEqual([38, 8]);
    });

    test('twice throws, unless the graph was retained or nothing was saved', () => {
      const x = leaf([1, 2]), y = x.square().sum();
      y.backward({ retainGraph: true });
      y.backward();
      expect(gradOf(x)).toEqual([4, 8]);
      expect(() => y.backward()).toThrow(AutogradError);
      expect(() => y.backward()).toThrow(/backward through the graph a second time/);
      const z = x.add(1).sum();
      z.backward();
      z.backward();
      expect(gradOf(x)).toEqual([6, 10]);
    });

    test('of what is outside of any graph throws', () => {
      expect(() => ones(1).backward()).toThrow('element 0 of tensors does not require grad and does not have a gradFn');
      expect(() => noGrad(() => leaf(1).mul(2)).backward()).toThrow(AutogradError);
      expect(() => autograd.backward([leaf(1), ones(1)])).toThrow('element 1 of tensors');
    });
  });

  describe('autograd.grad', () => {
    test('returns gradients and collects none', () => {
      const x = leaf([1, 2]), w = leaf(3);
      const [gx, gw] = autograd.grad(x.mul(w).sum(), [x, w]);
      expect([gx.tolist(), gw.tolist(), x.grad, w.grad]).toEqual([[3, 3], 3, null, null]);
      expect(autograd.grad([x.mul(2), x.mul(3)], x, [double([1, 1]), double([1, 0])]).map((g) => g.tolist())).toEqual([[5, 2]]);
      expect(autograd.grad(x.square(), [x], { gradOutputs: double([1, 10]) })[0].tolist()).toEqual([2, 40]);
      expect(autograd.grad({ outputs: x.square(), inputs: x, gradOutputs: double([1, 10]), onlyInputs: true })[0].tolist()).toEqual([2, 40]);
      expect(autograd.grad(x.sum(), [x, w], null, false, false, true, true)[1]).toBe(null);
    });

    test('reaches inner tensors and stops there', () => {
      const x = leaf(2), y = x.square(), z = y.square();
      const [gy] = autograd.grad(z, [y], { retainGraph: true });
      expect(gy.item()).toBe(8);
      const [both, again] = autograd.grad(z, [y, x]);
      expect([both.item(), again.item()]).toEqual([8, 32]);
    });

    test('throws for unused inputs, or gives null or zeros', () => {
      const x = leaf(2), unused = leaf([1, 2]);
      expect(() => autograd.grad(x.mul(2), [unused])).toThrow('one of the differentiated tensors appears to not have been used in the graph');
      expect(autograd.grad(x.mul(2), [x, unused], { allowUnused: true })[1]).toBeNull();
      expect(autograd.grad(x.mul(2), [unused], { materializeGrads: true })[0].tolist()).toEqual([0, 0]);
      expect(() => autograd.grad(x.mul(2), [ones(1)])).toThrow('does not require grad');
      expect(() => autograd.grad(x.mul(ones(2)), [x])).toThrow('only for scalar outputs');
      expect(() => autograd.grad(x.mul(2), [x], { unused: true } as object)).toThrow(/option 'unused' is unknown/);
    });

    test('with createGraph can be differentiated again, to any order', () => {
      const x = leaf(1.5);
      let y = x.pow(5);
      for (const expected of [5 * 1.5 ** 4, 20 * 1.5 ** 3, 60 * 1.5 ** 2, 120 * 1.5, 120]) {
        [y] = autograd.grad(y, [x], { createGraph: true });
        expect(y.item()).toBeCloseTo(expected, 10);
      }
    });

    test('takes a batch of gradients at once, as PyTorch does', () => {
      const a = arange(3, { dtype: 'float32' }).requiresGrad_(), z = ones(2, { requiresGrad: true }), b = a.pow(2), rows = eye(3), batched = { isGradsBatched: true, retainGraph: true };
      expect(autograd.grad(b, a, rows, batched)[0].tolist()).toEqual([[0, 0, 0], [0, 2, 0], [0, 0, 4]]);
      expect(autograd.grad(b.sum(), a, tensor([1, 2]), batched)[0].tolist()).toEqual([[0, 2, 4], [0, 4, 8]]);
      expect(autograd.grad([b.sum(), b.mul(3).sum()], a, [tensor([1, 2]), tensor([1, 0])], batched)[0].tolist()).toEqual([[0, 8, 16], [0, 4, 8]]);
      // What is not used has no batch.
      expect(autograd.grad(b, [a, z], rows, { ...batched, allowUnused: true })[1]).toBe(null);
      expect(autograd.grad(b, [a, z], rows, { ...batched, materializeGrads: true })[1].tolist()).toEqual([0, 0]);
      const [g] = autograd.grad(b, a, rows, { isGradsBatched: true, createGraph: true });
      expect(autograd.grad(g.sum(), a)[0].tolist()).toEqual([2, 2, 2]);
      const own = ones(2, 3), [same] = autograd.grad(a.add(0), a, own, batched);
      same.add_(1);
      expect(own.tolist()).toEqual([[1, 1, 1], [1, 1, 1]]);
      expect(() => autograd.grad(b, a, ones(3), batched)).toThrow(/with isGradsBatched gradOutputs\[0\] must have shape \[3, 3\], a batch of gradients of output 0, got \[3\]/);
      expect(() => autograd.grad([b, b], a, [rows, ones(2, 3)], batched)).toThrow(/gradOutputs\[1\] must have shape \[3, 3\]/);
      expect(() => autograd.grad(b.sum(), a, batched)).toThrow(/gradOutputs must be a Tensor/);
    });

    test('supports a gradient penalty', () => {
      const w = leaf([0.5, -1.5]), x = leaf([2, 3]);
      const [g] = autograd.grad(w.mul(x).tanh().sum(), [x], { createGraph: true });
      g.square().sum().backward();
      expect(autograd.gradcheck((a: Tensor) => autograd.grad(a.mul(x).tanh().sum(), [x], { createGraph: true })[0].square().sum(), [w])).toBe(true);
      expect(w.grad).not.toBeNull();
    });
  });

  describe('second derivatives', () => {
    const x = randn([3, 4], { dtype: 'float64', requiresGrad: true }), positive = leaf([[0.5, 1.5], [2.5, 0.7]]), square = leaf([[1, 2], [3, 5]]);
    const functions: Record<string, [(...inputs: Tensor[]) => Tensor | readonly Tensor[], Tensor[]]> = {
      sum: [(a) => a.sum(1).square(), [x]],
      mean: [(a) => a.mean([0, 1], true).square(), [x]],
      prod: [(a) => a.prod(1), [x]],
      'prod with zeros': [(a) => a.prod(), [leaf([0, 2, 3])]],
      amax: [(a) => a.amax(1).square(), [x]],
      max: [(a) => a.max(0).values.square(), [x]],
      min: [(a) => a.min().square(), [x]],
      var: [(a) => a.var(1), [x]],
      std: [(a) => a.std({ dim: 0, correction: 0 }), [x]],
      norm: [(a) => a.norm(), [positive]],
      'norm of order 3': [(a) => a.norm(3, 1), [positive]],
      logsumexp: [(a) => a.logsumexp(1), [x]],
      cumsum: [(a) => a.cumsum(1).square(), [x]],
      cumprod: [(a) => a.cumprod(1), [x]],
      softmax: [(a) => a.softmax(1), [x]],
      logSoftmax: [(a) => a.logSoftmax(0), [x]],
      matmul: [(a, b) => a.matmul(b.t()), [x, randn([2, 4], { dtype: 'float64', requiresGrad: true })]],
      'batched matmul': [(a, b) => a.matmul(b), [randn([2, 1, 2, 3], { dtype: 'float64', requiresGrad: true }), randn([2, 3, 2], { dtype: 'float64', requiresGrad: true })]],
      'matrix times vector': [(a, b) => a.matmul(b), [x, leaf([1, 2, 3, 4])]],
      dot: [(a, b) => a.dot(b).square(), [leaf([1, 2]), leaf([3, 4])]],
      outer: [(a, b) => a.outer(b).square(), [leaf([1, 2]), leaf([3, 4])]],
      addmm: [(a, b, c) => a.addmm(b, c, { beta: 2, alpha: 3 }).square(), [square, positive, leaf([[2, 1], [0.5, 3]])]],
      transpose: [(a) => a.t().square(), [x]],
      expand: [(a) => a.expand(3, 2, 2).square(), [square]],
      view: [(a) => a.view(2, 6).square(), [x]],
      slice: [(a) => a.index('1:', '::2').square(), [x]],
      select: [(a) => a.select(1, -1).square(), [x]],
      diagonal: [(a) => a.diagonal().square(), [x]],
      unfold: [(a) => a.unfold(1, 2, 1).square(), [x]],
      'overlapping asStrided': [(a) => a.asStrided([3, 2], [1, 1], 1).square(), [leaf([1, 2, 3, 4, 5])]],
      flip: [(a) => a.flip(0, 1).square(), [x]],
      roll: [(a) => a.roll(1, 0).square(), [x]],
      repeat: [(a) => a.repeat(2, 1).square(), [square]],
      tril: [(a) => a.tril().square(), [square]],
      stack: [(a, b) => a.cat([b], 1).square(), [square, positive]],
      split: [(a) => a.split(2, 1).map((part) => part.square()), [x]],
      clamp: [(a, b) => a.clamp(b, 2).square(), [x, leaf(-0.25)]],
      'gelu of tanh': [(a) => a.gelu({ approximate: 'tanh' }), [x]],
      softplus: [(a) => a.softplus(2, 5), [x]],
      'addition with alpha': [(a, b) => a.add(b, { alpha: 2 }).square(), [square, positive]],
      clone: [(a) => a.clone().square(), [x]],
    };
    test.each(Object.keys(functions))('of %s', (name) => {
      const [fn, inputs] = functions[name];
      check(fn, inputs);
    });
  });

  describe('hooks', () => {
    test('of a leaf see and may replace its gradient', () => {
      const x = leaf([1, 2]), seen: unknown[] = [];
      const handle = x.registerHook((g) => {
        seen.push(g.tolist());
        return g.mul(10);
      });
      x.mul(2).sum().backward();
      handle.remove();
      x.mul(2).sum().backward();
      expect(seen).toEqual([[2, 2]]);
      expect(gradOf(x)).toEqual([22, 22]);
    });

    test('run for autograd.grad too', () => {
      const x = leaf(1);
      x.registerHook((g) => g.mul(10));
      expect(autograd.grad(x.mul(2), [x])[0].item()).toBe(20);
    });

    test('of an inner tensor see the whole gradient once and change what flows on', () => {
      const x = leaf(2), y = x.mul(3), seen: number[] = [];
      y.registerHook((g) => void seen.push(g.item()));
      y.registerHook((g) => g.neg());
      y.add(y.square()).backward();
      expect(seen).toEqual([1 + 12]);
      expect(gradOf(x)).toBe(-39);
    });

    test('run in order, and removal ends them', () => {
      const y = leaf(2).mul(1), order: string[] = [];
      y.registerHook(() => void order.push('first'));
      {
        using _ = y.registerHook(() => void order.push('scoped'));
      }
      y.registerHook(() => void order.push('last'));
      y.backward();
      expect(order).toEqual(['first', 'last']);
    });

    test('after accumulation see the gradient in .grad', () => {
      const x = leaf(2), seen: unknown[] = [];
      x.registerPostAccumulateGradHook((t) => void seen.push(t.grad?.item()));
      x.mul(3).backward();
      expect(seen).toEqual([3]);
      expect(() => x.mul(2).registerPostAccumulateGradHook(() => undefined)).toThrow(AutogradError);
    });

    test('need a tensor that requires grad', () => {
      expect(() => ones(1).registerHook(() => undefined)).toThrow(AutogradError);
    });

    test('retainGrad keeps the gradient of an inner tensor', () => {
      const x = leaf(2), y = x.mul(3);
      y.retainGrad();
      y.square().backward();
      expect([y.grad?.item(), gradOf(x)]).toEqual([12, 36]);
      expect(() => ones(1).retainGrad()).toThrow(AutogradError);
    });

    test('an inner tensor that was removed from its graph in the hook of another stays whole', () => {
      const x = leaf(1), a = x.mul(2), b = x.mul(3);
      a.registerHook((g) => g.mul(0));
      a.add(b).backward();
      expect(gradOf(x)).toBe(3);
    });
  });

  describe('grad mode', () => {
    test('noGrad records nothing, enableGrad inside of it does', () => {
      const x = leaf(1);
      noGrad(() => {
        expect([x.mul(2).requiresGrad, isGradEnabled()]).toEqual([false, false]);
        expect(enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
      });
      {
        using _ = noGrad();
        expect(x.mul(2).requiresGrad).toBe(false);
      }
      expect(x.mul(2).requiresGrad).toBe(true);
      expect(setGradEnabled(false, () => x.mul(2).requiresGrad)).toBe(false);
    });

    test("a view made in noGrad says that it requires grad, as PyTorch's does; a result and what is detached do not", () => {
      const leaf = ones(2, 3, { requiresGrad: true }), inner = leaf.mul(2);
      noGrad(() => {
        for (const x of [leaf, inner]) {
          const views = [x.view(3, 2), x.reshape(6), x.t(), x.select(0, 0), x.narrow(0, 0, 1), x.unsqueeze(0), x.expand(4, 2, 3), x.chunk(2)[0], x.unbind()[0], x.diagonal(), x.index(0, '1:')];
          expect(views.map((view) => [view.requiresGrad, view.isLeaf, view.gradFn])).toEqual(views.map(() => [true, true, null]));
          const others = [x.detach(), x.data, x.detach().view(6), x.mul(2), x.t().contiguous(), x.view('int32')];
          expect(others.map((other) => other.requiresGrad)).toEqual(others.map(() => false));
        }
        torch.add(leaf, 1, { out: leaf.view(6).view(2, 3) });
        expect(leaf.tolist()).toEqual([[2, 2, 2], [2, 2, 2]]);
      });
      // No gradient passes it.
      const view = noGrad(() => leaf.view(6));
      leaf.sum().add(view.sum()).backward();
      expect([(leaf.grad as Tensor).tolist(), view.grad]).toEqual([[[1, 1, 1], [1, 1, 1]], null]);
      expect(String(noGrad(() => ones(1, { requiresGrad: true }).view(1)))).toBe('tensor([1.], requires_grad=True)');
    });

    test('comes back after an error and refuses async functions', () => {
      expect(() => noGrad(() => {
        throw new Error('inside');
      })).toThrow('inside');
      expect(isGradEnabled()).toBe(true);
      expect(() => noGrad(async () => undefined)).toThrow(/must be synchronous/);
      expect(isGradEnabled()).toBe(true);
    });

    test('detach and data cut the graph and share memory', () => {
      const x = leaf([1, 2]);
      expect([x.mul(2).detach().requiresGrad, x.data.requiresGrad]).toEqual([false, false]);
      x.data.mul_(3);
      expect(x.tolist()).toEqual([3, 6]);
    });

    test('requiresGrad is for floating leaves', () => {
      const y = leaf(1).mul(2);
      expect(() => (y.requiresGrad = false)).toThrow(AutogradError);
      expect(() => tensor([1], { dtype: 'int64', requiresGrad: true })).toThrow(AutogradError);
      expect(() => (zeros([1], { dtype: 'int64' }).requiresGrad = true)).toThrow(AutogradError);
      expect([y.isLeaf, leaf(1).isLeaf, ones(1).isLeaf]).toEqual([false, true, true]);
    });
  });

  describe('in-place writes', () => {
    test('on a leaf that requires grad throw, outside of noGrad', () => {
      const x = leaf([1, 2]);
      for (const write of [() => x.add_(1), () => x.zero_(), () => x.select(0, 0).mul_(2), () => x.neg_(), () => x.copy_(ones(2))]) {
        expect(write).toThrow(/leaf .*requires grad is being used in an in-place operation/);
      }
      expect(x.tolist()).toEqual([1, 2]);
      noGrad(() => x.add_(1));
      expect(x.tolist()).toEqual([2, 3]);
    });

    test('differentiate as their functional forms', () => {
      check((a, b) => {
        const y = a.mul(1);
        y.mul_(b).add_(a).sub_(1).div_(b).pow_(2).neg_().exp_();
        return y;
      }, [leaf([0.3, -0.2]), leaf([1.5, 0.7])]);
    });

    test('with themselves on the right read before they write', () => {
      const x = leaf([2, 3]), y = x.mul(1);
      y.mul_(y);
      y.sum().backward();
      expect([y.tolist(), gradOf(x)]).toEqual([[4, 9], [4, 6]]);
    });

    test('with an operand that requires grad bring a plain tensor into the graph', () => {
      const w = leaf([2, 3]), y = double([1, 1]);
      y.mul_(w);
      y.square().sum().backward();
      expect(gradOf(w)).toEqual([4, 6]);
    });

    test('to something saved make backward throw, with what and where', () => {
      const x = leaf([1, 2]), y = x.mul(1), z = y.square();
      y.add_(1);
      expect(() => z.sum().backward()).toThrow(/one of the variables needed for gradient computation has been modified by an inplace operation: \[float64 \[2\]\].*is at version 1; expected version 0/);
      const out = x.mul(1).exp();
      out.add_(1);
      expect(() => out.sum().backward()).toThrow(/saved by exp/);
    });

    test('to what was not saved are fine', () => {
      const x = leaf([1, 2]), y = x.mul(1), z = y.add(3);
      y.mul_(2);
      z.sum().backward();
      expect(gradOf(x)).toEqual([1, 1]);
    });

    test('through data or in noGrad do not hide: noGrad writes are seen by the version, data writes are not', () => {
      const x = leaf([1, 2]), y = x.mul(1), z = y.square();
      noGrad(() => y.add_(1));
      expect(() => z.sum().backward()).toThrow(/modified by an inplace operation/);
      const u = x.mul(1), v = u.square();
      u.data.add_(1);
      v.sum().backward();
      expect(gradOf(x)).toEqual([4, 6]);
    });

    test('that change shape or lose the category throw and write nothing', () => {
      const x = ones(2), n = ones([2], { dtype: 'int64' });
      expect(() => x.add_(ones(3, 2))).toThrow(ShapeError);
      expect(() => n.mul_(0.5)).toThrow(/can't be cast/);
      expect(() => n.div_(2)).toThrow(/can't be cast/);
      expect([x.tolist(), n.tolist()]).toEqual([[1, 1], [1, 1]]);
    });
  });

  describe('views and in-place writes', () => {
    test('a write through a view changes the history of the base', () => {
      const w = leaf([1, 2, 3]), x = w.mul(1);
      x.index('1:').mul_(10);
      x.square().sum().backward();
      expect([x.tolist(), gradOf(w)]).toEqual([[1, 20, 30], [2, 400, 600]]);
    });

    test('a write to the base changes what its views mean', () => {
      const w = leaf([1, 2, 3]), x = w.mul(1), v = x.index('1:');
      x.mul_(10);
      v.sum().backward();
      expect([v.tolist(), gradOf(w)]).toEqual([[20, 30], [0, 10, 10]]);
    });

    test('a view made before its base joined the graph knows it', () => {
      const w = leaf([2, 3]), x = double([1, 1]), v = x.select(0, 1);
      expect([v.requiresGrad, v.isLeaf]).toEqual([false, true]);
      x.mul_(w);
      expect([v.requiresGrad, v.isLeaf]).toEqual([true, false]);
      v.backward();
      expect(gradOf(w)).toEqual([0, 1]);
    });

    test('a write through one view is seen by another', () => {
      const w = leaf([[1, 2], [3, 4]]), x = w.mul(1);
      const row = x.select(0, 0), column = x.select(1, 1);
      row.mul_(10);
      column.sum().backward();
      expect([column.tolist(), gradOf(w)]).toEqual([[20, 4], [[0, 10], [0, 1]]]);
    });

    test('a view of a view writes into the base', () => {
      const w = leaf([[1, 2], [3, 4]]), x = w.mul(1);
      x.t().select(0, 1).mul_(5);
      x.sum().backward();
      expect([x.tolist(), gradOf(w)]).toEqual([[[1, 10], [3, 20]], [[1, 5], [1, 5]]]);
    });

    test('a value that requires grad flows into a plain base through a view', () => {
      const w = leaf([5, 6]), x = zeros([2, 2], { dtype: 'float64' });
      x.select(0, 1).copy_(w.mul(2));
      x.square().sum().backward();
      expect([x.tolist(), gradOf(w)]).toEqual([[[0, 0], [10, 12]], [40, 48]]);
    });

    test('overwriting cuts the old history of the part', () => {
      const w = leaf([1, 2]), x = w.mul(3);
      x.select(0, 0).fill_(7);
      x.sum().backward();
      expect(gradOf(w)).toEqual([0, 3]);
    });

    test('have first and second derivatives in every combination', () => {
      const a = leaf([[0.3, 0.5], [0.7, 0.2]]), b = leaf([1.5, 0.7]);
      check((x, y) => {
        const base = x.mul(1);
        base.select(0, 1).mul_(y);
        base.t().index(0).add_(y.sum());
        base.mul_(base.sum());
        return base;
      }, [a, b]);
      check((x, y) => {
        const base = x.mul(1), view = base.view(4).index('1:3');
        base.select(1, 0).sin_();
        view.mul_(y);
        return [base, view];
      }, [a, b]);
    });

    test('versions are shared by a base and its views', () => {
      const x = zeros(2, 2), v = x.select(0, 0);
      v.add_(1);
      x.t().add_(1);
      expect([x.version, v.version]).toEqual([2, 2]);
    });
  });

  describe('gradcheck', () => {
    test('finds a wrong derivative and says where', () => {
      class Wrong extends autograd.Function {
        static override forward(_ctx: autograd.Context, x: Tensor): Tensor {
          return x.mul(2);
        }

        static override backward(_ctx: autograd.Context, g: Tensor): Tensor {
          return g.mul(3);
        }
      }
      const x = leaf([1, 2]);
      expect(() => autograd.gradcheck((t: Tensor) => Wrong.apply(t), [x])).toThrow(/Jacobian mismatch for output 0 with respect to input 0/);
      expect(autograd.gradcheck((t: Tensor) => Wrong.apply(t), x, { raiseException: false })).toBe(false);
      expect(() => autograd.gradcheck((t: Tensor) => t, [ones(1)])).toThrow(/requires grad/);
    });

    test('finds a derivative that is right once and wrong twice', () => {
      class Cube extends autograd.Function {
        static override forward(ctx: autograd.Context, x: Tensor): Tensor {
          ctx.saveForBackward(x);
          return x.pow(3);
        }

        static override backward(ctx: autograd.Context, g: Tensor): Tensor {
          const [x] = ctx.savedTensors;
          return g.mul(x.detach().square().mul(3));
        }
      }
      const x = leaf([1, 2]);
      expect(autograd.gradcheck((t: Tensor) => Cube.apply(t), [x])).toBe(true);
      expect(autograd.gradgradcheck((t: Tensor) => Cube.apply(t), [x], { raiseException: false })).toBe(false);
    });
  });

  test('views of an expanded tensor give their gradient to the elements they show', () => {
    const weights = arange(9, { dtype: 'float64' }).reshape([3, 3]), row = tensor([1, 2, 3], { dtype: 'float64' });
    const found = (f: (t: Tensor) => Tensor, t = row.expand(3, 3).detach().requiresGrad_()): unknown => autograd.grad(f(t).mul(weights).sum(), [t])[0].tolist();
    const all = weights.tolist();
    expect(found((t) => torch.cat([t.narrow(0, 0, 1), t.narrow(0, 1, 2)]))).toEqual(all);
    expect(found((t) => torch.stack([t.select(0, 0), t.select(0, 1), t.select(0, 2)]))).toEqual(all);
    expect(found((t) => t.unfold(0, 3, 1).select(0, 0).t())).toEqual(all);
    expect(found((t) => t.diagonal().expand(3, 3))).toEqual([[9, 0, 0], [0, 12, 0], [0, 0, 15]]);
    expect(found((t) => t.slice(0, 0, 3, 2).sum(0).expand(3, 3))).toEqual([[9, 12, 15], [0, 0, 0], [9, 12, 15]]);
    // Windows that overlap in memory.
    expect(found((t) => t.select(0, 1).expand(3, 3), tensor([1, 2, 3, 4], { dtype: 'float64' }).unfold(0, 3, 1).detach().requiresGrad_())).toEqual([[0, 0, 0], [9, 12, 15]]);
  });

  test('numbers drawn in place take no gradient from what was there', () => {
    const draws: Readonly<Record<string, (t: Tensor) => Tensor>> = {
      normal: (t) => t.normal_(), uniform: (t) => t.uniform_(), exponential: (t) => t.exponential_(), random: (t) => t.random_(), bernoulli: (t) => t.bernoulli_(), geometric: (t) => t.geometric_(0.5),
      cauchy: (t) => t.cauchy_(), logNormal: (t) => t.logNormal_(),
    };
    for (const [name, draw] of Object.entries(draws)) {
      const x = leaf([1, 2, 3]), part = x.clone();
      expect(autograd.grad(draw(x.clone()).sum(), [x])[0].tolist(), name).toEqual([0, 0, 0]);
      draw(part.select(0, 1));
      expect(autograd.grad(part.sum(), [x])[0].tolist(), name).toEqual([1, 0, 1]);
      expect(() => draw(x), name).toThrow(/leaf/);
    }
  });

  test('a step of training by hand is gradient descent', () => {
    const x = linspace(-1, 1, 20), y = x.mul(3).add(1);
    const w = tensor(0, { requiresGrad: true }), b = tensor(0, { requiresGrad: true });
    for (let i = 0; i < 200; i++) {
      x.mul(w).add(b).sub(y).square().mean().backward();
      noGrad(() => {
        for (const p of [w, b]) {
          p.sub_((p.grad as Tensor).mul(0.3));
          p.grad = null;
        }
      });
    }
    expect(w.item()).toBeCloseTo(3, 3);
    expect(b.item()).toBeCloseTo(1, 3);
  });
});
