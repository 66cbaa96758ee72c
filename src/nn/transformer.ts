/** Transformers: layers of attention and feed-forward networks (Vaswani et al., 2017). */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { full } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { DType } from '../core/dtype.ts';
import { sizeArg } from './args.ts';
import { ModuleList } from './containers.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import { Dropout } from './dropout.ts';
import * as F from './functional.ts';
import { xavierUniform_ } from './init.ts';
import { Linear } from './linear.ts';
import { Module, type UnaryModule } from './module.ts';
import { MultiheadAttention } from './multihead-attention.ts';
import { LayerNorm } from './norm.ts';

const LAYER = declared("(dModel: int, nhead: int, dimFeedforward: int = 2048, dropout: float = 0.1, activation: 'relu'|'gelu'|any = 'relu', layerNormEps: float = 1e-5, batchFirst: bool = false, normFirst: bool = false, bias: bool = true, device: string?, dtype: dtype?)");

type UnaryFunction = (x: Tensor) => Tensor;

/** By name, or a function or module of one's own. */
function activationOf(name: string, given: unknown): UnaryFunction {
  if (given === 'relu') return (x) => F.relu(x);
  if (given === 'gelu') return (x) => F.gelu(x);
  if (typeof given !== 'function') throw new ArgumentError(name, 'activation', `must be 'relu', 'gelu', a function or a module, got ${show(given)}`);
  return given as UnaryFunction;
}

interface Mask {
  readonly attnMask?: Tensor | undefined;
  readonly keyPaddingMask?: Tensor | undefined;
  readonly isCausal: boolean;
}

interface LayerOptions {
  readonly dropout: number;
  readonly layerNormEps: number;
  readonly batchFirst: boolean;
  readonly bias: boolean;
  readonly dtype: DType | undefined;
}

const attentionOf = (dModel: number, nhead: number, { dropout, bias, batchFirst, dtype }: LayerOptions): MultiheadAttention => new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, ...made(dtype) });
const normOf = (dModel: number, { layerNormEps: eps, bias, dtype }: LayerOptions): LayerNorm => new LayerNorm(dModel, { eps, bias, ...made(dtype) });

const ENCODER_LAYER_FORWARD = declared('(src: Tensor, srcMask: Tensor?, srcKeyPaddingMask: Tensor?, isCausal: bool = false)');

/** Self attention and a feed-forward network, each with a residual connection and a layer norm (before it with `normFirst`). */
export class TransformerEncoderLayer extends Module {
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  readonly activation: UnaryFunction;

  constructor(...args: ArgsOf<typeof LAYER>) {
    super();
    const [dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst, bias, , dtype] = LAYER(new.target.name, args);
    const options = { dropout, layerNormEps, batchFirst, bias, dtype };
    this.self_attn = attentionOf(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward, bias, made(dtype));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, bias, made(dtype));
    this.normFirst = normFirst;
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activationOf(new.target.name, activation);
  }

  forward(...args: ArgsOf<typeof ENCODER_LAYER_FORWARD>): Tensor {
    const [src, attnMask, keyPaddingMask, isCausal] = ENCODER_LAYER_FORWARD('TransformerEncoderLayer', args);
    const attend = (x: Tensor): Tensor => this.dropout1(this.self_attn(x, x, x, { keyPaddingMask, needWeights: false, attnMask, isCausal })[0]);
    const feed = (x: Tensor): Tensor => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const x = src.add(attend(this.norm1(src)));
      return x.add(feed(this.norm2(x)));
    }
    const x = this.norm1(src.add(attend(src)));
    return this.norm2(x.add(feed(x)));
  }
}

const DECODER_FORWARD = declared('(tgt: Tensor, memory: Tensor, tgtMask: Tensor?, memoryMask: Tensor?, tgtKeyPaddingMask: Tensor?, memoryKeyPaddingMask: Tensor?, tgtIsCausal: bool = false, memoryIsCausal: bool = false)');

