/** Names that ported scripts use beside the well-known ones: against values recorded from PyTorch (fixtures/make-everyday-names.py). */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { ArgumentError, AutogradError, DTypeError, ShapeError, Tensor, arange, manualSeed, ones, stack, tensor, vmap, zeros } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';

type Lists = readonly unknown[];
const reference = readJson<Readonly<Record<string, unknown>>>('reference/everyday-names.json');
const recorded = (name: string): Lists => reference[name] as Lists;

const flat = (value: unknown): number[] => (value instanceof Tensor ? [value.reshape([-1]).tolist()].flat(9) as number[] : Array.isArray(value) ? value.flatMap(flat) : [Number(value)]);
const shapeOf = (value: unknown): number[] => (Array.isArray(value) ? [value.length, ...(value.length === 0 ? [] : shapeOf(value[0]))] : []);
/** Of PyTorch's shape and values, to within `atol`; an array of tensors against a list of lists. */
function expectLike(actual: unknown, expected: unknown, atol = 1e-6): void {
  if (Array.isArray(actual)) {
    expect(actual.length).toBe((expected as Lists).length);
    actual.forEach((part, i) => expectLike(part, (expected as Lists)[i], atol));
    return;
  }
  expect((actual as Tensor).shape).toEqual(shapeOf(expected));
  const found = flat(actual), wanted = flat(expected);
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]), `element ${i}: ${value} for ${wanted[i]}`).toBeLessThanOrEqual(atol * Math.max(1, Math.abs(wanted[i]))));
}
const f64 = { dtype: 'float64' } as const;
const seeded = <T>(run: () => T): T => {
  manualSeed(7);
  return run();
};
const matrix = (): Tensor => tensor([[1, -2], [3, 4]]);

