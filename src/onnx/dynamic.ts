/** Which axes of the inputs may vary, in PyTorch's two ways to say so. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { TensorCore } from '../tensor/core.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type AxisName = string;
/** By axis: its name, or true for one made up; or a list of axes. */
export type AxesOf = Readonly<Record<number, AxisName | true>> | readonly number[];
export type DynamicAxes = Readonly<Record<string, AxesOf>>;
export type DynamicShapes = readonly (AxesOf | null | undefined)[] | Readonly<Record<string, AxesOf | null | undefined>>;

export interface DynamicAxis {
  readonly axis: number;
  readonly name: AxisName;
}

function axesOf(parameter: string, input: string, x: Tensor, given: unknown): DynamicAxis[] {
  if (given === null || given === undefined) return [];
  const wrong = (expected: string, value: unknown): ArgumentError => new ArgumentError('onnx.export', `${parameter} of ${show(input)}`, `must be ${expected}, got ${show(value)}`);
  const entries: (readonly [number, unknown])[] = Array.isArray(given) ? given.map((axis) => [axis as number, true] as const)
    : isOptions(given) ? Object.entries(given).map(([axis, name]) => [Number(axis), name] as const) : (() => { throw wrong('an array of axes or an object of their names', given); })();
  return entries.map(([given_, name]) => {
    const axis = given_ < 0 ? given_ + x.ndim : given_;
    if (!Number.isInteger(axis) || axis < 0 || axis >= x.ndim) throw wrong(`axes of its shape [${x.shape.join(', ')}]`, given_);
    if (name !== true && (typeof name !== 'string' || name === '')) throw wrong('names of axes, or true', name);
    return { axis, name: name === true ? `${input}_dynamic_axes_${axis}` : name };
  });
}

/** The dynamic axes of every input. */
export function dynamicAxesOf(inputs: readonly Tensor[], names: readonly string[], axes: unknown, shapes: unknown): DynamicAxis[][] {
  if (axes !== undefined && shapes !== undefined) throw new ArgumentError('onnx.export', 'dynamicShapes', 'must not be given together with dynamicAxes');
  const parameter = axes === undefined ? 'dynamicShapes' : 'dynamicAxes', given = axes ?? shapes;
  if (given === undefined) return inputs.map(() => []);
  if (Array.isArray(given) && axes === undefined) {
    if (given.length > inputs.length) throw new ArgumentError('onnx.export', parameter, `must have one entry per input, ${inputs.length}, got ${given.length}`);
    return inputs.map((x, i) => axesOf(parameter, names[i], x, (given as unknown[])[i]));
  }
  if (!isOptions(given)) throw new ArgumentError('onnx.export', parameter, `must be an object by input name, got ${show(given)}`);
  return inputs.map((x, i) => axesOf(parameter, names[i], x, given[names[i]]));
}

/** The structure with its tensors replaced. */
export function mappedTensors(value: unknown, change: (x: Tensor) => Tensor): unknown {
  if (value instanceof TensorCore) return change(value as Tensor);
  if (Array.isArray(value)) return value.map((item) => mappedTensors(item, change));
  return isOptions(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mappedTensors(item, change)])) : value;
}
