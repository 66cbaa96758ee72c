import { describe, expect, it } from 'vitest';
import { arange, full, manualSeed, nn, ones, randint, randn, zeros, type Tensor } from 'flambeau';
import * as onnx from 'flambeau/onnx';
import { expectSame, opsOf } from './helpers/onnx-run.ts';

const { functional: F } = nn;
const batch: onnx.ExportOptions = { dynamicAxes: { input: { 0: 'batch' } } };

describe('models as ONNX files, run by onnxruntime with sizes the export has not seen', () => {
  it('MLP', async () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 128), new nn.ReLU(), new nn.Dropout(0.5), new nn.Linear(128, 10), new nn.LogSoftmax(1)).eval();
    const program = await expectSame(model, [randn(2, 1, 28, 28)], batch, [[randn(7, 1, 28, 28)], [randn(1, 1, 28, 28)]]);
    expect(opsOf(program)).toEqual(['Flatten', 'Gemm', 'Relu', 'Gemm', 'LogSoftmax']);
    expect(program.initializerNames).toEqual(['1.weight', '1.bias', '4.weight', '4.bias']);
  });

  it('CNN with batch norm, of dynamic batch and image size', async () => {
    manualSeed(1);
    class Net extends nn.Module {
      conv1 = new nn.Conv2d(3, 8, 3, { padding: 1, stride: 2 });
      bn1 = new nn.BatchNorm2d(8);
      conv2 = new nn.Conv2d(8, 16, 3, { padding: 'same', groups: 2, bias: false });
      bn2 = new nn.BatchNorm2d(16);
      fc = new nn.Linear(16, 10);
      forward(x: Tensor): Tensor {
        let h = F.relu(this.bn1(this.conv1(x)));
        h = F.maxPool2d(F.silu(this.bn2(this.conv2(h))), 2) as Tensor;
        return this.fc(F.adaptiveAvgPool2d(h, 1).view(x.shape[0], -1));
      }
    }
    const model = new Net();
    model(randn(4, 3, 16, 16)); // running statistics that are not 0 and 1
    model.eval();
    await expectSame(model, [randn(2, 3, 16, 16)], { dynamicAxes: { input: { 0: 'batch', 2: 'height', 3: 'width' } } }, [[randn(5, 3, 16, 16)], [randn(3, 3, 24, 40)]]);
  });

  it('LSTM with embedding, of dynamic batch and length', async () => {
    manualSeed(2);
    class Net extends nn.Module {
      embed = new nn.Embedding(20, 12);
      lstm = new nn.LSTM(12, 16, { numLayers: 2, batchFirst: true, bidirectional: true });
      head = new nn.Linear(32, 5);
      forward(x: Tensor): [Tensor, Tensor] {
        const [out, [h]] = this.lstm(this.embed(x));
        return [this.head(out.select(1, -1)), h];
      }
    }
    const program = await expectSame(new Net().eval(), [randint(0, 20, [2, 6])], { dynamicAxes: { input: { 0: 'batch', 1: 'time' } } }, [[randint(0, 20, [5, 11])], [randint(0, 20, [1, 3])]]);
    expect(opsOf(program).filter((type) => type === 'LSTM').length).toBe(2);
  });

  it('transformer encoder with a padding mask, of dynamic batch and length', async () => {
    manualSeed(3);
    const layer = new nn.TransformerEncoderLayer(16, 4, 32, { batchFirst: true });
    class Net extends nn.Module {
      encoder = new nn.TransformerEncoder(layer, 2);
      forward(x: Tensor, padding: Tensor): Tensor {
        return this.encoder(x, { srcKeyPaddingMask: padding });
      }
    }
    const mask = (n: number, length: number): Tensor => arange(length).ge(length - 1).unsqueeze(0).expand([n, length]).contiguous();
    const axes = { 0: 'batch', 1: 'length' };
    await expectSame(new Net().eval(), [randn(2, 5, 16), mask(2, 5)], { dynamicAxes: { input_0: axes, input_1: axes } }, [[randn(3, 9, 16), mask(3, 9)]]);
  });

  it('GPT with a causal mask and a table of positions, at most as long as the table', async () => {
    manualSeed(4);
    class Block extends nn.Module {
      ln1 = new nn.LayerNorm(16);
      attn = new nn.Linear(16, 48);
      proj = new nn.Linear(16, 16);
      ln2 = new nn.LayerNorm(16);
      mlp = new nn.Sequential(new nn.Linear(16, 32), new nn.GELU(), new nn.Linear(32, 16));
      forward(x: Tensor): Tensor {
        const [B, T, C] = x.shape;
        const [q, k, v] = this.attn(this.ln1(x)).split(C, 2).map((part) => part.view(B, T, 4, C / 4).transpose(1, 2));
        const y = F.scaledDotProductAttention(q, k, v, { isCausal: true });
        const h = x.add(this.proj(y.transpose(1, 2).reshape(B, T, C)));
        return h.add(this.mlp(this.ln2(h)));
      }
    }
    class Gpt extends nn.Module {
      tokens = new nn.Embedding(30, 16);
      positions = new nn.Embedding(8, 16);
      blocks = new nn.ModuleList([new Block(), new Block()]);
      norm = new nn.LayerNorm(16);
      head = new nn.Linear(16, 30, { bias: false });
      constructor() {
        super();
        this.head.weight = this.tokens.weight;
      }
      forward(ids: Tensor): Tensor {
        let x = this.tokens(ids).add(this.positions(arange(ids.shape[1])));
        for (const block of this.blocks) x = (block as Block)(x);
        return this.head(this.norm(x));
      }
    }
    const program = await expectSame(new Gpt().eval(), [randint(0, 30, [2, 8])], { dynamicAxes: { input: { 0: 'batch', 1: 'time' } } }, [[randint(0, 30, [3, 4])], [randint(0, 30, [1, 1])]]);
    // Tied weights are one tensor.
    expect(program.initializerNames).toContain('tokens.weight');
    expect(program.initializerNames).not.toContain('head.weight');
  });

  it('GRU and RNN with initial states', async () => {
    manualSeed(5);
    for (const model of [new nn.GRU(4, 6, { numLayers: 2 }), new nn.RNN(4, 6, { nonlinearity: 'relu', bias: false }), new nn.GRU(4, 6, { bidirectional: true, batchFirst: true })]) {
      const layers = model.numLayers * (model.bidirectional ? 2 : 1), axis = model.batchFirst ? 0 : 1;
      const inputs = (n: number): Tensor[] => [model.batchFirst ? randn(n, 5, 4) : randn(5, n, 4), randn(layers, n, 6)];
      await expectSame(model.eval(), inputs(2), { dynamicAxes: { input_0: { [axis]: 'batch' }, input_1: { 1: 'batch' } } }, [inputs(3)]);
    }
  });

  it('an LSTM with projections as its steps', async () => {
    manualSeed(6);
    await expectSame(new nn.LSTM(4, 6, { projSize: 3 }).eval(), [randn(3, 2, 4)]);
  });

  it('an autoencoder of transposed convolutions and resizing', async () => {
    manualSeed(7);
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 4, { stride: 2, padding: 1, paddingMode: 'circular' }), new nn.GroupNorm(2, 4), new nn.ELU(), new nn.ConvTranspose2d(4, 2, 3, { stride: 2, outputPadding: 1 }),
      new nn.InstanceNorm2d(2, { affine: true }), new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }), new nn.PReLU(), new nn.Conv2d(2, 4, 1), new nn.PixelShuffle(2), new nn.Sigmoid()).eval();
    await expectSame(model, [randn(2, 1, 8, 8)], batch, [[randn(3, 1, 8, 8)]]);
  });

  it('transformer with decoder and a mask made inside', async () => {
    manualSeed(8);
    class Net extends nn.Module {
      model = new nn.Transformer({ dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16, batchFirst: true });
      forward(src: Tensor, tgt: Tensor): Tensor {
        const length = tgt.shape[1];
        return this.model(src, tgt, { tgtMask: full([length, length], -Infinity).triu(1) });
      }
    }
    const axes = (length: string): onnx.AxesOf => ({ 0: 'batch', 1: length });
    await expectSame(new Net().eval(), [randn(2, 5, 8), randn(2, 4, 8)], { dynamicShapes: [axes('source'), axes('target')] }, [[randn(3, 6, 8), randn(3, 7, 8)]]);
  });

  it.each([18, 19, 20, 21, 22, 23])('operator set %d', async (opsetVersion) => {
    manualSeed(9);
    const model = new nn.Sequential(new nn.Linear(6, 8), new nn.GELU(), new nn.RMSNorm(8), new nn.Unflatten(1, [2, 2, 2]), new nn.AvgPool2d(2), new nn.ReflectionPad2d(0), new nn.Flatten(), new nn.Softmax(1)).eval();
    expect((await expectSame(model, [randn(2, 6)], { ...batch, opsetVersion }, [[randn(3, 6)]])).opsetVersion).toBe(opsetVersion);
  });
});

