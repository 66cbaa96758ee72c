/** Derivatives of functions as functions: `grad`, `vjp`, `jvp` and their kin of `torch.func`. */
import { bind, boolArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError, AutogradError, DTypeError, ShapeError } from '../core/errors.ts';
import { isFloating } from '../core/dtype.ts';
import { sameShape } from '../core/layout.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { wantsGrad } from '../tensor/graph.ts';
import { zerosLike } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { TapeLevel, leadsOut, pull } from './tape.ts';
import { kindOf, mapTensors, refill, sameStructure, tensorsOf, type Tree } from './tree.ts';

export type Func = (...args: never[]) => unknown;
export type AnyFunc = (...args: readonly unknown[]) => unknown;

/** Which positional arguments are differentiated: one (its result has that argument's structure), or several (an array). */
export type Argnums = number | readonly number[];

export interface GradOptions {
  readonly argnums?: Argnums;
  /** The function returns `[output, aux]`, of which aux is only handed on. */
  readonly hasAux?: boolean;
}

export function funcArg(op: string, func: unknown): AnyFunc {
  if (typeof func !== 'function') throw new ArgumentError(op, 'func', `must be a function, got ${show(func)}`);
  return func as AnyFunc;
}

/** The positions that argnums names, checked against the arguments of a call. */
function positions(op: string, argnums: unknown, count: number): number[] {
  const list: readonly unknown[] = Array.isArray(argnums) ? argnums : [argnums];
  if (list.length === 0) throw new ArgumentError(op, 'argnums', 'must not be empty');
  const result = list.map((n) => {
    if (typeof n !== 'number' || !Number.isInteger(n)) throw new ArgumentError(op, 'argnums', `must be an integer or an array of integers, got ${show(n)}`);
    if (n < -count || n >= count) throw new ArgumentError(op, 'argnums', `is ${n}, but the function was given ${count} positional argument${count === 1 ? '' : 's'}`);
    return n < 0 ? n + count : n;
  });
  if (new Set(result).size !== result.length) throw new ArgumentError(op, 'argnums', `must be distinct, got ${show(argnums)}`);
  return result;
}

/** The chosen arguments as a tree: the argument itself for one number. */
export interface Chosen {
  readonly tree: Tree;
  readonly tensors: readonly Tensor[];
  /** The function of the chosen arguments alone. */
  call(tree: Tree): unknown;
}

export function choose(op: string, func: AnyFunc, argnums: Argnums, args: readonly unknown[]): Chosen {
  const at = positions(op, argnums, args.length);
  const single = typeof argnums === 'number';
  const tree = single ? args[at[0]] : at.map((i) => args[i]);
  return {
    tree,
    tensors: tensorsOf(op, 'inputs', tree),
    call(given) {
      const all = args.slice();
      if (single) all[at[0]] = given;
      else at.forEach((i, k) => (all[i] = (given as readonly unknown[])[k]));
      return func(...all);
    },
  };
}

function withAux(op: string, result: unknown, hasAux: boolean): { output: unknown; aux: unknown } {
  if (!hasAux) return { output: result, aux: undefined };
  if (!Array.isArray(result) || result.length !== 2) throw new ArgumentError(op, 'func', `must return [output, aux] where hasAux is true, got ${kindOf(result)}`);
  return { output: (result as readonly unknown[])[0], aux: (result as readonly unknown[])[1] };
}

