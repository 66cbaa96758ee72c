/** An optimizer's state in PyTorch's format: PyTorch's names, parameters by their position over all groups. */
import type { DType } from '../core/dtype.ts';
import { isOptions } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { tensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { keep } from '../tensor/tidy.ts';
import { SCHEDULE_FIELDS } from './group.ts';
import type { BaseHyper, Optimizer, ParamState } from './optimizer.ts';

export type HyperValue = number | boolean | string | null | readonly (number | null)[] | Tensor;
export type StateValue = Tensor | number | bigint | boolean | string | null | readonly StateValue[] | { readonly [name: string]: StateValue };

export interface OptimizerStateDict {
  readonly state: Readonly<Record<number, Readonly<Record<string, StateValue>>>>;
  readonly param_groups: readonly (Readonly<Record<string, HyperValue>> & { readonly params: readonly number[] })[];
}

/** The dtype in which a parameter's state is kept and its update computed. */
export const stateDtype = (param: Tensor): 'float64' | 'float32' => (param.dtype === 'float64' ? 'float64' : 'float32');

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function saveState<H extends BaseHyper>(optimizer: Optimizer<H>): OptimizerStateDict {
  const state: Record<number, Record<string, StateValue>> = {};
  let position = 0;
  const groups = optimizer.paramGroups.map((group) => {
    const saved: Record<string, HyperValue> = {};
    for (const name of Object.keys(optimizer.kinds)) saved[snake(name)] = (group as unknown as Record<string, HyperValue>)[name];
    for (const field of SCHEDULE_FIELDS) if (group[field] !== undefined) saved[snake(field)] = group[field];
    const params = group.params.map((param) => {
      const kept = Object.entries(optimizer.state.get(param) ?? {}).filter(([name]) => !optimizer.hiddenState.includes(name));
      if (kept.length > 0) state[position] = Object.fromEntries(kept);
      return position++;
    });
    return { ...saved, params };
  });
  return { state, param_groups: groups };
}

export function loadState<H extends BaseHyper>(optimizer: Optimizer<H>, stateDict: OptimizerStateDict): void {
  const fail = (message: string): never => {
    throw new ArgumentError('loadStateDict', 'stateDict', message);
  };
  if (typeof stateDict !== 'object' || stateDict === null || typeof stateDict.state !== 'object' || !Array.isArray(stateDict.param_groups)) fail('must be an object with state and param_groups');
  const groups = stateDict.param_groups;
  if (groups.length !== optimizer.paramGroups.length) fail(`has ${groups.length} parameter groups, the optimizer ${optimizer.paramGroups.length}`);
  const loaded = new Map<Tensor, ParamState>();
  groups.forEach((saved, g) => {
    const { params } = optimizer.paramGroups[g];
    if (!Array.isArray(saved.params) || saved.params.length !== params.length) fail(`has ${saved.params?.length ?? 'no'} parameters in group ${g}, the optimizer ${params.length}`);
    saved.params.forEach((key, i) => {
      const state = stateDict.state[key];
      if (state !== undefined) loaded.set(params[i], copyState(optimizer, state, params[i], (name, what) => fail(`state of parameter ${key}: ${name} ${what}`)));
    });
  });
  // Nothing was written so far: a state dict that does not fit leaves the optimizer as it was.
  optimizer.state.clear();
  for (const [param, state] of loaded) {
    optimizer.restored(state);
    optimizer.state.set(param, state);
  }
  groups.forEach((saved, g) => {
    const group = optimizer.paramGroups[g] as unknown as Record<string, HyperValue>;
    for (const name of Object.keys(optimizer.kinds)) if (snake(name) in saved) group[name] = saved[snake(name)];
    for (const field of SCHEDULE_FIELDS) if (typeof saved[snake(field)] === 'number') group[field] = saved[snake(field)];
  });
}

/** Copies, so that no two optimizers share state: tensors in the dtype that the update computes in. */
function copyState<H extends BaseHyper>(optimizer: Optimizer<H>, state: Readonly<Record<string, StateValue>>, param: Tensor, fail: (name: string, what: string) => never): ParamState {
  const copied: Record<string, StateValue> = {};
  for (const [name, value] of Object.entries(state)) {
    const shape = optimizer.stateShape(name, param);
    if (optimizer.scalarStates.includes(name)) {
      // PyTorch's older state dicts have a plain number.
      const number = typeof value === 'number' ? tensor(value) : value;
      if (!(number instanceof Tensor)) return fail(name, 'must be a Tensor or a number');
      if (number.numel() !== 1) return fail(name, `must be one number, got shape [${number.shape.join(', ')}]`);
      copied[name] = keep(number.detach().to('float32').reshape([]).clone());
    } else if (shape === null) {
      copied[name] = copyValue(value, name === 'step' ? null : param.dtype);
    } else {
      if (!(value instanceof Tensor)) return fail(name, 'must be a Tensor');
      if (value.shape.join() !== shape.join()) return fail(name, `has shape [${value.shape.join(', ')}], the parameter [${param.shape.join(', ')}]`);
      copied[name] = keep(value.detach().to(stateDtype(param)).rowMajorCopy());
    }
  }
  return copied as ParamState;
}

/** A copy of whatever an optimizer keeps, tensors cast to `dtype`, as PyTorch does. */
function copyValue(value: StateValue, dtype: DType | null): StateValue {
  if (value instanceof Tensor) return keep((dtype === null ? value.detach() : value.detach().to(dtype)).clone());
  if (Array.isArray(value)) return (value as readonly StateValue[]).map((item) => copyValue(item, dtype));
  if (isOptions(value)) return Object.fromEntries(Object.entries(value as Readonly<Record<string, StateValue>>).map(([key, item]) => [key, copyValue(item, dtype)]));
  return value;
}