describe('sizes that follow dynamic axes', () => {
  const both: onnx.ExportOptions = { dynamicAxes: { input: { 0: 'batch', 1: 'length' } } };
  const inputs = [[randn(5, 9, 4)], [randn(1, 6, 4)]];
  const cases: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'a mean by division': (x) => x.sum(1).div(x.shape[1]),
    'both dims into one and back': (x) => x.reshape([x.shape[0] * x.shape[1], 4]).mul(2).view(x.shape),
    'halves': (x) => x.narrow(1, 0, Math.floor(x.shape[1] / 1)).add(zeros([x.shape[0], 1, 4])),
    'neighbours': (x) => x.narrow(1, 1, x.shape[1] - 1).sub(x.narrow(1, 0, x.shape[1] - 1)),
    'the last index': (x) => x.select(1, x.shape[1] - 1),
    'ones of its shape': (x) => ones(x.shape).cumsum(1).add(x),
    'positions': (x) => arange(x.shape[1]).float().mul(0.5).view(1, -1, 1).add(x),
    'lower triangle': (x) => x.matmul(x.transpose(1, 2)).maskedFill(ones([x.shape[1], x.shape[1]], { dtype: 'bool' }).tril().logicalNot(), 0),
    'both swapped': (x) => x.transpose(0, 1).contiguous().view(x.shape[1], -1),
    'windows': (x) => x.unfold(2, 2, 1),
    'rolled': (x) => x.roll(1, 1),
    'variance': (x) => x.var(1),
    'in place': (x) => x.clone().add_(1).mul_(x),
  };
  it.each(Object.entries(cases))('%s', async (_name, model) => {
    await expectSame(model, [randn(2, 6, 4)], both, inputs);
  });
});
