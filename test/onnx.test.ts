import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { Tensor, autograd, cat, einsum, expr, func, getRngState, linalg, manualSeed, nn, rand, randint, randn, sort, stack, sub, tensor, topk, where, zeros } from 'flambeau';
import * as onnx from 'flambeau/onnx';
import { onBackends } from './fixtures/backends.ts';
import { expectSame, opsOf } from './helpers/onnx-run.ts';
import { feed, sessionOf } from './helpers/onnx-samples.ts';

const { functional: F } = nn;
const folder = mkdtempSync(join(tmpdir(), 'flambeau-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const exportOf = (model: onnx.Exportable, ...args: readonly unknown[]): (() => unknown) => () => onnx.export(model, args);

describe('operations of tensors', () => {
  manualSeed(0);
  const x = randn(3, 4), y = randn(3, 4), positive = rand(3, 4).add(0.1), index = randint(0, 3, [2, 4]), square = randn(2, 3, 3);
  const cases: Readonly<Record<string, readonly [model: (...inputs: Tensor[]) => unknown, ...inputs: Tensor[]]>> = {
    'arithmetic with numbers on either side': [(a, b) => [a.add(b, { alpha: 2 }), a.sub(1), sub(1, a), a.mul(2).div(b), a.rsub(3), a.neg()], x, y],
    'powers and roots': [(a) => [a.pow(2), a.sqrt(), a.rsqrt(), a.pow(1.5), a.reciprocal(), a.square()], positive],
    'exponentials near zero': [(a) => [a.mul(1e-4).expm1(), a.mul(1e-4).abs().log1p(), a.exp2(), a.abs().log2(), a.abs().log10()], x],
    'trigonometry': [(a) => [a.sin(), a.cos(), a.tan(), a.atan(), a.sinh(), a.cosh(), a.asinh(), a.div(9).asin(), a.div(9).acos(), a.div(9).atanh()], x],
    'atan2, hypot, logaddexp, xlogy': [(a, b) => [a.atan2(b), a.hypot(b), a.logaddexp(b), a.xlogy(b.abs())], x, y],
    'rounding': [(a) => [a.floor(), a.ceil(), a.round(), a.trunc(), a.frac(), a.round({ decimals: 1 }), a.sign()], x],
    'division of integers': [(a, b) => [a.floorDivide(b), a.remainder(b), a.fmod(b), a.div(b), a.div(b, { roundingMode: 'trunc' })], tensor([7n, -7n, 5n, -5n]), tensor([2n, 2n, -3n, -3n])],
    'remainders of floats': [(a, b) => [a.floorDivide(b), a.remainder(b), a.fmod(b)], x, y],
    'comparisons and logic': [(a, b) => [a.gt(b), a.le(0), a.eq(b), a.ne(b), a.gt(0).logicalAnd(b.gt(0)), a.gt(0).logicalXor(b.gt(0)), a.gt(0).logicalNot(), a.isnan(), a.isfinite()], x, y],
    'bits': [(a) => [a.bitwiseAnd(3), a.bitwiseOr(4), a.bitwiseXor(1), a.bitwiseNot()], randint(0, 9, [5])],
    'choices': [(a, b) => [where(a.gt(0), a, b), where(a.gt(0), 1, 0), a.maskedFill(b.gt(0), 0), a.clamp(-0.5, 0.5), a.clampMin(0), a.maximum(b), a.clamp({ max: 0.3 }), a.lerp(b, 0.3)], x, y],
    'sums of products': [(a, b) => [a.addcmul(b, b, { value: 0.5 }), a.addcdiv(a, b.abs().add(1))], x, y],
    'casts': [(a) => [a.to('float64'), a.int(), a.long(), a.bool(), a.half().float()], x],
    'mixed dtypes': [(a, b) => [a.add(b), b.mul(0.5), b.gt(0).add(1), a.gt(b)], x, randint(0, 3, [3, 4])],
    'reductions': [(a) => [a.sum(), a.mean(1), a.sum([0, 1], true), a.prod(0), a.amax(1), a.amin([0]), a.var(), a.std(1), a.var(0, { correction: 0 }), a.logsumexp(1), a.max(), a.min(1).values], x],
    'norms': [(a) => [a.norm(), a.norm(1, 1), a.norm(Infinity, 0), a.norm(3), linalg.vectorNorm(a, 2, 1), F.normalize(a)], x],
    'indices of extremes': [(a) => [a.argmax(), a.argmin(1), a.argmax(0, true), a.max(1).indices], x],
    'any and all': [(a) => [a.gt(0).any(), a.gt(-9).all(1), a.countNonzero()], x],
    'running sums and products': [(a) => [a.cumsum(1), a.cumprod(1), a.cumsum(0)], x],
    'softmax': [(a) => [a.softmax(1), a.logSoftmax(0), F.softmin(a, 1)], x],
    'sorting': [(a) => [sort(a, 1).values, sort(a, 1, true).indices, topk(a, 2, 1).values, topk(a, 2, 1, false).indices, a.argsort(0)], x],
    'shapes': [(a) => [a.view(2, 6), a.reshape(-1), a.t(), a.permute(1, 0), a.unsqueeze(0), a.unsqueeze(-1).squeeze(-1), a.expand(2, 3, 4), a.flatten(), a.unflatten(1, [2, 2]), a.T, a.movedim(0, 1)], x],
    'joins and pieces': [(a, b) => [cat([a, b], 1), stack([a, b]), ...a.split(3, 1), ...a.chunk(2, 1), ...a.unbind(0), ...a.split([1, 3], 1)], x, y],
    'slices': [(a) => [a.select(0, 1), a.narrow(1, 1, 2), a.slice(1, 0, 4, 2), a.index(1), a.index('1:', '::2'), a.index('...', 0), a.index(null, '...', -1), a.index([0, 2]), a.index([0, 1], [1, 2])], x],
    'gather and scatter': [(a, i) => [a.gather(0, i), zeros([3, 4]).scatter(0, i, a), a.scatterAdd(0, i, a), a.scatter(0, i, 2), a.indexSelect(1, i.select(0, 0)), a.take(i)], x, index],
    'rows by index': [(a, i) => [a.indexAdd(0, i, a), a.index(i), a.index(i, i)], x, tensor([2n, 0n, 1n])],
    'flip, roll, repeat, tile': [(a) => [a.flip(0), a.flip(0, 1), a.roll(1, 1), a.repeat(2, 1), a.repeat(2, 1, 2), a.tile(2), a.repeatInterleave(2, 1)], x],
    'triangles and diagonals': [(a) => [a.triu(), a.tril(-1), a.diagonal(0, 1, 2), a.select(0, 0).trace()], square],
    'products': [(a, b) => [a.matmul(b.t()), a.mm(b.t()), einsum('ij,kj->ik', a, b), a.mv(b.select(0, 0)), a.select(0, 0).dot(b.select(0, 0)), a.select(0, 0).outer(b.select(0, 0))], x, y],
    'batched products': [(a) => [a.bmm(a), a.matmul(a), a.baddbmm(a, a, { beta: 2, alpha: 0.5 }), einsum('bij,bjk->bik', a, a)], square],
    'expressions': [(a, b) => expr`-${a} ** 2 + exp(${b}) * (1 - ${a})`, x, y],
    'a mask with one value': [(a) => { const h = a.clone(); h.indexPut_([h.lt(0)], 0); return [h, a.indexPut(a.select(1, 0).gt(0), 1)]; }, x],
    'distances': [(a, b) => [F.cosineSimilarity(a, b), F.pairwiseDistance(a, b)], x, y],
    'in-place writes': [(a) => { const h = a.clone(); h.mul_(2).add_(1); h.clamp_({ min: 0 }); return h.relu_(); }, x],
    'activations': [(a) => [F.relu6(a), F.elu(a), F.selu(a), F.celu(a, 0.5), F.gelu(a), F.gelu(a, { approximate: 'tanh' }), F.silu(a), F.mish(a), F.hardswish(a), F.leakyRelu(a), F.softplus(a, 2), F.softsign(a), F.glu(a), F.logsigmoid(a)], x],
    'losses': [(a, b) => [F.mseLoss(a, b), F.l1Loss(a, b), F.huberLoss(a, b), F.crossEntropy(a, tensor([0n, 1n, 3n])), F.klDiv(a.logSoftmax(1), b.softmax(1), { reduction: 'batchmean' })], x, y],
    'attention over heads': [(q, k) => [F.scaledDotProductAttention(q, k, k, { isCausal: true }), F.scaledDotProductAttention(q, k.narrow(1, 0, 1), k.narrow(1, 0, 1), { scale: 0.3, enableGqa: true })], randn(2, 2, 5, 4), randn(2, 2, 5, 4)],
    'attention with masks, of queries that see nothing too': [(q, seen, bias) => [F.scaledDotProductAttention(q, q, q, seen.gt(0)), F.scaledDotProductAttention(q, q, q, bias)],
      randn(2, 3, 4), tensor([[1, 0, 1], [0, 0, 0], [0, 1, 0]]), tensor([[0, 1, -Infinity], [-Infinity, -Infinity, -Infinity], [0.5, -Infinity, 0]])],
    'a function of its own derivative rule': [(a) => Twice.apply(a), x],
  };

  class Twice extends autograd.Function {
    static override forward(_ctx: unknown, a: Tensor): Tensor {
      return a.mul(2);
    }
  }

  it.each(Object.entries(cases))('%s', async (_name, [model, ...inputs]) => {
    await expectSame(model as onnx.Exportable, inputs);
  });
});

onBackends(() => {
  it('exports the same on both backends', async () => {
    manualSeed(1);
    const model = new nn.Sequential(new nn.Conv1d(2, 3, 3), new nn.BatchNorm1d(3), new nn.Tanh()).eval();
    expect(opsOf(await expectSame(model, [randn(2, 2, 8)]))).toEqual(['Conv', 'BatchNormalization', 'Tanh']);
  });
});

describe('what cannot be exported is an error', () => {
  class Inverse extends nn.Module {
    forward(x: Tensor): Tensor {
      return linalg.inv(x);
    }
  }

  it('names the operation and the module in which it runs', () => {
    const model = new nn.Sequential(new nn.Identity(), new nn.Sequential(new Inverse()));
    expect(exportOf(model, randn(2, 2))).toThrow(/^onnx\.export: linalg\.inv in module '1\.0' cannot be exported to ONNX/);
    expect(exportOf(model, randn(2, 2))).toThrow(onnx.OnnxExporterError);
  });

  it('and shapes that depend on values', () => {
    expect(exportOf((x: Tensor) => x.index(x.gt(0)), randn(4))).toThrow(/index .*mask/);
    expect(exportOf((x: Tensor) => x.nonzero(), randn(4))).toThrow(/nonzero cannot be exported/);
    expect(exportOf((x: Tensor) => x.maskedSelect(x.gt(0)), randn(4))).toThrow(/maskedSelect cannot be exported/);
  });

  it('and writes through a view', () => {
    expect(exportOf((x: Tensor) => { const h = x.clone(); h.select(0, 0).fill_(0); return h; }, randn(2, 2))).toThrow(/written in place through a view/);
  });

  it('and packed sequences', () => {
    const lstm = new nn.LSTM(2, 3);
    expect(exportOf((x: Tensor) => lstm(nn.utils.rnn.packPaddedSequence(x, [3, 2]))[1][0], randn(3, 2, 2))).toThrow(/^onnx\.export: LSTM cannot be exported to ONNX over a packed sequence/);
  });

  it('and vmap', () => {
    expect(exportOf((x: Tensor) => func.vmap((row: Tensor) => row.mul(2))(x), randn(2, 2))).toThrow(/vmap/);
  });

  it('and control flow that follows a dynamic axis', () => {
    const model = (x: Tensor): Tensor => (x.shape[0] > 3 ? x.sin() : x.cos());
    expect(() => onnx.export(model, [randn(2, 2)], null, { dynamicAxes: { input: { 0: 'n' } } })).toThrow(/not the same calculation: call 0 is sin instead of cos/);
  });

  it('and sizes no formula gives', () => {
    const model = (x: Tensor): Tensor => x.add(Math.sin(x.shape[0]));
    expect(() => onnx.export(model, [randn(2, 2)], null, { dynamicAxes: { input: { 0: 'n' } } })).toThrow(onnx.OnnxExporterError);
  });

  it('and a model that runs with no other size', () => {
    const model = new nn.Linear(4, 2);
    expect(() => onnx.export(model, [randn(2, 4)], null, { dynamicAxes: { input: { 1: 'features' } } })).toThrow(/does not run with another size than 4 of the dynamic axis 'features': linear: input shape/);
  });

  it('and the errors of the model itself are its own', () => {
    expect(exportOf(new nn.Linear(4, 2), randn(2, 3))).toThrow(/^linear: /);
  });
});

describe('options', () => {
  const model = new nn.Sequential(new nn.Linear(4, 3), new nn.Dropout(0.5));

  it('refuses what it does not know', () => {
    const given = (options: object): (() => unknown) => () => onnx.export(model, [randn(2, 4)], null, options as onnx.ExportOptions);
    expect(given({ input_names: ['x'] })).toThrow(/option 'input_names' is unknown/);
    expect(given({ opsetVersion: 11 })).toThrow(/opsetVersion must be 18 to 23, got 11/);
    expect(given({ inputNames: ['a', 'b'] })).toThrow(/inputNames must be at most 1 names/);
    expect(given({ inputNames: 'a' })).toThrow(/inputNames must be an array/);
    expect(given({ dynamicAxes: { input: { 2: 'n' } } })).toThrow(/dynamicAxes of "input" must be axes of its shape \[2, 4\], got 2/);
    expect(given({ dynamicAxes: { input: [0] }, dynamicShapes: [[0]] })).toThrow(/dynamicShapes must not be given together/);
    expect(given({ metadata: { a: 1 } })).toThrow(/metadata must be an object of strings/);
    expect(given({ training: 'no' })).toThrow(/training must be one of/);
    expect(given({ externalData: true })).toThrow(/externalData needs a file name/);
    expect(() => onnx.export(model, [], null)).toThrow(/args must have at least one Tensor/);
    expect(() => onnx.export('model' as never, [randn(1)], null)).toThrow(/model must be an nn\.Module or a function/);
    expect(() => onnx.export(model, [randn(2, 4)], 3 as never)).toThrow(/f must be a file name or null/);
  });

  it('names inputs, outputs and axes', async () => {
    const program = onnx.export((a: Tensor, b: Tensor) => [a.add(b), a.sum(1)], [randn(2, 3), randn(2, 3)], null,
      { inputNames: ['left', 'right'], outputNames: ['total', 'rows'], dynamicAxes: { left: { 0: 'n' }, right: { 0: 'n' } } });
    expect(program.inputNames).toEqual(['left', 'right']);
    const session = await sessionOf(program.bytes);
    expect(session.outputNames).toEqual(['total', 'rows']);
    expect(session.outputMetadata.map((info) => ('shape' in info ? info.shape : null))).toEqual([['n', 3], ['n']]);
  });

  it('writes a file under its name complete or not at all, and metadata', async () => {
    const path = join(folder, 'model.onnx');
    const program = onnx.export(model, randn(2, 4), path, { metadata: { author: 'me' } });
    expect(readFileSync(path)).toEqual(Buffer.from(program.bytes));
    expect(readFileSync(path).includes('author')).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(() => onnx.export(new nn.Linear(4, 2), [randn(1, 3)], path)).toThrow();
    expect(readFileSync(path)).toEqual(Buffer.from(program.bytes));
  });

  it('keeps large tensors beside the model', async () => {
    const path = join(folder, 'external.onnx'), large = new nn.Sequential(new nn.Linear(40, 50), new nn.Linear(50, 3)), x = randn(2, 40);
    onnx.export(large, [x], path, { externalData: true });
    expect(existsSync(`${path}.data`)).toBe(true);
    expect(readFileSync(path).length).toBeLessThan(2000);
    const session = await ort.InferenceSession.create(path), { output } = await session.run({ input: feed(x) });
    const expected = large(x).toTypedArray() as Float32Array;
    (output.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  });

  it('leaves parameters out, or lists them as inputs too', async () => {
    const bare = onnx.export(model, [randn(2, 4)], null, { exportParams: false });
    expect(bare.inputNames).toEqual(['input', '0.weight', '0.bias']);
    expect(bare.initializerNames).toEqual([]);
    expect(onnx.export(model, [randn(2, 4)], null, { keepInitializersAsInputs: true })).toMatchObject({ inputNames: ['input', '0.weight', '0.bias'], initializerNames: ['0.weight', '0.bias'] });
  });

  it('runs in evaluation mode, or in training with dropout, and leaves mode, buffers and random state alone', () => {
    const norm = new nn.Sequential(new nn.BatchNorm1d(4), new nn.Dropout(0.5)), before = norm.buffers().map((buffer) => buffer.tolist()), state = getRngState();
    expect(opsOf(onnx.export(norm, [randn(3, 4)]))).toEqual(['BatchNormalization']);
    const random = getRngState();
    expect(opsOf(onnx.export(norm, [randn(3, 4)], null, { training: 'train' }))).toContain('Dropout');
    expect(norm.modules().every((module) => module.training)).toBe(true);
    expect(norm.buffers().map((buffer) => buffer.tolist())).toEqual(before);
    expect(state.equal(random)).toBe(false);
  });

  it('calculates on constants now, unless told not to', () => {
    const constant = (x: Tensor): Tensor => x.add(tensor([1, 2]).mul(3).exp());
    expect(opsOf(onnx.export(constant, [randn(2)]))).toEqual(['Add']);
    expect(opsOf(onnx.export(constant, [randn(2)], null, { doConstantFolding: false }))).toEqual(['Mul', 'Exp', 'Add']);
  });

  it('warns of values that leave the graph', () => {
    const { warnings } = onnx.export((x: Tensor) => x.mul(x.sum().item()), [randn(2)]);
    expect(warnings).toEqual([expect.stringMatching(/^item\(\) gives JS values that depend on the input/)]);
  });

  it('warns of random numbers', () => {
    expect(onnx.export((x: Tensor) => x.add(randn(2)), [randn(2)]).warnings).toEqual([expect.stringMatching(/^random numbers are drawn now/)]);
  });

  it('writes the formulas of training with other sizes, too', async () => {
    const norm = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3)), options = { training: 'train', dynamicAxes: { input: [0] } } as const;
    await expectSame(norm, [randn(4, 2)], options, [[randn(6, 2)]]);
  });

  it('gives an output that is an input, a constant or another output a name of its own', async () => {
    await expectSame((x: Tensor) => { const y = x.mul(2); return [x, y, y, tensor([1, 2])]; }, [randn(2)]);
  });
});

it('leaves no trace in the methods of Tensor', () => {
  const methods = (): unknown[] => Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype)).flatMap(([name, { value, get }]) => [name, value, get]);
  const before = methods(), x = randn(2, 2);
  onnx.export((a: Tensor) => a.relu(), [x]);
  expect(() => onnx.export((a: Tensor) => a.nonzero(), [x])).toThrow();
  expect(methods().every((each, i) => each === before[i])).toBe(true);
  expect(x.relu().storage.state).toBeNull();
  expect(x.storage.state).toBeNull();
});
