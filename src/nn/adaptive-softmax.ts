/** A softmax over very many classes in clusters of decreasing frequency (Grave et al., 2017). */
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { cat } from '../tensor/composite.ts';
import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sizeArg } from './args.ts';
import { ModuleList, Sequential } from './containers.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

const ADAPTIVE = declared('(inFeatures: int, nClasses: int, cutoffs: ints, divValue: float = 4, headBias: bool = false, device: string?, dtype: dtype?)');
const FORWARD = declared('(input: Tensor, target: Tensor)');

/** Classes below `cutoffs[0]` are in the head; each further interval is a cluster of its own, projected to fewer features. */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly inFeatures: number;
  readonly nClasses: number;
  /** With `nClasses` at the end. */
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly shortlistSize: number;
  readonly nClusters: number;
  readonly headSize: number;
  head: Linear;
  tail: ModuleList<Sequential>;

  constructor(...args: ArgsOf<typeof ADAPTIVE>) {
    super();
    const name = 'AdaptiveLogSoftmaxWithLoss';
    const [inFeatures, nClasses, cutoffs, divValue, headBias, , dtype] = ADAPTIVE(name, args);
    if (cutoffs.length === 0 || cutoffs.some((cutoff, i) => cutoff < 1 || cutoff >= nClasses || (i > 0 && cutoff <= cutoffs[i - 1]))) {
      throw new ArgumentError(name, 'cutoffs', `must be increasing integers from 1 to ${nClasses - 1}, got [${cutoffs.join(', ')}]`);
    }
    this.inFeatures = sizeArg(name, 'inFeatures', inFeatures, 1);
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    this.headBias = headBias;
    this.shortlistSize = cutoffs[0];
    this.nClusters = cutoffs.length;
    this.headSize = this.shortlistSize + this.nClusters;
    this.head = new Linear(inFeatures, this.headSize, headBias, made(dtype));
    this.tail = new ModuleList(cutoffs.map((_, i) => {
      const hidden = Math.floor(inFeatures / divValue ** (i + 1));
      return new Sequential(new Linear(inFeatures, hidden, false, made(dtype)), new Linear(hidden, this.cutoffs[i + 1] - this.cutoffs[i], false, made(dtype)));
    }));
  }

  resetParameters(): void {
    this.head.resetParameters();
    for (const projection of this.tail) for (const layer of projection) (layer as Linear).resetParameters();
  }

  /** Log probabilities of the targets ([N], or 0-d for an input without a batch) and the loss, their negative mean. */
  forward(...args: ArgsOf<typeof FORWARD>): Named<Tensor, 'output' | 'loss'> {
    const name = 'AdaptiveLogSoftmaxWithLoss', [given, target] = FORWARD(name, args), batched = target.ndim === 1;
    if (target.ndim > 1 || given.ndim !== target.ndim + 1 || (batched && given.shape[0] !== target.shape[0])) {
      throw new ShapeError(name, `input and target must have shapes [N, ${this.inFeatures}] and [N], or [${this.inFeatures}] and [], got [${given.shape.join(', ')}] and [${target.shape.join(', ')}]`);
    }
    const input = batched ? given : given.unsqueeze(0), classes = (batched ? target : target.unsqueeze(0)).long();
    for (const bound of [classes.amin().item(), classes.amax().item()]) if (bound < 0 || bound >= this.nClasses) throw new IndexRangeError(name, bound, this.nClasses);
    let inHead = classes, output = input.newZeros([classes.shape[0]]);
    for (let i = 0; i < this.nClusters; i++) {
      const low = this.cutoffs[i], mine = classes.ge(low).logicalAnd(classes.lt(this.cutoffs[i + 1]));
      const rows = mine.nonzero().squeeze(1);
      if (rows.numel() === 0) continue;
      const local = this.tail.at(i)(input.indexSelect(0, rows)).logSoftmax(1).gather(1, classes.indexSelect(0, rows).sub(low).unsqueeze(1));
      output = output.indexCopy(0, rows, local.squeeze(1));
      inHead = where(mine, this.shortlistSize + i, inHead) as Tensor;
    }
    output = output.add(this.head(input).logSoftmax(1).gather(1, inHead.long().unsqueeze(1)).squeeze(1));
    return named(['output', 'loss'] as const, [batched ? output : output.squeeze(0), output.neg().mean()]);
  }

  /** Log probabilities of all classes: [N, nClasses]. */
  logProb(input: Tensor): Tensor {
    const head = this.head(input).logSoftmax(1);
    return cat([head.narrow(1, 0, this.shortlistSize), ...Array.from({ length: this.nClusters }, (_, i) =>
      this.tail.at(i)(input).logSoftmax(1).add(head.narrow(1, this.shortlistSize + i, 1)))], 1);
  }

  /** The likeliest class of every row. */
  predict(input: Tensor): Tensor {
    return this.logProb(input).argmax(1);
  }
}
