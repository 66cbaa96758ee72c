/** RAdam: Adam with a rectified learning rate (Liu et al., 2020). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, checkBetas, refuse, stateLike, stepCount, type ParamState, type Params } from './optimizer.ts';

export interface RAdamHyper {
  lr: number | Tensor;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  maximize: boolean;
  /** Weight decay acts on the weights, not on the gradient. */
  decoupledWeightDecay: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type RAdamOptions = Partial<RAdamHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<RAdamHyper> = { lr: 'number', betas: 'pair', eps: 'number', weightDecay: 'number', maximize: 'boolean', decoupledWeightDecay: 'boolean' };
const RADAM = signature('RAdam(params, lr?, betas?, eps?, weightDecay?, decoupledWeightDecay?, *, foreach?, maximize?, capturable?, differentiable?)');

export class RAdam extends KernelOptimizer<RAdamHyper> {
  constructor(params: Params<RAdamHyper>,
    ...args: CallArgs<[lr: number | Tensor, betas: readonly [number, number], eps: number, weightDecay: number, decoupledWeightDecay: boolean], RAdamOptions>) {
    const given = bind(RADAM, [params, ...args]);
    refuse('RAdam', given, ['differentiable']);
    super('radam', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-3,
      betas: (given.betas as readonly [number, number] | undefined) ?? [0.9, 0.999],
      eps: numberArg('RAdam', 'eps', given.eps, 1e-8),
      weightDecay: numberArg('RAdam', 'weightDecay', given.weightDecay, 0),
      maximize: boolArg('RAdam', 'maximize', given.maximize),
      decoupledWeightDecay: boolArg('RAdam', 'decoupledWeightDecay', given.decoupledWeightDecay),
    });
  }

  protected override check({ lr, betas, eps, weightDecay }: RAdamHyper): void {
    atLeast('RAdam', 'lr', lr, 0);
    checkBetas('RAdam', betas);
    atLeast('RAdam', 'eps', eps, 0);
    atLeast('RAdam', 'weightDecay', weightDecay, 0);
  }

  protected states(param: Tensor, state: ParamState): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    return [(state.exp_avg ??= stateLike(param)), (state.exp_avg_sq ??= stateLike(param)), step];
  }
}
