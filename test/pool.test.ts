/** Memory of dropped tensors is used again, that of kept ones never. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';

describe.skipIf(torch.backendInfo().backend !== 'native')('the pool of buffers', () => {
  test('a synchronous loop of large results lives in few buffers', () => {
    const x = torch.ones(50_000), buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 2000; i++) buffers.add(x.add(i).storage.slab.bytes.buffer);
    expect(buffers.size).toBeLessThan(200);
  });

  test('what is kept keeps its values, as a tensor, a view, a detached alias or a graph', () => {
    const kept: { read: () => number; expected: number }[] = [];
    const w = torch.ones(20_000).requiresGrad_();
    for (let i = 0; i < 1500; i++) {
      const value = torch.full([20_000], i);
      if (i % 50 === 0) kept.push({ read: () => value.sum().item() / 20_000, expected: i });
      if (i % 50 === 1) {
        const view: Tensor = value.narrow(0, 5, 10);
        kept.push({ read: () => view.mean().item(), expected: i });
      }
      if (i % 50 === 2) {
        const { data } = value;
        kept.push({ read: () => data.max().item(), expected: i });
      }
      if (i % 50 === 3) {
        const loss = w.mul(value).mean();
        kept.push({ read: () => torch.autograd.grad(loss, [w])[0].sum().item(), expected: i });
      }
    }
    for (const { read, expected } of kept) expect(read()).toBeCloseTo(expected, 2);
  });

  test('whoever reads the raw elements keeps the memory', () => {
    const elements = torch.full([30_000], 7).storage.slab.view(0);
    for (let i = 0; i < 1000; i++) torch.zeros(30_000);
    expect(elements[100]).toBe(7);
  });
});
