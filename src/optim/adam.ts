/** Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, checkBetas, refuse, stateLike, stepCount, type Group, type ParamState, type Params } from './optimizer.ts';

export interface AdamHyper {
  lr: number | Tensor;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  amsgrad: boolean;
  maximize: boolean;
  /** Weight decay acts on the weights, not on the gradient: AdamW. */
  decoupledWeightDecay: boolean;
}

/** `foreach`, `fused` and `capturable` choose an implementation in PyTorch; here there is one. */
export type AdamOptions = Partial<AdamHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean; readonly fused?: boolean | null };
type AdamArgs = CallArgs<[lr: number | Tensor, betas: readonly [number, number], eps: number, weightDecay: number, amsgrad: boolean], AdamOptions>;

const KINDS: HyperKinds<AdamHyper> = { lr: 'number', betas: 'pair', eps: 'number', weightDecay: 'number', amsgrad: 'boolean', maximize: 'boolean', decoupledWeightDecay: 'boolean' };
const PARAMETERS = 'params, lr?, betas?, eps?, weightDecay?, amsgrad?, *, maximize?, foreach?, capturable?, differentiable?, fused?';
const ADAM = signature(`Adam(${PARAMETERS}, decoupledWeightDecay?)`);
const ADAMW = signature(`AdamW(${PARAMETERS})`);

function hyper(name: string, sig: typeof ADAM, params: Params<AdamHyper>, args: AdamArgs, weightDecay: number, decoupled: boolean): AdamHyper {
  const given = bind(sig, [params, ...args]);
  refuse(name, given, ['differentiable']);
  return {
    lr: (given.lr as number | Tensor | undefined) ?? 1e-3,
    betas: (given.betas as readonly [number, number] | undefined) ?? [0.9, 0.999],
    eps: numberArg(name, 'eps', given.eps, 1e-8),
    weightDecay: numberArg(name, 'weightDecay', given.weightDecay, weightDecay),
    amsgrad: boolArg(name, 'amsgrad', given.amsgrad),
    maximize: boolArg(name, 'maximize', given.maximize),
    decoupledWeightDecay: boolArg(name, 'decoupledWeightDecay', given.decoupledWeightDecay, decoupled),
  };
}

abstract class AdamBase extends KernelOptimizer<AdamHyper> {
  protected override check({ lr, betas, eps, weightDecay }: AdamHyper): void {
    const name = this.constructor.name;
    atLeast(name, 'lr', lr, 0);
    atLeast(name, 'eps', eps, 0);
    atLeast(name, 'weightDecay', weightDecay, 0);
    checkBetas(name, betas);
  }

  protected states(param: Tensor, state: ParamState, group: Group<AdamHyper>): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    const average = (state.exp_avg ??= stateLike(param)), squares = (state.exp_avg_sq ??= stateLike(param));
    return [average, squares, group.amsgrad ? (state.max_exp_avg_sq ??= stateLike(param)) : null, step];
  }
}

export class Adam extends AdamBase {
  constructor(params: Params<AdamHyper>, ...args: AdamArgs) {
    super('adam', params, KINDS, hyper('Adam', ADAM, params, args, 0, false));
  }
}

export class AdamW extends AdamBase {
  constructor(params: Params<AdamHyper>, ...args: AdamArgs) {
    super('adam', params, KINDS, hyper('AdamW', ADAMW, params, args, 1e-2, true));
  }
}