onBackends(() => {
  describe('facts', () => {
    test('tell the size of elements, the dtype and the device', () => {
      const x = ones(2, 3, f64);
      expect([x.nelement(), x.ndimension(), x.elementSize(), x.itemsize, x.nbytes, x.narrow(1, 0, 1).nbytes]).toEqual([6, 2, 8, 8, 48, 16]);
      expect([x.isCpu, x.isCuda, x.getDevice(), torch.getDevice(x), x.isInference()]).toEqual([true, false, -1, -1, false]);
      expect([x.isSigned(), zeros(1, { dtype: 'uint8' }).isSigned(), torch.isSigned(zeros(1, { dtype: 'bool' })), torch.isSigned(zeros(1, { dtype: 'int8' }))]).toEqual([true, false, false, true]);
      expect([torch.isComplex(x), x.isConj(), x.isNeg(), x.isSameSize(zeros(2, 3)), torch.isSameSize(x, zeros(3))]).toEqual([false, false, false, true, false]);
    });

    test('isNonzero is for one element', () => {
      expect([tensor(0), tensor([0.5]), tensor(NaN), tensor(false), tensor([[2n]])].map((x) => torch.isNonzero(x))).toEqual([false, true, true, false, true]);
      for (const x of [ones(2), ones(0)]) expect(() => x.isNonzero()).toThrow(ShapeError);
    });

    test('real tensors are their own conjugates', () => {
      const x = matrix();
      for (const same of [x.conj(), x.conjPhysical(), x.resolveConj(), x.resolveNeg(), x.real, torch.real(x), torch.conj(x), x.conjPhysical_()]) expect(same.equal(x)).toBe(true);
      expect(x.conj()).toBe(x);
      expect(x.real).toBe(x);
      expect(() => x.imag).toThrow(/^imag: expected a complex dtype, got float32/);
      expect(() => torch.imag(x)).toThrow(DTypeError);
    });

    test('adjoint, H and mH exchange rows and columns', () => {
      const x = ones(2, 3, 4);
      expect([x.mH.shape, x.adjoint().shape, torch.adjoint(x).shape]).toEqual([[2, 4, 3], [2, 4, 3], [2, 4, 3]]);
      expect(matrix().H.tolist()).toEqual([[1, 3], [-2, 4]]);
      expect(tensor(3).H.item()).toBe(3);
      expect(() => x.H).toThrow(/^H: .*mH/);
      for (const read of [() => ones(3).mH, () => ones(3).H, () => ones(3).adjoint()]) expect(read).toThrow(ShapeError);
    });

    test('cuda throws and says why, as to does', () => {
      expect(() => ones(1).cuda()).toThrow(/^cuda: device must be 'cpu', the only device/);
      expect(() => ones(1).cuda()).toThrow(ArgumentError);
      expect(() => ones(1).to('cuda')).toThrow(ArgumentError);
      const x = ones(1);
      expect(x.to('cpu')).toBe(x);
      expect(x.cpu()).toBe(x);
    });
  });

  describe('in place', () => {
    test('fillDiagonal_ fills the cells that PyTorch fills', () => {
      const cells = [zeros(7, 3).fillDiagonal_(5), zeros(7, 3).fillDiagonal_(5, { wrap: true }), zeros(3, 7).fillDiagonal_(1, true), zeros(3, 3, 3).fillDiagonal_(2),
        zeros(3, 3, { dtype: 'int64' }).fillDiagonal_(2.7), zeros(4, 3).fillDiagonal_(1, true), zeros(9, 2).fillDiagonal_(1, true)];
      expectLike(cells, recorded('fillDiagonal'));
      expect(() => zeros(3).fillDiagonal_(1)).toThrow(ShapeError);
      expect(() => zeros(2, 3, 3).fillDiagonal_(1)).toThrow(/dimensions of one size/);
      const w = ones(3, 3, { requiresGrad: true }), z = w.mul(2);
      z.fillDiagonal_(5).sum().backward();
      expectLike(w.grad, recorded('fillDiagonal grad'));
      expect(vmap((x: Tensor) => x.clone().fillDiagonal_(9))(zeros(2, 2, 2)).tolist()).toEqual([[[9, 0], [0, 9]], [[9, 0], [0, 9]]]);
    });

    test('apply_ and map_ call a function per element, in order', () => {
      const x = arange(6).reshape(2, 3).t().float(), seen: number[] = [];
      const same = x.apply_((v: number) => {
        seen.push(v);
        return v + 0.5;
      });
      expect(same).toBe(x);
      expect(seen).toEqual([0, 3, 1, 4, 2, 5]);
      expect(x.tolist()).toEqual([[0.5, 3.5], [1.5, 4.5], [2.5, 5.5]]);
      expect(arange(6).reshape(2, 3).map_(tensor([1n, 10n, 100n]), (a: number, b: number) => a * b + 0.9).tolist()).toEqual([[0, 10, 200], [3, 40, 500]]);
      expect(tensor([true, false]).apply_((v: boolean) => !v).tolist()).toEqual([false, true]);
      expect(ones(2).half().apply_(() => 2.1).tolist()).toEqual([2.099609375, 2.099609375]);
    });

    test('apply_ and map_ write nothing where they refuse', () => {
      const x = arange(3).float();
      let calls = 0;
      expect(() => x.apply_(() => (calls++ < 2 ? 7 : 'a') as number)).toThrow(/^apply_: callable must return numbers, got "a"/);
      expect(x.tolist()).toEqual([0, 1, 2]);
      expect(() => x.apply_(3 as never)).toThrow(ArgumentError);
      expect(() => ones(2, { requiresGrad: true }).apply_(() => 1)).toThrow(AutogradError);
      expect(() => x.map_(ones(3).long(), () => 1)).toThrow(DTypeError);
      expect(() => x.map_(ones(2), () => 1)).toThrow(ShapeError);
    });

    test('resizeAs_ takes the size of another', () => {
      expect(torch.resizeAs_(ones(4), ones(2, 2)).tolist()).toEqual([[1, 1], [1, 1]]);
      expect(() => ones(4, { requiresGrad: true }).resizeAs_(ones(2))).toThrow(AutogradError);
    });

    test('functions of the main namespace change their argument', () => {
      const x = tensor([-1, 4]);
      expect(torch.abs_(x)).toBe(x);
      torch.sqrt_(torch.clamp_(x, { min: 2 }));
      expect(x.tolist()).toEqual([Math.fround(Math.SQRT2), 2]);
      expect(torch.zero_(torch.exp_(x)).tolist()).toEqual([0, 0]);
      expect(torch.selu_(tensor([1])).item()).toBeCloseTo(1.0507, 4);
      expect(() => torch.exp_(1 as never)).toThrow(/^exp_: input must be a Tensor/);
    });
  });

  describe('other names', () => {
    test('give what the well-known ones give', () => {
      const x = arange(6).reshape(2, 3).float();
      expect(x.typeAs(ones(1, { dtype: 'int64' })).dtype).toBe('int64');
      expect(torch.ger(tensor([1, 2]), tensor([3, 4])).tolist()).toEqual([[3, 4], [6, 8]]);
      expect(x.unsafeChunk(2, 1).map((part) => part.shape)).toEqual([[2, 2], [2, 1]]);
      expect(torch.unsafeSplit(x, 2, 1).map((part) => part.shape)).toEqual([[2, 2], [2, 1]]);
      expect(x.unsafeSplitWithSizes([1, 2], 1).map((part) => part.shape)).toEqual([[2, 1], [2, 2]]);
      expect(x.sub(3).hardshrink(1.5).tolist()).toEqual([[-3, -2, 0], [0, 0, 2]]);
      expect(x.sub(3).prelu(tensor([0.5])).tolist()).toEqual([[-1.5, -1, -0.5], [0, 1, 2]]);
    });

    test('copies of views share no memory and pass gradients on', () => {
      const x = arange(6).reshape(2, 3).float().requiresGrad_();
      const made = [torch.selectCopy(x, 0, 1), torch.narrowCopy(x, 1, 1, 2), x.narrowCopy(1, 0, 1), torch.tCopy(x), torch.viewCopy(x, [6]), torch.expandCopy(x, [2, 2, 3]),
        torch.permuteCopy(x, [1, 0]), torch.unsqueezeCopy(x, 0), torch.sliceCopy(x, 0, 0, 1), torch.diagonalCopy(x), torch.aliasCopy(x), torch.asStridedCopy(x, [2], [1]), torch.squeezeCopy(x),
        torch.transposeCopy(x, 0, 1), torch.unfoldCopy(x, 0, 1, 1), ...torch.unbindCopy(x), ...torch.splitCopy(x, 1), ...torch.splitWithSizesCopy(x, [1, 1])];
      for (const copy of made) expect([copy.requiresGrad, copy.storage === x.storage]).toEqual([true, false]);
      expect(torch.detachCopy(x).requiresGrad).toBe(false);
      torch.diagonalCopy(x).sum().backward();
      expect(x.grad?.tolist()).toEqual([[1, 0, 0], [0, 1, 0]]);
      expect(torch.unbindCopy(x).map((part) => part.tolist())).toEqual([[0, 1, 2], [3, 4, 5]]);
      expect(() => torch.tCopy(ones(1, 1, 1))).toThrow(ShapeError);
    });
  });

  describe('creation', () => {
    test('windows are PyTorch\'s', () => {
      const windows = { hann: torch.hannWindow, hamming: torch.hammingWindow, blackman: torch.blackmanWindow, bartlett: torch.bartlettWindow, kaiser: torch.kaiserWindow };
      for (const [name, window] of Object.entries(windows)) {
        const expected = reference[name] as Readonly<Record<string, unknown>>;
        expectLike(window(5, f64), expected['5'], 1e-12);
        expectLike(window(8, false, f64), expected['8 symmetric'], 1e-12);
        expectLike([window(0), window(1), window(6)], [expected['0'], expected['1'], expected.float32]);
        expect([window(6).dtype, window(3, { dtype: 'float16', requiresGrad: true }).requiresGrad]).toEqual(['float32', true]);
        expect(() => window(-1)).toThrow(/windowLength must not be negative/);
        expect(() => window(2, { dtype: 'int64' })).toThrow(DTypeError);
        expect(() => window(2, { device: 'cuda' })).toThrow(ArgumentError);
      }
      expectLike(torch.kaiserWindow(6, false, 5, f64), reference['kaiser beta'], 1e-12);
      expectLike(torch.hammingWindow(6, true, 0.5, 0.4, f64), reference['hamming ab'], 1e-12);
    });

    test('range includes its end', () => {
      expectLike([torch.range(1, 2, 0.1), torch.range(5, 1, -2), torch.range(2, 2), torch.range(0.9, 7.7, 1.9, { dtype: 'int64' }), torch.range(0, 5)], recorded('range'), 0);
      expect(torch.range(0, 1).dtype).toBe('float32');
      expect(() => torch.range(1, 2, 0)).toThrow(/step must not be zero/);
      expect(() => torch.range(0, 2, 0.5, { dtype: 'int64' })).toThrow(/step must not be less than 1/);
      expect(() => torch.range(2, 1)).toThrow(/^range: end must lie in the direction of step/);
      expect(() => torch.range(Infinity, 1)).toThrow(/^range: start must be finite/);
    });

    test('new makes tensors of the same dtype from sizes or data', () => {
      const x = ones(1, { dtype: 'int32' });
      expect([x.new(2, 3).shape, x.new(2, 3).dtype, x.new([1.5, 2]).tolist(), x.new([1]).dtype]).toEqual([[2, 3], 'int32', [1, 2], 'int32']);
    });

    test('asarray keeps tensors as they are unless told otherwise', () => {
      const x = ones(2, { requiresGrad: true });
      expect(torch.asarray(x)).toBe(x);
      expect(torch.asarray(x, { copy: false })).toBe(x);
      expect(torch.asarray(x, { copy: true }).storage).not.toBe(x.storage);
      expect(torch.asarray(x, { dtype: 'float64' }).dtype).toBe('float64');
      expect(torch.asarray(x.mul(2), { requiresGrad: false }).requiresGrad).toBe(false);
      expect(torch.asarray([[1, 2]], { dtype: 'int32' }).tolist()).toEqual([[1, 2]]);
      expect(() => torch.asarray([1], { copy: false })).toThrow(/^asarray: copy must not be false/);
      expect(() => torch.asarray(x, { copy: false, dtype: 'int64' })).toThrow(/dtype float32 as int64/);
      for (const wrong of ['a', null]) expect(() => torch.asarray(wrong)).toThrow(/^asarray: obj must be a Tensor/);
      expect(() => torch.asarray(x, { device: 'cuda' })).toThrow(ArgumentError);
    });

    test('frombuffer reads raw elements of every dtype, at any offset', () => {
      const bytes = Uint8Array.from([0, 60, 0, 64, 1, 0, 0, 0]);
      for (const [dtype, values] of Object.entries(reference.frombuffer as Readonly<Record<string, number[]>>)) expect(torch.frombuffer(bytes, { dtype: dtype as 'int8' }).double().tolist()).toEqual(values);
      const numbers = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
      expect(torch.frombuffer(numbers.buffer, { dtype: 'int16', count: 3, offset: 2 }).tolist()).toEqual(reference['asarray buffer']);
      expect(torch.frombuffer(numbers.subarray(1), { dtype: 'int16', count: 1 }).tolist()).toEqual([770]);
      expect(torch.frombuffer(Uint8Array.of(0, 7), { dtype: 'bool' }).toTypedArray()).toEqual(Uint8Array.of(0, 1));
      expect(torch.frombuffer(bytes, { dtype: 'float32', requiresGrad: true }).requiresGrad).toBe(true);
    });

    test('frombuffer refuses what does not fit', () => {
      const three = new Uint8Array(3);
      for (const [options, message] of [[{}, /buffer must hold a multiple of 2 bytes/], [{ count: 2 }, /count must be at most 1/], [{ offset: 3 }, /offset must be within the 3 bytes/], [{ offset: -1 }, /offset/], [{ count: 0 }, /count must not be 0/]] as const) {
        expect(() => torch.frombuffer(three, { dtype: 'int16', ...options })).toThrow(message);
      }
      expect(() => torch.frombuffer(new ArrayBuffer(0), { dtype: 'int8' })).toThrow(/must not be empty/);
      expect(() => torch.frombuffer([1], { dtype: 'int8' })).toThrow(ArgumentError);
      expect(() => torch.frombuffer(three, { dtype: 'int8', requiresGrad: true })).toThrow(AutogradError);
    });
  });

  describe('random', () => {
    const probabilities = (): Tensor => arange(12).reshape(3, 4).float().div(20), block = ones(2, 3, 4);

    test('bernoulli, multinomial and randintLike draw PyTorch\'s numbers, as methods too', () => {
      const x = probabilities();
      expectLike(seeded(() => torch.bernoulli(x)), recorded('bernoulli'), 0);
      expectLike(seeded(() => x.bernoulli()), recorded('bernoulli'), 0);
      expectLike(seeded(() => x.bernoulli(0.3)), recorded('bernoulli p'), 0);
      expectLike(seeded(() => x.add(0.1).multinomial(3)), recorded('multinomial'), 0);
      expectLike(seeded(() => x.add(0.1).multinomial({ numSamples: 6, replacement: true })), recorded('multinomial replacement'), 0);
      const draws = seeded(() => [torch.randintLike(x, 5), torch.randintLike(x, -3, 5), torch.randintLike(x, 9, { dtype: 'int64' })]);
      expectLike(draws, recorded('randint_like'), 0);
      expect(draws.map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'int64']);
      expect(seeded(() => torch.randintLike({ input: x, high: 5 })).equal(draws[0])).toBe(true);
    });

    test('draws refuse what PyTorch refuses', () => {
      expect(() => torch.bernoulli(ones(2), 2)).toThrow(/^bernoulli: p must be in \[0, 1\], got 2/);
      expect(() => torch.bernoulli(ones(2, { dtype: 'int64' }))).toThrow(DTypeError);
      expect(() => ones(2, { dtype: 'int64' }).multinomial(1)).toThrow(DTypeError);
      expect(() => torch.randintLike(ones(2), 5, 2)).toThrow(/^randintLike: high must be greater than low/);
      expect(() => torch.randintLike(ones(2), {})).toThrow(/^randintLike: high is missing/);
    });

    test('dropouts of the main namespace draw PyTorch\'s masks', () => {
      for (const [name, run] of Object.entries({ dropout: torch.dropout, feature_dropout: torch.featureDropout, alpha_dropout: torch.alphaDropout, feature_alpha_dropout: torch.featureAlphaDropout })) {
        expectLike(seeded(() => run(block, 0.4, true)), recorded(name));
        expect(run(block, 0.4, false)).toBe(block);
        expect(() => run(block, 1.5, true)).toThrow(/p must be between 0 and 1/);
      }
      const x = block.clone();
      expectLike(seeded(() => torch.dropout_(x, 0.4, true)), recorded('dropout'));
      expectLike(x, recorded('dropout'));
      expectLike(seeded(() => torch.rrelu(block.neg(), { training: true })), recorded('rrelu'));
    });

    test('binomial draws PyTorch\'s numbers for small and large counts', () => {
      const count = tensor([0, 3, 10, 40, 100, 1e4, 60, 5.5]), prob = tensor([0.5, 0.2, 0.7, 0.3, 0.5, 0.001, 0.9, 0.4]);
      expectLike(seeded(() => Array.from({ length: 40 }, () => torch.binomial(count, prob))), recorded('binomial'));
      expectLike(seeded(() => Array.from({ length: 3 }, () => torch.binomial(count.double(), prob.double().reshape(8, 1)))), recorded('binomial64'));
      expectLike(seeded(() => torch.binomial(torch.full([3, 2], 30).t(), tensor([0.2, 0.5, 0.9]))), recorded('binomial strided'));
      const own = new torch.Generator().manualSeed(7);
      expect(torch.binomial(count, prob, own).equal(seeded(() => torch.binomial(count, prob)))).toBe(true);
      expect(torch.binomial(tensor([5.5]), tensor([1.5])).item()).toBe(5.5);
      expect(() => torch.binomial(ones(1).long(), ones(1))).toThrow(DTypeError);
      expect(() => torch.binomial(ones(1), ones(1, f64))).toThrow(DTypeError);
      expect(() => torch.binomial(ones(2), ones(3))).toThrow(ShapeError);
      expect(() => torch.binomial(tensor([NaN]), ones(1))).toThrow(/^binomial: count must not hold NaN/);
      expect(() => vmap((n: Tensor) => torch.binomial(n, tensor(0.5)))(ones(3))).toThrow(torch.VmapError);
      expect(vmap((n: Tensor) => torch.binomial(n, tensor(0.5)), { randomness: 'different' })(ones(3)).shape).toEqual([3]);
    });
  });

  describe('networks', () => {
    const a = arange(6).reshape(2, 3).float().sin(), b = arange(6).reshape(2, 3).float().cos(), y = tensor([1, -1]), column = y.reshape(2, 1);

    test('losses take PyTorch\'s positions and codes, and do not reduce by themselves', () => {
      const logits = arange(24).reshape(4, 2, 3).float().sin().logSoftmax(-1), classes = tensor([[1n, 2n], [1n, 1n]]);
      const made: Readonly<Record<string, Tensor[]>> = {
        klDiv: [torch.klDiv(a, b.abs()), torch.klDiv(a, b.abs(), 1), torch.klDiv(a, b, 'sum', { logTarget: true })],
        binaryCrossEntropyWithLogits: [torch.binaryCrossEntropyWithLogits(a, b), torch.binaryCrossEntropyWithLogits(a, b, b.abs(), ones(3).mul(2), 'mean')],
        cosineEmbeddingLoss: [torch.cosineEmbeddingLoss(a, b, y), torch.cosineEmbeddingLoss(a, b, y, 0.2, 2)],
        hingeEmbeddingLoss: [torch.hingeEmbeddingLoss(a, column.expand(2, 3)), torch.hingeEmbeddingLoss(a, column.expand(2, 3), 2, 1)],
        marginRankingLoss: [torch.marginRankingLoss(a, b, column), torch.marginRankingLoss(a, b, column, 0.5, 1)],
        poissonNllLoss: [torch.poissonNllLoss(a, b.abs(), true, false, 1e-8, 0), torch.poissonNllLoss(a.abs(), b.abs(), false, true, 1e-8, 'mean')],
        tripletMarginLoss: [torch.tripletMarginLoss(a, b, a.add(1)), torch.tripletMarginLoss(a, b, a.add(1), 2, 1, 1e-6, true, 2)],
        ctcLoss: [torch.ctcLoss(logits, classes, [4, 4], [2, 2]), torch.ctcLoss(logits, classes, tensor([4n, 4n]), tensor([2n, 2n]), 0, 1, true)],
      };
      const expected = reference.losses as Readonly<Record<string, unknown>>;
      expect(Object.keys(made)).toEqual(Object.keys(expected));
      for (const [name, losses] of Object.entries(made)) expectLike(losses, expected[name], 2e-6);
      expect(() => torch.klDiv(a, b, 3)).toThrow(/^klDiv: reduction must be 0 \('none'\)/);
      expect(() => torch.klDiv(a, b, 'median' as never)).toThrow(ArgumentError);
      expect(() => torch.tripletMarginLoss(a, b, ones(1), { margin: 0 })).toThrow(/^tripletMarginLoss: margin must be greater than 0/);
    });

    test('embedding takes the table first', () => {
      const table = arange(6).reshape(3, 2).float().requiresGrad_();
      torch.embedding(table, tensor([0n, 2n]), 2).sum().backward();
      expect(table.grad?.tolist()).toEqual([[1, 1], [0, 0], [0, 0]]);
      expect(torch.embedding(table, tensor([[1n]])).tolist()).toEqual([[[2, 3]]]);
      expect(() => torch.embedding(table, tensor([0n]), { sparse: true })).toThrow(/^embedding: sparse/);
    });

    test('embeddingBag gives the bags in an array', () => {
      const table = arange(8).reshape(4, 2).float().sin(), indices = tensor([0n, 1n, 3n, 2n, 1n]), offsets = tensor([0n, 2n]);
      const bags = [torch.embeddingBag(table, indices, offsets), torch.embeddingBag(table, indices, offsets, false, 1), torch.embeddingBag(table, indices, offsets, { mode: 'max' }),
        torch.embeddingBag(table, indices, tensor([0n, 2n, 5n]), false, 0, false, arange(5).float(), true), torch.embeddingBag(table, indices, offsets, false, 1, false, null, false, 1)];
      expectLike(bags.map(([bag]) => bag), recorded('embeddingBag'));
      expect(() => torch.embeddingBag(table, indices, offsets, false, 3)).toThrow(/^embeddingBag: mode must be 0 \('sum'\)/);
    });

    test('threshold of integers gives integers', () => {
      const x = torch.threshold(tensor([-1n, -2n, 3n]), -1.5, 9.7);
      expect([x.dtype, x.tolist()]).toEqual(['int64', [9, 9, 3]]);
    });

    test('the rest are nn.functional\'s own', () => {
      for (const name of ['celu', 'selu', 'rrelu', 'prelu', 'hardshrink', 'threshold', 'bilinear', 'cosineSimilarity', 'pairwiseDistance', 'pixelShuffle', 'pixelUnshuffle', 'channelShuffle', 'nativeChannelShuffle'] as const) {
        expect(torch[name]).toBe(torch.nn.functional[name]);
      }
    });
  });

  describe('linear algebra', () => {
    test('older norms are PyTorch\'s', () => {
      const m = arange(24, f64).reshape(2, 3, 4).sin();
      expectLike([torch.frobeniusNorm(m, [0, 1]), torch.frobeniusNorm(m, 1, true), torch.frobeniusNorm(m, []), torch.nuclearNorm(m), torch.nuclearNorm(m, [0, 2], { keepdim: true }),
        torch.normExceptDim(m), torch.normExceptDim(m, 2, 1), torch.normExceptDim(m, 1, 2), torch.normExceptDim(m, 2, -1), torch.normExceptDim(m, 2, -2), torch.normExceptDim(tensor([1, -2]))], recorded('norms'), 1e-12);
      expect(() => torch.frobeniusNorm(m, [0, 1, 2])).toThrow(/^frobeniusNorm: expected at most 2 dimensions/);
      expect(() => torch.nuclearNorm(ones(3))).toThrow(ShapeError);
      expect(() => torch.normExceptDim(m, 2, 5)).toThrow(/^normExceptDim/);
    });

    test('low rank decompositions are PyTorch\'s for a seed', () => {
      const A = arange(40, f64).reshape(8, 5).mul(1.3).sin();
      const both = (run: () => { readonly U: Tensor; readonly S: Tensor; readonly V: Tensor }): Tensor[] => {
        const { U, S, V } = seeded(run);
        return [S, U.mul(S.unsqueeze(-2)).matmul(V.mT)];
      };
      expectLike([both(() => torch.svdLowrank(A, 3)), both(() => torch.svdLowrank(A.mT, 2, 1)), both(() => torch.svdLowrank(A, 2, 2, A.mean(0, true))), both(() => torch.pcaLowrank(A)),
        both(() => torch.pcaLowrank(A, 2, false, 0)), both(() => torch.pcaLowrank(stack([A, A.cos()]), 2))], recorded('lowrank'), 1e-9);
      expect(() => torch.pcaLowrank(A, 6)).toThrow(/^pcaLowrank: q must be at most 5/);
      expect(() => torch.svdLowrank(A, 2, -1)).toThrow(/^svdLowrank: niter must not be negative/);
      expect(() => torch.svdLowrank(ones(3))).toThrow(ShapeError);
    });
  });
});

