/** L-BFGS (Nocedal, 1980; Liu and Nocedal, 1989). One step evaluates the closure several times. */
import { bind, intArg, numberArg, show, signature, stringArg, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { cat } from '../tensor/composite.ts';
import { enableGrad, noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { keep } from '../tensor/tidy.ts';
import type { HyperKinds } from './group.ts';
import { strongWolfe, type Evaluation } from './line-search.ts';
import { atLeast, Optimizer, rate, type Params } from './optimizer.ts';
import type { OptimizerStateDict, StateValue } from './state-dict.ts';

export interface LBFGSHyper {
  lr: number | Tensor;
  maxIter: number;
  maxEval: number;
  toleranceGrad: number;
  toleranceChange: number;
  historySize: number;
  lineSearchFn: 'strong_wolfe' | null;
}

export type LBFGSOptions = Partial<LBFGSHyper>;

const KINDS: HyperKinds<LBFGSHyper> = {
  lr: 'number', maxIter: 'number', maxEval: 'number', toleranceGrad: 'number', toleranceChange: 'number', historySize: 'number', lineSearchFn: 'value',
};
const LBFGS_SIGNATURE = signature('LBFGS(params, lr?, maxIter?, maxEval?, toleranceGrad?, toleranceChange?, historySize?, lineSearchFn?)');
/** A curvature below this would make the inverse Hessian useless. */
const LEAST_CURVATURE = 1e-10;

/** A step of the past: the change of the parameters and of the gradient, and one over their product. */
interface Pair {
  readonly step: Tensor;
  readonly change: Tensor;
  readonly ro: number;
}

/** What is carried from step to step, all over the parameters in one vector. */
interface Memory {
  funcEvals: number;
  nIter: number;
  direction: Tensor | null;
  t: number;
  pairs: Pair[];
  scale: number;
  gradient: Tensor | null;
  loss: number;
}

const fresh = (): Memory => ({ funcEvals: 0, nIter: 0, direction: null, t: 0, pairs: [], scale: 1, gradient: null, loss: 0 });

export class LBFGS extends Optimizer<LBFGSHyper> {
  private memory = fresh();

  constructor(params: Params<LBFGSHyper>,
    ...args: CallArgs<[lr: number | Tensor, maxIter: number, maxEval: number | null, toleranceGrad: number, toleranceChange: number, historySize: number, lineSearchFn: 'strong_wolfe' | null], LBFGSOptions>) {
    const given = bind(LBFGS_SIGNATURE, [params, ...args]), maxIter = intArg('LBFGS', 'maxIter', given.maxIter, 20);
    super(params, {
      lr: (given.lr as number | Tensor | undefined) ?? 1,
      maxIter,
      maxEval: intArg('LBFGS', 'maxEval', given.maxEval, Math.floor((maxIter * 5) / 4)),
      toleranceGrad: numberArg('LBFGS', 'toleranceGrad', given.toleranceGrad, 1e-7),
      toleranceChange: numberArg('LBFGS', 'toleranceChange', given.toleranceChange, 1e-9),
      historySize: intArg('LBFGS', 'historySize', given.historySize, 100),
      lineSearchFn: (given.lineSearchFn as 'strong_wolfe' | undefined) ?? null,
    }, KINDS);
    if (this.paramGroups.length !== 1) throw new ArgumentError('LBFGS', 'params', `must be one group, got ${this.paramGroups.length}`);
  }

  protected override check({ lr, lineSearchFn }: LBFGSHyper): void {
    atLeast('LBFGS', 'lr', lr, 0);
    if (lineSearchFn !== null) stringArg('LBFGS', 'lineSearchFn', lineSearchFn, ['strong_wolfe']);
  }

  protected override update(): void {
    throw new ArgumentError('LBFGS', 'closure', 'must be given to step: it is evaluated several times');
  }

  /** One step; `closure` clears the gradients, computes the loss, calls backward on it and returns it. */
  override step<T>(closure?: () => T): T {
    if (typeof closure !== 'function') throw new ArgumentError('LBFGS.step', 'closure', `must be a function, got ${show(closure)}`);
    return noGrad(() => this.iterate(closure));
  }

  private iterate<T>(closure: () => T): T {
    const [group] = this.paramGroups, { maxIter, maxEval, toleranceGrad, toleranceChange } = group, lr = rate(group), memory = this.memory;
    const original = enableGrad(closure);
    let loss = numberOf(original), gradient = this.gradient(), evaluations = 1;
    memory.funcEvals++;
    if (largest(gradient) <= toleranceGrad) return original;
    for (let i = 1; i <= maxIter; i++) {
      memory.nIter++;
      const direction = this.nextDirection(gradient);
      memory.direction = keep(direction);
      memory.gradient = keep(gradient.clone());
      memory.loss = loss;
      memory.t = memory.nIter === 1 ? Math.min(1, 1 / Number(gradient.abs().sum().item())) * lr : lr;
      const slope = product(gradient, direction);
      if (slope > -toleranceChange) break;
      let used = 0;
      if (group.lineSearchFn !== null) {
        const start = group.params.map((param) => param.detach().clone());
        const evaluate = (t: number): Evaluation => {
          this.move(t, direction);
          const at = numberOf(enableGrad(closure)), g = this.gradient();
          group.params.forEach((param, k) => param.copy_(start[k]));
          return { t, loss: at, gradient: g, slope: product(g, direction) };
        };
        const found = strongWolfe(evaluate, { t: 0, loss, gradient, slope }, memory.t, largest(direction), maxEval - evaluations);
        ({ t: memory.t, loss, gradient } = found.point);
        used = found.evaluations;
        this.move(memory.t, direction);
      } else {
        this.move(memory.t, direction);
        if (i < maxIter) {
          loss = numberOf(enableGrad(closure));
          gradient = this.gradient();
          used = 1;
        }
      }
      evaluations += used;
      memory.funcEvals += used;
      if (i === maxIter || evaluations >= maxEval || largest(gradient) <= toleranceGrad) break;
      if (largest(direction) * Math.abs(memory.t) <= toleranceChange || Math.abs(loss - memory.loss) < toleranceChange) break;
    }
    return original;
  }

  /** The gradient times the negative inverse Hessian, as the pairs of the past approximate it (the two-loop recursion). */
  private nextDirection(gradient: Tensor): Tensor {
    const memory = this.memory, { historySize } = this.paramGroups[0];
    if (memory.nIter === 1 || memory.direction === null || memory.gradient === null) {
      memory.pairs = [];
      memory.scale = 1;
      return gradient.neg();
    }
    const change = gradient.sub(memory.gradient), step = memory.direction.mul(memory.t), curvature = product(change, step);
    if (curvature > LEAST_CURVATURE) {
      if (memory.pairs.length === historySize) memory.pairs.shift();
      memory.pairs.push({ step: keep(step), change: keep(change), ro: 1 / curvature });
      memory.scale = curvature / product(change, change);
    }
    const direction = gradient.neg();
    const weights = memory.pairs.map(() => 0);
    for (let i = memory.pairs.length - 1; i >= 0; i--) {
      const pair = memory.pairs[i];
      weights[i] = product(pair.step, direction) * pair.ro;
      direction.add_(pair.change, { alpha: -weights[i] });
    }
    direction.mul_(memory.scale);
    memory.pairs.forEach((pair, i) => direction.add_(pair.step, { alpha: weights[i] - product(pair.change, direction) * pair.ro }));
    return direction;
  }

  private gradient(): Tensor {
    return cat(this.paramGroups[0].params.map((param) => (param.grad ?? param.detach().mul(0)).detach().reshape([-1])));
  }

  private move(t: number, direction: Tensor): void {
    let offset = 0;
    for (const param of this.paramGroups[0].params) {
      param.add_(direction.narrow(0, offset, param.numel()).view([...param.shape]).to(param.dtype), { alpha: t });
      offset += param.numel();
    }
  }

  override stateDict(): OptimizerStateDict {
    const { param_groups: groups } = super.stateDict(), { funcEvals, nIter, direction, t, pairs, scale, gradient, loss } = this.memory;
    if (funcEvals === 0) return { state: {}, param_groups: groups };
    const counts: Record<string, StateValue> = { func_evals: funcEvals, n_iter: nIter };
    const state = nIter === 0 ? counts : {
      ...counts, d: direction, t, old_dirs: pairs.map(({ change }) => change), old_stps: pairs.map(({ step }) => step), ro: pairs.map(({ ro }) => ro),
      H_diag: scale, prev_flat_grad: gradient, prev_loss: loss,
    };
    return { state: { 0: state }, param_groups: groups };
  }

  override loadStateDict(stateDict: OptimizerStateDict): void {
    const memory = readMemory(stateDict?.state?.[0], this.paramGroups[0].params.reduce((n, param) => n + param.numel(), 0));
    super.loadStateDict({ ...stateDict, state: {} });
    this.memory = memory;
  }
}

const product = (a: Tensor, b: Tensor): number => Number(a.dot(b).item());
const largest = (a: Tensor): number => (a.numel() === 0 ? 0 : Number(a.abs().max().item()));
const numberOf = (loss: unknown): number => {
  const value = loss instanceof Tensor ? Number(loss.item()) : loss;
  if (typeof value !== 'number') throw new ArgumentError('LBFGS.step', 'closure', `must return the loss, got ${show(loss)}`);
  return value;
};

function readMemory(state: Readonly<Record<string, StateValue>> | undefined, length: number): Memory {
  if (state === undefined) return fresh();
  const fail = (name: string, expected: string): never => {
    throw new ArgumentError('loadStateDict', 'stateDict', `state ${name} must be ${expected}`);
  };
  const number = (name: string, value: StateValue | undefined): number => {
    const got = value instanceof Tensor && value.numel() === 1 ? Number(value.item()) : value;
    return typeof got === 'number' ? got : fail(name, 'a number');
  };
  const vector = (name: string, value: StateValue | undefined): Tensor =>
    (value instanceof Tensor && value.ndim === 1 && value.numel() === length ? keep(value.detach().clone()) : fail(name, `a vector of the ${length} parameters`));
  const list = (name: string): readonly (Tensor | number | null)[] => (Array.isArray(state[name]) ? state[name] as readonly (Tensor | number | null)[] : fail(name, 'a list'));
  const counts = { funcEvals: number('func_evals', state.func_evals), nIter: number('n_iter', state.n_iter) };
  if (counts.nIter === 0) return { ...fresh(), ...counts };
  const changes = list('old_dirs'), steps = list('old_stps'), ro = list('ro');
  if (steps.length !== changes.length || ro.length !== changes.length) fail('old_dirs', 'as long as old_stps and ro');
  return {
    ...counts, direction: vector('d', state.d), t: number('t', state.t), scale: number('H_diag', state.H_diag),
    gradient: vector('prev_flat_grad', state.prev_flat_grad), loss: number('prev_loss', state.prev_loss),
    pairs: changes.map((change, i) => ({ change: vector('old_dirs', change), step: vector('old_stps', steps[i]), ro: number('ro', ro[i]) })),
  };
}
