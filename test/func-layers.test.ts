/** torch.func over layers with kernels of their own: PyTorch's numbers (fixtures/make-func-layers.py), in one kernel call for the whole batch. */
import { describe, expect, test, vi } from 'vitest';
import { Tensor, arange, cat, func, nn, ones, randn, stack, vmap } from 'flambeau';
import { backend } from '../src/backend/select.ts';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';

const F = nn.functional;
const { grad, jacrev, jacfwd, hessian } = func;

type Params = Readonly<Record<string, Tensor>>;
type Model = (p: Params, x: Tensor) => Tensor;
interface Expected {
  readonly output: number;
  readonly per_sample: Readonly<Record<string, number>>;
  readonly per_input: number;
  readonly models: number;
  readonly per_model: Readonly<Record<string, number>>;
  readonly jacrev: number;
  readonly jacfwd: number;
  readonly hessian: number;
  readonly per_hessian: number;
}

const lin = (shape: readonly number[], a = 1): Tensor => arange(shape.reduce((n, k) => n * k, 1), { dtype: 'float64' }).mul(0.7).add(a).sin().reshape([...shape]);
const digest = (v: Tensor): number => v.mul(lin(v.shape, 0.9)).sum().item();
const expectDigest = (v: unknown, expected: number): void => expect(Math.abs(digest(v as Tensor) - expected)).toBeLessThan(1e-8 * Math.max(1, Math.abs(expected)));
const loss = (f: Model): Model => (p, x) => f(p, x).pow(3).sum();

const MODELS: Readonly<Record<string, readonly [Model, Params, Tensor]>> = {
  cnn: [
    (p, input) => {
      let x = F.maxPool2d(F.conv2d(input, p.c, p.b, { padding: 1 }), 2);
      x = F.avgPool2d(F.conv2d(x, p.g, null, { groups: 2 }).tanh(), 2);
      return F.adaptiveAvgPool2d(F.convTranspose2d(x, p.t, p.tb, { stride: 2 }), [2, 1]).flatten();
    },
    { c: lin([4, 2, 3, 3]), b: lin([4], 0.3), g: lin([4, 2, 2, 2], 0.2), t: lin([4, 2, 2, 2], 0.4), tb: lin([2], 0.6) }, lin([3, 1, 2, 10, 10], 0.1),
  ],
  volume: [
    (p, x) => F.adaptiveMaxPool3d(F.conv3d(x, p.v, null, { dilation: [1, 2, 1] }).sin(), [1, 2, 1]).flatten(),
    { v: lin([2, 1, 2, 2, 3], 0.7) }, lin([3, 1, 1, 3, 5, 4], 0.5),
  ],
  norms: [
    (p, input) => {
      let x = F.batchNorm(input, lin([4], 0.1), lin([4]).square().add(0.5), p.w, p.b, false);
      x = F.groupNorm(x.sin(), 2, p.w, p.b);
      x = F.layerNorm(x.cos(), [2, 3], p.e, p.f);
      return F.instanceNorm(x.unsqueeze(0).flatten(0, 1).unsqueeze(0).sin().flatten(1, 2)).flatten();
    },
    { w: lin([4], 2), b: lin([4], 0.3), e: lin([2, 3], 0.4), f: lin([2, 3], 0.2) }, lin([3, 1, 4, 2, 3], 0.1),
  ],
  attention: [
    (p, x) => {
      const [q, k, v] = x.matmul(p.q.t()).view(1, 3, 3, 2, 2).permute(2, 0, 3, 1, 4);
      return F.scaledDotProductAttention(q, k, v, { isCausal: true }).flatten();
    },
    { q: lin([12, 4], 0.2) }, lin([3, 1, 3, 4], 0.3),
  ],
};

const reference = readJson<Readonly<Record<string, Expected>>>('reference/func-layers.json');