function gradientOf(op: string, func: AnyFunc, argnums: Argnums, hasAux: boolean, args: readonly unknown[]): { grads: Tree; value: Tensor; aux: Tree } {
  const chosen = choose(op, func, argnums, args);
  const level = new TapeLevel(op);
  try {
    const inputs = chosen.tensors.map((x) => level.input(x));
    const { output, aux } = withAux(op, level.record(() => chosen.call(refill(chosen.tree, inputs.map((x) => level.given(x))))), hasAux);
    if (!(output instanceof Tensor)) throw new ArgumentError(op, 'func', `must return a Tensor, got ${kindOf(output)}`);
    if (output.ndim !== 0) throw new ShapeError(op, `func must return a 0-d tensor, got shape [${output.shape.join(', ')}]`);
    if (!isFloating(output.dtypeCode)) throw new DTypeError(op, output.dtype, `func must return a floating point tensor, got ${output.dtype}`);
    level.end();
    const create = level.leadsOut([output]);
    const found = pull([output], [output.newOnes([])], inputs, create, hasAux);
    const grads = found.map((g, i) => (g === null ? zerosLike(chosen.tensors[i]) : level.release(g)));
    return { grads: refill(chosen.tree, grads), value: create ? output : output.detach(), aux: mapTensors(aux, (x) => level.release(x)) };
  } finally {
    level.end();
  }
}

const GRADS = Object.fromEntries((['grad', 'gradAndValue', 'valueAndGrad'] as const).map((name) => [name, signature(`${name}(func, argnums?, hasAux?)`)]));

type GradArgs = readonly [argnums?: Argnums | null, hasAux?: boolean | null] | readonly [argnums: Argnums | null, options: { readonly hasAux?: boolean }] | readonly [options: GradOptions];

function gradient(name: 'grad' | 'gradAndValue' | 'valueAndGrad', shape: (grads: Tree, value: Tensor, aux: Tree, hasAux: boolean) => unknown): (func: unknown, args: readonly unknown[]) => (...inputs: readonly unknown[]) => unknown {
  return (func, args) => {
    const run = funcArg(name, func);
    const bound = bind(GRADS[name], [func, ...args]);
    const argnums = (bound.argnums ?? 0) as Argnums, hasAux = boolArg(name, 'hasAux', bound.hasAux);
    return (...inputs) => {
      const { grads, value, aux } = gradientOf(name, run, argnums, hasAux, inputs);
      return shape(grads, value, aux, hasAux);
    };
  };
}

const GRAD = gradient('grad', (grads, _value, aux, hasAux) => (hasAux ? [grads, aux] : grads));
const GRAD_AND_VALUE = gradient('gradAndValue', (grads, value, aux, hasAux) => [grads, hasAux ? [value, aux] : value]);
const VALUE_AND_GRAD = gradient('valueAndGrad', (grads, value, aux, hasAux) => [hasAux ? [value, aux] : value, grads]);

/** What the differentiated argument's gradient looks like: the argument itself, tensors for tensors. */
type Arg<F extends Func, N> = N extends number ? Parameters<F>[N] : N extends readonly number[] ? { readonly [I in keyof N]: N[I] extends number ? Parameters<F>[N[I]] : never } : Parameters<F>[0];
type NumsOf<A> = A extends readonly [infer N extends Argnums, ...unknown[]] ? N : A extends readonly [{ readonly argnums: infer N extends Argnums }] ? N : 0;
type AuxOf<A> = A extends readonly [...unknown[], { readonly hasAux: true }] ? true : A extends readonly [unknown, true] ? true : false;
type Grads<F extends Func, A> = AuxOf<A> extends true ? [grads: Arg<F, NumsOf<A>>, aux: ReturnType<F> extends readonly [unknown, infer X] ? X : unknown] : Arg<F, NumsOf<A>>;

/**
 * The gradient of a function that returns a 0-d tensor, as a function of the same arguments: the gradient of argument
 * `argnums` (an array of gradients for several), in its structure; `[gradient, aux]` with `hasAux`. PyTorch's `torch.func.grad`.
 */
export function grad<F extends Func, const A extends GradArgs>(func: F, ...args: A): (...inputs: Parameters<F>) => Grads<F, A> {
  return GRAD(func, args) as never;
}

/** `grad` that gives `[gradient, value]`, or `[gradient, [value, aux]]`. PyTorch's `torch.func.grad_and_value`. */
export function gradAndValue<F extends Func, const A extends GradArgs>(func: F, ...args: A): (...inputs: Parameters<F>) => [grads: Arg<F, NumsOf<A>>, value: ReturnType<F>] {
  return GRAD_AND_VALUE(func, args) as never;
}

