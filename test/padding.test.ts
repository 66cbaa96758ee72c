/** Padding that repeats what is inside, on both backends: every position is that of the input which a formula names. */
import { afterAll, describe, expect, test } from 'vitest';
import * as torch from '../src/index.ts';
import type { Tensor } from '../src/index.ts';

const F = torch.nn.functional, MODES = ['reflect', 'replicate', 'circular'] as const;
type Mode = (typeof MODES)[number];

const PADS: readonly (readonly [shape: readonly number[], pad: readonly number[]])[] = [
  [[3, 30], [1, 0]], [[2, 3, 30], [12, 9]], [[2, 3, 30], [0, 29]], [[0, 2, 5], [1, 1]], [[2, 5, 7], [0, 0, 1, 4]],
  [[2, 2, 5, 7], [2, 6, 3, 4]], [[2, 3, 4, 5], [4, 1, 3, 2, 2, 0]], [[1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]],
];

function sourceOf(mode: Mode, i: number, n: number): number {
  if (mode === 'circular') return (i + n) % n;
  if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
  return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}

/** Per padded dim, which position each position repeats. */
const sources = (mode: Mode, shape: readonly number[], pad: readonly number[]): { dim: number; index: Tensor }[] =>
  Array.from({ length: pad.length / 2 }, (_, k) => {
    const dim = shape.length - 1 - k, n = shape[dim];
    return { dim, index: torch.tensor(Array.from({ length: n + pad[2 * k] + pad[2 * k + 1] }, (_, i) => sourceOf(mode, i - pad[2 * k], n))).long() };
  });

afterAll(() => torch.setBackend('native'));

describe.each(['js', 'native'] as const)('padding on the %s backend', (backend) => {
  test.each(MODES)('%s: values of every dtype, of any layout', (mode) => {
    torch.setBackend(backend);
    for (const [shape, pad] of PADS) {
      for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'uint8'] as const) {
        const x = torch.randn(shape).mul(50).abs().to(dtype), gaps = x.transpose(-1, -2).contiguous().transpose(-1, -2);
        const expected = sources(mode, shape, pad).reduce((y, { dim, index }) => y.indexSelect(dim, index), x).tolist();
        expect(F.pad(x, pad, mode).tolist(), `${dtype} [${shape.join()}] by ${pad.join()}`).toEqual(expected);
        expect(F.pad(gaps, pad, mode).tolist()).toEqual(expected);
      }
    }
  });

  test.each(MODES)('%s: both derivatives, and samples of a vmap', (mode) => {
    torch.setBackend(backend);
    for (const [shape, pad] of PADS) {
      const x = torch.randn(shape, { dtype: 'float64' }).requiresGrad_(), y = F.pad(x, pad, mode);
      const g = torch.randn(y.shape, { dtype: 'float64' }).requiresGrad_(), v = torch.randn(shape, { dtype: 'float64' });
      const [dx] = torch.autograd.grad(y, [x], g, { createGraph: true });
      const added = sources(mode, shape, pad).reduce<Tensor>((sum, { dim, index }) => {
        const size = sum.shape.map((n, d) => (d === dim ? shape[d] : n));
        return torch.zeros(size, { dtype: 'float64' }).indexAdd(dim, index, sum);
      }, g);
      expect(torch.allclose(dx, added, 1e-12, 1e-12), `[${shape.join()}] by ${pad.join()}`).toBe(true);
      expect(torch.autograd.grad(dx, [g], v)[0].tolist()).toEqual(F.pad(v, pad, mode).tolist());
      const slope = (t: Tensor): Tensor => torch.func.grad((u: Tensor) => F.pad(u, pad, mode).square().sum())(t);
      const batch = torch.stack([v, v.mul(2)]);
      expect(torch.func.vmap((t: Tensor) => F.pad(t, pad, mode))(batch).tolist()).toEqual([F.pad(v, pad, mode), F.pad(v.mul(2), pad, mode)].map((t) => t.tolist()));
      expect(torch.allclose(torch.func.vmap(slope)(batch), torch.stack([slope(v), slope(v.mul(2))]), 1e-12, 1e-12)).toBe(true);
    }
  });
});
