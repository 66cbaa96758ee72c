/** torch.func: against closed forms, central differences, and PyTorch's numbers (fixtures/make-func.py). */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { Tensor, VmapError, arange, autograd, func, nn, noGrad, ones, randn, stack, tensor, vmap, zeros } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';

const { grad, gradAndValue, valueAndGrad, vjp, jvp, jacrev, jacfwd, hessian, linearize, functionalCall, stackModuleState } = func;

const reference = readJson<Readonly<Record<string, unknown>>>('reference/func.json');
const expectNumbers = (actual: Tensor, expected: unknown, digits = 10): void => {
  const numbers = (expected as unknown[]).flat(9) as number[], found = (actual.reshape([-1]).tolist() as number[]);
  expect(found.length).toBe(numbers.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(numbers[i], digits));
};
const expectClose = (actual: unknown, expected: Tensor, atol = 1e-9): void => {
  expect((actual as Tensor).shape).toEqual(expected.shape);
  expect(torch.allclose(actual as Tensor, expected, 1e-6, atol), `${String(actual)} is not ${String(expected)}`).toBe(true);
};

/** The reference's inputs: sines of 0.7 i + a. */
const lin = (shape: number[], a = 1): Tensor => arange(shape.reduce((n, k) => n * k, 1), { dtype: 'float64' }).mul(0.7).add(a).sin().reshape(shape);
type Params = Record<'w1' | 'b1' | 'w2', Tensor>;
const params = (): Params => ({ w1: lin([4, 3]), b1: lin([4], 0.3), w2: lin([2, 4], 2) });
const mlp = (p: Params, x: Tensor): Tensor => x.matmul(p.w1.t()).add(p.b1).tanh().matmul(p.w2.t());
const loss = (p: Params, x: Tensor): Tensor => mlp(p, x).sub(lin([2], 1.5)).square().sum();
const one = (): Tensor => tensor(1, { dtype: 'float64' });
/** x by x, without vmap. */
const loop = (fn: (x: Tensor) => Tensor, xs: Tensor): Tensor => stack([...xs].map(fn));