/** `gradAndValue` in the order of jax: `[value, gradient]`, or `[[value, aux], gradient]`. */
export function valueAndGrad<F extends Func, const A extends GradArgs>(func: F, ...args: A): (...inputs: Parameters<F>) => [value: ReturnType<F>, grads: Arg<F, NumsOf<A>>] {
  return VALUE_AND_GRAD(func, args) as never;
}

/** Options after any number of arguments: a plain object of nothing but the names of options. */
export function splitOptions(args: readonly unknown[], names: readonly string[]): { args: readonly unknown[]; options: Readonly<Record<string, unknown>> } {
  const last = args[args.length - 1];
  const given = isOptions(last) && Object.keys(last as object).length > 0 && Object.entries(last as object).every(([key, value]) => names.includes(key) && !(value instanceof Tensor));
  return given ? { args: args.slice(0, -1), options: last as Readonly<Record<string, unknown>> } : { args, options: {} };
}

/** Cotangents or tangents: a tree like `like`, tensor by tensor of its shapes and dtypes. */
export function matching(op: string, name: string, given: Tree, like: Tree, tensors: readonly Tensor[]): Tensor[] {
  if (!sameStructure(given, like)) throw new ArgumentError(op, name, `must have the structure of what it belongs to: expected ${kindOf(like)}, got ${kindOf(given)}`);
  return tensorsOf(op, name, given).map((g, i) => {
    if (!sameShape(g.shape, tensors[i].shape)) throw new ShapeError(op, `${name} must have shape [${tensors[i].shape.join(', ')}], got [${g.shape.join(', ')}]`);
    if (g.dtypeCode !== tensors[i].dtypeCode) throw new DTypeError(op, g.dtype, `${name} must have dtype ${tensors[i].dtype}, got ${g.dtype}`);
    return g;
  });
}

/** A function's value and everything its derivatives need. */
export interface Linearized {
  readonly output: Tree;
  readonly aux: Tree;
  readonly inputs: readonly Tensor[];
  readonly primals: readonly Tensor[];
  /** The output on the tape of the level. */
  readonly attached: readonly Tensor[];
}

export function recordCall(op: string, call: (tree: Tree) => unknown, tree: Tree, primals: readonly Tensor[], hasAux: boolean): Linearized {
  const level = new TapeLevel(op);
  try {
    const inputs = primals.map((x) => level.input(x));
    const { output, aux } = withAux(op, level.record(() => call(refill(tree, inputs.map((x) => level.given(x))))), hasAux);
    const attached = tensorsOf(op, 'the output of func', output);
    level.end();
    return { output: refill(output, attached.map((x) => level.release(x))), aux: mapTensors(aux, (x) => level.release(x)), inputs, primals, attached };
  } finally {
    level.end();
  }
}

/** Vector-Jacobian products; recorded where the caller records and something of the caller's is behind them. */
export function pullback({ inputs, primals, attached }: Linearized, cotangents: readonly Tensor[]): Tensor[] {
  const create = gradEnabled && leadsOut([...attached, ...cotangents]);
  return pull(attached, cotangents, inputs, create, true).map((g, i) => (g === null ? zerosLike(primals[i]) : wantsGrad(g) && !(create && leadsOut([g])) ? g.detach() : g));
}

/**
 * Jacobian-vector products by the double-backward trick: the pullback u(v) is linear in v, so its own pullback at any v,
 * applied to the tangents, is J t. Chosen over dual numbers because it is right for every operation whose second
 * derivative is, which the tests ask of all of them, under any nesting and in vmap, with no second derivative table;
 * dual numbers would need one and could be wrong where this cannot. It costs one forward and two backward passes.
 */
