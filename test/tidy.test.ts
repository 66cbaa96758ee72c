/** dispose, tidy and keep: memory is used again at once, and nothing reads memory that is another tensor's. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { DisposedError, Tensor, arange, autograd, func, keep, nn, optim, randn, tensor, tidy, vmap, zeros } from 'flambeau';
import { decode, encode } from '../src/data/transport.ts';
import { onBackends } from './fixtures/backends.ts';

const place = (x: Tensor): string => `${slabId(x)}:${x.storage.byteOffset}`;
const ids = new WeakMap<object, number>();
let next = 0;
const slabId = (x: Tensor): number => {
  const { memory } = x.storage;
  if (!ids.has(memory)) ids.set(memory, next++);
  return ids.get(memory) as number;
};

onBackends(() => {
  describe('dispose', () => {
    test.each([[[]], [[3]], [[100]], [[3000]], [[10_000]], [[20_000]], [[50_000]], [[300, 700]]])('the memory of a tensor of shape %s is the next one of its size', (shape) => {
      const x = zeros(shape), at = place(x);
      x.dispose();
      const y = zeros(shape);
      expect(place(y)).toBe(at);
      expect(place(zeros(shape))).not.toBe(at);
    });

    test('memory given back by a smaller tensor of its class is enough for a larger one', () => {
      const x = zeros([16_385]), all = [x, ...Array.from({ length: 9 }, (_, i) => torch.full([18_432], i + 1))];
      x.dispose();
      all[0] = torch.full([18_432], 10);
      expect(all.map((each) => [each.amin().item(), each.amax().item()])).toEqual([10, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((value) => [value, value]));
    });

    test('what lies behind a tensor from another thread is not given back with it', () => {
      const [first, second] = decode(structuredClone(encode('test', 'batch', [torch.ones(175), torch.ones(175)]))) as Tensor[];
      first.dispose();
      const later = Array.from({ length: 4 }, () => torch.full([256], 7));
      expect([second.amin().item(), second.amax().item(), later.every((each) => each.eq(7).all().item())]).toEqual([1, 1, true]);
    });

    test('a later use throws, whatever it is, and never sees what the memory holds now', () => {
      const x = tensor([[0, 1, 2], [3, 4, 5]]), other = zeros([2, 3]), view = x.t(), alias = x.detach(), data = x.data;
      x.dispose();
      const now = tensor([[7, 7, 7], [7, 7, 7]]);
      const uses: (() => unknown)[] = [
        () => x.add(1), () => other.add(x), () => x.mul_(2), () => other.copy_(x), () => x.sum(), () => x.matmul(other.t()), () => x.select(0, 0).select(0, 0).item(), () => x.tolist(),
        () => x.toTypedArray(), () => x.clone(), () => x.gather(1, torch.zeros([2, 1]).long()), () => x.softmax(1), () => x.fill_(1), () => x.eq(other), () => torch.cat([other, x]),
        () => nn.functional.linear(x, other), () => view.sum(), () => alias.exp(), () => data.tolist(), () => x.normal_(), () => x.where(other.gt(0), 0), () => vmap((t: Tensor) => t.sum())(x),
        () => x.to('int64'), () => x.nonzero(), () => torch.sort(x),
      ];
      uses.forEach((use, i) => expect(use, `use ${i}`).toThrow(DisposedError));
      expect(now.tolist()).toEqual([[7, 7, 7], [7, 7, 7]]);
      expect(other.tolist()).toEqual([[0, 0, 0], [0, 0, 0]]);
      expect([x.shape, x.dtype, String(x)]).toEqual([[2, 3], 'float32', 'tensor(disposed, size=(2, 3), dtype=torch.float32)']);
    });

    test('twice is once, and a view or an alias only ends itself', () => {
      const x = arange(6).float(), view = x.narrow(0, 0, 3), data = x.data;
      view.dispose();
      data.dispose();
      expect(() => view.sum()).toThrow(DisposedError);
      expect(() => data.sum()).toThrow(DisposedError);
      expect(x.tolist()).toEqual([0, 1, 2, 3, 4, 5]);
      x.dispose();
      x.dispose();
      const a = zeros([6]), b = zeros([6]);
      expect(place(a)).not.toBe(place(b));
    });

    test('backward through a disposed tensor throws', () => {
      const x = randn(4).requiresGrad_(), h = x.exp(), y = h.sum();
      h.dispose();
      expect(() => y.backward()).toThrow(DisposedError);
    });

    test('works as a scope', () => {
      let kept: Tensor;
      {
        using x = zeros([3]);
        kept = x;
        expect(x.sum().item()).toBe(0);
      }
      expect(() => kept.sum()).toThrow(DisposedError);
    });
  });

  describe('tidy', () => {
    test('disposes what is made in it and not returned, and hands results out in arrays and objects', () => {
      const outside = randn(50);
      const made: Tensor[] = [];
      const [y, { z, n }] = tidy(() => {
        const a = outside.mul(2), b = a.exp();
        made.push(a, b);
        return [a.add(b), { z: b.sum(), n: 3 }] as const;
      });
      expect(y.equal(outside.mul(2).add(outside.mul(2).exp()))).toBe(true);
      expect([z.ndim, n]).toEqual([0, 3]);
      for (const x of made) expect(() => x.sum()).toThrow(DisposedError);
      expect(outside.isfinite().all().item()).toBe(true);
    });

    test('uses the same memory in every round', () => {
      const x = randn(100_000), places = new Set<string>();
      for (let i = 0; i < 50; i++) {
        tidy(() => {
          const a = x.mul(2), b = a.add(1);
          places.add(place(a)).add(place(b));
          return b.sum().item();
        });
      }
      expect(places.size).toBeLessThanOrEqual(4);
    });

    test('keeps views of what it returns, and results of scopes inside of it', () => {
      const view = tidy(() => arange(6).float().view([2, 3]).t());
      randn(6);
      expect(view.tolist()).toEqual([[0, 3], [1, 4], [2, 5]]);
      const inner: Tensor[] = [];
      const y = tidy(() => {
        const a = tidy(() => arange(3).float().add(1));
        inner.push(a);
        return a.mul(2);
      });
      expect(y.tolist()).toEqual([2, 4, 6]);
      expect(() => inner[0].sum()).toThrow(DisposedError);
    });

    test('trains as without it: gradients, parameters and optimizer states stay', () => {
      const train = (wrap: (step: () => number) => number): number[][] => {
        torch.manualSeed(0);
        const model = wrapModel(wrap);
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 }), x = randn(16, 3), y = randn(16, 1);
        const losses = Array.from({ length: 20 }, () => wrap(() => {
          optimizer.zeroGrad();
          const loss = nn.functional.mseLoss(model(x), y);
          loss.backward();
          optimizer.step();
          return loss.item();
        }));
        return [losses, model.parameters().map((p) => p.sum().item())];
      };
      const wrapModel = (wrap: (step: () => number) => number): nn.Sequential => {
        let model: nn.Sequential | null = null;
        wrap(() => {
          model = new nn.Sequential(new nn.Linear(3, 8), new nn.BatchNorm1d(8), new nn.Tanh(), new nn.Dropout(0.2), new nn.Linear(8, 1));
          return 0;
        });
        return model as unknown as nn.Sequential;
      };
      expect(train((step) => tidy(step))).toEqual(train((step) => step()));
    });

    test('keeps everything that an attached result may need', () => {
      const x = randn(4).requiresGrad_();
      const loss = tidy(() => nn.functional.dropout(x.exp().mul(x), 0.5).sum());
      randn(4);
      loss.backward();
      expect((x.grad as Tensor).isfinite().all().item()).toBe(true);
      let kept: Tensor | null = null;
      tidy(() => void (kept = keep(x.exp().mul(x).sum())));
      randn(4);
      (kept as unknown as Tensor).backward();
      const [g] = tidy(() => autograd.grad(x.pow(3).sum(), [x], { createGraph: true }));
      randn(4);
      expect(autograd.grad(g.sum(), [x])[0].allclose(x.detach().mul(6))).toBe(true);
    });

    test('keep lets a tensor outlive the scopes around it', () => {
      let kept: Tensor | null = null;
      tidy(() => tidy(() => void (kept = keep(arange(3).float()))));
      zeros([3]);
      expect((kept as unknown as Tensor).tolist()).toEqual([0, 1, 2]);
      expect(() => keep(3 as never)).toThrow(/keep: tensor must be a Tensor/);
    });

    test('works around and inside of transforms', () => {
      const x = randn(5, 3);
      const perSample = tidy(() => vmap(func.grad((t: Tensor) => t.sin().mul(2).sum()))(x));
      randn(5, 3);
      expect(perSample.allclose(x.cos().mul(2))).toBe(true);
      expect(vmap((t: Tensor) => tidy(() => t.sin().mul(2).sum()))(x).allclose(x.sin().mul(2).sum(1))).toBe(true);
      expect(func.grad((t: Tensor) => tidy(() => t.sin().sum()))(x).allclose(x.cos())).toBe(true);
    });

    test('ends when its function throws, and as a scope of a block', () => {
      let made: Tensor | null = null;
      expect(() => tidy(() => {
        made = zeros([3]);
        throw new Error('of the function');
      })).toThrow('of the function');
      expect(() => (made as unknown as Tensor).sum()).toThrow(DisposedError);
      {
        using _ = tidy();
        made = zeros([3]);
      }
      expect(() => (made as Tensor).sum()).toThrow(DisposedError);
      expect(zeros([3]).sum().item()).toBe(0);
      expect(() => tidy(async () => zeros([3]))).toThrow(/must be synchronous/);
      expect(() => tidy(3 as never)).toThrow(/fn must be a function/);
    });
  });
});