onBackends(() => {
  const x = lin([3], 0.5), X = lin([5, 3], 0.1);

  describe('grad', () => {
    test("gives PyTorch's gradients, in the structure of the argument, and the value", () => {
      const [grads, value] = gradAndValue(loss)(params(), x);
      const expected = reference.grad as Params;
      for (const key of ['w1', 'b1', 'w2'] as const) expectNumbers(grads[key], expected[key]);
      expect(value.item()).toBeCloseTo(reference.value as number, 12);
      const [again, same] = valueAndGrad(loss)(params(), x);
      expect(again.equal(value) && same.w1.equal(grads.w1)).toBe(true);
      expect(grads.w1.requiresGrad || value.requiresGrad).toBe(false);
    });

    test('differentiates the arguments that argnums names', () => {
      const f = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
      const y = lin([3]);
      expectClose(grad(f, 1)(x, y), x);
      expectClose(grad(f, -1)(x, y), x);
      const [ga, gb] = grad(f, [0, 1])(x, y);
      expectClose(ga, y);
      expectClose(gb, x);
      expect(() => grad(f, 2)(x, y)).toThrow(/argnums is 2, but the function was given 2 positional arguments/);
      expect(() => grad(f, [0, 0])(x, y)).toThrow(/must be distinct/);
    });

    test('hands aux on, detached from its level', () => {
      const [g, aux] = grad((a: Tensor) => [a.square().sum(), { cube: a.pow(3) }] as const, { hasAux: true })(x);
      expectClose(g, x.mul(2));
      expectClose((aux as { cube: Tensor }).cube, x.pow(3));
      expect((aux as { cube: Tensor }).cube.requiresGrad).toBe(false);
      const [gradient, [value, rest]] = gradAndValue((a: Tensor) => [a.sum(), a] as const, { hasAux: true })(x) as unknown as [Tensor, [Tensor, Tensor]];
      expectClose(gradient, ones([3], { dtype: 'float64' }));
      expectClose(value, x.sum());
      expectClose(rest, x);
    });

    test('nests without confusing whose derivative is taken', () => {
      // d/dx x (d/dy (x + y)) = 1, where a mixed-up derivative gives 2.
      expect(grad((a: Tensor) => a.mul(grad((b: Tensor) => a.add(b))(one())))(one()).item()).toBe(1);
      // d/dx x (d/dy x y)(2) = 2x.
      expect(grad((a: Tensor) => a.mul(grad((b: Tensor) => a.mul(b))(tensor(2, { dtype: 'float64' }))))(tensor(3, { dtype: 'float64' })).item()).toBe(6);
      const jvpOf = (f: (t: Tensor) => Tensor, t: Tensor): Tensor => jvp(f, [t], [one()])[1] as Tensor;
      expect(jvpOf((a) => a.mul(jvpOf((b) => a.add(b), one())), one()).item()).toBe(1);
      expect(grad((a: Tensor) => a.mul(jvpOf((b) => a.add(b), one())))(one()).item()).toBe(1);
      expect(jvpOf((a) => a.mul(grad((b: Tensor) => a.add(b))(one())), one()).item()).toBe(1);
    });

    test('gives every order', () => {
      let f = (t: Tensor): Tensor => t.sin();
      for (const expected of ['cos', 'sin', 'cos', 'sin'] as const) {
        f = grad(f);
        expect(Math.abs(f(one()).item())).toBeCloseTo(Math[expected](1), 12);
      }
    });

    test('is itself recorded where something outside requires grad, and only there', () => {
      const w = lin([3]).requiresGrad_();
      const g = grad((a: Tensor) => a.pow(3).mul(w).sum())(x);
      g.sum().backward();
      expectClose(w.grad, x.square().mul(3));
      const leaf = lin([3], 0.5).requiresGrad_();
      grad((a: Tensor) => a.pow(3).sum())(leaf).sum().backward();
      expectClose(leaf.grad, x.mul(6));
      expect(noGrad(() => grad((a: Tensor) => a.pow(3).mul(w).sum())(x)).requiresGrad).toBe(false);
      expectClose(noGrad(() => grad((a: Tensor) => a.square().sum())(x)), x.mul(2));
    });

    test('gives zeros for what is not used, and follows views, in-place writes and custom functions', () => {
      expectClose(grad((_a: Tensor) => one().mul(2))(x), zeros([3], { dtype: 'float64' }));
      expectClose(grad((a: Tensor) => a)(one()), one());
      expectClose(grad((a: Tensor) => {
        const y = a.mul(1);
        y.select(0, 0).mul_(5);
        return y.square().sum();
      })(x), x.mul(tensor([50, 2, 2], { dtype: 'float64' })));
      class Cube extends autograd.Function {
        static override forward(ctx: autograd.Context, a: Tensor): Tensor {
          ctx.saveForBackward(a);
          return a.pow(3);
        }
        static override backward(ctx: autograd.Context, g: Tensor): Tensor {
          return g.mul(ctx.savedTensors[0].square()).mul(3);
        }
      }
      expectClose(grad((a: Tensor) => Cube.apply(a).sum())(x), x.square().mul(3));
      expectClose(hessian((a: Tensor) => Cube.apply(a).sum())(x), torch.diag(x.mul(6)));
      expectClose(vmap(grad((a: Tensor) => Cube.apply(a).sum()))(X), X.square().mul(3));
      expectClose(grad((a: Tensor) => vmap((b: Tensor) => Cube.apply(b).sum())(a).sum())(X), X.square().mul(3));
    });

    test('refuses what has no gradient', () => {
      expect(() => grad((a: Tensor) => a)(x)).toThrow(/grad: func must return a 0-d tensor, got shape \[3\]/);
      expect(() => grad(() => 3)()).toThrow(/argnums is 0, but the function was given 0/);
      expect(() => grad((_a: Tensor) => 3)(x)).toThrow(/must return a Tensor, got 3/);
      expect(() => grad((a: Tensor) => a.sum())(torch.arange(3))).toThrow(/floating point/);
      expect(() => grad(3 as never)).toThrow(/func must be a function/);
      expect(() => grad((a: Tensor) => a.sum(), { hasAux: true })(x)).toThrow(/must return \[output, aux\]/);
    });
  });

  describe('vjp and jvp', () => {
    test("give PyTorch's products", () => {
      const tangents = [Object.fromEntries(Object.entries(params()).map(([key, value]) => [key, value.cos()])), ones([3], { dtype: 'float64' })];
      expectNumbers(jvp(mlp, [params(), x], tangents)[1] as Tensor, reference.jvp);
      const [output, jvpFn] = linearize(mlp, params(), x);
      expectNumbers(jvpFn(...tangents) as Tensor, reference.jvp);
      expectClose(output, mlp(params(), x));
      const [, vjpFn] = vjp((t: Tensor) => mlp(params(), t), x);
      const rows = [0, 1].map((i) => vjpFn(tensor([1 - i, i], { dtype: 'float64' }))[0] as Tensor);
      expectNumbers(stack(rows), reference.jacrev);
    });

    test('keep the structure of outputs and primals', () => {
      const [output, vjpFn, aux] = vjp((p: { a: Tensor }, b: Tensor) => [{ s: p.a.mul(b), c: p.a.cos() }, 'seen'], { a: x }, x, { hasAux: true }) as [{ s: Tensor; c: Tensor }, (g: unknown) => [{ a: Tensor }, Tensor], string];
      expect(aux).toBe('seen');
      expectClose(output.s, x.square());
      const [ga, gb] = vjpFn({ s: x, c: x });
      expectClose(ga.a, x.square().sub(x.sin().mul(x)));
      expectClose(gb, x.square());
      expect(() => vjpFn({ s: x })).toThrow(/cotangents must have the structure/);
      expect(() => jvp((a: Tensor) => a, [x], [ones([2], { dtype: 'float64' })])).toThrow(/tangents must have shape \[3\], got \[2\]/);
      expect(() => jvp((a: Tensor) => a, [x], [ones([3])])).toThrow(/dtype float64/);
      expect(() => jvp((_a: Tensor) => one(), [x], [x], { strict: true })).toThrow(/strict/);
    });

    test('are of the input as it was where the function writes into it', () => {
      const doubled = (t: Tensor): Tensor => t.mul_(2).sin();
      const [value, tangent] = jvp(doubled, [x.clone()], [X.select(0, 0)]) as [Tensor, Tensor];
      expectClose(value, x.mul(2).sin());
      expectClose(tangent, x.mul(2).cos().mul(2).mul(X.select(0, 0)));
      expectClose(jacfwd(doubled)(x.clone()), x.mul(2).cos().mul(2).diag());
      expectClose((vjp(doubled, x.clone())[1](ones([3], { dtype: 'float64' })) as Tensor[])[0], x.mul(2).cos().mul(2));
    });

    test('of a deviation are 0 where it is 0, in every order, as in forward mode of PyTorch', () => {
      const constant = ones([4], { dtype: 'float64' });
      expect((jvp((t: Tensor) => t.std(), [constant], [lin([4])])[1] as Tensor).item()).toBe(0);
      expect(vmap(jacfwd((t: Tensor) => t.std(0, { correction: 0 })))(stack([constant, constant])).tolist()).toEqual([[0, 0, 0, 0], [0, 0, 0, 0]]);
    });

    test('jvp is right through gathers, reductions, kinks and constants', () => {
      const f = (t: Tensor): Tensor => torch.cat([t.relu(), t.gather(0, torch.tensor([2, 0]).long()), t.amax().unsqueeze(0), t.cumsum(0).prod().unsqueeze(0), torch.ones([1], { dtype: 'float64' })]);
      const t = lin([3], 3), eps = 1e-6;
      const [, tangent] = jvp(f, [x], [t]);
      expectClose(tangent, f(x.add(t.mul(eps))).sub(f(x.sub(t.mul(eps)))).div(2 * eps), 1e-7);
    });
  });

  describe('Jacobians', () => {
    test("are PyTorch's, by rows and by columns, at once and in chunks", () => {
      const f = (t: Tensor): Tensor => mlp(params(), t);
      expectNumbers(jacrev(f)(x), reference.jacrev);
      expectNumbers(jacfwd(f)(x), reference.jacfwd);
      expectNumbers(jacrev(f, { chunkSize: 1 })(x), reference.jacrev);
      expectNumbers(jacfwd(f, 0, { chunkSize: 2 })(x), reference.jacfwd);
      const byParams = jacrev(mlp)(params(), x) as unknown as Params;
      expect(byParams.w1.shape).toEqual([2, 4, 3]);
      expectNumbers(byParams.w1, reference.jac_w1);
      expectNumbers((jacfwd(mlp)(params(), x) as unknown as Params).w1, reference.jac_w1);
    });

    test('of second and third order, in every mix of modes', () => {
      const f = (t: Tensor): Tensor => loss(params(), t);
      expectNumbers(hessian(f)(x), reference.hessian);
      for (const outer of [jacrev, jacfwd]) for (const inner of [jacrev, jacfwd]) expectNumbers(outer(inner(f))(x), reference.hessian);
      expectNumbers(jacfwd(jacfwd(jacrev(f)))(x), reference.third);
      expectNumbers(jacrev(jacfwd(grad(f)))(x), reference.third);
      expectNumbers(jacrev(grad(f))(x), reference.hessian);
    });

    test('of several arguments and outputs nest as outputs of inputs', () => {
      const f = (a: Tensor, b: Tensor): { s: Tensor; d: Tensor } => ({ s: a.mul(b), d: a.sum() });
      const y = lin([3]);
      for (const transform of [jacrev, jacfwd]) {
        const { s, d } = transform(f, [0, 1])(x, y) as unknown as { s: [Tensor, Tensor]; d: [Tensor, Tensor] };
        expectClose(s[0], torch.diag(y));
        expectClose(s[1], torch.diag(x));
        expectClose(d[0], ones([3], { dtype: 'float64' }));
        expectClose(d[1], zeros([3], { dtype: 'float64' }));
      }
      const [[haa, hab], [hba]] = hessian((a: Tensor, b: Tensor) => a.square().mul(b).sum(), [0, 1])(x, y) as unknown as Tensor[][];
      expectClose(haa, torch.diag(y.mul(2)));
      expectClose(hab, torch.diag(x.mul(2)));
      expectClose(hba, torch.diag(x.mul(2)));
      const [J, aux] = jacrev((a: Tensor) => [a.square(), a.sum()] as const, 0, true)(x) as readonly [Tensor, Tensor];
      expectClose(J, torch.diag(x.mul(2)));
      expectClose(aux, x.sum());
    });

    test('of a scalar and of a function that is constant', () => {
      expectClose(jacrev((t: Tensor) => t.square())(one()), one().mul(2));
      expectClose(jacfwd((t: Tensor) => t.square())(one()), one().mul(2));
      for (const transform of [jacrev, jacfwd]) expectClose(transform((_t: Tensor) => one())(x), zeros([3], { dtype: 'float64' }));
    });
  });

  describe('vmap', () => {
    test('maps over the dims that inDims names and puts the batch where outDims says', () => {
      const a = lin([5, 3]), b = lin([3, 5], 2);
      expectClose(vmap((p: Tensor, q: Tensor) => p.mul(q), [0, 1])(a, b), a.mul(b.t()));
      expectClose(vmap((p: Tensor, q: Tensor) => p.mul(q), [0, -1], 1)(a, b), a.mul(b.t()).t());
      expectClose(vmap((p: Tensor, q: Tensor) => q.matmul(p), { inDims: [0, null], outDims: -1 })(a, lin([2, 3])), lin([2, 3]).matmul(a.t()));
      const nested = vmap((p: { u: Tensor; v: readonly [Tensor, number] }) => ({ sum: p.u.add(p.v[0]).mul(p.v[1]), u: p.u }), { inDims: [{ u: 0, v: [null, null] }], outDims: { sum: 0, u: 1 } })({ u: a, v: [x, 2] });
      expectClose(nested.sum, a.add(x).mul(2));
      expectClose(nested.u, a.t());
      const parts = vmap((p: Tensor) => p.max(0))(a);
      expectClose(parts.values, a.amax(1));
    });

    test('gives what does not depend on the sample to every sample, or once where outDims is null', () => {
      expectClose(vmap((_p: Tensor) => x)(X), x.expand(5, 3));
      const [each, once] = vmap((p: Tensor) => [p.mul(2), x], { outDims: [0, null] })(X);
      expectClose(each, X.mul(2));
      expect(once).toBe(x);
      expect(() => vmap((p: Tensor) => p, 0, null)(X)).toThrow(/must not be null for a result that depends on the sample/);
    });

    test('nests, with values batched over either level, both or none', () => {
      const a = lin([4, 3]), b = lin([5, 3], 2);
      expectClose(vmap((p: Tensor) => vmap((q: Tensor) => p.mul(q).sum().add(x.sum()))(b))(a), a.matmul(b.t()).add(x.sum()));
      expectClose(vmap(vmap((p: Tensor) => p.sin(), 0, 1), 1)(lin([4, 5, 3])), lin([4, 5, 3]).sin().permute([1, 2, 0]));
      expectClose(vmap((p: Tensor) => vmap((q: Tensor) => q.cumsum(0).softmax(0), 0, 0)(p))(lin([2, 5, 3])), lin([2, 5, 3]).cumsum(2).softmax(2));
    });

    test('runs in chunks', () => {
      for (const chunkSize of [1, 2, 5, 7]) expectClose(vmap((p: Tensor) => [p.sum(), p.mul(2)] as const, { chunkSize, outDims: [0, 1] })(X)[1], X.mul(2).t());
      expect(() => vmap((p: Tensor) => p, { chunkSize: 0 })).toThrow(/chunkSize must be positive/);
    });

    test('gives per-sample gradients, Hessians and Jacobians of PyTorch', () => {
      const perSample = vmap(grad(loss), [null, 0])(params(), X);
      expect(perSample.w1.shape).toEqual([5, 4, 3]);
      expectNumbers(perSample.b1, reference.per_sample_b1);
      const H = vmap(hessian((t: Tensor) => loss(params(), t)))(X);
      expectNumbers(H.sum(0), reference.vhess);
      expectClose(vmap(jacfwd((t: Tensor) => mlp(params(), t)))(X), loop(jacrev((t: Tensor) => mlp(params(), t)), X));
      expectClose(jacrev(vmap((t: Tensor) => mlp(params(), t)))(X).diagonal({ dim1: 0, dim2: 2 }).permute([2, 0, 1]), loop(jacrev((t: Tensor) => mlp(params(), t)), X));
      expectClose(vmap((t: Tensor, v: Tensor) => jvp((s: Tensor) => mlp(params(), s), [t], [v])[1] as Tensor)(X, X.cos()), stack([...X].map((t) => jvp((s: Tensor) => mlp(params(), s), [t], [t.cos()])[1] as Tensor)));
    });

    test('is differentiated from outside: gradients of what is closed over are summed over the samples', () => {
      const w = lin([2, 3]).requiresGrad_(), xs = lin([5, 3], 0.1).requiresGrad_();
      vmap((t: Tensor) => w.matmul(t).tanh().square().sum())(xs).sum().backward();
      const w2 = lin([2, 3]).requiresGrad_(), xs2 = lin([5, 3], 0.1).requiresGrad_();
      loop((t) => w2.matmul(t).tanh().square().sum(), xs2).sum().backward();
      expectClose(w.grad, w2.grad as Tensor);
      expectClose(xs.grad, xs2.grad as Tensor);
      // One more level on either side: the gradient of the sum of squared per-sample gradients.
      const outer = grad((v: Tensor) => vmap(grad((t: Tensor) => v.matmul(t).tanh().sum()))(X).square().sum());
      const looped = grad((v: Tensor) => loop(grad((t: Tensor) => v.matmul(t).tanh().sum()), X).square().sum());
      expectClose(outer(lin([2, 3])), looped(lin([2, 3])));
      expectClose(vmap(outer)(lin([4, 2, 3])), loop(looped, lin([4, 2, 3])));
      // A gradient that does not depend on the sample still counts once per sample.
      expectClose(grad((v: Tensor) => vmap((_t: Tensor) => v.sum())(X).sum())(x), ones([3], { dtype: 'float64' }).mul(5));
      expectClose(grad((v: Tensor) => vmap((t: Tensor) => t.mul(0).add(v).sum())(X).sum())(x), ones([3], { dtype: 'float64' }).mul(5));
      expect(autograd.gradgradcheck((v: Tensor, t: Tensor) => vmap((s: Tensor) => v.mul(s).sin().sum())(t), [lin([3]).requiresGrad_(), lin([2, 3]).requiresGrad_()])).toBe(true);
    });

    test('keeps gradients of a leaf apart by sample when autograd.grad runs inside of it', () => {
      const w = lin([2, 3]).requiresGrad_();
      const perSample = vmap((t: Tensor) => autograd.grad(w.matmul(t).square().sum(), [w])[0])(X);
      expectClose(perSample, loop((t) => autograd.grad(w.matmul(t).square().sum(), [w])[0], X));
      const y = w.square();
      expectClose(vmap((v: Tensor) => autograd.grad(y, [w], { gradOutputs: v, retainGraph: true })[0])(lin([4, 2, 3])), lin([4, 2, 3]).mul(w.detach()).mul(2));
    });

    test('draws as it is told, with the numbers of PyTorch', () => {
      expect(() => vmap((t: Tensor) => t.add(randn(3)))(X)).toThrow(VmapError);
      torch.manualSeed(0);
      expectNumbers(vmap((t: Tensor) => t.add(randn(3, { dtype: 'float64' })), { randomness: 'different' })(X), reference.diff);
      torch.manualSeed(0);
      expectNumbers(vmap((t: Tensor) => t.add(randn(3, { dtype: 'float64' })), 0, 0, 'same')(X), reference.same);
      torch.manualSeed(0);
      expectNumbers(vmap((t: Tensor) => nn.functional.dropout(t, 0.5), { randomness: 'different' })(X), reference.drop);
      torch.manualSeed(0);
      expectNumbers(vmap((t: Tensor) => nn.functional.dropout(t, 0.5), { randomness: 'same' })(X), reference.dropsame);
      torch.manualSeed(0);
      expectNumbers(vmap((_t: Tensor) => torch.randperm(4), { randomness: 'different' })(X), reference.perm);
      torch.manualSeed(0);
      expectNumbers(vmap((t: Tensor) => vmap((u: Tensor) => torch.rand(2, { dtype: 'float64' }).add(u), { randomness: 'different' })(t), { randomness: 'different' })(X.narrow(0, 0, 2)), reference.nested);
    });

    test('draws the same in every chunk where samples draw the same', () => {
      torch.manualSeed(3);
      const drawn = vmap((t: Tensor) => t.mul(0).add(randn(3, { dtype: 'float64' })), { randomness: 'same', chunkSize: 2 })(X);
      torch.manualSeed(3);
      expectClose(drawn, randn(3, { dtype: 'float64' }).expand(5, 3));
    });

    test('draws also what no kernel draws', () => {
      const rates = ones([6]).mul(4);
      expect(() => vmap((_t: Tensor) => torch.poisson(rates))(X)).toThrow(VmapError);
      const different = vmap((_t: Tensor) => torch.poisson(rates), { randomness: 'different' })(X);
      expect(different.select(0, 0).equal(different.select(0, 1))).toBe(false);
      torch.manualSeed(1);
      const same = vmap((t: Tensor) => torch.poisson(t.mul(0).to('float32').add(4)), { randomness: 'same' })(X);
      torch.manualSeed(1);
      expect(same.equal(torch.poisson(ones([3]).mul(4)).expand(5, 3))).toBe(true);
      torch.manualSeed(2);
      const picks = vmap((t: Tensor) => torch.multinomial(t.abs(), 2), { randomness: 'different' })(X);
      expect(picks.shape).toEqual([5, 2]);
    });

    test('writes in place what is batched or made inside, and refuses what every sample would write', () => {
      const input = X.clone();
      vmap((t: Tensor) => t.mul_(2))(input);
      expectClose(input, X.mul(2));
      expect(input.version).toBe(1);
      expectClose(vmap((t: Tensor) => {
        const made = zeros([3], { dtype: 'float64' });
        made.add_(t);
        made.select(0, 1).mul_(3);
        return made;
      })(X), X.mul(tensor([1, 3, 1], { dtype: 'float64' })));
      const outside = zeros([3], { dtype: 'float64' });
      expect(() => vmap((t: Tensor) => outside.add_(t))(X)).toThrow(/in-place operation on a tensor that is not batched/);
      expect(outside.equal(zeros([3], { dtype: 'float64' }))).toBe(true);
      expect(() => vmap((t: Tensor) => t.mul_(2))(x.expand(5, 3))).toThrow(/share memory/);
      expectClose(grad((w: Tensor) => vmap((t: Tensor) => t.mul(1).mul_(w).sum())(X).sum())(x), X.sum(0));
    });

    test('notices results that are changed before backward reads them', () => {
      const leaf = lin([5]).requiresGrad_();
      const y = vmap((t: Tensor) => t.exp())(leaf);
      y.mul_(2);
      expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
      const same = vmap((t: Tensor) => t)(X);
      same.mul_(0);
      expectClose(X, lin([5, 3], 0.1));
    });

    test("selects by a sample's integer as by a number, in one call alone and one by one beside other indices", () => {
      const at = tensor([2n, 0n, -1n]), rows = lin([3, 4, 5]);
      expectClose(vmap((t: Tensor, i: Tensor) => t.index(i))(rows, at), stack([2, 0, -1].map((i, b) => rows.index(b, i))));
      expectClose(vmap((t: Tensor, i: Tensor) => t.index('1:3', null, i))(rows, at), stack([2, 0, -1].map((i, b) => rows.index(b, '1:3', null, i))));
      expectClose(vmap((t: Tensor, i: Tensor) => t.index([0, 1], '...', i))(rows, at), stack([2, 0, -1].map((i, b) => rows.index(b, [0, 1], '...', i))));
      expectClose(vmap((t: Tensor, i: Tensor) => t.indexPut([i], 7))(rows, at), stack([2, 0, -1].map((i, b) => rows.select(0, b).indexPut([i], 7))));
      expectClose(vmap(grad((t: Tensor, i: Tensor) => t.index(i).square().sum()))(rows, at), stack([2, 0, -1].map((i, b) => grad((t: Tensor) => t.index(i).square().sum())(rows.select(0, b)))));
      expect(() => vmap((t: Tensor, i: Tensor) => t.index(i))(rows, tensor([0n, 4n, 1n]))).toThrow(/index 4 is out of range/);
    });

    test('refuses reads of single samples, and what escapes from it', () => {
      expect(() => vmap((t: Tensor) => (t.sum().item() > 0 ? t : t.neg()))(X)).toThrow(VmapError);
      expect(() => vmap((t: Tensor) => t.maskedSelect(t.gt(0)))(X)).toThrow(/different shapes/);
      let kept: Tensor | null = null;
      vmap((t: Tensor) => (kept = t.mul(2)))(X);
      expect(() => (kept as unknown as Tensor).tolist()).toThrow(/after its vmap call had ended/);
      expect(() => (kept as unknown as Tensor).add(1)).toThrow(/after its vmap call had ended/);
      // And all is as it was.
      expectClose(X.add(1).sub(1), X);
      expect(() => vmap((_t: Tensor) => { throw new Error('of the function'); })(X)).toThrow('of the function');
      expectClose(vmap((t: Tensor) => t.add(1))(X), X.add(1));
    });

    test('runs sample by sample what reads elements, with gradients', () => {
      const counts = torch.tensor([2, 0, 1]).long();
      const batch = stack([counts, torch.tensor([1, 1, 1]).long()]);
      expect(vmap((t: Tensor, c: Tensor) => t.repeatInterleave(c), [null, 0])(x, batch).tolist()).toEqual(stack([x.repeatInterleave(counts), x]).tolist());
      expectClose(vmap((t: Tensor, c: Tensor) => grad((u: Tensor) => u.repeatInterleave(c).square().sum())(t), [null, 0])(x, batch), stack([x.mul(counts).mul(2), x.mul(2)]));
      expectClose(grad((t: Tensor) => vmap((c: Tensor) => t.repeatInterleave(c).square().sum())(batch).sum())(x), x.mul(counts).mul(2).add(x.mul(2)));
      expectClose(vmap((t: Tensor, i: Tensor) => t.index(i), [null, 0])(x, torch.tensor([2, 0]).long()), stack([x.select(0, 2), x.select(0, 0)]));
    });

    test('refuses arguments that do not fit', () => {
      expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(X, x)).toThrow(/same size in the mapped dimension, got 5 and 3/);
      expect(() => vmap((a: Tensor) => a, [0, 0])(X)).toThrow(/inDims does not match its structure/);
      expect(() => vmap((a: Tensor) => a, 2)(X)).toThrow(/inDims must be in/);
      expect(() => vmap((a: Tensor) => a, null)(X)).toThrow(/at least one input/);
      expect(() => vmap((a: unknown) => a)(3)).toThrow(/is no Tensor but 3/);
      expect(() => vmap((a: Tensor) => a)(one())).toThrow(/0-d tensor/);
      expect(() => vmap((_a: Tensor) => 3)(X)).toThrow(/must return Tensors/);
      expect(() => vmap((a: Tensor) => a, 0, [0, 0])(X)).toThrow(/outDims does not match/);
      expect(() => vmap(3 as never)).toThrow(/func must be a function/);
      expect(() => vmap((a: Tensor) => a, { randomness: 'none' as 'same' })).toThrow(/randomness must be one of/);
      expect(() => vmap(async (a: Tensor) => a)(X)).toThrow(/must be synchronous/);
    });

    test('maps over no samples and over one', () => {
      expect(vmap((t: Tensor) => t.sin().sum())(zeros([0, 3])).shape).toEqual([0]);
      expectClose(vmap((t: Tensor) => t.sin().sum())(x.unsqueeze(0)), x.sin().sum().unsqueeze(0));
    });
  });

  describe('modules', () => {
    test('functionalCall computes with the state given and leaves the module as it was', () => {
      torch.manualSeed(1);
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
      const before = model(X.float());
      const state = Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.detach()]));
      expectClose(functionalCall(model, state, X.float()), before);
      const doubled = { ...state, '2.bias': state['2.bias'].add(1) };
      expectClose(functionalCall(model, doubled, [X.float()]), before.add(1), 1e-6);
      expectClose(model(X.float()), before);
      const gradients = grad((p: Record<string, Tensor>) => functionalCall(model, p, X.float()).square().sum())(state);
      model(X.float()).square().sum().backward();
      for (const [name, p] of model.namedParameters()) expectClose(gradients[name], p.grad as Tensor, 1e-5);
      expect(() => functionalCall(model, { '2.nothing': x }, X)).toThrow(/no parameter or buffer/);
      expect(() => functionalCall(model, { '2.bias': state['2.bias'] }, X.float(), { strict: true })).toThrow(/0\.weight.*strict/);
      expect(() => functionalCall(model, { '2.bias': zeros([7]) }, X.float())).toThrow();
      expectClose(model(X.float()), before);
    });

    test('a tied weight is replaced in all its places', () => {
      const a = new nn.Linear(3, 3, false), b = new nn.Linear(3, 3, false);
      b.weight = a.weight;
      const tied = new nn.Sequential(a, b), eye = torch.eye(3);
      expectClose(functionalCall(tied, { '0.weight': eye.mul(2) }, X.float()), X.float().mul(4));
      expectClose(functionalCall(tied, { '0.weight': eye.mul(2), '1.weight': eye }, X.float(), { tieWeights: false }), X.float().mul(2));
      expect(() => functionalCall(tied, { '0.weight': eye.mul(2), '1.weight': eye }, X.float())).toThrow(/share one tensor/);
    });

    test("an ensemble of stacked modules gives PyTorch's outputs and a gradient per member", () => {
      torch.manualSeed(3);
      const models = [0, 1, 2].map(() => new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2)));
      const [stacked, buffers] = stackModuleState(models);
      expect(stacked['0.weight'].shape).toEqual([3, 4, 3]);
      expect(stacked['0.weight'].requiresGrad && stacked['0.weight'].isLeaf).toBe(true);
      const xx = lin([2, 3]).float();
      const out = vmap((p: Record<string, Tensor>, b: Record<string, Tensor>) => functionalCall(models[0], [p, b], xx))(stacked, buffers);
      expectNumbers(out, reference.ensemble, 5);
      out.square().sum().backward();
      models.forEach((model, i) => {
        model(xx).square().sum().backward();
        expectClose((stacked['2.weight'].grad as Tensor).select(0, i), (model.getParameter('2.weight').grad as Tensor), 1e-5);
      });
    });
  });

  describe('autograd.functional', () => {
    const a = lin([2], 0.2), b = lin([2], 0.9), va = lin([2], 3), vb = lin([2], 4);
    const f = (p: Tensor, q: Tensor): Tensor => p.mul(q).sin().sum().add(p.pow(3).sum());
    const g = (p: Tensor, q: Tensor): Tensor[] => [p.mul(q), p.exp().sum()];
    const { functional } = autograd;

    test("gives PyTorch's numbers in its nesting", () => {
      expectNumbers(stack((functional.hessian(f, [a, b]) as Tensor[][]).map((row) => stack(row))), reference.af_hess);
      expectNumbers(stack(functional.vhp(f, [a, b], [va, vb])[1] as Tensor[]), reference.af_vhp);
      expectNumbers(stack(functional.hvp(f, [a, b], [va, vb])[1] as Tensor[]), reference.af_hvp);
      for (const strategy of ['reverse-mode', 'forward-mode'] as const) {
        const J = functional.jacobian(g, [a, b], { strategy }) as Tensor[][];
        J.forEach((row, o) => row.forEach((block, i) => expectNumbers(block, (reference.af_jac as unknown[][])[o][i])));
      }
      (functional.jvp(g, [a, b], [va, vb])[1] as Tensor[]).forEach((t, i) => expectNumbers(t, (reference.af_jvp as unknown[])[i]));
      (functional.vjp(g, [a, b], [va, tensor(2, { dtype: 'float64' })])[1] as Tensor[]).forEach((t, i) => expectNumbers(t, (reference.af_vjp as unknown[])[i]));
      expectClose(functional.jacobian((p: Tensor) => p.square(), a), torch.diag(a.mul(2)));
      expectClose(functional.hessian((p: Tensor) => p.pow(3).sum(), a, { outerJacobianStrategy: 'forward-mode' }), torch.diag(a.mul(6)));
    });

    test('attaches the results only with createGraph', () => {
      const leaf = lin([2], 0.2).requiresGrad_();
      expect((functional.jacobian((p: Tensor) => p.pow(3), leaf) as Tensor).requiresGrad).toBe(false);
      (functional.jacobian((p: Tensor) => p.pow(3), leaf, { createGraph: true }) as Tensor).sum().backward();
      expectClose(leaf.grad, a.mul(6));
      const [value, product] = functional.vjp((p: Tensor) => p.square().sum(), leaf) as [Tensor, Tensor];
      expect(value.requiresGrad || product.requiresGrad).toBe(false);
      expectClose(product, a.mul(2));
    });

    test('strict refuses outputs that do not depend on an input', () => {
      expect(() => functional.jacobian((p: Tensor, _q: Tensor) => p, [a, b], { strict: true })).toThrow(/independent of input 1/);
      expect(() => functional.hvp((p: Tensor) => p.sum(), a, va, { strict: true })).toThrow(/strict/);
      expect(() => functional.vjp((p: Tensor) => p, a)).toThrow(/v can be left out only/);
      expect(() => functional.hessian((p: Tensor) => p, a)).toThrow(/single element/);
    });
  });
});
