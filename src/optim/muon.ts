/** Muon: momentum made orthogonal by a Newton-Schulz iteration (Jordan et al., 2024), for the matrices of hidden layers. */
import { bind, boolArg, intArg, numberArg, show, signature, stringArg, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { atLeast, Optimizer, rate, stateLike, type Group, type Params } from './optimizer.ts';

type Coefficients = readonly [number, number, number];
/** How the rate follows a matrix's shape: by sqrt(max(1, rows / columns)), or so that steps are as large as AdamW's. */
export type MuonAdjustment = 'original' | 'match_rms_adamw';

export interface MuonHyper {
  lr: number | Tensor;
  weightDecay: number;
  momentum: number;
  nesterov: boolean;
  nsCoefficients: Coefficients;
  eps: number;
  nsSteps: number;
  adjustLrFn: MuonAdjustment | null;
}

export type MuonOptions = Partial<MuonHyper>;

const KINDS: HyperKinds<MuonHyper> = {
  lr: 'number', weightDecay: 'number', momentum: 'number', nesterov: 'boolean', nsCoefficients: 'value', eps: 'number', nsSteps: 'number', adjustLrFn: 'value',
};
const MUON = signature('Muon(params, lr?, weightDecay?, momentum?, nesterov?, nsCoefficients?, eps?, nsSteps?, adjustLrFn?)');

export class Muon extends Optimizer<MuonHyper> {
  constructor(params: Params<MuonHyper>,
    ...args: CallArgs<[lr: number | Tensor, weightDecay: number, momentum: number, nesterov: boolean, nsCoefficients: Coefficients, eps: number, nsSteps: number, adjustLrFn: MuonAdjustment | null], MuonOptions>) {
    const given = bind(MUON, [params, ...args]);
    super(params, {
      lr: (given.lr as number | Tensor | undefined) ?? 1e-3,
      weightDecay: numberArg('Muon', 'weightDecay', given.weightDecay, 0.1),
      momentum: numberArg('Muon', 'momentum', given.momentum, 0.95),
      nesterov: boolArg('Muon', 'nesterov', given.nesterov, true),
      nsCoefficients: (given.nsCoefficients as Coefficients | undefined) ?? [3.4445, -4.775, 2.0315],
      eps: numberArg('Muon', 'eps', given.eps, 1e-7),
      nsSteps: intArg('Muon', 'nsSteps', given.nsSteps, 5),
      adjustLrFn: (given.adjustLrFn as MuonAdjustment | undefined) ?? null,
    }, KINDS);
  }

  protected override check({ lr, weightDecay, momentum, nsCoefficients, nsSteps, adjustLrFn }: MuonHyper): void {
    atLeast('Muon', 'lr', lr, 0);
    atLeast('Muon', 'weightDecay', weightDecay, 0);
    atLeast('Muon', 'momentum', momentum, 0);
    if (!Array.isArray(nsCoefficients) || nsCoefficients.length !== 3) throw new ArgumentError('Muon', 'nsCoefficients', `must be three numbers, got ${show(nsCoefficients)}`);
    if (!(nsSteps < 100)) throw new ArgumentError('Muon', 'nsSteps', `must be below 100, got ${nsSteps}`);
    if (adjustLrFn !== null) stringArg('Muon', 'adjustLrFn', adjustLrFn, ['original', 'match_rms_adamw']);
  }

  protected override checkParam(param: Tensor): void {
    if (param.ndim !== 2) throw new ArgumentError('Muon', 'params', `must be matrices, got shape [${param.shape.join(', ')}]`);
  }

  /** @internal */
  override stateShape(_name: string, param: Tensor): readonly number[] {
    return param.shape;
  }

  protected override update(param: Tensor, grad: Tensor, group: Group<MuonHyper>): void {
    const buffer = (this.stateOf(param).momentum_buffer ??= stateLike(param)), lr = rate(group);
    this.inStateDtype(param, grad, (p, g) => {
      buffer.lerp_(g, 1 - group.momentum);
      const update = orthogonalized(group.nesterov ? g.lerp(buffer, group.momentum) : buffer, group);
      p.mul_(1 - lr * group.weightDecay).add_(update.to(p.dtype), { alpha: -lr * adjustment(group.adjustLrFn, param.shape) });
    });
  }
}

/** A matrix with the same singular vectors and singular values near 1, computed in bfloat16 as PyTorch does. */
function orthogonalized(matrix: Tensor, { nsCoefficients: [a, b, c], nsSteps, eps }: MuonHyper): Tensor {
  const tall = matrix.shape[0] > matrix.shape[1];
  let x = matrix.to('bfloat16');
  if (tall) x = x.T;
  x = x.div(x.square().sum().sqrt().clamp(eps));
  for (let i = 0; i < nsSteps; i++) {
    const gram = x.matmul(x.T);
    x = x.mul(a).add(gram.mul(b).add(gram.matmul(gram), { alpha: c }).matmul(x));
  }
  return tall ? x.T : x;
}

function adjustment(name: MuonAdjustment | null, [rows, columns]: readonly number[]): number {
  return name === 'match_rms_adamw' ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns));
}
