/** PyTorch's module `torch.autograd.functional`: derivatives at a point, of functions of one tensor or an array of tensors. */
import { bind, boolArg, signature, stringArg } from '../core/args.ts';
import { ArgumentError, AutogradError, ShapeError } from '../core/errors.ts';
import { onesLike } from '../tensor/create.ts';
import { setGradEnabled } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { funcArg, linearMap, matching, pullback, recordCall, type AnyFunc, type Func, type Linearized } from './derivatives.ts';
import { columnsOf, rowsOf } from './jacobians.ts';
import { pull } from './tape.ts';
import { leavesOf, refill, tensorsOf, type Tree } from './tree.ts';

export interface FunctionalOptions {
  /** Records the result, for further derivatives; otherwise nothing is attached. */
  readonly createGraph?: boolean;
  /** Throws where an output does not depend on an input, instead of giving zeros. */
  readonly strict?: boolean;
}

type Inputs = Tensor | readonly Tensor[];

interface Setup {
  readonly op: string;
  readonly run: AnyFunc;
  readonly inputs: Inputs;
  readonly tensors: readonly Tensor[];
  readonly createGraph: boolean;
  readonly strict: boolean;
}

function setup(op: string, func: unknown, inputs: unknown, bound: Readonly<Record<string, unknown>>): Setup {
  const tensors = tensorsOf(op, 'inputs', inputs), run = funcArg(op, func);
  if (tensors.length === 0) throw new ArgumentError(op, 'inputs', 'must hold at least one Tensor');
  return { op, run, inputs: inputs as Inputs, tensors, createGraph: boolArg(op, 'createGraph', bound.createGraph), strict: boolArg(op, 'strict', bound.strict) };
}

const call = (run: AnyFunc, given: Tree): unknown => (Array.isArray(given) ? run(...given as readonly unknown[]) : run(given));

/** The recorded call; without `createGraph` nothing of the caller's is attached to it. */
function within<T>({ op, run, inputs, tensors, createGraph, strict }: Setup, body: (recorded: Linearized) => T): T {
  return setGradEnabled(createGraph, () => {
    const recorded = recordCall(op, (tree) => call(run, tree), inputs, tensors, false);
    if (strict) requireDependence(op, recorded);
    return body(recorded);
  });
}

function requireDependence(op: string, { attached, inputs }: Linearized): void {
  attached.forEach((y, o) => {
    const found = pull([y], [onesLike(y.detach())], inputs, false, true);
    found.forEach((g, i) => {
      if (g === null) throw new AutogradError(`${op}: output ${o} of the function is independent of input ${i}, which strict forbids`);
    });
  });
}

/** The vector given, or a one for the only element of what it belongs to. */
function vector(op: string, v: unknown, like: Tree): Tensor[] {
  const tensors = tensorsOf(op, 'v', like);
  if (v !== undefined) return matching(op, 'v', v, like, tensors);
  if (tensors.length !== 1 || tensors[0].numel() !== 1) throw new ArgumentError(op, 'v', 'can be left out only where it belongs to a single element');
  return [onesLike(tensors[0].detach())];
}

function scalar(op: string, output: Tree): void {
  const leaves = leavesOf(output) as Tensor[];
  if (leaves.length !== 1 || leaves[0].numel() !== 1) throw new ShapeError(op, `the function must return a Tensor with a single element, got ${leaves.map((y) => `[${y.shape.join(', ')}]`).join(', ')}`);
}

const JACOBIAN = signature('jacobian(func, inputs, createGraph?, strict?, vectorize?, strategy?)');
const HESSIAN = signature('hessian(func, inputs, createGraph?, strict?, vectorize?, outerJacobianStrategy?)');
const STRATEGIES = ['reverse-mode', 'forward-mode'] as const;
type Strategy = (typeof STRATEGIES)[number];

/** All are vectorized: `vectorize` is accepted so that scripts port. */
export interface JacobianOptions extends FunctionalOptions {
  readonly vectorize?: boolean;
  readonly strategy?: Strategy;
}

type JacobianArgs = readonly [createGraph?: boolean, strict?: boolean, vectorize?: boolean, strategy?: Strategy] | readonly [options: JacobianOptions];

/** The Jacobian at `inputs`: per output and input `[output..., input...]`, nested as PyTorch's tuples. PyTorch's `torch.autograd.functional.jacobian`. */
export function jacobian(func: Func, inputs: Tensor | readonly Tensor[], ...args: JacobianArgs): unknown {
  const bound = bind(JACOBIAN, [func, inputs, ...args]);
  const strategy = stringArg('jacobian', 'strategy', bound.strategy, STRATEGIES, 'reverse-mode');
  boolArg('jacobian', 'vectorize', bound.vectorize);
  return within(setup('jacobian', func, inputs, bound), (recorded) => {
    const blocks = strategy === 'reverse-mode' ? rowsOf(recorded, null) : columnsOf(recorded, null);
    return refill(recorded.output, blocks.map((row) => refill(inputs, row)));
  });
}

