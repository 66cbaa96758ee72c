/** Whole Jacobians: all rows of a pullback, or all columns of a linear map, in one vmap. */
import { bind, boolArg, intArg, signature, stringArg } from '../core/args.ts';
import type { Randomness } from '../core/batch.ts';
import { ArgumentError } from '../core/errors.ts';
import { cat, movedim } from '../tensor/functions.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { choose, funcArg, linearMap, pullback, recordCall, type AnyFunc, type Argnums, type Func, type Linearized } from './derivatives.ts';
import { refill, type Tree } from './tree.ts';
import { vmap } from './vmap.ts';

/** `like.length` groups of one-hot tensors: group k has the rows that pick each element of tensor k, zeros for the others. */
function basis(like: readonly Tensor[]): Tensor[] {
  const counts = like.map((x) => x.numel()), total = counts.reduce((a, b) => a + b, 0);
  let before = 0;
  return like.map((x, k) => {
    const rows = x.newZeros([total, counts[k]]);
    rows.narrow(0, before, counts[k]).diagonal().fill_(1);
    before += counts[k];
    return rows.reshape([total, ...x.shape]);
  });
}

const along = (run: (rows: readonly Tensor[]) => readonly Tensor[], rows: readonly Tensor[], chunkSize: number | null): Tensor[] =>
  vmap((...given: readonly Tensor[]) => [...run(given)], { randomness: 'same', chunkSize })(...rows) as Tensor[];

/** Splits rows of all tensors' elements by tensor, and gives dim 0 that tensor's shape. */
function byTensor(rows: Tensor, like: readonly Tensor[]): Tensor[] {
  let from = 0;
  return like.map((x) => {
    const part = rows.narrow(0, from, x.numel());
    from += x.numel();
    return part.reshape([...x.shape, ...rows.layout.shape.slice(1)]);
  });
}

/** Per output, per input: [output shape..., input shape...]. */
type Blocks = readonly (readonly Tensor[])[];

export function rowsOf(call: Linearized, chunkSize: number | null): Blocks {
  const { attached, primals } = call;
  if (attached.length === 0) return [];
  const rows = along((cotangents) => pullback(call, cotangents), basis(attached.map((y) => y.detach())), chunkSize);
  const split = rows.map((all) => byTensor(all, attached));
  return attached.map((_, o) => primals.map((_x, i) => split[i][o]));
}

export function columnsOf(call: Linearized, chunkSize: number | null): Blocks {
  const { attached, primals } = call;
  const map = linearMap(call);
  const columns = along(map, basis(primals.map((x) => x.detach())), chunkSize);
  return columns.map((all, o) => byTensor(all, primals).map((block, i) => inputLast(block, primals[i].ndim, attached[o].ndim)));
}

/** [input..., output...] to [output..., input...]. */
function inputLast(block: Tensor, inputs: number, outputs: number): Tensor {
  const source = Array.from({ length: inputs }, (_, i) => i);
  return inputs === 0 || outputs === 0 ? block : movedim(block, source, source.map((i) => i + outputs));
}

/** The blocks in the structure of the output, in each leaf the structure of the inputs. */
const nested = (output: Tree, inputs: Tree, blocks: Blocks): Tree => refill(output, blocks.map((row) => refill(inputs, row)));

interface JacobianOptions {
  readonly argnums?: Argnums;
  readonly hasAux?: boolean;
}

type JacobianArgs<O> = readonly [argnums?: Argnums | null, hasAux?: boolean | null] | readonly [argnums: Argnums | null, options: O] | readonly [argnums: Argnums | null, hasAux: boolean | null, options: O] | readonly [options: O & JacobianOptions];

interface Rows {
  readonly hasAux?: boolean;
  /** How many rows are computed at once; all by default. */
  readonly chunkSize?: number | null;
}

interface Columns extends Rows {
  readonly randomness?: Randomness;
}

const JACREV = signature('jacrev(func, argnums?, hasAux?, *, chunkSize?)');
const JACFWD = signature('jacfwd(func, argnums?, hasAux?, *, randomness?, chunkSize?)');

/** What a Jacobian of `func` is: for a function of tensors to a tensor, a tensor. */
export type Jacobian<F extends Func> = (...args: Parameters<F>) => JacobianOf<ReturnType<F>>;
type JacobianOf<R> = R extends Tensor ? Tensor : R extends readonly [Tensor, infer A] ? readonly [Tensor, A] | readonly [Tensor, Tensor] : unknown;

function chunk(op: string, value: unknown): number | null {
  if (value === undefined) return null;
  const size = intArg(op, 'chunkSize', value);
  if (size <= 0) throw new ArgumentError(op, 'chunkSize', `must be positive, got ${size}`);
  return size;
}

function jacobian(op: 'jacrev' | 'jacfwd', blocks: (call: Linearized, chunkSize: number | null) => Blocks, func: unknown, bound: Readonly<Record<string, unknown>>): AnyFunc {
  const run = funcArg(op, func), argnums = (bound.argnums ?? 0) as Argnums, hasAux = boolArg(op, 'hasAux', bound.hasAux), chunkSize = chunk(op, bound.chunkSize);
  return (...args) => {
    const { tree, tensors, call } = choose(op, run, argnums, args);
    const recorded = recordCall(op, call, tree, tensors, hasAux);
    const result = nested(recorded.output, tree, blocks(recorded, chunkSize));
    return hasAux ? [result, recorded.aux] : result;
  };
}

/**
 * The Jacobian by reverse mode, best where outputs are fewer than inputs: per output and input a tensor of shape
 * `[output..., input...]`, in the output's structure with that of the argument(s) `argnums` in each leaf. `hasAux` as in
 * `grad`. PyTorch's `torch.func.jacrev`.
 */
export function jacrev<F extends Func>(func: F, ...args: JacobianArgs<Rows>): Jacobian<F> {
  return jacobian('jacrev', rowsOf, func, bind(JACREV, [func, ...args])) as Jacobian<F>;
}

/** The Jacobian by forward mode, best where inputs are fewer than outputs; results as of `jacrev`. PyTorch's `torch.func.jacfwd`. */
export function jacfwd<F extends Func>(func: F, ...args: JacobianArgs<Columns>): Jacobian<F> {
  const bound = bind(JACFWD, [func, ...args]);
  // The function runs once, before the map over its columns: no draw can happen in that.
  stringArg('jacfwd', 'randomness', bound.randomness, ['error', 'different', 'same'], 'error');
  return jacobian('jacfwd', columnsOf, func, bound) as Jacobian<F>;
}

/** The Hessian, forward over reverse mode: `jacfwd(jacrev(func))`. PyTorch's `torch.func.hessian`. */
export function hessian<F extends Func>(func: F, argnums: Argnums | { readonly argnums?: Argnums } = 0): (...args: Parameters<F>) => ReturnType<F> extends Tensor ? Tensor : unknown {
  const which = typeof argnums === 'number' || Array.isArray(argnums) ? argnums as Argnums : (bind(signature('hessian(func, argnums?)'), [func, argnums]).argnums ?? 0) as Argnums;
  return jacfwd(jacrev(func, which) as Func, which) as never;
}
