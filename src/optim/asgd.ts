/** Averaged stochastic gradient descent (Polyak and Juditsky, 1992): `ax` of the state is the average. */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, rate, refuse, scalarState, stateLike, stepCount, type Group, type ParamState, type Params } from './optimizer.ts';

export interface ASGDHyper {
  lr: number | Tensor;
  lambd: number;
  alpha: number;
  t0: number;
  weightDecay: number;
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type ASGDOptions = Partial<ASGDHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<ASGDHyper> = { lr: 'number', lambd: 'number', alpha: 'number', t0: 'number', weightDecay: 'number', maximize: 'boolean' };
const ASGD_SIGNATURE = signature('ASGD(params, lr?, lambd?, alpha?, t0?, weightDecay?, foreach?, maximize?, differentiable?, capturable?)');

export class ASGD extends KernelOptimizer<ASGDHyper> {
  override readonly scalarStates = ['step', 'eta', 'mu'];

  constructor(params: Params<ASGDHyper>,
    ...args: CallArgs<[lr: number | Tensor, lambd: number, alpha: number, t0: number, weightDecay: number, foreach: boolean | null, maximize: boolean], ASGDOptions>) {
    const given = bind(ASGD_SIGNATURE, [params, ...args]);
    refuse('ASGD', given, ['differentiable']);
    super('asgd', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-2,
      lambd: numberArg('ASGD', 'lambd', given.lambd, 1e-4),
      alpha: numberArg('ASGD', 'alpha', given.alpha, 0.75),
      t0: numberArg('ASGD', 't0', given.t0, 1e6),
      weightDecay: numberArg('ASGD', 'weightDecay', given.weightDecay, 0),
      maximize: boolArg('ASGD', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, weightDecay }: ASGDHyper): void {
    atLeast('ASGD', 'lr', lr, 0);
    atLeast('ASGD', 'weightDecay', weightDecay, 0);
  }

  protected states(param: Tensor, state: ParamState, group: Group<ASGDHyper>): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    const eta = (state.eta ??= scalarState(rate(group))), mu = (state.mu ??= scalarState(1));
    return [(state.ax ??= stateLike(param)), eta, mu, step];
  }
}