/** Self attention, attention to the encoder's output, and a feed-forward network. */
export class TransformerDecoderLayer extends Module {
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;
  readonly activation: UnaryFunction;

  constructor(...args: ArgsOf<typeof LAYER>) {
    super();
    const [dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst, bias, , dtype] = LAYER(new.target.name, args);
    const options = { dropout, layerNormEps, batchFirst, bias, dtype };
    this.self_attn = attentionOf(dModel, nhead, options);
    this.multihead_attn = attentionOf(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward, bias, made(dtype));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, bias, made(dtype));
    this.normFirst = normFirst;
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.norm3 = normOf(dModel, options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.activation = activationOf(new.target.name, activation);
  }

  forward(...args: ArgsOf<typeof DECODER_FORWARD>): Tensor {
    const [tgt, memory, tgtMask, memoryMask, tgtPadding, memoryPadding, tgtIsCausal, memoryIsCausal] = DECODER_FORWARD('TransformerDecoderLayer', args);
    const self: Mask = { attnMask: tgtMask, keyPaddingMask: tgtPadding, isCausal: tgtIsCausal };
    const cross: Mask = { attnMask: memoryMask, keyPaddingMask: memoryPadding, isCausal: memoryIsCausal };
    const attend = (x: Tensor): Tensor => this.dropout1(this.self_attn(x, x, x, { needWeights: false, ...self })[0]);
    const look = (x: Tensor): Tensor => this.dropout2(this.multihead_attn(x, memory, memory, { needWeights: false, ...cross })[0]);
    const feed = (x: Tensor): Tensor => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const x = tgt.add(attend(this.norm1(tgt)));
      const y = x.add(look(this.norm2(x)));
      return y.add(feed(this.norm3(y)));
    }
    const x = this.norm1(tgt.add(attend(tgt)));
    const y = this.norm2(x.add(look(x)));
    return this.norm3(y.add(feed(y)));
  }
}

const ENCODER = declared('(encoderLayer: any, numLayers: int, norm: any?, enableNestedTensor: bool = true, maskCheck: bool = true)');
const ENCODER_FORWARD = declared('(src: Tensor, mask: Tensor?, srcKeyPaddingMask: Tensor?, isCausal: bool = false)');

function copies<L extends Module>(name: string, argument: string, layer: L, count: number): ModuleList<L> {
  if (!(layer instanceof Module)) throw new ArgumentError(name, argument, `must be an nn.Module, got ${show(layer)}`);
  return new ModuleList(Array.from({ length: sizeArg(name, 'numLayers', count) }, () => layer.deepCopy()));
}

function normArg(name: string, norm: unknown): UnaryModule | null {
  if (norm !== undefined && !(norm instanceof Module)) throw new ArgumentError(name, 'norm', `must be an nn.Module, got ${show(norm)}`);
  return (norm as UnaryModule | undefined) ?? null;
}

/**
 * Copies of an encoder layer, one after the other, and a norm. PyTorch's nested tensors, which `enableNestedTensor` and
 * `maskCheck` are about, do not exist here: padded positions are computed like all others.
 */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  norm: UnaryModule | null;

  constructor(...args: ArgsOf<typeof ENCODER>) {
    super();
    const [layer, numLayers, norm] = ENCODER(new.target.name, args);
    this.layers = copies(new.target.name, 'encoderLayer', layer as TransformerEncoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = normArg(new.target.name, norm);
  }

  forward(...args: ArgsOf<typeof ENCODER_FORWARD>): Tensor {
    const [src, srcMask, srcKeyPaddingMask, isCausal] = ENCODER_FORWARD('TransformerEncoder', args);
    let output = src;
    for (const layer of this.layers) output = layer(output, { srcMask, srcKeyPaddingMask, isCausal });
    return this.norm === null ? output : this.norm(output);
  }
}

const DECODER = declared('(decoderLayer: any, numLayers: int, norm: any?)');