/** How often each kernel family is called. */
function callsOf(families: readonly ('join' | 'conv' | 'pool' | 'norm' | 'normGrad' | 'attention' | 'attentionGrad')[], run: () => unknown): number[] {
  const spies = families.map((family) => vi.spyOn(backend(), family));
  try {
    run();
    return spies.map((spy) => spy.mock.calls.length);
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
}

onBackends(() => {
  describe.each(Object.entries(MODELS))('%s', (name, [model, params, X]) => {
    const expected = reference[name];

    test("has PyTorch's outputs and gradients per sample", () => {
      expectDigest(vmap(model, [null, 0])(params, X), expected.output);
      const found = vmap(grad(loss(model)), [null, 0])(params, X) as Params;
      for (const [key, value] of Object.entries(expected.per_sample)) expectDigest(found[key], value);
      expectDigest(vmap(grad(loss(model), 1), [null, 0])(params, X), expected.per_input);
    });

    test("has PyTorch's outputs and gradients per model", () => {
      const many = Object.fromEntries(Object.entries(params).map(([key, v]) => [key, stack([v, v.mul(0.5), v.sub(0.2)])]));
      expectDigest(vmap(model, [0, null])(many, X.select(0, 0)), expected.models);
      const found = vmap(grad(loss(model)), [0, 0])(many, X) as Params;
      for (const [key, value] of Object.entries(expected.per_model)) expectDigest(found[key], value);
    });

    test("has PyTorch's Jacobians and Hessians", () => {
      expectDigest(jacrev(model, 1)(params, X.select(0, 0)), expected.jacrev);
      expectDigest(jacfwd(model, 1)(params, X.select(0, 0)), expected.jacfwd);
      expectDigest(hessian(loss(model), 1)(params, X.select(0, 0)), expected.hessian);
      expectDigest(vmap(hessian(loss(model), 1), [null, 0])(params, X), expected.per_hessian);
    });
  });

  test('per-sample gradients of convolutions and pools take one kernel call for all samples', () => {
    const net = (p: Params, x: Tensor): Tensor => F.avgPool2d(F.maxPool2d(F.conv2d(F.conv2d(x.unsqueeze(0), p.a, p.b, { padding: 1 }).relu(), p.c), 2), 2).sum();
    const params = { a: randn(4, 1, 3, 3), b: randn(4), c: randn(6, 4, 3, 3) }, x = randn(5, 1, 12, 12);
    // Forward, both gradients of the second layer, the weight's of the first; maxima, means and the gradient of these.
    expect(callsOf(['conv', 'pool'], () => vmap(grad(net), [null, 0])(params, x))).toEqual([5, 3]);
    expect(callsOf(['conv', 'pool'], () => jacrev((t: Tensor) => F.conv2d(t, params.a).sum([2, 3]))(x))).toEqual([2, 0]);
  });

  test('batches of several maps, of images with a kernel each, and of kernels for one image fold into one call', () => {
    const w = randn(3, 2, 1, 2, 2), x = randn(3, 1, 1, 5, 5), each = vmap((k: Tensor, t: Tensor) => F.conv2d(t, k));
    const expected = (pairs: readonly (readonly [Tensor, Tensor])[]): Tensor => stack(pairs.map(([k, t]) => F.conv2d(t, k)));
    const close = (a: Tensor, b: Tensor): void => expect(a.allclose(b, 1e-5, 1e-6)).toBe(true);
    close(each(w, x), expected([0, 1, 2].map((i) => [w.select(0, i), x.select(0, i)] as const)));
    expect(callsOf(['conv'], () => each(w, x))).toEqual([1]);
    const shared = vmap((k: Tensor) => F.conv2d(x.select(0, 0), k));
    close(shared(w), expected([0, 1, 2].map((i) => [w.select(0, i), x.select(0, 0)] as const)));
    expect(callsOf(['conv'], () => shared(w))).toEqual([1]);
    const grid = vmap((k: Tensor) => vmap((t: Tensor) => F.conv2d(t, k))(x));
    close(grid(w), stack([0, 1, 2].map((i) => expected([0, 1, 2].map((j) => [w.select(0, i), x.select(0, j)] as const)))));
    // Samples that do not lie one after another run one by one.
    const apart = x.expand(3, 3, 1, 5, 5).movedim(1, 0).select(2, 0);
    close(vmap((t: Tensor) => F.conv2d(t.unsqueeze(1), w.select(0, 0)), { inDims: 1 })(apart), stack([0, 1, 2].map((j) => F.conv2d(apart.select(1, j).unsqueeze(1), w.select(0, 0)))));
  });

  test('the kernels of norms and attention take the whole batch where weights are shared', () => {
    const x = randn(4, 2, 6, 8), weight = ones([8]);
    expect(callsOf(['norm'], () => vmap((t: Tensor) => F.layerNorm(t, [8], weight))(x))).toEqual([1]);
    expect(callsOf(['attention', 'attentionGrad'], () => vmap(grad((t: Tensor) => F.scaledDotProductAttention(t, t, t).sum()))(x))).toEqual([1, 1]);
  });

  test('a join of which some parts are the same for every sample takes a call per row or per sample, whichever are fewer', () => {
    const x = randn(5, 2, 3), shared = randn(2, 4), y = randn(5, 4), row = randn(2, 5, 4);
    const join = (t: Tensor, u: Tensor): Tensor => cat([t, u, t.select(1, 0).unsqueeze(1)], 1);
    const expected = (of: (i: number) => Tensor): Tensor => stack([0, 1, 2, 3, 4].map(of));
    expect(vmap(join, [0, null])(x, shared).equal(expected((i) => join(x.select(0, i), shared)))).toBe(true);
    expect(vmap(join, [0, 1])(x, row).equal(expected((i) => join(x.select(0, i), row.select(1, i))))).toBe(true);
    expect(callsOf(['join'], () => vmap(join, [0, null])(x, shared))).toEqual([2]);
    expect(callsOf(['join'], () => vmap((t: Tensor) => cat([t, shared.select(0, 0)]))(y))).toEqual([1]);
    const nested = vmap((t: Tensor) => vmap((u: Tensor) => cat([t, u], 1), 1)(row))(x);
    expect(nested.equal(expected((i) => expected((j) => cat([x.select(0, i), row.select(1, j)], 1))))).toBe(true);
    const both = grad((t: Tensor, u: Tensor) => vmap(join, [0, null])(t, u).pow(2).sum(), [0, 1])(x, shared);
    expect(both[0].allclose(x.mul(2).add(F.pad(x.narrow(2, 0, 1).mul(2), [0, 2])), 1e-5, 1e-6)).toBe(true);
    expect(both[1].allclose(shared.mul(10), 1e-5, 1e-6)).toBe(true);
  });

  test('a map over no samples calls no kernel', () => {
    expect(vmap((t: Tensor) => F.maxPool1d(F.conv1d(t, ones([2, 1, 3])), 2))(ones([0, 1, 1, 8])).shape).toEqual([0, 1, 2, 3]);
    expect(vmap((t: Tensor) => F.scaledDotProductAttention(t, t, t))(ones([0, 1, 3, 2])).shape).toEqual([0, 1, 3, 2]);
  });

  test.each(['LSTM', 'GRU', 'RNN'] as const)('rows of the Jacobian of an %s are its gradients', (kind) => {
    const layer = new nn[kind](3, 4).double() as unknown as (t: Tensor) => readonly Tensor[], x = lin([5, 2, 3]);
    const run = (t: Tensor): Tensor => layer(t)[0].select(0, 4).flatten();
    const rows = jacrev(run)(x);
    for (const i of [0, 5]) expect(rows.select(0, i).allclose(grad((t: Tensor) => run(t).select(0, i))(x), 1e-9, 1e-12)).toBe(true);
  });
});
