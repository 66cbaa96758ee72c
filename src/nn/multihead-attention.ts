/** Attention with several heads. */
import { ArgumentError } from '../core/errors.ts';
import { empty } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sizeArg } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { xavierNormal_, xavierUniform_ } from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

const ATTENTION = declared('(embedDim: int, numHeads: int, dropout: float = 0, bias: bool = true, addBiasKv: bool = false, addZeroAttn: bool = false, kdim: int?, vdim: int?, batchFirst: bool = false, device: string?, dtype: dtype?)');
const FORWARD = declared('(query: Tensor, key: Tensor, value: Tensor, keyPaddingMask: Tensor?, needWeights: bool = true, attnMask: Tensor?, averageAttnWeights: bool = true, isCausal: bool = false)');

/** PyTorch's name of the output projection in printed modules. */
class NonDynamicallyQuantizableLinear extends Linear {}

/**
 * Attention over `numHeads` projections: query [L, N, E], key and value [S, N, kdim] and [S, N, vdim] (batch first with
 * `batchFirst`; without a batch two dimensions). In masks, true means not to be seen.
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly headDim: number;
  readonly addZeroAttn: boolean;
  in_proj_weight: Parameter | null;
  q_proj_weight: Parameter | null;
  k_proj_weight: Parameter | null;
  v_proj_weight: Parameter | null;
  in_proj_bias: Parameter | null;
  bias_k: Parameter | null;
  bias_v: Parameter | null;
  out_proj: Linear;

  constructor(...args: ArgsOf<typeof ATTENTION>) {
    super();
    const name = 'MultiheadAttention';
    const [embedDim, numHeads, dropout, bias, addBiasKv, addZeroAttn, kdim, vdim, batchFirst, , dtype] = ATTENTION(name, args);
    this.embedDim = sizeArg(name, 'embedDim', embedDim, 1);
    this.kdim = sizeArg(name, 'kdim', kdim ?? embedDim, 1);
    this.vdim = sizeArg(name, 'vdim', vdim ?? embedDim, 1);
    this.numHeads = sizeArg(name, 'numHeads', numHeads, 1);
    if (embedDim % numHeads !== 0) throw new ArgumentError(name, 'numHeads', `must divide embedDim ${embedDim}, got ${numHeads}`);
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.headDim = embedDim / numHeads;
    this.addZeroAttn = addZeroAttn;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, made(dtype)));
    const packed = this.packed;
    this.in_proj_weight = packed ? make(3 * embedDim, embedDim) : null;
    this.q_proj_weight = packed ? null : make(embedDim, embedDim);
    this.k_proj_weight = packed ? null : make(embedDim, this.kdim);
    this.v_proj_weight = packed ? null : make(embedDim, this.vdim);
    this.in_proj_bias = bias ? make(3 * embedDim) : null;
    this.bias_k = addBiasKv ? make(1, 1, embedDim) : null;
    this.bias_v = addBiasKv ? make(1, 1, embedDim) : null;
    this.out_proj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, bias, made(dtype));
    this.resetParameters();
  }

  /** One weight for queries, keys and values. */
  private get packed(): boolean {
    return this.kdim === this.embedDim && this.vdim === this.embedDim;
  }

  resetParameters(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight]) if (weight) xavierUniform_(weight);
    noGrad(() => {
      this.in_proj_bias?.zero_();
      if (this.in_proj_bias) this.out_proj.bias?.zero_();
    });
    for (const bias of [this.bias_k, this.bias_v]) if (bias) xavierNormal_(bias);
  }

  /** Returns the output and, with `needWeights`, the attention weights (averaged over the heads with `averageAttnWeights`), otherwise null. */
  forward(...args: ArgsOf<typeof FORWARD>): [output: Tensor, weights: Tensor | null] {
    const [query, key, value, keyPaddingMask, needWeights, attnMask, averageAttnWeights, isCausal] = FORWARD('MultiheadAttention', args);
    const swap = this.batchFirst && query.ndim === 3;
    const timeFirst = (x: Tensor): Tensor => (swap && x.ndim === 3 ? x.transpose(0, 1) : x);
    // The function projects equal inputs at once.
    const q = timeFirst(query), k = key === query ? q : timeFirst(key), v = value === key ? k : timeFirst(value);
    const { q_proj_weight: qProjWeight, k_proj_weight: kProjWeight, v_proj_weight: vProjWeight } = this;
    const [output, weights] = F.multiHeadAttentionForward(q, k, v, this.embedDim, this.numHeads, this.in_proj_weight, this.in_proj_bias, this.bias_k, this.bias_v,
      this.addZeroAttn, this.dropout, this.out_proj.weight, this.out_proj.bias,
      { training: this.training, keyPaddingMask, needWeights, attnMask, useSeparateProjWeight: !this.packed, qProjWeight, kProjWeight, vProjWeight, averageAttnWeights, isCausal });
    return [swap ? output.transpose(0, 1) : output, weights];
  }
}
