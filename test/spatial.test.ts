import { describe, expect, test } from 'vitest';
import { ArgumentError, ShapeError, Tensor, arange, autograd, manualSeed, nn, randn, tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });

onBackends(() => {
  describe('second derivatives of convolutions', () => {
    test.each([
      ['conv1d with stride and dilation', () => [leaf(2, 4, 9), leaf(4, 2, 3), leaf(4)], (x: Tensor, w: Tensor, b: Tensor) => F.conv1d(x, w, b, { stride: 2, padding: 2, dilation: 2, groups: 2 })],
      ['conv2d that keeps the size', () => [leaf(1, 2, 4, 3), leaf(3, 2, 2, 3), leaf(3)], (x: Tensor, w: Tensor, b: Tensor) => F.conv2d(x, w, b, { padding: 'same' })],
      ['conv3d', () => [leaf(1, 1, 3, 3, 4), leaf(2, 1, 2, 2, 2), leaf(2)], (x: Tensor, w: Tensor, b: Tensor) => F.conv3d(x, w, b)],
      ['convTranspose2d', () => [leaf(1, 2, 3, 2), leaf(2, 1, 3, 2), leaf(2)], (x: Tensor, w: Tensor, b: Tensor) => F.convTranspose2d(x, w, b, { stride: 2, padding: 1, outputPadding: 1, groups: 2 })],
      ['one window in two groups', () => [leaf(3, 4, 2, 3), leaf(6, 2, 2, 3), leaf(6)], (x: Tensor, w: Tensor, b: Tensor) => F.conv2d(x, w, b, { stride: 2, groups: 2 })],
      ['convTranspose1d of one position in two groups', () => [leaf(3, 4, 1), leaf(4, 3, 5), leaf(6)], (x: Tensor, w: Tensor, b: Tensor) => F.convTranspose1d(x, w, b, { groups: 2 })],
    ] as const)('%s', (_, inputs, run) => {
      manualSeed(1);
      const leaves = inputs();
      expect(autograd.gradcheck(run as (...args: Tensor[]) => Tensor, leaves)).toBe(true);
      expect(autograd.gradgradcheck(run as (...args: Tensor[]) => Tensor, leaves)).toBe(true);
    });
  });

  test.each([
    ['maxPool2d', (x: Tensor) => F.maxPool2d(x, 3, 2, 1)],
    ['avgPool2d', (x: Tensor) => F.avgPool2d(x, 2, { padding: 1, ceilMode: true, countIncludePad: false })],
    ['adaptiveAvgPool2d', (x: Tensor) => F.adaptiveAvgPool2d(x, [3, 2])],
    ['adaptiveMaxPool2d', (x: Tensor) => F.adaptiveMaxPool2d(x, [3, 2])],
    ['lpPool2d', (x: Tensor) => F.lpPool2d(x, 2, 2)],
    ['fractionalMaxPool2d', (x: Tensor) => F.fractionalMaxPool2d(x, 2, { outputSize: 3, _randomSamples: tensor([[[0.3, 0.6]]], { dtype: 'float64' }) })],
  ] as const)('%s has two derivatives', (_, run) => {
    manualSeed(2);
    const x = leaf(1, 1, 6, 5);
    expect(autograd.gradcheck(run, [x])).toBe(true);
    expect(autograd.gradgradcheck(run, [x])).toBe(true);
  });

  test('an unbatched image has an unbatched result', () => {
    const x = randn(2, 5, 5), w = randn(3, 2, 3, 3);
    expect(F.conv2d(x, w).allclose(F.conv2d(x.unsqueeze(0), w).squeeze(0))).toBe(true);
    expect(F.maxPool2d(x, 2).shape).toEqual([2, 2, 2]);
  });

  test.each([
    ['forward', (x: Tensor, w: Tensor, b: Tensor) => [F.conv2d(x, w, b, { groups: 2 }), F.conv2d(F.pad(x, [0, 1, 0, 1]), w, b, { groups: 2, stride: 9 })]],
    ['transposed', (x: Tensor, w: Tensor, b: Tensor) => {
      const y = x.index(':', ':', '0:1', '0:1'), t = w.transpose(0, 1).reshape(8, 3, 3, 4);
      return [F.convTranspose2d(y, t, b, { groups: 2 }), F.convTranspose2d(F.pad(y, [0, 1, 0, 1]), t, b, { groups: 2 }).index(':', ':', ':3', ':4')];
    }],
  ] as const)('one window gives what it gives in a larger image: %s', (_, both) => {
    manualSeed(3);
    const inputs = [leaf(5, 8, 3, 4), leaf(6, 4, 3, 4), leaf(6)], [alone, within] = both(...inputs as [Tensor, Tensor, Tensor]);
    expect(alone.allclose(within, 1e-12, 1e-12)).toBe(true);
    const g = randn(...alone.shape, { dtype: 'float64' }), gradients = autograd.grad(alone, inputs, g), others = autograd.grad(within, inputs, g);
    gradients.forEach((gradient, i) => expect(gradient.allclose(others[i], 1e-12, 1e-12)).toBe(true));
  });

  test('a convolution reads views as they are', () => {
    const x = randn(4, 6, 2, 5).permute([3, 2, 0, 1]), w = randn(3, 3, 2, 2).permute([3, 2, 0, 1]);
    expect(F.conv2d(x, w).allclose(F.conv2d(x.clone().contiguous(), w.clone().contiguous()))).toBe(true);
  });

  test('maxUnpool2d puts maxima back where they were', () => {
    const x = arange(16, { dtype: 'float32' }).view(1, 1, 4, 4), [y, indices] = F.maxPool2d(x, 2, { returnIndices: true });
    expect(indices.tolist()).toEqual([[[[5, 7], [13, 15]]]]);
    expect(F.maxUnpool2d(y, indices, 2).tolist()).toEqual([[[[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]]]);
  });

  test('the size of a transposed convolution can be chosen within its stride', () => {
    const layer = new nn.ConvTranspose2d(1, 2, 3, { stride: 2, padding: 1 }), x = randn(1, 1, 4, 4);
    expect(layer(x).shape).toEqual([1, 2, 7, 7]);
    expect(layer(x, [8, 7]).shape).toEqual([1, 2, 8, 7]);
    expect(() => layer(x, [9, 7])).toThrow(ArgumentError);
  });

  test.each(['zeros', 'reflect', 'replicate', 'circular'] as const)('a layer pads with %s as pad does', (paddingMode) => {
    manualSeed(3);
    const layer = new nn.Conv2d(2, 3, [3, 2], { padding: [1, 2], paddingMode }), x = randn(1, 2, 5, 6);
    const padded = F.pad(x, [2, 2, 1, 1], paddingMode === 'zeros' ? 'constant' : paddingMode);
    expect(layer(x).allclose(F.conv2d(padded, layer.weight, layer.bias), { atol: 1e-6 })).toBe(true);
  });

  test('integers are convolved exactly', () => {
    const x = tensor([[[2n ** 40n, 3n, -5n]]]), w = tensor([[[2n ** 20n, 1n]]]);
    expect(F.conv1d(x, w).select(2, 0).itemBigInt()).toBe(2n ** 60n + 3n);
  });

  test('what does not fit is refused by name, with the sizes', () => {
    const x = randn(1, 2, 4, 4), w = randn(3, 2, 3, 3);
    expect(() => F.conv2d(x, randn(3, 1, 3, 3))).toThrow('conv2d: input of shape [1, 2, 4, 4] must have 1 channels for a weight of shape [3, 1, 3, 3] and groups = 1, got 2');
    expect(() => F.conv2d(x, w, null, { padding: 'same', stride: 2 })).toThrow("conv2d: padding 'same' is not supported for strided convolutions");
    expect(() => F.conv2d(x, randn(3, 2, 5, 5))).toThrow(ShapeError);
    expect(() => F.conv2d(x, w, null, [1, 2, 3])).toThrow('conv2d: stride must be one integer or 2, got [1, 2, 3]');
    expect(() => F.convTranspose2d(x, randn(2, 1, 3, 3), null, { stride: 2, outputPadding: 2 })).toThrow(ArgumentError);
    expect(() => F.maxPool2d(x, 2, { padding: 2 })).toThrow("maxPool2d: padding must be at most half of the kernel's extent [2, 2], got [2, 2]");
    expect(() => F.maxUnpool2d(x, x.gt(0), 2)).toThrow('maxUnpool2d: indices must be int64');
    expect(() => F.avgPool2d(x, 5)).toThrow(ShapeError);
  });
});
