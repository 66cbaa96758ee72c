import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const wave = (shape: number[], phase: number): Tensor => torch.arange(shape.reduce((a, b) => a * b, 1), { dtype: 'float64' }).mul(0.7).add(phase).sin().view(shape);
const leaf = (shape: number[], phase: number): Tensor => wave(shape, phase).requiresGrad_();

/** The formula of PyTorch's documentation, by tensor operations. */
function definition(q: Tensor, k: Tensor, v: Tensor, { mask = null as Tensor | null, causal = false, scale = 1 / Math.sqrt(q.shape[q.ndim - 1]) } = {}): Tensor {
  let scores = q.matmul(k.mT).mul(scale);
  if (mask !== null) scores = scores.add(mask);
  if (causal) scores = scores.maskedFill(torch.ones(q.shape[q.ndim - 2], k.shape[k.ndim - 2], { dtype: 'bool' }).triu(1), -Infinity);
  return scores.softmax(-1).matmul(v);
}

interface Case {
  readonly name: string;
  readonly shapes: readonly [number[], number[], number[]];
  readonly causal?: boolean;
  readonly mask?: number[];
  readonly scale?: number;
}

const CASES: readonly Case[] = [
  { name: 'heads of samples', shapes: [[2, 3, 4, 5], [2, 3, 6, 5], [2, 3, 6, 2]] },
  { name: 'one batch dimension', shapes: [[3, 4, 5], [3, 6, 5], [3, 6, 5]], scale: 0.3 },
  { name: 'no batch dimension', shapes: [[4, 3], [5, 3], [5, 3]] },
  { name: 'keys of all samples', shapes: [[2, 3, 4, 5], [1, 3, 6, 5], [6, 2]] },
  { name: 'causal', shapes: [[1, 2, 20, 3], [1, 2, 20, 3], [1, 2, 20, 3]], causal: true },
  { name: 'causal with fewer queries than keys', shapes: [[2, 3, 3], [2, 7, 3], [2, 7, 3]], causal: true },
  { name: 'causal with more queries than keys', shapes: [[2, 7, 3], [2, 3, 3], [2, 3, 3]], causal: true },
  { name: 'a mask per query', shapes: [[2, 2, 4, 3], [2, 2, 5, 3], [2, 2, 5, 3]], mask: [4, 5] },
  { name: 'a mask per sample', shapes: [[2, 2, 4, 3], [2, 2, 5, 3], [2, 2, 5, 3]], mask: [2, 1, 1, 5] },
  { name: 'three batch dimensions', shapes: [[2, 2, 2, 4, 3], [2, 2, 2, 5, 3], [2, 2, 2, 5, 3]] },
];

onBackends(() => {
  describe.each(CASES)('attention over $name', ({ shapes, causal, mask, scale }) => {
    const options = { ...(causal ? { isCausal: true } : {}), ...(mask ? { attnMask: wave(mask, 2) } : {}), ...(scale === undefined ? {} : { scale }) };
    const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor => F.scaledDotProductAttention(q, k, v, options);
    const defined = { mask: mask ? wave(mask, 2) : null, causal: causal ?? false, ...(scale === undefined ? {} : { scale }) };

    test('is what its formula says, with its gradients', () => {
      const inputs = shapes.map((shape, i) => leaf(shape, i)), [q, k, v] = inputs;
      const out = attend(q, k, v), want = definition(q, k, v, defined);
      expect(torch.allclose(out, want, { rtol: 1e-12, atol: 1e-13 })).toBe(true);
      const weights = wave([...out.shape], 5);
      const got = torch.autograd.grad(out.mul(weights).sum(), inputs), expected = torch.autograd.grad(want.mul(weights).sum(), inputs);
      got.forEach((g, i) => {
        expect(g.shape).toEqual(inputs[i].shape);
        expect(torch.allclose(g, expected[i], { rtol: 1e-10, atol: 1e-12 })).toBe(true);
      });
    });
  });

  test('attention has second derivatives, and the gradients of float32 follow float64', () => {
    const inputs = [leaf([2, 3, 2], 0), leaf([2, 4, 2], 1), leaf([2, 4, 2], 2)];
    expect(torch.autograd.gradgradcheck((q: Tensor, k: Tensor, v: Tensor) => F.scaledDotProductAttention(q, k, v), inputs)).toBe(true);
    const gradient = (dtype: 'float32' | 'float64'): Tensor => {
      const [q, k, v] = [[2, 4, 33, 16], [2, 4, 33, 16], [2, 4, 33, 16]].map((shape, i) => wave(shape, i).to(dtype).requiresGrad_());
      F.scaledDotProductAttention(q, k, v, { isCausal: true }).square().sum().backward();
      return torch.stack([q, k, v].map((x) => x.grad as Tensor)).double();
    };
    expect(torch.allclose(gradient('float32'), gradient('float64'), { rtol: 1e-4, atol: 1e-5 })).toBe(true);
  });

  test('heads that a projection left side by side are read, and written back, where they lie', () => {
    const x = leaf([2, 5, 3 * 8], 0);
    const [q, k, v] = x.split(8, 2).map((part) => part.view(2, 5, 4, 2).transpose(1, 2));
    const out = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    expect(out.transpose(1, 2).isContiguous()).toBe(true);
    const [a, b, c] = [q, k, v].map((each) => each.detach().contiguous().requiresGrad_());
    const again = F.scaledDotProductAttention(a, b, c, { isCausal: true });
    expect(torch.allclose(out, again, { atol: 1e-13 })).toBe(true);
    out.square().sum().backward();
    again.square().sum().backward();
    const joined = torch.cat([a, b, c].map((each) => (each.grad as Tensor).transpose(1, 2).reshape(2, 5, 8)), 2);
    expect(torch.allclose(x.grad as Tensor, joined, { atol: 1e-13 })).toBe(true);
  });
});
