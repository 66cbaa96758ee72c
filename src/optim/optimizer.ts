/** Optimizer: groups of parameters, the state kept for each parameter, and the step that updates them. */
import { bind, boolArg, numberArg, show, signature, type Bound } from '../core/args.ts';
import { F64, isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { enableGrad, noGrad } from '../tensor/grad-mode.ts';
import { zeros } from '../tensor/create.ts';
import { spent } from '../tensor/dispatch.ts';
import { observer } from '../tensor/observer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { keep } from '../tensor/tidy.ts';
import { ParamGroup, SCHEDULE_FIELDS, type HyperKinds, type ScheduleFields } from './group.ts';
import { loadState, saveState, stateDtype, type OptimizerStateDict } from './state-dict.ts';

/** What every optimizer's groups have. */
export interface BaseHyper {
  lr: number | Tensor;
}

/** Tensors by PyTorch's state names, `exp_avg` and the like: what the optimizers here keep for a parameter. */
export type ParamState = Record<string, Tensor>;

export type Group<H> = ParamGroup & H;

/** Parameters with options of their own; what is not given is the optimizer's default. */
export type GroupOptions<H> = Partial<H> & ScheduleFields & { readonly params: Tensor | Iterable<Tensor> };

export type Params<H = BaseHyper> = Iterable<Tensor> | Iterable<GroupOptions<H>>;

/**
 * A subclass gives the constructor its `defaults`, and writes `step`, as in PyTorch, or `update` for one parameter. State of a
 * parameter is in `stateOf(param)`.
 */
export class Optimizer<H extends BaseHyper = BaseHyper> {
  readonly paramGroups: Group<H>[] = [];
  readonly state = new Map<Tensor, ParamState>();
  readonly defaults: Readonly<H>;
  /** @internal */ readonly kinds: HyperKinds<H>;

  /** `kinds` tells what a kernel reads from memory; without it the hyperparameters are plain values. */
  constructor(params: Params<H>, defaults: H, kinds?: HyperKinds<H>) {
    this.defaults = defaults;
    this.kinds = kinds ?? Object.fromEntries(Object.keys(defaults).map((name) => [name, 'value'])) as HyperKinds<H>;
    this.check(defaults);
    const name = this.constructor.name;
    if (params instanceof Tensor || typeof params !== 'object' || params === null || !(Symbol.iterator in params)) {
      throw new ArgumentError(name, 'params', `must be an iterable of tensors or of groups { params, ... }, got ${show(params)}`);
    }
    const items: readonly unknown[] = [...params];
    if (items.length === 0) throw new ArgumentError(name, 'params', 'is an empty list: there is nothing to train');
    if (items.every((item) => item instanceof Tensor)) this.addParamGroup({ params: items } as unknown as GroupOptions<H>);
    else for (const item of items) this.addParamGroup(item as GroupOptions<H>);
  }

  /** Throws for hyperparameters out of their range. */
  protected check(_hyper: H): void {}

  /** Throws for a parameter that the optimizer cannot train. */
  protected checkParam(_param: Tensor): void {}

  /** One step of one parameter; runs without autograd. */
  protected update(_param: Tensor, _grad: Tensor, _group: Group<H>): void {
    throw new ArgumentError(this.constructor.name, 'step', 'is not there: a subclass writes step, or update for one parameter');
  }

  addParamGroup(options: GroupOptions<H>): void {
    const name = this.constructor.name;
    if (typeof options !== 'object' || options === null || !('params' in options)) throw new ArgumentError(name, 'group', `must be an object { params, ... }, got ${show(options)}`);
    const { params, ...given } = options as GroupOptions<H> & Record<string, unknown>;
    for (const key of Object.keys(given)) {
      if (!(key in this.kinds) && !SCHEDULE.has(key)) throw new ArgumentError(name, `option '${key}'`, `is unknown; expected one of params, ${Object.keys(this.kinds).join(', ')}`);
    }
    const list = params instanceof Tensor ? [params] : [...params];
    const present = new Set(this.paramGroups.flatMap((group) => group.params));
    for (const param of list) {
      if (!(param instanceof Tensor)) throw new ArgumentError(name, 'params', `must be tensors, got ${show(param)}`);
      if (!isFloating(param.dtypeCode)) throw new DTypeError(name, param.dtype, `parameters must be floating point, got ${param.dtype}`);
      if (!param.isLeaf) throw new ArgumentError(name, 'params', 'must be leaf tensors: this one is the result of an operation, which a step would not reach');
      if (present.has(param)) throw new ArgumentError(name, 'params', 'has a parameter more than once');
      this.checkParam(param);
      present.add(param);
    }
    const values = { ...this.defaults, ...withoutNone(given) } as H;
    this.check(values);
    const group = new ParamGroup(list, this.kinds, values as unknown as Record<string, unknown>) as Group<H>;
    for (const field of SCHEDULE_FIELDS) if (given[field] !== undefined) group[field] = numberArg(name, field, given[field]) as Group<H>[typeof field];
    this.paramGroups.push(group);
  }

  /** Drops the gradients, or with `setToNone: false` fills them with zeros. */
  zeroGrad(options: boolean | { readonly setToNone?: boolean } = true): void {
    const setToNone = typeof options === 'boolean' ? options : boolArg('zeroGrad', 'setToNone', bind(ZERO_GRAD, [options]).setToNone, true);
    for (const group of this.paramGroups) {
      for (const param of group.params) {
        if (setToNone) param.grad = null;
        else if (param.grad !== null) param.grad = param.grad.detach().zero_();
      }
    }
  }

  /** Updates every parameter that has a gradient. `closure` recomputes the loss first and is what `step` returns. */
  step(): void;
  step<T>(closure: () => T): T;
  step<T>(closure?: () => T): T | null {
    return observer === null ? this.updateAll(closure) : observer.span('user', `Optimizer.step#${this.constructor.name}.step`, [], this, () => this.updateAll(closure));
  }

  private updateAll<T>(closure?: () => T): T | null {
    const loss = closure === undefined ? null : enableGrad(closure);
    noGrad(() => {
      for (const group of this.paramGroups) {
        group.refresh();
        for (const param of group.params) {
          const grad = this.keepsGradients ? param.grad : param.gradient;
          if (grad !== null) this.update(param, grad, group);
        }
      }
    });
    return loss;
  }

  /** @internal Whether `update` may keep a gradient. Memory of those that nobody has kept goes back with zeroGrad. */
  protected readonly keepsGradients: boolean = true;

  /**
   * State of a parameter, empty before its first step: PyTorch's `self.state[p]`. `S` tells what it holds where that is not
   * tensors alone: numbers, strings, lists and objects go into the state dict, too.
   */
  protected stateOf<S extends object = ParamState>(param: Tensor): S {
    let state = this.state.get(param);
    if (state === undefined) this.state.set(param, (state = {}));
    return state as S;
  }

  /** Runs an update that knows contiguous float32 and float64 only; anything else is updated in a copy. */
  protected inStateDtype(param: Tensor, grad: Tensor, run: (param: Tensor, grad: Tensor) => void): void {
    if (param.layout.contiguous && grad.layout.contiguous && param.dtypeCode <= F64) {
      run(param, grad);
      return;
    }
    const dtype = stateDtype(param), copy = param.detach().to(dtype).contiguous(), given = grad.to(dtype).contiguous();
    run(copy, given);
    if (copy.storage !== param.storage) param.copy_(copy);
    spent(copy, param);
    spent(given, grad);
  }

  stateDict(): OptimizerStateDict {
    return saveState(this);
  }

  /** Takes over the state and the hyperparameters of an optimizer over parameters of the same shapes. */
  loadStateDict(stateDict: OptimizerStateDict): void {
    loadState(this, stateDict);
  }

  /** @internal Names of the state that PyTorch does not keep and that is left out of the state dict. */
  readonly hiddenState: readonly string[] = [];

  /** @internal Names of the states that are float32 numbers in memory. */
  readonly scalarStates: readonly string[] = [];

  /** @internal The shape that a state must have to be loaded; null for any, and for what is no tensor. */
  stateShape(_name: string, _param: Tensor): readonly number[] | null {
    return null;
  }

  /** @internal Rebuilds hidden state after loading. */
  restored(_state: ParamState): void {}

  toString(): string {
    const groups = this.paramGroups.map((group, i) => {
      const lines = Object.keys(this.kinds).sort().map((name) => `    ${name}: ${String((group as unknown as Record<string, unknown>)[name])}`);
      return `Parameter Group ${i}\n${lines.join('\n')}`;
    });
    return `${this.constructor.name} (\n${groups.join('\n\n')}\n)`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

const ZERO_GRAD = signature('zeroGrad(setToNone?)');

const withoutNone = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));

const SCHEDULE: ReadonlySet<string> = new Set(SCHEDULE_FIELDS);

/** Contiguous zeros for a state, of the parameter's shape unless another is given. */
export function stateLike(param: Tensor, shape: readonly number[] = param.shape): Tensor {
  return keep(zeros([...shape], { dtype: stateDtype(param) }));
}

/** A float32 number of the state. */
export const scalarState = (value: number): Tensor => keep(zeros([]).fill_(value));

/** A step count, which the kernel increments. */
export const stepCount = (): Tensor => scalarState(0);

/** The learning rate of a group as a number. */
export const rate = ({ lr }: BaseHyper): number => (lr instanceof Tensor ? Number(lr.item()) : lr);

/** Checks a hyperparameter against its lower bound. */
export function atLeast(op: string, name: string, value: number | Tensor, least: number): void {
  if (value instanceof Tensor && value.numel() !== 1) throw new ArgumentError(op, name, `must be a number or a tensor of one element, got shape [${value.shape.join(', ')}]`);
  const number = value instanceof Tensor ? Number(value.item()) : value;
  if (typeof number !== 'number' || !(number >= least)) throw new ArgumentError(op, name, `must be at least ${least}, got ${show(value instanceof Tensor ? number : value)}`);
}

export function checkBetas(op: string, betas: readonly [number, number]): void {
  if (!Array.isArray(betas) || betas.length !== 2 || betas.some((beta) => !(beta >= 0 && beta < 1))) throw new ArgumentError(op, 'betas', `must be two numbers from 0 to below 1, got ${String(betas)}`);
}

/** Options that PyTorch has and that change nothing here; those that would change results are refused. */
export function refuse(op: string, given: Bound, names: readonly string[]): void {
  for (const name of names) if (boolArg(op, name, given[name])) throw new ArgumentError(op, name, 'is not supported');
}
