/** Layers of two inputs: distances, similarities and bilinear forms. */
import { empty } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sizeArg } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { uniform_ } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyBool } from './repr.ts';

const COSINE = declared('(dim: int = 1, eps: float = 1e-8)');

/** The cosine of the angle along a dim. */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;

  constructor(...args: ArgsOf<typeof COSINE>) {
    super();
    [this.dim, this.eps] = COSINE(new.target.name, args);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}

const PAIRWISE = declared('(p: float = 2, eps: float = 1e-6, keepdim: bool = false)');

/** The p-norm of the difference along the last dim. */
export class PairwiseDistance extends Module {
  readonly norm: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor(...args: ArgsOf<typeof PAIRWISE>) {
    super();
    [this.norm, this.eps, this.keepdim] = PAIRWISE(new.target.name, args);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwiseDistance(x1, x2, this.norm, this.eps, this.keepdim);
  }
}

const BILINEAR = declared('(in1Features: int, in2Features: int, outFeatures: int, bias: bool = true, device: string?, dtype: dtype?)');

/** `x1^T A x2 + b`, with a matrix A per output feature. */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(...args: ArgsOf<typeof BILINEAR>) {
    super();
    const name = new.target.name, [in1, in2, out, bias, , dtype] = BILINEAR(name, args);
    this.in1Features = sizeArg(name, 'in1Features', in1, 1);
    this.in2Features = sizeArg(name, 'in2Features', in2);
    this.outFeatures = sizeArg(name, 'outFeatures', out);
    this.weight = new Parameter(empty([out, in1, in2], made(dtype)));
    this.bias = bias ? new Parameter(empty([out], made(dtype))) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in1_features=${this.in1Features}, in2_features=${this.in2Features}, out_features=${this.outFeatures}, bias=${pyBool(this.bias !== null)}`;
  }
}
