/** RMSprop (Hinton's lecture 6; centered after Graves, 2013). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, refuse, stateLike, stepCount, type Group, type ParamState, type Params } from './optimizer.ts';

export interface RMSpropHyper {
  lr: number | Tensor;
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  centered: boolean;
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type RMSpropOptions = Partial<RMSpropHyper> & { readonly capturable?: boolean; readonly foreach?: boolean | null; readonly differentiable?: boolean };

const KINDS: HyperKinds<RMSpropHyper> = { lr: 'number', alpha: 'number', eps: 'number', weightDecay: 'number', momentum: 'number', centered: 'boolean', maximize: 'boolean' };
const RMSPROP = signature('RMSprop(params, lr?, alpha?, eps?, weightDecay?, momentum?, centered?, capturable?, foreach?, maximize?, differentiable?)');

export class RMSprop extends KernelOptimizer<RMSpropHyper> {
  constructor(params: Params<RMSpropHyper>,
    ...args: CallArgs<[lr: number | Tensor, alpha: number, eps: number, weightDecay: number, momentum: number, centered: boolean], RMSpropOptions>) {
    const given = bind(RMSPROP, [params, ...args]);
    refuse('RMSprop', given, ['differentiable']);
    const number = (name: string, fallback: number): number => numberArg('RMSprop', name, given[name], fallback);
    super('rmsprop', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-2,
      alpha: number('alpha', 0.99),
      eps: number('eps', 1e-8),
      weightDecay: number('weightDecay', 0),
      momentum: number('momentum', 0),
      centered: boolArg('RMSprop', 'centered', given.centered),
      maximize: boolArg('RMSprop', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, alpha, eps, weightDecay, momentum }: RMSpropHyper): void {
    atLeast('RMSprop', 'lr', lr, 0);
    atLeast('RMSprop', 'alpha', alpha, 0);
    atLeast('RMSprop', 'eps', eps, 0);
    atLeast('RMSprop', 'weightDecay', weightDecay, 0);
    atLeast('RMSprop', 'momentum', momentum, 0);
  }

  protected states(param: Tensor, state: ParamState, group: Group<RMSpropHyper>): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    const squares = (state.square_avg ??= stateLike(param));
    const buffer = group.momentum > 0 ? (state.momentum_buffer ??= stateLike(param)) : null;
    return [squares, buffer, group.centered ? (state.grad_avg ??= stateLike(param)) : null, step];
  }
}