describe('the constructor Tensor', () => {
  test('takes values or sizes, with and without new, in the default dtype', () => {
    const made = torch.Tensor([[1, 2, 3]]), sized = new torch.Tensor(2, 3);
    expect([made.dtype, made.tolist(), sized.shape, torch.Tensor().shape]).toEqual(['float32', [[1, 2, 3]], [2, 3], [0]]);
    expect([made, sized, new torch.nn.Parameter(made), zeros(1)].every((x) => x instanceof torch.Tensor)).toBe(true);
    expect([{}, null].some((x) => (x as unknown) instanceof torch.Tensor)).toBe(false);
    torch.setDefaultDtype('float64');
    try {
      expect(torch.Tensor([1]).dtype).toBe('float64');
    } finally {
      torch.setDefaultDtype('float32');
    }
  });

  test('dtype constants and lists keep their types in variables', () => {
    const options = { dtype: torch.float64 };
    let dtype = torch.float32;
    dtype = torch.int64;
    const row: number[] = zeros(2, options).tolist(), rows: number[][] = torch.eye(2, { dtype }).tolist();
    expect([row, rows]).toEqual([[0, 0], [[1, 0], [0, 1]]]);
  });
});

describe('settings', () => {
  test('are kept and read back', () => {
    expect(torch.getFloat32MatmulPrecision()).toBe('highest');
    torch.setFloat32MatmulPrecision('high');
    expect(torch.getFloat32MatmulPrecision()).toBe('high');
    torch.setFloat32MatmulPrecision('highest');
    expect(() => torch.setFloat32MatmulPrecision('low' as never)).toThrow(ArgumentError);
    torch.useDeterministicAlgorithms(true, { warnOnly: true });
    expect([torch.areDeterministicAlgorithmsEnabled(), torch.isDeterministicAlgorithmsWarnOnlyEnabled()]).toEqual([true, true]);
    torch.useDeterministicAlgorithms(false);
    expect([torch.areDeterministicAlgorithmsEnabled(), torch.isDeterministicAlgorithmsWarnOnlyEnabled()]).toEqual([false, false]);
    torch.setNumInteropThreads(3);
    expect(torch.getNumInteropThreads()).toBe(3);
    torch.setNumInteropThreads(1);
    expect(() => torch.setNumInteropThreads(0)).toThrow(/must be positive/);
    torch.setDefaultDevice('cpu');
    expect([torch.getDefaultDevice(), torch.setFlushDenormal(true)]).toEqual(['cpu', false]);
    torch.backends.cudnn.deterministic = true;
    torch.cuda.manualSeedAll(1);
    expect([torch.backends.cudnn.deterministic, torch.backends.cudnn.isAvailable(), torch.backends.mps.isAvailable(), torch.cuda.isAvailable()]).toEqual([true, false, false, false]);
    expect(() => torch.setDefaultDevice('cuda')).toThrow(/^setDefaultDevice: device must be 'cpu', the only device/);
  });
});