export function linearMap({ inputs, primals, attached }: Linearized): (tangents: readonly Tensor[]) => Tensor[] {
  const level = new TapeLevel('jvp');
  // The value of v does not matter; zeros keep infinities of unused branches away.
  const dummies = attached.map((y) => level.input(zerosLike(y.detach())));
  const pulled = level.record(() => pull(attached, dummies, inputs, true, true));
  level.end();
  const used = pulled.map((u, i) => ({ u, i })).filter((entry): entry is { u: Tensor; i: number } => entry.u !== null && wantsGrad(entry.u));
  return (tangents) => {
    const chosen = used.map(({ i }) => tangents[i]);
    const create = gradEnabled && leadsOut([...used.map(({ u }) => u), ...chosen]);
    return pull(used.map(({ u }) => u), chosen, dummies, create, true)
      .map((t, i) => (t === null ? zerosLike(attached[i].detach()) : wantsGrad(t) && !(create && leadsOut([t])) ? t.detach() : t));
  };
}

const ofInputs = (func: AnyFunc): ((tree: Tree) => unknown) => (tree) => func(...tree as readonly unknown[]);

/**
 * `[output, vjpFn]`: the value at `primals`, and the function that takes cotangents in the output's structure to an array
 * of gradients, one per primal. With a trailing `{ hasAux: true }`, `[output, vjpFn, aux]`. PyTorch's `torch.func.vjp`.
 */
export function vjp(func: Func, ...primals: readonly unknown[]): [output: unknown, vjpFn: (cotangents: Tree) => unknown[], aux?: unknown] {
  const run = funcArg('vjp', func), { args, options } = splitOptions(primals, ['hasAux']);
  const hasAux = boolArg('vjp', 'hasAux', options.hasAux);
  const call = recordCall('vjp', ofInputs(run), args, tensorsOf('vjp', 'primals', args), hasAux);
  const vjpFn = (cotangents: Tree): unknown[] => refill(args, pullback(call, matching('vjp', 'cotangents', cotangents, call.output, call.attached))) as unknown[];
  return hasAux ? [call.output, vjpFn, call.aux] : [call.output, vjpFn];
}

const JVP = signature('jvp(func, primals, tangents, *, strict?, hasAux?)');

/**
 * `[output, tangent]`: the value at `primals` (an array of arguments), and the derivative along `tangents`, both in the
 * output's structure. With `{ hasAux: true }`, `[output, tangent, aux]`; `strict` throws for an output that does not
 * depend on the primals. PyTorch's `torch.func.jvp`.
 */
export function jvp(func: Func, primals: readonly unknown[], tangents: readonly unknown[], options: { readonly strict?: boolean; readonly hasAux?: boolean } = {}): [output: unknown, tangent: unknown, aux?: unknown] {
  const run = funcArg('jvp', func);
  const bound = bind(JVP, [func, primals, tangents, options]);
  if (!Array.isArray(primals)) throw new ArgumentError('jvp', 'primals', `must be an array of arguments, got ${kindOf(primals)}`);
  const inputs = tensorsOf('jvp', 'primals', primals);
  const along = matching('jvp', 'tangents', tangents, primals, inputs);
  const hasAux = boolArg('jvp', 'hasAux', bound.hasAux);
  const call = recordCall('jvp', ofInputs(run), primals, inputs, hasAux);
  if (boolArg('jvp', 'strict', bound.strict) && call.attached.some((y) => !wantsGrad(y))) throw new AutogradError('jvp: an output of func does not depend on the primals, which strict forbids');
  const tangent = refill(call.output, linearMap(call)(along));
  return hasAux ? [call.output, tangent, call.aux] : [call.output, tangent];
}

/** `[output, jvpFn]`: jvpFn takes tangents, one argument per primal, to the derivative along them, computing the function only once. PyTorch's `torch.func.linearize`. */
export function linearize(func: Func, ...primals: readonly unknown[]): [output: unknown, jvpFn: (...tangents: readonly unknown[]) => unknown] {
  const run = funcArg('linearize', func);
  const inputs = tensorsOf('linearize', 'primals', primals);
  const call = recordCall('linearize', ofInputs(run), primals, inputs, false);
  const map = linearMap(call);
  return [call.output, (...tangents) => refill(call.output, map(matching('linearize', 'tangents', tangents, primals, inputs)))];
}
