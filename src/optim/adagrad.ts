/** Adagrad (Duchi, Hazan and Singer, 2011). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, refuse, stateLike, stepCount, type ParamState, type Params } from './optimizer.ts';

export interface AdagradHyper {
  lr: number | Tensor;
  lrDecay: number;
  eps: number;
  weightDecay: number;
  initialAccumulatorValue: number;
  maximize: boolean;
}

/** `foreach` and `fused` choose an implementation in PyTorch; here there is one. */
export type AdagradOptions = Partial<AdagradHyper> & { readonly foreach?: boolean | null; readonly fused?: boolean | null; readonly differentiable?: boolean };

const KINDS: HyperKinds<AdagradHyper> = { lr: 'number', lrDecay: 'number', eps: 'number', weightDecay: 'number', initialAccumulatorValue: 'number', maximize: 'boolean' };
const ADAGRAD = signature('Adagrad(params, lr?, lrDecay?, weightDecay?, initialAccumulatorValue?, eps?, foreach?, *, maximize?, differentiable?, fused?)');

export class Adagrad extends KernelOptimizer<AdagradHyper> {
  constructor(params: Params<AdagradHyper>,
    ...args: CallArgs<[lr: number | Tensor, lrDecay: number, weightDecay: number, initialAccumulatorValue: number, eps: number, foreach: boolean | null], AdagradOptions>) {
    const given = bind(ADAGRAD, [params, ...args]);
    refuse('Adagrad', given, ['differentiable']);
    super('adagrad', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-2,
      lrDecay: numberArg('Adagrad', 'lrDecay', given.lrDecay, 0),
      eps: numberArg('Adagrad', 'eps', given.eps, 1e-10),
      weightDecay: numberArg('Adagrad', 'weightDecay', given.weightDecay, 0),
      initialAccumulatorValue: numberArg('Adagrad', 'initialAccumulatorValue', given.initialAccumulatorValue, 0),
      maximize: boolArg('Adagrad', 'maximize', given.maximize),
    });
    // As in PyTorch the state is there before the first step.
    for (const group of this.paramGroups) for (const param of group.params) this.states(param, this.stateOf(param));
  }

  protected override check({ lr, lrDecay, eps, weightDecay, initialAccumulatorValue }: AdagradHyper): void {
    atLeast('Adagrad', 'lr', lr, 0);
    atLeast('Adagrad', 'lrDecay', lrDecay, 0);
    atLeast('Adagrad', 'eps', eps, 0);
    atLeast('Adagrad', 'weightDecay', weightDecay, 0);
    atLeast('Adagrad', 'initialAccumulatorValue', initialAccumulatorValue, 0);
  }

  protected states(param: Tensor, state: ParamState): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    return [(state.sum ??= stateLike(param).fill_(this.defaults.initialAccumulatorValue)), step];
  }
}
