import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { camel, decode, decodeOptions, expectTensor, makeTensor, readJson, type TensorJson } from './fixtures/conformance.ts';

interface Clip {
  readonly fn: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly grads: readonly TensorJson[];
  readonly total_norm?: TensorJson;
  readonly grads_after?: readonly TensorJson[];
  readonly error?: unknown;
}

interface Run {
  readonly name: string;
  readonly layers: readonly { readonly name: string; readonly args: readonly unknown[]; readonly kwargs?: Readonly<Record<string, unknown>> }[];
  readonly loss_fn: string;
  readonly optimizer: string;
  readonly optimizer_kwargs: Readonly<Record<string, unknown>>;
  readonly seed_init: number;
  readonly seed_train: number;
  readonly X: TensorJson;
  readonly Y: TensorJson;
  readonly init_state: readonly (readonly [name: string, value: TensorJson])[];
  readonly losses: readonly number[];
  readonly final_state: readonly (readonly [name: string, value: TensorJson])[];
  readonly eval_output: TensorJson;
}

const { clip, training_runs: runs } = readJson<{ readonly clip: readonly Clip[]; readonly training_runs: readonly Run[] }>('conformance/misc.json');
const tolerance = { float32: { rtol: 1.3e-6, atol: 1e-5 } };
type Class<T> = new (...args: readonly unknown[]) => T;
const layerClasses = nn as unknown as Readonly<Record<string, Class<nn.Module> | undefined>>;
const optimizers = optim as unknown as Readonly<Record<string, Class<optim.Optimizer> | undefined>>;
const last = (name: string): string => name.split('.').pop()!;

// The bias of the keys moves all scores of a query alike, so that its gradient is rounding noise, of which Adam makes steps of
// full size.
const NOISE = new Set(['transformer_adam 0.self_attn.in_proj_bias']);

onBackends(() => {
  test.each(clip.map((one, i) => [`${i} ${last(one.fn)} ${JSON.stringify(one.kwargs)}`, one] as const))('%s clips as PyTorch', (_, one) => {
    const params = one.grads.map((grad) => {
      const p = torch.zeros([...grad.shape], { dtype: grad.dtype, requiresGrad: true });
      p.grad = makeTensor(grad);
      return p;
    });
    const { maxNorm, clipValue, ...options } = decodeOptions(one.kwargs, []) as { maxNorm?: number; clipValue?: number };
    if (one.error !== undefined) {
      // An empty gradient has no largest element.
      expect(() => nn.utils.clipGradNorm_(params, maxNorm!, options)).toThrow(torch.ShapeError);
      return;
    }
    if (maxNorm !== undefined) expectTensor(nn.utils.clipGradNorm_(params, maxNorm, options), one.total_norm!, tolerance);
    else nn.utils.clipGradValue_(params, clipValue!);
    params.forEach((p, i) => expectTensor(p.grad!, one.grads_after![i], tolerance));
  });

  describe('recorded training runs', () => {
    for (const run of runs) test(run.name, () => {
      const initial = Object.fromEntries(run.init_state), final = Object.fromEntries(run.final_state);
      torch.manualSeed(run.seed_init);
      const model = new nn.Sequential(...run.layers.map(({ name, args, kwargs }) => new layerClasses[last(name)]!(...(decode(args, []) as unknown[]), ...(kwargs ? [decodeOptions(kwargs, [])] : []))));
      const close = { float32: { rtol: 1e-3, atol: 1e-4 }, int64: { rtol: 0, atol: 0 } };
      for (const [name, tensor] of Object.entries(model.stateDict())) expectTensor(tensor, initial[name], { float32: { rtol: 2e-6, atol: 1e-6 } }, 1, name);
      const optimizer = new optimizers[last(run.optimizer)]!(model.parameters(), decodeOptions(run.optimizer_kwargs, []));
      const lossFn = (nn.functional as unknown as Readonly<Record<string, (a: torch.Tensor, b: torch.Tensor) => torch.Tensor>>)[camel(run.loss_fn)];
      const X = makeTensor(run.X), Y = makeTensor(run.Y);
      torch.manualSeed(run.seed_train);
      for (const expected of run.losses) {
        optimizer.zeroGrad();
        const loss = lossFn(model(X), Y);
        loss.backward();
        optimizer.step();
        expect(Math.abs(loss.item() - expected)).toBeLessThanOrEqual(1e-4 + 1e-3 * Math.abs(expected));
      }
      for (const [name, tensor] of Object.entries(model.stateDict())) expectTensor(tensor, final[name], close, 1, name, NOISE.has(`${run.name} ${name}`) ? 'meta' : 'exact');
      expectTensor(model.eval()(X), run.eval_output, close);
    });
  });
});

test('clipping refuses what it cannot do', () => {
  const p = torch.zeros(2, { requiresGrad: true });
  p.grad = torch.tensor([NaN, 1]);
  expect(() => nn.utils.clipGradNorm_([p], 1, { errorIfNonfinite: true })).toThrow(/cannot be clipped/);
  expect(() => nn.utils.clipGradsWithNorm_([p], 1, 2 as unknown as torch.Tensor)).toThrow(/clipGradsWithNorm_: totalNorm must be a Tensor, got 2/);
  expect(() => nn.utils.clipGradsWithNorm_([p], 1, torch.ones(2))).toThrow(/clipGradsWithNorm_: totalNorm must be a Tensor of one element/);
  expect(() => nn.utils.clipGradNorm_([p], 1, { norm: 2 } as object)).toThrow(/option 'norm' is unknown/);
  expect(() => nn.utils.clipGradNorm_([1] as unknown as torch.Tensor[], 1)).toThrow(/must be tensors/);
  expect(nn.utils.clipGradNorm_([], 1).item()).toBe(0);
});

test('clipping takes its parameters by name, and any iterable of tensors', () => {
  const p = torch.tensor([3, 4]).requiresGrad_();
  p.grad = torch.tensor([3, 4]);
  expect(nn.utils.getTotalNorm(new Set([p.grad]), { normType: 1 }).item()).toBe(7);
  expect(nn.utils.clipGradNorm_([p].values(), { maxNorm: 10, normType: 2, foreach: true }).item()).toBe(5);
  nn.utils.clipGradValue_({ parameters: p, clipValue: 3.5 });
  expect(p.grad.tolist()).toEqual([3, 3.5]);
});

test('clipGradsWithNorm_ scales a part of the gradients by the norm of all', () => {
  const [a, b] = [torch.tensor([3]).requiresGrad_(), torch.tensor([4]).requiresGrad_()];
  a.mul(3).add(b.mul(4)).sum().backward();
  nn.utils.clipGradsWithNorm_([a], 1, nn.utils.getTotalNorm([a.grad!, b.grad!]));
  expect([a.grad!.item(), b.grad!.item()]).toEqual([expect.closeTo(0.6, 6), 4]);
  nn.utils.clipGradsWithNorm_(b, 10, torch.tensor([5]));
  expect(b.grad!.item()).toBe(4);
});
