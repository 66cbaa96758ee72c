/** Adafactor (Shazeer and Stern, 2018): second moments of matrices are kept as a row and a column. */
import { bind, boolArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { finfo } from '../tensor/dtype-info.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { atLeast, Optimizer, rate, stateLike, stepCount, type Group, type Params } from './optimizer.ts';

export interface AdafactorHyper {
  lr: number | Tensor;
  beta2Decay: number;
  /** The least second moment's root (null: the dtype's epsilon) and the least scale of a parameter. */
  eps: readonly [number | null, number];
  /** The root mean square above which an update is clipped. */
  d: number;
  weightDecay: number;
  maximize: boolean;
}

/** `foreach` chooses an implementation in PyTorch; here there is one. */
export type AdafactorOptions = Partial<AdafactorHyper> & { readonly foreach?: boolean | null };

const KINDS: HyperKinds<AdafactorHyper> = { lr: 'number', beta2Decay: 'number', eps: 'value', d: 'number', weightDecay: 'number', maximize: 'boolean' };
const ADAFACTOR = signature('Adafactor(params, lr?, beta2Decay?, eps?, d?, weightDecay?, *, foreach?, maximize?)');

export class Adafactor extends Optimizer<AdafactorHyper> {
  constructor(params: Params<AdafactorHyper>,
    ...args: CallArgs<[lr: number | Tensor, beta2Decay: number, eps: readonly [number | null, number], d: number, weightDecay: number], AdafactorOptions>) {
    const given = bind(ADAFACTOR, [params, ...args]);
    super(params, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-2,
      beta2Decay: numberArg('Adafactor', 'beta2Decay', given.beta2Decay, -0.8),
      eps: (given.eps as readonly [number | null, number] | undefined) ?? [null, 1e-3],
      d: numberArg('Adafactor', 'd', given.d, 1),
      weightDecay: numberArg('Adafactor', 'weightDecay', given.weightDecay, 0),
      maximize: boolArg('Adafactor', 'maximize', given.maximize),
    }, KINDS);
  }

  protected override check({ lr, beta2Decay, eps, d, weightDecay }: AdafactorHyper): void {
    atLeast('Adafactor', 'lr', lr, 0);
    if (!(beta2Decay <= 0)) throw new ArgumentError('Adafactor', 'beta2Decay', `must be at most 0, got ${beta2Decay}`);
    if (!Array.isArray(eps) || eps.length !== 2) throw new ArgumentError('Adafactor', 'eps', `must be two numbers, the first of which may be null, got ${String(eps)}`);
    if (eps[0] !== null) atLeast('Adafactor', 'eps[0]', eps[0], 0);
    atLeast('Adafactor', 'eps[1]', eps[1], 0);
    atLeast('Adafactor', 'd', d, 1);
    atLeast('Adafactor', 'weightDecay', weightDecay, 0);
  }

  /** @internal */
  override readonly scalarStates: readonly string[] = ['step'];

  /** @internal */
  override stateShape(name: string, param: Tensor): readonly number[] {
    if (name !== 'row_var' && name !== 'col_var') return param.shape;
    return param.shape.with(name === 'row_var' ? -1 : -2, 1);
  }

  protected override update(param: Tensor, grad: Tensor, group: Group<AdafactorHyper>): void {
    const state = this.stateOf(param), lr = rate(group);
    const step = (state.step ??= stepCount()).add_(1).item() as number;
    const least = group.eps[0] ?? finfo(param.dtype).eps, weight = step ** group.beta2Decay;
    const moment = (name: 'row_var' | 'col_var' | 'variance'): Tensor => (state[name] ??= stateLike(param, this.stateShape(name, param)));
    const meanSquare = (g: Tensor, dim: number): Tensor => g.square().mean(dim, true);
    this.inStateDtype(param, grad, (p, given) => {
      const g = group.maximize ? given.neg() : given;
      const alpha = Math.max(group.eps[1], rootMeanSquare(p)) * Math.min(lr, 1 / Math.sqrt(step));
      if (group.weightDecay !== 0) p.mul_(1 - lr * group.weightDecay);
      let variance: Tensor;
      if (p.ndim > 1) {
        const rows = moment('row_var').lerp_(meanSquare(g, -1), weight), columns = moment('col_var').lerp_(meanSquare(g, -2), weight);
        variance = rows.matmul(columns).div_(rows.mean(-2, true).clamp_(least));
      } else variance = moment('variance').lerp_(g.square(), weight).clone();
      const update = variance.clamp_(least * least).rsqrt_().mul_(g);
      p.add_(update, { alpha: -alpha / Math.max(1, rootMeanSquare(update) / group.d) });
    });
  }
}

const rootMeanSquare = (x: Tensor): number => Math.sqrt(Number(x.square().sum().item()) / x.numel());
