/** Adadelta (Zeiler, 2012). */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, refuse, stateLike, stepCount, type ParamState, type Params } from './optimizer.ts';

export interface AdadeltaHyper {
  lr: number | Tensor;
  rho: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type AdadeltaOptions = Partial<AdadeltaHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<AdadeltaHyper> = { lr: 'number', rho: 'number', eps: 'number', weightDecay: 'number', maximize: 'boolean' };
const ADADELTA = signature('Adadelta(params, lr?, rho?, eps?, weightDecay?, foreach?, *, capturable?, maximize?, differentiable?)');

export class Adadelta extends KernelOptimizer<AdadeltaHyper> {
  constructor(params: Params<AdadeltaHyper>,
    ...args: CallArgs<[lr: number | Tensor, rho: number, eps: number, weightDecay: number, foreach: boolean | null], AdadeltaOptions>) {
    const given = bind(ADADELTA, [params, ...args]);
    refuse('Adadelta', given, ['differentiable']);
    super('adadelta', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1,
      rho: numberArg('Adadelta', 'rho', given.rho, 0.9),
      eps: numberArg('Adadelta', 'eps', given.eps, 1e-6),
      weightDecay: numberArg('Adadelta', 'weightDecay', given.weightDecay, 0),
      maximize: boolArg('Adadelta', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, rho, eps, weightDecay }: AdadeltaHyper): void {
    atLeast('Adadelta', 'lr', lr, 0);
    atLeast('Adadelta', 'rho', rho, 0);
    atLeast('Adadelta', 'eps', eps, 0);
    atLeast('Adadelta', 'weightDecay', weightDecay, 0);
    if (rho > 1) throw new ArgumentError('Adadelta', 'rho', `must be at most 1, got ${rho}`);
  }

  protected states(param: Tensor, state: ParamState): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    return [(state.square_avg ??= stateLike(param)), (state.acc_delta ??= stateLike(param)), step];
  }
}