/** Copies of a decoder layer, one after the other, and a norm. */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  norm: UnaryModule | null;

  constructor(...args: ArgsOf<typeof DECODER>) {
    super();
    const [layer, numLayers, norm] = DECODER(new.target.name, args);
    this.layers = copies(new.target.name, 'decoderLayer', layer as TransformerDecoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = normArg(new.target.name, norm);
  }

  forward(...args: ArgsOf<typeof DECODER_FORWARD>): Tensor {
    const [tgt, memory, tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal] = DECODER_FORWARD('TransformerDecoder', args);
    let output = tgt;
    for (const layer of this.layers) output = layer(output, memory, { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal });
    return this.norm === null ? output : this.norm(output);
  }
}

const TRANSFORMER = declared("(dModel: int = 512, nhead: int = 8, numEncoderLayers: int = 6, numDecoderLayers: int = 6, dimFeedforward: int = 2048, dropout: float = 0.1, activation: 'relu'|'gelu'|any = 'relu', customEncoder: any?, customDecoder: any?, layerNormEps: float = 1e-5, batchFirst: bool = false, normFirst: bool = false, bias: bool = true, device: string?, dtype: dtype?)");
const TRANSFORMER_FORWARD = declared('(src: Tensor, tgt: Tensor, srcMask: Tensor?, tgtMask: Tensor?, memoryMask: Tensor?, srcKeyPaddingMask: Tensor?, tgtKeyPaddingMask: Tensor?, memoryKeyPaddingMask: Tensor?, srcIsCausal: bool = false, tgtIsCausal: bool = false, memoryIsCausal: bool = false)');

/** An encoder and a decoder. */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(...args: ArgsOf<typeof TRANSFORMER>) {
    super();
    const [dModel, nhead, encoderLayers, decoderLayers, dimFeedforward, dropout, activation, customEncoder, customDecoder, layerNormEps, batchFirst, normFirst, bias, , dtype] = TRANSFORMER(new.target.name, args);
    const layer = { dModel, nhead, dimFeedforward, dropout, activation: activation as 'relu', layerNormEps, batchFirst, normFirst, bias, ...made(dtype) };
    const norm = (): LayerNorm => normOf(dModel, { dropout, layerNormEps, batchFirst, bias, dtype });
    this.encoder = customEncoder === undefined ? new TransformerEncoder(new TransformerEncoderLayer(layer), encoderLayers, norm()) : customEncoder as TransformerEncoder;
    this.decoder = customDecoder === undefined ? new TransformerDecoder(new TransformerDecoderLayer(layer), decoderLayers, norm()) : customDecoder as TransformerDecoder;
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = batchFirst;
    this.resetParameters();
  }

  resetParameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  forward(...args: ArgsOf<typeof TRANSFORMER_FORWARD>): Tensor {
    const [src, tgt, srcMask, tgtMask, memoryMask, srcKeyPaddingMask, tgtKeyPaddingMask, memoryKeyPaddingMask, srcIsCausal, tgtIsCausal, memoryIsCausal] = TRANSFORMER_FORWARD('Transformer', args);
    const batched = src.ndim === 3, at = batched ? (this.batchFirst ? 0 : 1) : -1;
    if (at >= 0 && src.shape[at] !== tgt.shape[at]) throw new ShapeError('Transformer', `src and tgt must have one batch size, got shapes [${src.shape.join(', ')}] and [${tgt.shape.join(', ')}]`);
    for (const [name, x] of Object.entries({ src, tgt })) if (x.shape[x.ndim - 1] !== this.dModel) throw new ShapeError('Transformer', `${name} must have dModel ${this.dModel} features, got shape [${x.shape.join(', ')}]`);
    const memory = this.encoder(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal });
    return this.decoder(tgt, memory, { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal });
  }

  /** A mask [size, size] that hides what comes later: -Infinity there, 0 elsewhere. PyTorch's `generate_square_subsequent_mask`. */
  static generateSquareSubsequentMask(size: number, options: { readonly device?: string; readonly dtype?: DType } = {}): Tensor {
    return full([sizeArg('generateSquareSubsequentMask', 'size', size), size], -Infinity, made(options.dtype)).triu(1);
  }
}
