/** Derivatives against central differences: PyTorch's `torch.autograd.gradcheck` and `gradgradcheck`. */
import { F64, isFloating, type TypedArray } from '../core/dtype.ts';
import { bind, boolArg, numberArg, signature } from '../core/args.ts';
import { ArgumentError, AutogradError } from '../core/errors.ts';
import { elementOffset } from '../core/plan.ts';
import { grad } from './gradients.ts';
import { TensorCore } from './core.ts';
import { noGrad } from './grad-mode.ts';
import { emptyShape } from './kernels.ts';
import type { Tensor } from './tensor.ts';

export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-6, which asks for float64 inputs. */
  readonly eps?: number;
  readonly atol?: number;
  readonly rtol?: number;
  /** Throw on a mismatch (the default) instead of returning false. */
  readonly raiseException?: boolean;
  /** Compare one random projection of the Jacobian instead of every entry: a few calls of the function, whatever the sizes. */
  readonly fastMode?: boolean;
}

type Fn = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

const GRADCHECK = signature('gradcheck(func, inputs, *, eps?, atol?, rtol?, raiseException?, fastMode?)');
const GRADGRADCHECK = signature('gradgradcheck(func, inputs, gradOutputs?, *, eps?, atol?, rtol?, raiseException?, fastMode?)');

interface Limits {
  readonly eps: number;
  readonly atol: number;
  readonly rtol: number;
  readonly raise: boolean;
  readonly fast: boolean;
}

const limitsOf = (op: string, bound: Readonly<Record<string, unknown>>): Limits => ({
  eps: numberArg(op, 'eps', bound.eps, 1e-6),
  atol: numberArg(op, 'atol', bound.atol, 1e-5),
  rtol: numberArg(op, 'rtol', bound.rtol, 1e-3),
  raise: boolArg(op, 'raiseException', bound.raiseException, true),
  fast: boolArg(op, 'fastMode', bound.fastMode),
});

const floatingOutputs = (result: Tensor | readonly Tensor[]): Tensor[] =>
  (result instanceof TensorCore ? [result as Tensor] : [...result as readonly Tensor[]]).filter((t) => isFloating(t.dtypeCode));

/** The raw elements of a contiguous tensor and the position of the first. */
function raw(tensor: Tensor): { elements: TypedArray; from: number } {
  return { elements: tensor.storage.slab.view(tensor.dtypeCode), from: elementOffset(tensor.storage, tensor.dtypeCode) + tensor.layout.offset };
}

const numbers = (tensor: Tensor): number[] => {
  const copy = noGrad(() => tensor.detach().castTo(F64).contiguous());
  const { elements, from } = raw(copy);
  return Array.from({ length: copy.numel() }, (_, i) => Number(elements[from + i]));
};

/** Rows: elements of the input; columns: elements of every output in turn. */
function numericalJacobian(fn: Fn, inputs: readonly Tensor[], at: number, eps: number): number[][][] {
  const moved = inputs.map((t) => t.detach().clone());
  const { elements, from } = raw(moved[at]);
  // Leaves of their own, so that functions that differentiate inside of them work.
  const leaves = (): Tensor[] => moved.map((t, i) => t.detach().clone().requiresGrad_(inputs[i].requiresGrad));
  const evaluate = (): number[][] => floatingOutputs(fn(...leaves())).map(numbers);
  const rows: number[][][] = [];
  for (let i = 0; i < moved[at].numel(); i++) {
    const value = elements[from + i] as number;
    elements[from + i] = value + eps;
    const above = evaluate();
    elements[from + i] = value - eps;
    const below = evaluate();
    elements[from + i] = value;
    rows.push(above.map((output, o) => output.map((v, j) => (v - below[o][j]) / (2 * eps))));
  }
  return rows;
}

/** Numbers without a pattern that could hide an error, the same ones in every run. */
const irregular = (n: number, phase: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + phase) + 0.25);

