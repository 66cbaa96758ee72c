/** Resilient backpropagation (Riedmiller and Braun, 1993). */
import { bind, boolArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { KernelOptimizer } from './kernel-optimizer.ts';
import { atLeast, rate, refuse, stateLike, stepCount, type Group, type ParamState, type Params } from './optimizer.ts';

export interface RpropHyper {
  lr: number | Tensor;
  etas: readonly [number, number];
  stepSizes: readonly [number, number];
  maximize: boolean;
}

/** `foreach` and `capturable` choose an implementation in PyTorch; here there is one. */
export type RpropOptions = Partial<RpropHyper> & { readonly foreach?: boolean | null; readonly capturable?: boolean; readonly differentiable?: boolean };

const KINDS: HyperKinds<RpropHyper> = { lr: 'number', etas: 'pair', stepSizes: 'pair', maximize: 'boolean' };
const RPROP = signature('Rprop(params, lr?, etas?, stepSizes?, *, capturable?, foreach?, maximize?, differentiable?)');

export class Rprop extends KernelOptimizer<RpropHyper> {
  constructor(params: Params<RpropHyper>,
    ...args: CallArgs<[lr: number | Tensor, etas: readonly [number, number], stepSizes: readonly [number, number]], RpropOptions>) {
    const given = bind(RPROP, [params, ...args]);
    refuse('Rprop', given, ['differentiable']);
    super('rprop', params, KINDS, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-2,
      etas: (given.etas as readonly [number, number] | undefined) ?? [0.5, 1.2],
      stepSizes: (given.stepSizes as readonly [number, number] | undefined) ?? [1e-6, 50],
      maximize: boolArg('Rprop', 'maximize', given.maximize),
    });
  }

  protected override check({ lr, etas }: RpropHyper): void {
    atLeast('Rprop', 'lr', lr, 0);
    if (!Array.isArray(etas) || etas.length !== 2 || !(etas[0] > 0 && etas[0] < 1 && etas[1] > 1)) throw new ArgumentError('Rprop', 'etas', `must be a factor between 0 and 1 and one above 1, got ${String(etas)}`);
  }

  protected states(param: Tensor, state: ParamState, group: Group<RpropHyper>): (Tensor | null)[] {
    const step = (state.step ??= stepCount());
    return [(state.prev ??= stateLike(param)), (state.step_size ??= stateLike(param).fill_(rate(group))), step];
  }
}
