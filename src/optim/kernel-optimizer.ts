/** Optimizers whose step is one fused kernel call per parameter. */
import type { OptimOp } from '../ops/families.ts';
import { optimStep } from '../tensor/kernels.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HyperKinds } from './group.ts';
import { Optimizer, type BaseHyper, type Group, type ParamState, type Params } from './optimizer.ts';

export abstract class KernelOptimizer<H extends BaseHyper> extends Optimizer<H> {
  private readonly op: OptimOp;
  protected override readonly keepsGradients = false;

  constructor(op: OptimOp, params: Params<H>, kinds: HyperKinds<H>, defaults: H) {
    super(params, defaults, kinds);
    this.op = op;
  }

  /** The operands between the gradient and the hyperparameters, in the kernel's order; made at the first step. */
  protected abstract states(param: Tensor, state: ParamState, group: Group<H>): (Tensor | null)[];

  /** @internal */
  override readonly scalarStates: readonly string[] = ['step'];

  /** @internal */
  override stateShape(_name: string, param: Tensor): readonly number[] {
    return param.shape;
  }

  protected override update(param: Tensor, grad: Tensor, group: Group<H>): void {
    const states = this.states(param, this.stateOf(param), group);
    const run = (p: Tensor, g: Tensor): void => optimStep(this.op, [p, g, ...states, group.hyper]);
    if (param.layout.contiguous && grad.layout.contiguous && param.dtypeCode === grad.dtypeCode) run(param, grad);
    else this.inStateDtype(param, grad, run);
  }
}
