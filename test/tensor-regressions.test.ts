/** Bugs that PyTorch's recorded samples brought to light: one sentence each, with PyTorch's values. */
import { expect, test } from 'vitest';
import * as torch from 'flambeau';
import { ArgumentError, nn, tensor, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });
/** The gradient of x after backward from the sum of `out`. */
function gradient(out: Tensor, x: Tensor): unknown {
  out.sum().backward();
  return x.grad?.tolist();
}

onBackends(() => {
  test('nobody can change the shape or the strides of a tensor, a result or a view', () => {
    const x = torch.zeros(3, 4);
    for (const each of [x, x.add(1), x.narrow(1, 1, 2), x.t(), x.expand(2, 3, 4), x.select(0, 1)]) {
      const shape = [...each.shape], strides = [...each.stride()];
      for (const list of [each.shape, each.size(), each.stride()]) {
        expect(() => (list as number[]).push(1000)).toThrow(TypeError);
        expect(() => { (list as number[])[0] = 1000; }).toThrow(TypeError);
      }
      expect([each.shape, each.stride()]).toEqual([shape, strides]);
    }
  });

  test('linspace and logspace are PyTorch\'s to the last bit', () => {
    expect(torch.linspace(-1, 1, 28).narrow(0, 0, 14).tolist()).toEqual([
      -1, -0.9259259104728699, -0.8518518209457397, -0.7777777910232544, -0.7037037014961243, -0.6296296119689941, -0.5555555820465088, -0.48148149251937866, -0.40740740299224854,
      -0.3333333134651184, -0.25925925374031067, -0.18518517911434174, -0.1111111044883728, -0.03703702986240387,
    ]);
    expect([torch.linspace(-2, 3, 37).index(9).item(), torch.linspace(0.0001, 0.02, 50).index(6).item()]).toEqual([-0.7499999403953552, 0.002536734566092491]);
    expect(torch.linspace(-2, 3, 37, { dtype: 'float64' }).index(10).item()).toBe(-0.611111111111111);
    expect(torch.linspace(-2.9, 3.9, 8, { dtype: 'int64' }).tolist()).toEqual([-2, -1, 0, 0, 0, 1, 2, 3]);
    expect(torch.linspace(-1e300, 1e300, 3, { dtype: 'float64' }).tolist()).toEqual([-1e300, 0, 1e300]);
    expect(torch.logspace(-2, 3, 37).narrow(0, 1, 2).tolist()).toEqual([0.013768571428954601, 0.018957355991005898]);
    expect(torch.logspace(0, 5, 1000).index(7).item()).toBe(1.0840144157409668);
  });

  test('affineGrid of the identity is PyTorch\'s to the last bit, as gridSample has a step in its slope at every element', () => {
    const grid = F.affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 5, 28]);
    expect(grid.index(0, 0, ':8', 0).tolist()).toEqual([
      -0.9642857313156128, -0.8928571343421936, -0.8214285969734192, -0.75, -0.6785714030265808, -0.6071428656578064, -0.535714328289032, -0.4642857015132904,
    ]);
    expect(grid.index(0, ':', 0, 1).tolist()).toEqual([-0.800000011920929, -0.4000000059604645, 0, 0.4000000059604645, 0.800000011920929]);
  });

  test('round_ heeds decimals', () => {
    expect(tensor(new Float64Array([-4.826984902407649])).round_({ decimals: 3 }).tolist()).toEqual([-4.827]);
    expect(tensor([-8.478374]).round_({ decimals: -3 }).tolist()).toEqual([-0]);
  });

  test('a lower bound of a clamp without an upper one has a gradient where it is infinite', () => {
    const bound = leaf([Infinity, -Infinity]);
    expect(gradient(torch.clampMin(tensor([-Infinity, -Infinity]), bound), bound)).toEqual([1, 0]);
  });

  test('a rounded quotient stays in the graph and gives zeros', () => {
    for (const roundingMode of ['floor', 'trunc'] as const) {
      const x = leaf([-8.478374, 0]);
      expect(gradient(x.div(-2.4, { roundingMode }), x)).toEqual([0, 0]);
    }
    expect(tensor([-7, 7]).to('int32').div(2, { roundingMode: 'trunc' }).tolist()).toEqual([-3, 3]);
  });

  test('what is drawn stays in the graph and gives zeros', () => {
    const p = leaf([0.028979242, 0.40189856]);
    expect(gradient(torch.bernoulli(p), p)).toEqual([0, 0]);
    const mean = leaf([1, 2]);
    expect(gradient(torch.normal(mean, tensor([[1, 1], [2, 2]])), mean)).toEqual([0, 0]);
  });

  test('the number of elements that are not 0 is attached to the graph, though no gradient flows', () => {
    const x = leaf([1, 0, 2]);
    const count = x.norm(0);
    expect([count.item(), count.requiresGrad]).toEqual([2, true]);
    count.backward();
    expect(x.grad).toBe(null);
  });

  test('addcmul and addcdiv round their gradients in the operand that a factor multiplies', () => {
    const b = tensor([-1.765625]).to('bfloat16'), c = leaf([4.5504694]), d = leaf([4.5504694]);
    const rounded = b.mul(-3.14);
    expect(gradient(tensor([1]).addcmul(b, c, { value: -3.14 }), c)).toEqual(rounded.tolist());
    expect(gradient(tensor([1]).addcdiv(b, d, { value: 3.14 }), d)).toEqual(rounded.float().div(d.detach().square()).tolist());
  });

  test('alpha and value may be booleans, alpha only where the result is bool', () => {
    const yes = tensor([true, false]);
    expect(yes.add(tensor([false, false]), { alpha: true as unknown as number }).tolist()).toEqual([true, false]);
    expect(tensor([1]).addcmul(tensor([2]), tensor([3]), { value: false as unknown as number }).tolist()).toEqual([1]);
    expect(() => tensor([1]).add(tensor([1]), { alpha: true as unknown as number })).toThrow(ArgumentError);
  });

  test('arange takes booleans for 0 and 1', () => {
    expect(torch.arange(false, true, true, { dtype: 'float32' }).tolist()).toEqual([0]);
  });

  test('baddbmm, addmm and addmv of halves are rounded once', () => {
    const half = (values: number[]): Tensor => tensor(values).to('float16');
    const self = half([-8]), a = half([3.150390625]), b = half([3.146484375]);
    // The product alone rounds to 9.9140625.
    const once = 1.9130859375;
    expect(self.addmm(a.view(1, 1), b.view(1, 1)).item()).toBe(once);
    expect(self.addmv(a.view(1, 1), b).item()).toBe(once);
    expect(self.baddbmm(a.view(1, 1, 1), b.view(1, 1, 1)).item()).toBe(once);
  });

  test('elu, celu and selu pass the gradient at NaN', () => {
    for (const [activation, slope] of [[(x: Tensor) => F.elu(x, 0.8), 1], [(x: Tensor) => F.celu(x, 0.8), 1], [(x: Tensor) => F.selu(x), Math.fround(1.0507009873554805)]] as const) {
      const x = leaf([NaN, -Infinity, Infinity, 2]);
      expect(gradient(activation(x), x)).toEqual([slope, 0, slope, slope]);
    }
  });

  test('hardtanh and relu6 pass the gradient at NaN and none at their bounds', () => {
    const x = leaf([NaN, -1, 1, 0.5, -Infinity]);
    expect(gradient(F.hardtanh(x), x)).toEqual([1, 0, 0, 1, 0]);
    const y = leaf([0, 6, 3]);
    expect(gradient(F.relu6(y), y)).toEqual([0, 0, 1]);
  });

  test('hardtanh of integers stays an integer, and its bounds must be in order', () => {
    expect(F.hardtanh(tensor(new Int32Array([-8, 0, 6])), -0.5, 0.5)).toMatchObject({ dtype: 'int32' });
    expect(() => F.hardtanh(tensor([1]), 0.5, -0.5)).toThrow(ArgumentError);
  });

  test('softshrink refuses a negative lambd', () => {
    expect(() => F.softshrink(tensor([-8.478374]), -0.5)).toThrow(ArgumentError);
  });

  test('huberLoss of halves is rounded once', () => {
    const input = tensor([-7.94921875]).to('float16'), target = tensor([-3.033203125]).to('float16');
    expect(F.huberLoss(input, target, 'none', 8.698115367693557).tolist()).toEqual([12.0859375]);
  });

  test('linear takes a vector for its weight, and its bias by name', () => {
    const input = tensor([[0.591, 1.819, -1.06], [-1.546, 1.458, 1.17]]), weight = tensor([0.591, 1.819, -1.06]);
    expect(F.linear(input, weight).shape).toEqual([2]);
    expect(F.linear(input, weight.view(1, 3), { bias: tensor([1]) }).tolist()).toEqual(F.linear(input, weight.view(1, 3), tensor([1])).tolist());
  });

  test('parameters of fill_, flip, asStrided, repeatInterleave, threshold and prelu go by name too', () => {
    const x = tensor([1, 2, 3, 4]);
    expect(torch.zeros(2).fill_({ value: 3 }).tolist()).toEqual([3, 3]);
    expect(x.flip({ dims: [0] }).tolist()).toEqual([4, 3, 2, 1]);
    expect(torch.asStrided(x, [2], [2], { storageOffset: 1 }).tolist()).toEqual([2, 4]);
    expect(torch.repeatInterleave(x, { repeats: tensor(new Int32Array([0, 1, 2, 3])), dim: 0, outputSize: 6 }).tolist()).toEqual([2, 3, 3, 4, 4, 4]);
    expect(() => x.repeatInterleave(2, { outputSize: 7 })).toThrow(ArgumentError);
    expect(F.threshold(x, { threshold: 2, value: -9 }).tolist()).toEqual([-9, -9, 3, 4]);
    expect(F.prelu(tensor([-2]), { weight: tensor(0.25) }).tolist()).toEqual([-0.5]);
  });

  test('dim, dims, diagonal and sizes go by name too', () => {
    const x = torch.arange(4).view(2, 2);
    expect([x.unsqueeze({ dim: 0 }).shape, x.unsqueeze(0).squeeze({ dim: 0 }).shape, x.unflatten(1, { sizes: [1, 2] }).shape]).toEqual([[1, 2, 2], [2, 2], [2, 1, 2]]);
    expect(x.tril({ diagonal: -1 }).tolist()).toEqual([[0, 0], [2, 0]]);
    expect(x.triu({ diagonal: 1 }).tolist()).toEqual([[0, 1], [0, 0]]);
    expect(x.diag({ diagonal: 1 }).tolist()).toEqual([1]);
    expect([x.split(1, { dim: 1 }), x.chunk(2, { dim: 1 }), x.unbind({ dim: 1 })].map((parts) => parts[1].tolist())).toEqual([[[1], [3]], [[1], [3]], [1, 3]]);
    expect(torch.roll(x, 1, { dims: 0 }).tolist()).toEqual([[2, 3], [0, 1]]);
  });

  test('repeatInterleave refuses repeats that do not fit', () => {
    const x = tensor([1, 2, 3]);
    expect(() => x.repeatInterleave(tensor(new Int32Array([1, 2])))).toThrow(torch.ShapeError);
    expect(() => x.repeatInterleave(-1)).toThrow(ArgumentError);
  });

  test('newZeros takes sizes one by one, newEmpty heeds requiresGrad, and a fill value goes by name', () => {
    const x = tensor([1]);
    expect([x.newZeros(2, 3).shape, x.newOnes(2, { dtype: 'int64' }).dtype, x.newEmpty([1], { requiresGrad: true }).requiresGrad]).toEqual([[2, 3], 'int64', true]);
    expect([x.newFull([1], { fillValue: 2 }).item(), torch.full([1], { fillValue: 2 }).item(), torch.fullLike(x, { fillValue: 2, dtype: 'int64' }).dtype]).toEqual([2, 2, 'int64']);
    expect(() => x.newZeros([-1])).toThrow(torch.ShapeError);
  });

  test('operands that are no tensors are refused by name', () => {
    const x = torch.ones(1, 1), wrong = 3 as unknown as Tensor;
    for (const call of [() => x.addmm(wrong, x), () => x.addcmul(undefined as unknown as Tensor, x), () => x.equal(wrong), () => x.isclose(wrong), () => x.movedim('a' as unknown as number, 0)]) expect(call).toThrow(ArgumentError);
  });

  test('narrow takes its start as a 0-d integer tensor', () => {
    const x = torch.arange(5);
    expect(x.narrow(0, tensor(new Int32Array([2])).view([]), 2).tolist()).toEqual([2, 3]);
    expect(() => x.narrow(0, tensor(1.5), 2)).toThrow(ArgumentError);
  });

  test('the second derivative of logaddexp is finite where exp(b - a) is not', () => {
    const a = tensor(new Float64Array([1, 2])).requiresGrad_(), b = tensor(new Float64Array([1, 800]));
    const [first] = torch.autograd.grad(torch.logaddexp(a, b).sum(), [a], { createGraph: true });
    const [second] = torch.autograd.grad(first.sum(), [a]);
    expect([first.tolist(), second.tolist()]).toEqual([[0.5, Math.exp(-798)], [0.25, Math.exp(-798)]]);
  });

  test('det of singular matrices has every derivative, also where singular values are equal', () => {
    // d/dA of the sum of the cofactors; of the zero matrix they are those of det([[a, b], [c, d]]) = ad - bc: linear in A.
    const zero = torch.zeros([2, 2], { dtype: 'float64', requiresGrad: true });
    const [first] = torch.autograd.grad(torch.linalg.det(zero), [zero], { createGraph: true });
    const [second] = torch.autograd.grad(first.index(0, 0), [zero]);
    expect(second.tolist()).toEqual([[0, 0], [0, 1]]);
    const rankOne = torch.ones([3, 3], { dtype: 'float64' }).requiresGrad_();
    torch.autograd.gradgradcheck((x: Tensor) => torch.linalg.det(x), [rankOne]);
  });

  test('repeat, tile and roll give memory of their own, also where they move nothing', () => {
    const x = tensor([1, 2]);
    for (const copy of [x.repeat(1), x.repeat(3, 1), x.tile(2, 1), x.roll(0), x.roll(2), x.roll([0], [0])]) {
      copy.select(0, 0).fill_(9);
      expect(copy.flatten().index(-1).item()).toBe(2);
      expect(x.tolist()).toEqual([1, 2]);
    }
  });

  test('arange of many numbers is that of few, in every dtype and direction', () => {
    const ranges: readonly [number, number, number][] = [[0, 5000, 1], [7, -9000, -3], [2 ** 24 - 100, 2 ** 24 + 9000, 4], [-(2 ** 52), -(2 ** 52) + 4100, 1], [0, 2048.5, 1]];
    for (const [start, end, step] of ranges) {
      for (const dtype of ['int64', 'float32', 'float64', 'float16', 'int32'] as const) {
        if (dtype === 'int32' && Math.abs(start) > 2 ** 31) continue;
        // PyTorch takes the bounds of int64 as such.
        const n = Math.ceil((dtype === 'int64' ? Math.trunc(end) - start : end - start) / step);
        const expected = tensor(Array.from({ length: n }, (_, i) => start + i * step), { dtype: 'float64' }).to(dtype);
        const got = torch.arange(start, end, step, { dtype });
        expect([got.dtype, got.shape]).toEqual([dtype, [n]]);
        expect(torch.equal(got, expected)).toBe(true);
      }
    }
  });

  test('flip reverses views of any strides, several dims at once, and its gradient is flipped back', () => {
    const x = torch.arange(24, { dtype: 'float32' }).view(2, 3, 4);
    expect(x.flip(0, 2).tolist()).toEqual([[[15, 14, 13, 12], [19, 18, 17, 16], [23, 22, 21, 20]], [[3, 2, 1, 0], [7, 6, 5, 4], [11, 10, 9, 8]]]);
    expect(x.transpose(0, 2).narrow(0, 1, 2).flip(0).tolist()).toEqual([[[2, 14], [6, 18], [10, 22]], [[1, 13], [5, 17], [9, 21]]]);
    expect(x.select(0, 0).expand(2, 3, 4).flip(0).tolist()).toEqual([x.select(0, 0).tolist(), x.select(0, 0).tolist()]);
    expect(torch.zeros(0, 3).flip(0, 1).shape).toEqual([0, 3]);
    expect(tensor(5).flip(0).item()).toBe(5);
    const leafX = torch.ones(3).requiresGrad_();
    expect(gradient(leafX.flip(0).mul(tensor([1, 2, 3])), leafX)).toEqual([3, 2, 1]);
    expect(torch.func.vmap((row: Tensor) => row.flip(0))(torch.arange(6).view(2, 3)).tolist()).toEqual([[2, 1, 0], [5, 4, 3]]);
  });

  test('half floats are rounded once per operation, also in place and beside numbers', () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const a = torch.linspace(-3, 3, 1001).to(dtype), b = torch.linspace(0.1, 2, 1001).to(dtype);
      const rounded = (x: Tensor): Tensor => x.to(dtype);
      const same = (x: Tensor, y: Tensor): void => { expect(x.dtype).toBe(dtype); expect(torch.equal(x, y)).toBe(true); };
      same(a.add(b), rounded(a.float().add(b.float())));
      same(a.mul(0.1), rounded(a.float().mul(0.1)));
      same(a.exp(), rounded(a.float().exp()));
      same(a.clone().div_(b), rounded(a.float().div(b.float())));
      same(torch.lerp(a, b, 0.3), rounded(torch.lerp(a.float(), b.float(), 0.3)));
      expect(torch.equal(a.lt(b), a.float().lt(b.float()))).toBe(true);
      expect(a.add(b.float()).dtype).toBe('float32');
    }
    expect(tensor([100, -128], { dtype: 'int8' }).add(tensor([100, -1], { dtype: 'int8' })).tolist()).toEqual([-56, 127]);
  });

  test('unique counts integers that lie close together, with all its results', () => {
    const x = tensor([[3, -2, 3], [7, -2, 0]], { dtype: 'int16' });
    const { output, inverseIndices, counts } = x.unique({ returnInverse: true, returnCounts: true });
    expect([output.dtype, output.tolist(), inverseIndices.tolist(), counts.tolist()]).toEqual(['int16', [-2, 0, 3, 7], [[2, 0, 2], [3, 0, 1]], [2, 1, 2, 1]]);
    expect(torch.equal(tensor([5n, 10n ** 15n, 5n]).unique(), tensor([5n, 10n ** 15n]))).toBe(true);
  });

  test('repeatInterleave by one number and maskedSelect of what is broadcast, with gradients', () => {
    const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
    expect(x.repeatInterleave(3, 1).tolist()).toEqual([[1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]]);
    expect(x.repeatInterleave(2, 0).tolist()).toEqual([[1, 2], [1, 2], [3, 4], [3, 4]]);
    expect(x.repeatInterleave(2).tolist()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(x.repeatInterleave(0, 1).shape).toEqual([2, 0]);
    expect(gradient(x.repeatInterleave(3, 1).mul(tensor([1, 2, 3, 4, 5, 6])), x)).toEqual([[6, 15], [6, 15]]);
    const y = leaf([1, 2]);
    expect(gradient(y.maskedSelect(tensor([[true], [false], [true]])).mul(tensor([1, 10, 100, 1000])), y)).toEqual([101, 1010]);
  });

  test('asStrided gives no gradient to elements that are not its tensor\'s own, and shares among those that are one in memory', () => {
    const weights = tensor([1, 2, 4]), base = torch.zeros([4, 6], { requiresGrad: true });
    const columns = base.index(':', '1:3').asStrided([3], [2], 1);
    expect(torch.autograd.grad(columns.mul(weights).sum(), base)[0].tolist()).toEqual([[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]);
    const rows = leaf([1, 2, 3]).expand(2, 3);
    expect(torch.autograd.grad(rows.asStrided([3], [1], 0).mul(weights).sum(), rows)[0].tolist()).toEqual([[0.5, 1, 2], [0.5, 1, 2]]);
    const part = base.flatten().narrow(0, 2, 2), far = part.asStrided([10], [1], 10);
    expect(torch.autograd.grad(far.sum(), part)[0].tolist()).toEqual([0, 0]);
  });

  test('a leaf that is reshaped in place keeps the gradient of what read it before', () => {
    const x = leaf([1, 2]), y = x.mul(3);
    torch.noGrad(() => { x.t_(); x.unsqueeze_(0); });
    expect(gradient(y, x)).toEqual([[3, 3]]);
  });

  test('what is filled or copied over gets a gradient of zeros', () => {
    for (const write of [(y: Tensor) => y.zero_(), (y: Tensor) => y.fill_(3), (y: Tensor) => y.copy_(torch.ones(2))]) {
      const x = leaf([1, 2]);
      expect(gradient(write(x.mul(2)), x)).toEqual([0, 0]);
    }
  });

  test('an expanded tensor takes one value per place: copy_ and cumsum_ refuse it, fill_ and maskedFill_ do not', () => {
    const rows = (): Tensor => torch.zeros(2, 1).expand(2, 3);
    expect(() => rows().copy_(torch.ones(2, 3))).toThrow('more than one element of the written-to tensor');
    expect(() => rows().cumsum_(0)).toThrow('more than one element of the written-to tensor');
    expect(rows().fill_(1).tolist()).toEqual([[1, 1, 1], [1, 1, 1]]);
    expect(rows().maskedFill_(torch.ones([2, 3], { dtype: 'bool' }), 1).tolist()).toEqual([[1, 1, 1], [1, 1, 1]]);
  });

  test('flatten of one dim is the tensor itself, movedim takes tensors without dims', () => {
    const x = leaf([1, 2]);
    expect(x.flatten()).toBe(x);
    expect(torch.ones(2, 3).flatten(1).shape).toEqual([2, 3]);
    expect(tensor(1).movedim(0, 0).shape).toEqual([]);
  });

  test('families that read no strides do not mind those of the call before, which may have been negative', () => {
    const x = torch.arange(1, 97, { dtype: 'float32' }).reshape(2, 3, 4, 4).div(96);
    const lstm = new nn.LSTM(4, 2), runs: (() => Tensor)[] = [
      () => F.conv2d(x, torch.ones(2, 3, 3, 3)), () => F.maxPool2d(x, 2), () => F.layerNorm(x, [4, 4]), () => torch.linalg.det(x.add(torch.eye(4))),
      () => lstm(x.select(1, 0))[0], () => x.nonzero(),
    ];
    for (const run of runs) {
      const alone = run();
      x.flip([0, 2]);
      expect(run().tolist()).toEqual(alone.tolist());
    }
  });

  test('rows of an ignored class give no loss and no gradient, also where all are ignored or hold infinities', () => {
    const losses: ((x: Tensor, y: Tensor) => Tensor)[] = [
      (x, y) => F.nllLoss(x, y), (x, y) => F.nllLoss(x, y, tensor([1, 2])), (x, y) => F.crossEntropy(x, y), (x, y) => F.crossEntropy(x, y, tensor([1, 2])),
      (x, y) => F.crossEntropy(x, y, { labelSmoothing: 0.2 }),
    ];
    const ignored = tensor([-100, -100], { dtype: 'int64' }), first = tensor([-100, 1], { dtype: 'int64' });
    for (const loss of losses) {
      const x = tensor([[1, 2], [3, 5]], { requiresGrad: true });
      const mean = loss(x, ignored);
      expect(mean.item()).toBeNaN();
      mean.backward();
      expect(x.grad?.tolist()).toEqual([[0, 0], [0, 0]].map((row) => row.map((zero) => expect.closeTo(zero, 9) as number)));
    }
    expect(F.nllLoss(tensor([[-Infinity, -1], [-2, -3]]), first).item()).toBe(3);
    expect(F.nllLoss(tensor([[-Infinity, -1], [-2, -3]]), first, tensor([1, 2])).item()).toBe(3);
  });

  test('a 0-d source or index scatters into a vector, and a vector of one into a number', () => {
    const at = (shape: number[]): Tensor => torch.zeros(shape, { dtype: 'int64' }), one = (shape: number[]): Tensor => torch.ones(shape);
    for (const [self, index, source] of [[[3], [], []], [[3], [], [1]], [[3], [], [2]], [[3], [1], []], [[3], [1], [2]], [[], [], [2]], [[], [1], []]]) {
      const expected = self.length === 0 ? 1 : [1, 0, 0];
      expect(torch.zeros(self).scatterAdd(0, at(index), one(source)).tolist()).toEqual(expected);
      expect(torch.zeros(self).scatter(0, at(index), one(source)).tolist()).toEqual(expected);
    }
    expect(() => torch.zeros(3).scatterAdd(0, at([2]), one([]))).toThrow(/exceeds src/);
    const x = torch.ones([], { requiresGrad: true });
    expect(gradient(torch.zeros(3).scatterAdd(0, at([1]), x).mul(tensor([5, 6, 7])), x)).toBe(5);
  });

  test('the slope of elu, selu and celu does not change at 0', () => {
    for (const f of [F.elu, F.selu, F.celu]) expect(torch.func.jacrev(torch.func.grad((x: Tensor) => f(x)))(torch.zeros([])).item()).toBe(0);
  });

  test('the divergence of a 0-d input from a target with dims is a sum with batchmean', () => {
    const loss = F.klDiv(tensor(-1), tensor([0.25, 0.75]), { reduction: 'batchmean' });
    expect(loss.shape).toEqual([]);
    expect(loss.item()).toBeCloseTo(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75) + 1, 5);
  });
});
