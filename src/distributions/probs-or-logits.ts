/** What is parametrized by probabilities or by logits, either of which is computed from the other at its first use. */
import { enableGrad } from '../tensor/grad-mode.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, eitherOf, logitsToProbs, probsToLogits, type Shape } from './utils.ts';

type Parameter = 'probs' | 'logits';

export abstract class ProbsOrLogits extends Distribution {
  /** Which of the two was given. */
  protected readonly parameter: Parameter;
  private probsValue: Tensor | null;
  private logitsValue: Tensor | null;

  constructor(parameter: Parameter, value: Tensor, batchShape: Shape, eventShape: Shape, validateArgs: boolean | undefined) {
    super(batchShape, eventShape, validateArgs);
    this.parameter = parameter;
    this.probsValue = parameter === 'probs' ? value : null;
    this.logitsValue = parameter === 'logits' ? value : null;
  }

  /** Whether the probabilities are of one event each, and not of the values of one. */
  protected get isBinary(): boolean {
    return true;
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { probs: constraints.unitInterval, logits: constraints.real };
  }

  get probs(): Tensor {
    return this.probsValue ??= this.kept(enableGrad(() => this.probsFrom(this.logits)));
  }

  get logits(): Tensor {
    return this.logitsValue ??= this.kept(enableGrad(() => probsToLogits(this.probs, this.isBinary)));
  }

  protected probsFrom(logits: Tensor): Tensor {
    return logitsToProbs(logits, this.isBinary);
  }

  /** The one that was given. */
  protected get param(): Tensor {
    return this[this.parameter];
  }

  get paramShape(): Shape {
    return this.param.shape;
  }

  protected override isGiven(name: string): boolean {
    return name === this.parameter || (name !== 'probs' && name !== 'logits');
  }
}

/** Of the two arguments the one given, as a tensor. */
export function givenOf(op: string, probs: Tensor | Scalar | undefined, logits: Tensor | Scalar | undefined): { readonly parameter: Parameter; readonly value: Tensor } {
  const parameter = eitherOf(op, probs, logits);
  return { parameter, value: broadcastAll((parameter === 'probs' ? probs : logits) as Tensor | Scalar)[0] };
}
