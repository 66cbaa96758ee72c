/** nn.functional against PyTorch where its recorded samples are few, and what it refuses. */
import { describe, expect, test } from 'vitest';
import { arange, autograd, manualSeed, nn, ones, randn, tensor, where, zeros, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';
import { outcomes, type OpFile } from './fixtures/op-samples.ts';

const F = nn.functional;
const files = readJson<readonly OpFile[]>('reference/functional.json');

onBackends(() => {
  test.each(files.map((file) => [file.op, file] as const))('%s gives what PyTorch gives', (_, file) => {
    expect(outcomes(file).filter(({ failure }) => failure !== null && failure !== 'skipped').map(({ name, failure }) => `${name}: ${failure}`)).toEqual([]);
  });

  test('losses of elements, whose memory the next one takes, keep their gradients', () => {
    const x = tensor([[0.5, -3], [2, 0]], { requiresGrad: true }), y = tensor([[0, 0], [1, 1]]);
    const losses = [F.mseLoss, F.l1Loss, F.smoothL1Loss, F.huberLoss, F.binaryCrossEntropyWithLogits].map((loss) => loss(x, y, { reduction: 'sum' }));
    expect(losses.slice(0, 4).map((loss) => loss.item())).toEqual([11.25, 5.5, 3.625, 3.625]);
    expect(losses.map((loss) => autograd.grad(loss, x)[0].mul(100).round().tolist())).toEqual([
      [[100, -600], [200, -200]], [[100, -100], [100, -100]], [[50, -100], [100, -100]], [[50, -100], [100, -100]], [[62, 5], [-12, -50]],
    ]);
  });

  test('nllLoss leaves an ignored class out, whether it is one of the classes or none', () => {
    const rows = tensor([[-1, -2], [-3, -4], [-5, -6]], { requiresGrad: true });
    const [ignored] = autograd.grad(F.nllLoss(rows, tensor([0n, -100n, 1n])), rows);
    expect(ignored.tolist()).toEqual([[-0.5, 0], [0, 0], [0, -0.5]]);
    expect(F.nllLoss(rows, tensor([0n, -100n, 1n])).item()).toBe(3.5);
    expect(F.nllLoss(rows, tensor([0n, 0n, 1n]), { ignoreIndex: 1 }).item()).toBe(2);
    expect(F.nllLoss(rows, tensor([0n, 0n, 1n]), { reduction: 'none' }).tolist()).toEqual([1, 3, 6]);
    expect(() => F.nllLoss(rows, tensor([0n, 2n, 1n]))).toThrow(/2/);
  });

  describe('derivatives that are not compositions', () => {
    const input = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });
    test.each<[name: string, fn: (...inputs: Tensor[]) => Tensor, inputs: () => Tensor[]]>([
      ['fold', (x) => F.fold(x, [3, 3], 2), () => [input(1, 4, 4)]],
      ['affineGrid and gridSample', (x, theta) => F.gridSample(x, F.affineGrid(theta, [1, 1, 2, 3])), () => [input(1, 2, 4, 4), input(1, 2, 3)]],
      ['gridSample with reflection', (x, grid) => F.gridSample(x, grid, { mode: 'bicubic', paddingMode: 'reflection' }), () => [input(1, 1, 4, 4), input(1, 2, 2, 2)]],
      ['antialiased resizing', (x) => F.interpolate(x, [2, 3], { mode: 'bicubic', antialias: true }), () => [input(1, 1, 5, 4)]],
      ['circular padding', (x) => F.pad(x, [1, 2, 2, 0], 'circular'), () => [input(1, 2, 4, 3)]],
      ['hardswish', (x) => F.hardswish(x), () => [input(3, 4)]],
    ])('%s: first and second', (_, fn, inputs) => {
      manualSeed(0);
      const values = inputs();
      expect(autograd.gradcheck(fn, values)).toBe(true);
      expect(autograd.gradgradcheck(fn, values)).toBe(true);
    });
  });

  test.each([
    [[300, 310], [1, 2, 3, 4]], [[300, 310], [-1, 2, 3, -4]], [[300, 310], [0, 0, 3, 0]], [[300, 310], [5, -310]], [[400, 2], [-2, 200]],
    [[3, 100, 300], [2, 0, 0, 1, 1, 1]], [[3, 100, 300], [1, 1]], [[20, 30], [1, 2, 3, 4]],
  ])('padding of [%s] by [%s] keeps the input in the middle of the value', (shape, margins) => {
    const x = arange(shape.reduce((a, b) => a * b)).view(shape), padded = F.pad(x, margins, 'constant', -7);
    // Every index of the result, moved back by the margins before it: inside of the input or not.
    let inside = ones(padded.shape, { dtype: 'bool' }), source = zeros(padded.shape, { dtype: 'int64' });
    shape.forEach((size, dim) => {
      const before = margins[2 * (shape.length - 1 - dim)] ?? 0;
      const index = arange(padded.shape[dim]).sub(before).view(padded.shape.map((n, d) => (d === dim ? n : 1)));
      inside = inside.logicalAnd(index.ge(0)).logicalAnd(index.lt(size));
      source = source.mul(size).add(index.clamp(0, size - 1));
    });
    expect(padded.equal(where(inside, x.reshape([-1]).take(source), -7))).toBe(true);
  });

  test('the gradient of ctcLoss is the same with createGraph, also for samples without frames, labels or paths', () => {
    manualSeed(1);
    const gradient = (createGraph: boolean): Tensor => {
      manualSeed(2);
      const logProbs = randn([5, 4, 3], { dtype: 'float64' }).logSoftmax(2).requiresGrad_();
      F.ctcLoss(logProbs, tensor([[1n, 1n], [2n, 1n], [1n, 2n], [2n, 2n]]), [5, 0, 4, 2], [2, 0, 0, 2], { reduction: 'sum', zeroInfinity: true }).backward({ createGraph });
      return (logProbs.grad as Tensor).detach();
    };
    expect(gradient(true).allclose(gradient(false), 1e-12, 1e-12)).toBe(true);
  });

  test('an activation in place keeps the values that its derivative reads', () => {
    const x = randn(4, 5).requiresGrad_(), y = x.detach().clone().requiresGrad_();
    F.hardswish(x.mul(1), true).sum().backward();
    F.hardswish(y.mul(1)).sum().backward();
    expect((x.grad as Tensor).equal(y.grad as Tensor)).toBe(true);
  });

  test('an infinity of the input reaches only the outputs that read it', () => {
    const x = zeros(1, 1, 2, 4);
    x.indexPut_([0, 0, 0, 3], Infinity);
    for (const mode of ['bilinear', 'bicubic', 'area'] as const) expect(F.interpolate(x, [2, 2], { mode, ...(mode === 'bilinear' ? { antialias: true } : {}) }).select(-1, 0).isfinite().all().item(), mode).toBe(true);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a mode for another number of dims', () => F.interpolate(zeros(1, 1, 3), 2, { mode: 'bilinear' }), /^interpolate: mode 'bilinear' is for 4 dimensions/],
    ['aligned corners of neighbours', () => F.upsample(zeros(1, 1, 3), 2, { alignCorners: true }), /^upsample: alignCorners is only for modes/],
    ['reflection beyond the input', () => F.pad(zeros(1, 3), [3, 0], 'reflect'), /^pad: reflect pads at most 2 elements/],
    ['a value for borders', () => F.pad(zeros(1, 3), [1, 0], 'replicate', 2), /^pad: value is only for mode 'constant'/],
    ['a grid of another dtype', () => F.gridSample(zeros(1, 1, 2, 2), zeros(1, 2, 2, 2, { dtype: 'float64' })), /^gridSample: grid must have input's dtype float32, got float64/],
    ['columns that are no blocks', () => F.fold(zeros(1, 4, 5), [3, 3], 2), /^fold: the last dimension must be the number of blocks, 2 \* 2 = 4/],
    ['offsets that decrease', () => F.embeddingBag(tensor([0n, 1n]), zeros(2, 2), tensor([0n, 2n, 1n])), /^embeddingBag: offsets must not decrease/],
    ['an index outside of the table', () => F.embeddingBag(tensor([[0n, 2n]]), zeros(2, 2)), /^embeddingBag: index 2 is out of range/],
    ['sparse gradients', () => F.embeddingBag(tensor([[0n]]), zeros(2, 2).requiresGrad_(), { sparse: true }), /^embeddingBag: sparse gradients are not supported/],
    ['a target that is no class', () => F.ctcLoss(zeros(3, 1, 2), tensor([[2n]]), [3], [1]), /^ctcLoss: target 2 is out of range for 2 classes/],
    ['channels that do not divide', () => F.pixelShuffle(zeros(1, 3, 2, 2), 2), /^pixelShuffle: channels must be divisible by upscaleFactor\^2 = 4, got 3/],
  ])('%s is refused', (_, call, message) => expect(call).toThrow(message));
});
