/** Gradients that nobody has read give their memory back when they are dropped; all others stay what they are. */
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import { expect, test } from 'vitest';
import { onBackends } from './fixtures/backends.ts';

const place = (leaf: Tensor): unknown => [leaf.gradient?.storage.memory, leaf.gradient?.storage.byteOffset];

onBackends(() => {
  const step = (w: Tensor, factor: number): void => w.mul(factor).square().sum().backward();
  const fresh = (): Tensor => torch.ones(300, { requiresGrad: true });

  test('a gradient that was read keeps its values, whoever drops it', () => {
    const w = fresh(), opt = new optim.SGD([w], { lr: 0.1 });
    const kept: Tensor[] = [];
    for (const factor of [1, 2, 3]) {
      opt.zeroGrad();
      step(w.detach().requiresGrad_(), factor);
      step(w, factor);
      kept.push(w.grad as Tensor);
    }
    w.grad = null;
    step(fresh(), 9);
    expect(kept.map((g) => g.tolist())).toEqual([1, 2, 3].map((factor) => new Array<number>(300).fill(2 * factor * factor)));
  });

  test('so does one that a hook, a capture or an assignment has seen', () => {
    const w = fresh(), seen: Tensor[] = [];
    const handle = w.registerHook((g: Tensor) => void seen.push(g));
    step(w, 1);
    w.grad = null;
    handle.remove();
    const [captured] = torch.autograd.grad(w.mul(3).sum(), [w]);
    const given = torch.full([300], 5);
    w.grad = given;
    step(w, 1);
    w.grad = null;
    for (let i = 0; i < 3; i++) {
      step(w, 7);
      new optim.Adam([w]).zeroGrad();
    }
    expect([seen[0], captured, given].map((g) => g.select(0, 0).item())).toEqual([2, 3, 7]);
  });

  test('of leaves that share one gradient each has its own', () => {
    const [a, b] = [fresh(), fresh()];
    a.add(b).mul(4).sum().backward();
    a.grad = null;
    step(fresh(), 9);
    expect((b.grad as Tensor).equal(torch.full([300], 4))).toBe(true);
  });

  test('a step after zeroGrad puts its gradient where the last one was', () => {
    torch.manualSeed(0);
    const layer = new nn.Linear(200, 100), opt = new optim.SGD(layer.parameters(), { lr: 0.1, momentum: 0.9 }), x = torch.randn(8, 200);
    const train = (): unknown => {
      opt.zeroGrad();
      layer(x).square().sum().backward();
      nn.utils.clipGradNorm_(layer.parameters(), 1);
      opt.step();
      return place(layer.weight);
    };
    train();
    const places = Array.from({ length: 4 }, train);
    for (const each of places) expect(each).toEqual(places[0]);
  });
});
