/** Stochastic gradient descent with momentum. */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, refuse, stateLike, stepCount, type Group, type ParamState, type Params } from './optimizer.ts';

export interface SGDHyper {
  lr: number | Tensor;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  maximize: boolean;
}

/** `foreach` and `fused` choose an implementation in PyTorch; here there is one. */
export type SGDOptions = Partial<SGDHyper> & { readonly foreach?: boolean | null; readonly differentiable?: boolean; readonly fused?: boolean | null };

const KINDS: HyperKinds<SGDHyper> = { lr: 'number', momentum: 'number', dampening: 'number', weightDecay: 'number', nesterov: 'boolean', maximize: 'boolean' };
const SGD_SIGNATURE = signature('SGD(params, lr?, momentum?, dampening?, weightDecay?, nesterov?, *, maximize?, foreach?, differentiable?, fused?)');

export class SGD extends KernelOptimizer<SGDHyper> {
  override readonly hiddenState = ['step'];

  constructor(params: Params<SGDHyper>, ...args: CallArgs<[lr: number | Tensor, momentum: number, dampening: number, weightDecay: number, nesterov: boolean], SGDOptions>) {
    const given = bind(SGD_SIGNATURE, [params, ...args]);
    refuse('SGD', given, ['differentiable']);
    super('sgd', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-3,
      momentum: numberArg('SGD', 'momentum', given.momentum, 0),
      dampening: numberArg('SGD', 'dampening', given.dampening, 0),
      weightDecay: numberArg('SGD', 'weightDecay', given.weightDecay, 0),
      nesterov: boolArg('SGD', 'nesterov', given.nesterov),
      maximize: boolArg('SGD', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, momentum, dampening, weightDecay, nesterov }: SGDHyper): void {
    atLeast('SGD', 'lr', lr, 0);
    atLeast('SGD', 'momentum', momentum, 0);
    atLeast('SGD', 'weightDecay', weightDecay, 0);
    if (nesterov && (momentum <= 0 || dampening !== 0)) throw new ArgumentError('SGD', 'nesterov', 'needs a momentum and no dampening');
  }

  protected states(param: Tensor, state: ParamState, group: Group<SGDHyper>): (Tensor | null)[] {
    if (group.momentum === 0) return [null, null];
    return [(state.momentum_buffer ??= stateLike(param)), (state.step ??= stepCount())];
  }

  /** @internal A loaded buffer has seen an update: the kernel must not start it anew. */
  override restored(state: ParamState): void {
    if (state.momentum_buffer !== undefined) state.step = stepCount().fill_(1);
  }
}