function fill(tensor: Tensor, values: Float64Array): Tensor {
  const { elements, from } = raw(tensor);
  for (let i = 0; i < values.length; i++) elements[from + i] = values[i];
  return tensor;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** The derivative of sum(v * outputs) in the direction u of the inputs, by gradients and by a central difference. */
function checkProjection(fn: Fn, inputs: readonly Tensor[], wanted: readonly number[], { eps, atol, rtol }: Limits): string | null {
  const directions = wanted.map((i) => irregular(inputs[i].numel(), i));
  const outputs = floatingOutputs(fn(...inputs));
  const weights = outputs.map((output, o) => irregular(output.numel(), 100 + o));
  const attached = outputs.map((_, o) => o).filter((o) => outputs[o].requiresGrad);
  const gradients = attached.length === 0 ? wanted.map(() => null)
    : grad(attached.map((o) => outputs[o]), wanted.map((i) => inputs[i]),
      { gradOutputs: attached.map((o) => fill(emptyShape(outputs[o], outputs[o].shape, outputs[o].dtypeCode), weights[o])), allowUnused: true });
  const found = gradients.reduce((sum: number, gradient: Tensor | null, k) => sum + (gradient === null ? 0 : dot(numbers(gradient), directions[k])), 0);
  const along = (step: number): number => {
    const moved = inputs.map((input, i) => {
      const k = wanted.indexOf(i);
      const copy = input.detach().clone();
      return (k < 0 ? copy : fill(copy, Float64Array.from(numbers(copy), (value, j) => value + step * directions[k][j]))).requiresGrad_(input.requiresGrad);
    });
    return floatingOutputs(fn(...moved)).reduce((sum, output, o) => sum + dot(numbers(output), weights[o]), 0);
  };
  const expected = (along(eps) - along(-eps)) / (2 * eps);
  if (Math.abs(found - expected) <= atol + rtol * Math.abs(expected)) return null;
  return `the derivative in a random direction is ${expected} numerically, ${found} analytically`;
}

function check(op: string, fn: Fn, inputs: readonly Tensor[], limits: Limits): boolean {
  const fail = (message: string): boolean => {
    if (limits.raise) throw new AutogradError(`${op}: ${message}`);
    return false;
  };
  const wanted = inputs.map((t, i) => (t instanceof TensorCore && t.requiresGrad ? i : -1)).filter((i) => i >= 0);
  if (wanted.length === 0) throw new ArgumentError(op, 'inputs', 'must contain at least one tensor that requires grad');
  if (limits.fast) {
    const mismatch = checkProjection(fn, inputs, wanted, limits);
    return mismatch === null || fail(mismatch);
  }
  const outputs = floatingOutputs(fn(...inputs));
  const numerical = wanted.map((i) => numericalJacobian(fn, inputs, i, limits.eps));
  for (let o = 0; o < outputs.length; o++) {
    const output = outputs[o];
    const attached = output.requiresGrad;
    for (let j = 0; j < output.numel(); j++) {
      const seed = emptyShape(output, output.shape, output.dtypeCode);
      const { elements, from } = raw(seed);
      for (let i = 0; i < seed.numel(); i++) elements[from + i] = i === j ? 1 : 0;
      const gradients = attached
        ? grad(output, wanted.map((i) => inputs[i]), { gradOutputs: seed, retainGraph: true, allowUnused: true })
        : wanted.map(() => null);
      for (let k = 0; k < wanted.length; k++) {
        const gradient: Tensor | null = gradients[k];
        const analytical = gradient === null ? null : numbers(gradient);
        for (let i = 0; i < numerical[k].length; i++) {
          const expected = numerical[k][i][o][j], found = analytical === null ? 0 : analytical[i];
          if (!(Math.abs(found - expected) <= limits.atol + limits.rtol * Math.abs(expected))) {
            return fail(`Jacobian mismatch for output ${o} with respect to input ${wanted[k]}: d out[${j}] / d in[${i}] is ${expected} numerically, ${found} analytically`);
          }
        }
      }
    }
  }
  return true;
}

/** Compares the gradients of `func` with central differences; inputs should be float64. */
export function gradcheck(func: Fn, inputs: Tensor | readonly Tensor[], options: GradcheckOptions = {}): boolean {
  const bound = bind(GRADCHECK, [func, inputs, options]);
  return check('gradcheck', func, inputs instanceof TensorCore ? [inputs as Tensor] : inputs as readonly Tensor[], limitsOf('gradcheck', bound));
}

/** The same for the gradients of the gradients. */
export function gradgradcheck(func: Fn, inputs: Tensor | readonly Tensor[], ...args: readonly (Tensor | readonly Tensor[] | GradcheckOptions | null | undefined)[]): boolean {
  const bound = bind(GRADGRADCHECK, [func, inputs, ...args]);
  const list = inputs instanceof TensorCore ? [inputs as Tensor] : [...inputs as readonly Tensor[]];
  const given = bound.gradOutputs;
  const seeds = given === undefined ? floatingOutputs(func(...list)).map(varied) : given instanceof TensorCore ? [given as Tensor] : [...given as readonly Tensor[]];
  const wanted = list.map((t, i) => (t.requiresGrad ? i : -1)).filter((i) => i >= 0);
  const first: Fn = (...all) => {
    const inner = all.slice(0, list.length);
    const outputs = floatingOutputs(func(...inner));
    const used = outputs.map((t, o) => ({ t, seed: all[list.length + o] })).filter(({ t }) => t.requiresGrad);
    return grad(used.map(({ t }) => t), wanted.map((i) => inner[i]), { gradOutputs: used.map(({ seed }) => seed), createGraph: true, materializeGrads: true });
  };
  return check('gradgradcheck', first, [...list, ...seeds], limitsOf('gradgradcheck', bound));
}

const varied = (output: Tensor): Tensor => fill(emptyShape(output, output.shape, output.dtypeCode), irregular(output.numel(), 0)).requiresGrad_();
