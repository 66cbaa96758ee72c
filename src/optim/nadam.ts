/** NAdam: Adam with Nesterov's momentum (Dozat, 2016). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, checkBetas, refuse, scalarState, stateLike, stepCount, type ParamState, type Params } from './optimizer.ts';

export interface NAdamHyper {
  lr: number | Tensor;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  momentumDecay: number;
  /** Weight decay acts on the weights, not on the gradient. */
  decoupledWeightDecay: boolean;
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type NAdamOptions = Partial<NAdamHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<NAdamHyper> = { lr: 'number', betas: 'pair', eps: 'number', weightDecay: 'number', momentumDecay: 'number', decoupledWeightDecay: 'boolean', maximize: 'boolean' };
const NADAM = signature('NAdam(params, lr?, betas?, eps?, weightDecay?, momentumDecay?, decoupledWeightDecay?, *, foreach?, maximize?, capturable?, differentiable?)');

export class NAdam extends KernelOptimizer<NAdamHyper> {
  override readonly scalarStates = ['step', 'mu_product'];

  constructor(params: Params<NAdamHyper>,
    ...args: CallArgs<[lr: number | Tensor, betas: readonly [number, number], eps: number, weightDecay: number, momentumDecay: number, decoupledWeightDecay: boolean], NAdamOptions>) {
    const given = bind(NADAM, [params, ...args]);
    refuse('NAdam', given, ['differentiable']);
    super('nadam', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 2e-3,
      betas: (given.betas as readonly [number, number] | undefined) ?? [0.9, 0.999],
      eps: numberArg('NAdam', 'eps', given.eps, 1e-8),
      weightDecay: numberArg('NAdam', 'weightDecay', given.weightDecay, 0),
      momentumDecay: numberArg('NAdam', 'momentumDecay', given.momentumDecay, 4e-3),
      decoupledWeightDecay: boolArg('NAdam', 'decoupledWeightDecay', given.decoupledWeightDecay),
      maximize: boolArg('NAdam', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, betas, eps, weightDecay, momentumDecay }: NAdamHyper): void {
    atLeast('NAdam', 'lr', lr, 0);
    checkBetas('NAdam', betas);
    atLeast('NAdam', 'eps', eps, 0);
    atLeast('NAdam', 'weightDecay', weightDecay, 0);
    atLeast('NAdam', 'momentumDecay', momentumDecay, 0);
  }

  protected states(param: Tensor, state: ParamState): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    const product = (state.mu_product ??= scalarState(1));
    return [(state.exp_avg ??= stateLike(param)), (state.exp_avg_sq ??= stateLike(param)), product, step];
  }
}