export interface HessianOptions extends FunctionalOptions {
  readonly vectorize?: boolean;
  readonly outerJacobianStrategy?: Strategy;
}

/** The Hessian at `inputs` of a function that returns one element: a tensor, or blocks `[i][j]` for several inputs. PyTorch's `torch.autograd.functional.hessian`. */
export function hessian(func: Func, inputs: Tensor | readonly Tensor[], ...args: readonly [createGraph?: boolean, strict?: boolean, vectorize?: boolean, outerJacobianStrategy?: Strategy] | readonly [options: HessianOptions]): unknown {
  const bound = bind(HESSIAN, [func, inputs, ...args]);
  const given = setup('hessian', func, inputs, bound), { createGraph, strict } = given;
  const strategy = stringArg('hessian', 'outerJacobianStrategy', bound.outerJacobianStrategy, STRATEGIES, 'reverse-mode');
  boolArg('hessian', 'vectorize', bound.vectorize);
  return jacobian(gradientOf('hessian', given, () => undefined) as Func, inputs, { createGraph, strict, strategy });
}

const VECTOR = Object.fromEntries((['vjp', 'jvp', 'vhp', 'hvp'] as const).map((name) => [name, signature(`${name}(func, inputs, v?, createGraph?, strict?)`)]));

export type VectorArgs = readonly [v?: Inputs | null, createGraph?: boolean, strict?: boolean] | readonly [v: Inputs | null, options: FunctionalOptions] | readonly [options: FunctionalOptions & { readonly v?: Inputs | null }];

/** `[output, v^T J]`, the second in the structure of `inputs`. PyTorch's `torch.autograd.functional.vjp`. */
export function vjp(func: Func, inputs: Tensor | readonly Tensor[], ...args: VectorArgs): [output: unknown, vjp: unknown] {
  const bound = bind(VECTOR.vjp, [func, inputs, ...args]);
  return within(setup('vjp', func, inputs, bound), (recorded) =>
    [recorded.output, refill(inputs, pullback(recorded, vector('vjp', bound.v, recorded.output)))]);
}

/** `[output, J v]`, the second in the structure of the output. PyTorch's `torch.autograd.functional.jvp`. */
export function jvp(func: Func, inputs: Tensor | readonly Tensor[], ...args: VectorArgs): [output: unknown, jvp: unknown] {
  const bound = bind(VECTOR.jvp, [func, inputs, ...args]);
  const v = vector('jvp', bound.v, inputs);
  return within(setup('jvp', func, inputs, bound), (recorded) => [recorded.output, refill(recorded.output, linearMap(recorded)(v))]);
}

/** The gradient of a function with a single element, as a function of its inputs; `seen` gets that element. */
function gradientOf(op: string, { run, inputs, strict }: Setup, seen: (output: Tree) => void): AnyFunc {
  return (...given) => {
    const tree = (Array.isArray(inputs) ? given : given[0]) as Inputs;
    return within({ op, run, inputs: tree, tensors: tensorsOf(op, 'inputs', tree), createGraph: true, strict }, (recorded) => {
      scalar(op, recorded.output);
      seen(recorded.output);
      return refill(tree, pullback(recorded, recorded.attached.map((y) => onesLike(y.detach()))));
    });
  };
}

function hessianProduct(op: 'vhp' | 'hvp', func: Func, inputs: Tensor | readonly Tensor[], args: readonly unknown[]): [output: unknown, product: unknown] {
  const bound = bind(VECTOR[op], [func, inputs, ...args]);
  const given = setup(op, func, inputs, bound), v = vector(op, bound.v, inputs);
  let output: Tree;
  const first = gradientOf(op, given, (value) => void (output = value));
  return within({ ...given, run: first }, (recorded) => {
    const product = op === 'vhp' ? pullback(recorded, v) : linearMap(recorded)(v);
    return [given.createGraph ? output : (output as Tensor).detach(), refill(inputs, product)];
  });
}

/** `[output, v^T H]` of a function that returns one element. PyTorch's `torch.autograd.functional.vhp`. */
export const vhp = (func: Func, inputs: Tensor | readonly Tensor[], ...args: VectorArgs): [output: unknown, vhp: unknown] => hessianProduct('vhp', func, inputs, args);

/** `[output, H v]` of a function that returns one element. PyTorch's `torch.autograd.functional.hvp`. */
export const hvp = (func: Func, inputs: Tensor | readonly Tensor[], ...args: VectorArgs): [output: unknown, hvp: unknown] => hessianProduct('hvp', func, inputs, args);
