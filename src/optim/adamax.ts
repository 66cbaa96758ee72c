/** Adamax: Adam by the infinity norm (Kingma and Ba, 2015). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, checkBetas, refuse, stateLike, stepCount, type ParamState, type Params } from './optimizer.ts';

export interface AdamaxHyper {
  lr: number | Tensor;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type AdamaxOptions = Partial<AdamaxHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<AdamaxHyper> = { lr: 'number', betas: 'pair', eps: 'number', weightDecay: 'number', maximize: 'boolean' };
const ADAMAX = signature('Adamax(params, lr?, betas?, eps?, weightDecay?, foreach?, *, maximize?, differentiable?, capturable?)');

export class Adamax extends KernelOptimizer<AdamaxHyper> {
  constructor(params: Params<AdamaxHyper>,
    ...args: CallArgs<[lr: number | Tensor, betas: readonly [number, number], eps: number, weightDecay: number, foreach: boolean | null], AdamaxOptions>) {
    const given = bind(ADAMAX, [params, ...args]);
    refuse('Adamax', given, ['differentiable']);
    super('adamax', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 2e-3,
      betas: (given.betas as readonly [number, number] | undefined) ?? [0.9, 0.999],
      eps: numberArg('Adamax', 'eps', given.eps, 1e-8),
      weightDecay: numberArg('Adamax', 'weightDecay', given.weightDecay, 0),
      maximize: boolArg('Adamax', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, betas, eps, weightDecay }: AdamaxHyper): void {
    atLeast('Adamax', 'lr', lr, 0);
    checkBetas('Adamax', betas);
    atLeast('Adamax', 'eps', eps, 0);
    atLeast('Adamax', 'weightDecay', weightDecay, 0);
  }

  protected states(param: Tensor, state: ParamState): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    return [(state.exp_avg ??= stateLike(param)), (state.exp_inf ??= stateLike(param)), step];
  }
}
