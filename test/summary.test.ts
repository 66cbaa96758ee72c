/**
 * `summary` and `FlopCounterMode`. FLOPs marked (PyTorch) were recorded from torch.utils.flop_counter.FlopCounterMode of
 * PyTorch 2.13 on the same program; the others, and all parameters, are computed by hand beside them.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Tensor, addmm, autograd, baddbmm, bmm, conv1d, conv2d, conv3d, convTranspose2d, einsum, getRngState, manualSeed, nn, ones, randn, setBackend, tensor, zeros } from 'flambeau';
import { FlopCounterMode, summary } from 'flambeau/profiler';
import { BACKENDS } from './fixtures/backends.ts';

const F = nn.functional;

class Net extends nn.Module {
  readonly features = new nn.Sequential(new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.MaxPool2d(2));
  readonly act = new nn.ReLU();
  readonly fc1 = new nn.Linear(8 * 14 * 14, 32);
  readonly fc2 = new nn.Linear(32, 10);

  forward(x: Tensor): Tensor {
    return this.fc2(this.act(this.fc1(this.act(this.features(x).flatten(1)))));
  }
}

const flopsOf = (fn: () => unknown): number => {
  const counter = new FlopCounterMode({ display: false });
  counter.run(fn);
  return counter.getTotalFlops();
};
const leaf = (...shape: number[]): Tensor => ones(shape, { requiresGrad: true });

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  test.each<[string, number, () => unknown]>([
    ['a product (PyTorch)', 210, () => ones(7, 5).matmul(ones(5, 3))],
    ['a batch of products (PyTorch)', 840, () => bmm(ones(4, 7, 5), ones(4, 5, 3))],
    ['a batch times a matrix (PyTorch)', 1680, () => ones(2, 4, 7, 5).matmul(ones(5, 3))],
    ['addmm (PyTorch)', 210, () => addmm(ones(3), ones(7, 5), ones(5, 3))],
    ['baddbmm (PyTorch)', 840, () => baddbmm(ones(4, 7, 3), ones(4, 7, 5), ones(4, 5, 3))],
    ['linear (PyTorch)', 420, () => F.linear(ones(2, 7, 5), ones(3, 5), ones(3))],
    ['einsum (PyTorch)', 840, () => einsum('bij,bjk->bik', ones(4, 7, 5), ones(4, 5, 3))],
    ['conv1d (PyTorch)', 2520, () => conv1d(ones(2, 3, 16), ones(6, 3, 5), { stride: 2, padding: 1 })],
    ['conv2d (PyTorch)', 25920, () => conv2d(ones(2, 4, 11, 9), ones(6, 4, 3, 3), ones(6), { stride: 2, padding: 1 })],
    ['conv2d in groups (PyTorch)', 27216, () => conv2d(ones(2, 4, 11, 9), ones(6, 2, 3, 3), { groups: 2 })],
    ['conv3d (PyTorch)', 13824, () => conv3d(ones(1, 2, 5, 6, 7), ones(3, 2, 2, 3, 2))],
    ['a transposed convolution (PyTorch)', 21600, () => convTranspose2d(ones(2, 4, 5, 5), ones(4, 6, 3, 3), { stride: 2 })],
    ['attention (PyTorch)', 46080, () => F.scaledDotProductAttention(ones(2, 4, 10, 16), ones(2, 4, 12, 16), ones(2, 4, 12, 8))],
    ['a product and its gradients (PyTorch)', 630, () => leaf(7, 5).matmul(leaf(5, 3)).sum().backward()],
    ['conv2d and its gradients (PyTorch)', 77760, () => conv2d(leaf(2, 4, 11, 9), leaf(6, 4, 3, 3), { stride: 2, padding: 1 }).sum().backward()],
    ['a transposed convolution and its gradients (PyTorch)', 64800, () => convTranspose2d(leaf(2, 4, 5, 5), leaf(4, 6, 3, 3), { stride: 2 }).sum().backward()],
    // PyTorch says 108864: it takes the gradient of the weight for one over all channels.
    ['conv2d in groups and its gradients', 3 * 27216, () => conv2d(leaf(2, 4, 11, 9), leaf(6, 2, 3, 3), { groups: 2 }).sum().backward()],
    // PyTorch does not count mv, dot and LSTM: 2 * 35; 2 * 5; 4 gates of 7 over 5 and 7 inputs, 3 steps of 2 rows.
    ['mv', 70, () => ones(7, 5).mv(ones(5))],
    ['dot', 10, () => ones(5).dot(ones(5))],
    ['an LSTM', 2 * 3 * 2 * 28 * (5 + 7), () => new nn.LSTM(5, 7)(ones(3, 2, 5))],
    // Forward; then per step the gradient of the state, and those of both weights (the input needs none).
    ['an LSTM and its gradients', 2 * 3 * 2 * 28 * (5 + 7) + 2 * 3 * 2 * 28 * (7 + 5 + 7), () => new nn.LSTM(5, 7)(ones(3, 2, 5))[0].sum().backward()],
    ['a GRU', 2 * 3 * 2 * 21 * (5 + 7), () => new nn.GRU(5, 7)(ones(3, 2, 5))],
    ['an RNN', 2 * 3 * 2 * 7 * (5 + 7), () => new nn.RNN(5, 7)(ones(3, 2, 5))],
    // PyTorch's sdpa_flop_count and sdpa_backward_flop_count.
    ['attention and its gradients', 46080 + 2 * 8 * 10 * 12 * (3 * 16 + 2 * 8), () => F.scaledDotProductAttention(leaf(2, 4, 10, 16), leaf(2, 4, 12, 16), leaf(2, 4, 12, 8)).sum().backward()],
    ['nothing but elements', 0, () => ones(7, 5).mul(2).exp().sum()],
  ])('counts the FLOPs of %s', (_, flops, fn) => {
    expect(flopsOf(fn)).toBe(flops);
  });

  test('counts a training step (PyTorch)', () => {
    const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    expect(flopsOf(() => F.crossEntropy(model(zeros(64, 784)), zeros(64, { dtype: 'int64' })).backward())).toBe(26_181_632);
  });

  test('finds shapes, parameters and FLOPs of a model', () => {
    const found = summary(new Net(), [4, 1, 28, 28]);
    expect(found.layers.map(({ path, className, inputSize, outputSize, numParams, flops }) => [path, className, inputSize, outputSize, numParams, flops])).toEqual([
      ['', 'Net', [[4, 1, 28, 28]], [[4, 10]], 50634, 855552],
      ['features', 'Sequential', [[4, 1, 28, 28]], [[4, 8, 14, 14]], 96, 451584],
      ['features.0', 'Conv2d', [[4, 1, 28, 28]], [[4, 8, 28, 28]], 8 * 9 + 8, 2 * 4 * 8 * 28 * 28 * 9],
      ['features.1', 'BatchNorm2d', [[4, 8, 28, 28]], [[4, 8, 28, 28]], 16, 0],
      ['features.2', 'ReLU', [[4, 8, 28, 28]], [[4, 8, 28, 28]], 0, 0],
      ['features.3', 'MaxPool2d', [[4, 8, 28, 28]], [[4, 8, 14, 14]], 0, 0],
      ['act', 'ReLU', [[4, 1568]], [[4, 1568]], 0, 0],
      ['fc1', 'Linear', [[4, 1568]], [[4, 32]], 1568 * 32 + 32, 2 * 4 * 1568 * 32],
      ['act', 'ReLU', [[4, 32]], [[4, 32]], 0, 0],
      ['fc2', 'Linear', [[4, 32]], [[4, 10]], 32 * 10 + 10, 2 * 4 * 32 * 10],
    ]);
    expect(found).toMatchObject({ totalParams: 50634, trainableParams: 50634, nonTrainableParams: 0, totalFlops: 855552, totalMultAdds: 427776 });
    expect(found.inputBytes).toBe(4 * 784 * 4);
    expect(found.paramBytes).toBe(50634 * 4);
    // The results of the modules that call no others, twice.
    expect(found.forwardBackwardBytes).toBe(2 * 4 * 4 * (3 * 8 * 28 * 28 + 8 * 14 * 14 + 1568 + 32 + 32 + 10));
    expect(found.totalBytes).toBe(found.inputBytes + found.paramBytes + found.forwardBackwardBytes);
  });

  test('leaves the model and the random generator as they were', () => {
    class Noisy extends nn.Module {
      readonly norm = new nn.BatchNorm1d(3);
      readonly drop = new nn.Dropout(0.5);
      declare seen: Tensor;
      constructor() {
        super();
        this.registerBuffer('seen', zeros(1));
      }

      forward(x: Tensor): Tensor {
        this.seen = this.seen.add(1);
        this.norm.runningMean?.add_(1);
        return this.drop(this.norm(x)).add(randn(3));
      }
    }
    manualSeed(3);
    const model = new Noisy();
    model.norm.eval();
    const state = Object.entries(model.stateDict()).map(([name, value]) => [name, value.tolist()]), random = getRngState().tolist(), before = model.seen;
    for (const mode of ['eval', 'train', 'same'] as const) expect(summary(model, [4, 3], { mode }).layers.length).toBe(3);
    expect(Object.entries(model.stateDict()).map(([name, value]) => [name, value.tolist()])).toEqual(state);
    expect(getRngState().tolist()).toEqual(random);
    expect(model.seen).toBe(before);
    expect([model.training, model.norm.training, model.drop.training]).toEqual([true, false, true]);
    expect(model.parameters().every((p) => p.grad === null)).toBe(true);
  });

  test('does not disturb a graph that has saved the buffers', () => {
    const model = new nn.BatchNorm1d(3).eval(), loss = model(ones(2, 3)).sum();
    summary(model, [4, 3]);
    loss.backward();
    expect(model.parameters()[0].grad).not.toBe(null);
  });
});

describe('summary', () => {
  test('prints the table of torchinfo', () => {
    expect(String(summary(new Net(), [4, 1, 28, 28], { colNames: ['outputSize', 'numParams', 'kernelSize', 'multAdds'], colWidth: 16 }))).toBe([
      '=========================================================================================',
      'Layer (type:depth-idx)   Output Shape    Param #         Kernel Shape    Mult-Adds',
      '=========================================================================================',
      'Net                      [4, 10]         --              --              427,776',
      '├─Sequential: 1-1        [4, 8, 14, 14]  --              --              225,792',
      '│    ├─Conv2d: 2-1       [4, 8, 28, 28]  80              [3, 3]          225,792',
      '│    ├─BatchNorm2d: 2-2  [4, 8, 28, 28]  16              --              --',
      '│    ├─ReLU: 2-3         [4, 8, 28, 28]  --              --              --',
      '│    └─MaxPool2d: 2-4    [4, 8, 14, 14]  --              [2]             --',
      '├─ReLU: 1-2              [4, 1568]       --              --              --',
      '├─Linear: 1-3            [4, 32]         50,208          --              200,704',
      '├─ReLU: 1-2              [4, 32]         --              --              --',
      '└─Linear: 1-4            [4, 10]         330             --              1,280',
      '=========================================================================================',
      'Total params: 50,634',
      'Trainable params: 50,634',
      'Non-trainable params: 0',
      'Total FLOPs (K): 855.55',
      'Total mult-adds (K): 427.78',
      '=========================================================================================',
      'Input size (MB): 0.01',
      'Forward/backward pass size (MB): 0.70',
      'Params size (MB): 0.20',
      'Estimated Total Size (MB): 0.92',
      '=========================================================================================',
    ].join('\n'));
  });

  test('adds what is deeper than the table to the row above it', () => {
    const text = String(summary(new Net(), [4, 1, 28, 28], { depth: 1, rowSettings: ['varNames', 'asciiOnly'], colNames: ['numParams', 'paramsPercent', 'trainable'], colWidth: 10 }));
    expect(text.split('\n').slice(1, 9)).toEqual([
      'Layer (type (var_name))  Param #   Param %   Trainable',
      '='.repeat(56),
      'Net                      --        --        True',
      '+ Sequential (features)  96        0.19%     True',
      '+ ReLU (act)             --        --        --',
      '+ Linear (fc1)           50,208    99.16%    True',
      '+ ReLU (act)             --        --        --',
      '+ Linear (fc2)           330       0.65%     True',
    ]);
    expect(String(summary(new Net(), [4, 1, 28, 28], { depth: 0 }))).toMatch(/^Net .* 50,634 .* 855,552$/m);
  });

  test('counts what is shared once, and what is called again as recursive', () => {
    class Tied extends nn.Module {
      readonly embed = new nn.Embedding(10, 4);
      readonly mix = new nn.Linear(4, 4);
      readonly head = new nn.Linear(4, 10, { bias: false });
      constructor() {
        super();
        this.head.weight = this.embed.weight;
      }

      forward(x: Tensor): Tensor {
        return this.head(this.mix(this.mix(this.embed(x))));
      }
    }
    const found = summary(new Tied(), [2, 3], { dtypes: 'int64', colNames: ['numParams'], colWidth: 12 });
    expect(found.totalParams).toBe(40 + 20);
    expect(found.layers.map(({ className, recursive }) => [className, recursive])).toEqual([['Tied', false], ['Embedding', false], ['Linear', false], ['Linear', true], ['Linear', false]]);
    expect(String(found).split('\n').slice(3, 8)).toEqual(['Tied                    --', '├─Embedding: 1-1        40', '├─Linear: 1-2           20', '├─Linear: 1-2           (recursive)', '└─Linear: 1-3           --']);
    expect(String(summary(new Tied(), [2, 3], { dtypes: 'int64', rowSettings: ['depth', 'hideRecursiveLayers'] }))).not.toContain('recursive');
  });

  test('tells frozen parameters from trained ones', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 2));
    model.children()[0].requiresGrad_(false);
    const found = summary(model, [1, 3], { colNames: ['numParams', 'trainable'] });
    expect(found).toMatchObject({ totalParams: 26, trainableParams: 10, nonTrainableParams: 16 });
    expect(String(found)).toMatch(/Sequential\s+--\s+Partial\n.*\(16\)\s+False\n.*10\s+True/);
  });

  test('shows modules that were not called, and parameters alone without an input', () => {
    class Idle extends nn.Module {
      readonly used = new nn.Linear(2, 2);
      readonly idle = new nn.Sequential(new nn.Linear(2, 3));
      forward(x: Tensor): Tensor {
        return this.used(x);
      }
    }
    const found = summary(new Idle(), [1, 2]);
    expect(found.layers.map(({ path, outputSize }) => [path, outputSize])).toEqual([['', [[1, 2]]], ['used', [[1, 2]]], ['idle', null], ['idle.0', null]]);
    expect(found.totalParams).toBe(6 + 9);
    const bare = summary(new Idle());
    expect(bare.layers.length).toBe(4);
    expect(String(bare)).not.toContain('Output Shape');
    expect(String(bare)).toContain('Total params: 15');
  });

  test('takes shapes, tensors, several inputs and their dtypes', () => {
    class Two extends nn.Module {
      readonly embed = new nn.Embedding(5, 3);
      forward(x: Tensor, scale: Tensor, options: { readonly twice?: boolean } = {}): Tensor[] {
        const out = this.embed(x).mul(scale);
        return options.twice === true ? [out, out] : [out];
      }
    }
    const shapes = (found: ReturnType<typeof summary>): unknown => [found.layers[0].inputSize, found.layers[0].outputSize];
    expect(shapes(summary(new Two(), [[2], [2, 3]], { dtypes: ['int64', 'float32'] }))).toEqual([[[2], [2, 3]], [[2, 3]]]);
    expect(shapes(summary(new Two(), [tensor([1, 2], { dtype: 'int64' }), ones(3), { twice: true }]))).toEqual([[[2], [3]], [[2, 3], [2, 3]]]);
    expect(shapes(summary(new nn.Linear(2, 3), ones(4, 2)))).toEqual([[[4, 2]], [[4, 3]]]);
    expect(shapes(summary(new nn.Linear(2, 3), { inputData: ones(4, 2) }))).toEqual([[[4, 2]], [[4, 3]]]);
    expect(shapes(summary(new nn.Linear(2, 3), { inputSize: [2], batchDim: 0 }))).toEqual([[[1, 2]], [[1, 3]]]);
    expect(summary(new nn.Linear(2, 3).double(), [4, 2], { dtypes: 'float64' }).inputBytes).toBe(64);
  });

  test('sees through LSTMs and attention', () => {
    const lstm = summary(new nn.LSTM(5, 7, { numLayers: 2 }), [3, 2, 5]);
    // Per layer 4 gates over input, state and two biases.
    expect(lstm.totalParams).toBe(28 * (5 + 7 + 2) + 28 * (7 + 7 + 2));
    expect(lstm.layers[0].outputSize).toEqual([[3, 2, 7], [2, 2, 7], [2, 2, 7]]);
    const encoder = summary(new nn.TransformerEncoder(new nn.TransformerEncoderLayer(16, 4, 32), 2), [10, 2, 16], { depth: 2 });
    // Per layer: projections 16 -> 48 and 16 -> 16, two linear layers, and for 8 heads two products of 10 x 4 x 10.
    expect(encoder.totalFlops).toBe(2 * 2 * (20 * 16 * (48 + 16 + 32 + 32) + 8 * 2 * 10 * 4 * 10));
  });

  test('says how far a failing forward came', () => {
    const { sin } = Tensor.prototype, model = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(5, 2)).train();
    expect(() => summary(model, [1, 3])).toThrow(/summary: the forward pass failed; the modules called so far: Sequential, Linear \(0\), Linear \(1\)\nlinear: input shape \[1, 4\]/);
    expect(model.training).toBe(true);
    expect(Tensor.prototype.sin).toBe(sin);
  });

  test('refuses arguments that are none', () => {
    const model = new nn.Linear(2, 2);
    expect(() => summary(3 as never)).toThrow('summary: model must be an nn.Module');
    expect(() => summary(model, [-1, 2])).toThrow('inputSize');
    expect(() => summary(model, 'x' as never)).toThrow('inputSize');
    expect(() => summary(model, [1, 2], { depth: -1 })).toThrow('depth');
    expect(() => summary(model, [1, 2], { colNames: ['size' as never] })).toThrow('colNames');
    expect(() => summary(model, [1, 2], { verbose: 1 } as never)).toThrow('verbose');
    expect(() => summary(model, [1, 2], { dtypes: 'number' as never })).toThrow('dtypes');
    expect(() => summary(model, [1, 2], { dtypes: ['float32', 'float32'] })).toThrow('dtypes');
    expect(() => summary(model, [1, 2], { inputData: ones(1, 2) })).toThrow('given once');
    expect(() => summary(model, [1, 2], { mode: 'test' as never })).toThrow('mode');
  });
});

describe('FlopCounterMode', () => {
  class Small extends nn.Module {
    readonly conv = new nn.Conv2d(1, 8, 3);
    readonly fc = new nn.Linear(8 * 26 * 26, 10);
    forward(x: Tensor): Tensor {
      return this.fc(this.conv(x).relu().flatten(1));
    }
  }

  test('tells modules and operations apart (PyTorch)', () => {
    const counter = new FlopCounterMode({ display: false });
    counter.run(() => new Small()(ones(4, 1, 28, 28)));
    expect(counter.getFlopCounts()).toEqual({
      Global: { conv2d: 389376, linear: 432640 }, Small: { conv2d: 389376, linear: 432640 }, 'Small.conv': { conv2d: 389376 }, 'Small.fc': { linear: 432640 },
    });
  });

  test('counts backward for the modules of the forward', () => {
    const counter = new FlopCounterMode({ display: false }), model = new Small();
    counter.run(() => model(ones(4, 1, 28, 28)).sum().backward());
    // The input needs no gradient.
    expect(Object.values(counter.getFlopCounts()['Small.conv']).reduce((a, b) => a + b)).toBe(2 * 389376);
    expect(Object.values(counter.getFlopCounts()['Small.fc']).reduce((a, b) => a + b)).toBe(3 * 432640);
  });

  test('prints its table at the end', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const counter = new FlopCounterMode().start();
    new Small()(ones(4, 1, 28, 28));
    counter[Symbol.dispose]();
    expect(log.mock.calls).toEqual([[[
      'Module            FLOP  % Total',
      '------------  --------  -------',
      'Global        822.016K  100.00%',
      ' - conv2d     389.376K   47.37%',
      ' - linear     432.640K   52.63%',
      ' Small        822.016K  100.00%',
      '  - conv2d    389.376K   47.37%',
      '  - linear    432.640K   52.63%',
      '  Small.conv  389.376K   47.37%',
      '   - conv2d   389.376K   47.37%',
      '  Small.fc    432.640K   52.63%',
      '   - linear   432.640K   52.63%',
    ].join('\n')]]);
    log.mockRestore();
    expect(counter.getTable(1).split('\n').length).toBe(8);
  });

  test('begins again at 0, and refuses options that are none', () => {
    const counter = new FlopCounterMode({ display: false });
    counter.run(() => ones(2, 2).mm(ones(2, 2)));
    counter.run(() => ones(2, 2).mm(ones(2, 2)));
    expect(counter.getTotalFlops()).toBe(16);
    expect(() => new FlopCounterMode({ mods: 1 } as never)).toThrow('mods');
    expect(autograd.isAnomalyEnabled()).toBe(false);
  });
});
