/**
 * The methods that are written with positional parameters, declared by schemas as operations are (operation.ts): from them
 * follow the named form of every parameter, the refusal of surplus arguments, `out`, and the types.
 * `x.unsqueeze({ dim: 0 })` is `x.unsqueeze(0)`. Methods with varargs or options of their own bind them themselves.
 */
import { bind, isOptions, type Signature } from '../core/args.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { TensorCore } from './core.ts';
import { outArg, signatureOf, writeOut, type CallOf } from './operation.ts';
import type { Tensor } from './tensor.ts';

const SCHEMAS = {
  select: 'select(dim: int, index: int)',
  narrow: 'narrow(dim: int, start: operand, length: int)',
  slice: 'slice(dim: int = 0, start: int?, end: int?, step: int = 1)',
  diagonal: 'diagonal(offset: int = 0, dim1: int = 0, dim2: int = 1)',
  unfold: 'unfold(dimension: int, size: int, step: int)',
  unsqueeze: 'unsqueeze(dim: int)',
  squeeze: 'squeeze(dim: ints?)',
  transpose: 'transpose(dim0: int, dim1: int)',
  swapaxes: 'swapaxes(axis0: int, axis1: int)',
  swapdims: 'swapdims(dim0: int, dim1: int)',
  movedim: 'movedim(source: ints, destination: ints)',
  moveaxis: 'moveaxis(source: ints, destination: ints)',
  flatten: 'flatten(startDim: int = 0, endDim: int = -1)',
  unflatten: 'unflatten(dim: int, sizes: ints)',
  asStrided: 'asStrided(size: ints, stride: ints, storageOffset: int?)',
  viewAs: 'viewAs(other: Tensor)',
  reshapeAs: 'reshapeAs(other: Tensor)',
  expandAs: 'expandAs(other: Tensor)',
  split: 'split(splitSize: ints, dim: int = 0)',
  chunk: 'chunk(chunks: int, dim: int = 0)',
  unbind: 'unbind(dim: int = 0)',
  roll: 'roll(shifts: ints, dims: ints?)',
  diag: 'diag(diagonal: int = 0, *, out: Tensor?)',
  repeatInterleave: 'repeatInterleave(repeats: operand, dim: int?, *, outputSize: int?)',
  indexPut: 'indexPut(indices: subscripts, values: operand, accumulate: bool = false)',
  indexPut_: 'indexPut_(indices: subscripts, values: operand, accumulate: bool = false)',
  gather: 'gather(dim: int, index: Tensor, *, out: Tensor?)',
  scatter: "scatter(dim: int, index: Tensor, src: operand?, *, value: scalar?, reduce: 'add'|'multiply'?, out: Tensor?)",
  scatter_: "scatter_(dim: int, index: Tensor, src: operand?, *, value: scalar?, reduce: 'add'|'multiply'?)",
  scatterAdd: 'scatterAdd(dim: int, index: Tensor, src: Tensor, *, out: Tensor?)',
  scatterAdd_: 'scatterAdd_(dim: int, index: Tensor, src: Tensor)',
  indexSelect: 'indexSelect(dim: int, index: Tensor, *, out: Tensor?)',
  indexAdd: 'indexAdd(dim: int, index: Tensor, source: Tensor, *, alpha: scalar = 1, out: Tensor?)',
  indexAdd_: 'indexAdd_(dim: int, index: Tensor, source: Tensor, *, alpha: scalar = 1)',
  indexCopy: 'indexCopy(dim: int, index: Tensor, source: Tensor, *, out: Tensor?)',
  indexCopy_: 'indexCopy_(dim: int, index: Tensor, source: Tensor)',
  indexFill: 'indexFill(dim: int, index: Tensor, value: operand)',
  indexFill_: 'indexFill_(dim: int, index: Tensor, value: operand)',
  maskedSelect: 'maskedSelect(mask: Tensor, *, out: Tensor?)',
  maskedFill: 'maskedFill(mask: Tensor, value: operand)',
  maskedFill_: 'maskedFill_(mask: Tensor, value: operand)',
  maskedScatter: 'maskedScatter(mask: Tensor, source: Tensor)',
  maskedScatter_: 'maskedScatter_(mask: Tensor, source: Tensor)',
  take: 'take(index: Tensor, *, out: Tensor?)',
  takeAlongDim: 'takeAlongDim(indices: Tensor, dim: int?, *, out: Tensor?)',
  fill_: 'fill_(value: operand)',
  copy_: 'copy_(src: operand, nonBlocking: bool = false)',
  clampMin: 'clampMin(min: operand)',
  clampMin_: 'clampMin_(min: operand)',
  clampMax: 'clampMax(max: operand)',
  clampMax_: 'clampMax_(max: operand)',
  addcmul: 'addcmul(tensor1: operand, tensor2: operand, *, value: scalar = 1)',
  addcmul_: 'addcmul_(tensor1: operand, tensor2: operand, *, value: scalar = 1)',
  addcdiv: 'addcdiv(tensor1: operand, tensor2: operand, *, value: scalar = 1)',
  addcdiv_: 'addcdiv_(tensor1: operand, tensor2: operand, *, value: scalar = 1)',
  lerp: 'lerp(end: Tensor, weight: operand)',
  lerp_: 'lerp_(end: Tensor, weight: operand)',
  where: 'where(condition: Tensor, other: operand)',
  leakyRelu: 'leakyRelu(negativeSlope: float = 0.01)',
  softplus: 'softplus(beta: float = 1, threshold: float = 20)',
  matmul: 'matmul(other: Tensor, *, out: Tensor?)',
  mm: 'mm(mat2: Tensor, *, out: Tensor?)',
  bmm: 'bmm(mat2: Tensor, *, out: Tensor?)',
  mv: 'mv(vec: Tensor, *, out: Tensor?)',
  dot: 'dot(tensor: Tensor, *, out: Tensor?)',
  inner: 'inner(other: Tensor, *, out: Tensor?)',
  outer: 'outer(vec2: Tensor, *, out: Tensor?)',
  equal: 'equal(other: Tensor)',
  requiresGrad_: 'requiresGrad_(requiresGrad: bool = true)',
} as const;

type Schemas = typeof SCHEMAS;
/** The type of a method that is declared here. */
type Form<K extends keyof Schemas, R = Tensor> = (...args: CallOf<Schemas[K]>) => R;
type Method = (this: Tensor, ...args: unknown[]) => unknown;

/** Wraps the methods of a prototype. A call by position goes straight through, and the method checks what it is given. */
export function installNamedForms(prototype: object): void {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const positional = (prototype as Record<string, Method>)[name];
    // Read at the first call, as operations' schemas are.
    let read: Signature | undefined;
    const value = {
      [name](this: Tensor, ...args: unknown[]): unknown {
        const sig = read ??= signatureOf(schema);
        if (args.length <= sig.positional && (args.length === 0 || !isOptions(args[args.length - 1]))) return positional.apply(this, args);
        const bound = bind(sig, args), values = sig.parameters.filter((parameter) => parameter !== 'out').map((parameter) => bound[parameter]), out = outArg(name, bound.out);
        const result = positional.apply(this, values);
        if (out === null) return result;
        const operands = [this, ...values];
        refuseOut(name, out, result as Tensor, operands);
        return writeOut(name, out, result as Tensor, operands);
      },
    }[name];
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** These write no other dtype, and not into what they read. */
function refuseOut(op: string, out: Tensor, { dtype }: Tensor, inputs: readonly unknown[]): void {
  if (out.dtype !== dtype) throw new DTypeError(op, out.dtype, `out must have dtype ${dtype}, got ${out.dtype}`);
  for (const input of inputs) if (input instanceof TensorCore && input.storage === out.storage) throw new ArgumentError(op, 'out', 'must not share memory with an input');
}

declare module './tensor.ts' {
  interface Tensor {
    select: Form<'select'>;
    narrow: Form<'narrow'>;
    slice: Form<'slice'>;
    diagonal: Form<'diagonal'>;
    unfold: Form<'unfold'>;
    unsqueeze: Form<'unsqueeze'>;
    squeeze: Form<'squeeze'>;
    transpose: Form<'transpose'>;
    swapaxes: Form<'swapaxes'>;
    swapdims: Form<'swapdims'>;
    movedim: Form<'movedim'>;
    moveaxis: Form<'moveaxis'>;
    flatten: Form<'flatten'>;
    unflatten: Form<'unflatten'>;
    asStrided: Form<'asStrided'>;
    viewAs: Form<'viewAs'>;
    reshapeAs: Form<'reshapeAs'>;
    expandAs: Form<'expandAs'>;
    split: Form<'split', Tensor[]>;
    chunk: Form<'chunk', Tensor[]>;
    unbind: Form<'unbind', Tensor[]>;
    roll: Form<'roll'>;
    diag: Form<'diag'>;
    repeatInterleave: Form<'repeatInterleave'>;
    indexPut: Form<'indexPut'>;
    indexPut_: Form<'indexPut_'>;
    gather: Form<'gather'>;
    scatter: Form<'scatter'>;
    scatter_: Form<'scatter_'>;
    scatterAdd: Form<'scatterAdd'>;
    scatterAdd_: Form<'scatterAdd_'>;
    indexSelect: Form<'indexSelect'>;
    indexAdd: Form<'indexAdd'>;
    indexAdd_: Form<'indexAdd_'>;
    indexCopy: Form<'indexCopy'>;
    indexCopy_: Form<'indexCopy_'>;
    indexFill: Form<'indexFill'>;
    indexFill_: Form<'indexFill_'>;
    maskedSelect: Form<'maskedSelect'>;
    maskedFill: Form<'maskedFill'>;
    maskedFill_: Form<'maskedFill_'>;
    maskedScatter: Form<'maskedScatter'>;
    maskedScatter_: Form<'maskedScatter_'>;
    take: Form<'take'>;
    takeAlongDim: Form<'takeAlongDim'>;
    fill_: Form<'fill_'>;
    copy_: Form<'copy_'>;
    clampMin: Form<'clampMin'>;
    clampMin_: Form<'clampMin_'>;
    clampMax: Form<'clampMax'>;
    clampMax_: Form<'clampMax_'>;
    addcmul: Form<'addcmul'>;
    addcmul_: Form<'addcmul_'>;
    addcdiv: Form<'addcdiv'>;
    addcdiv_: Form<'addcdiv_'>;
    lerp: Form<'lerp'>;
    lerp_: Form<'lerp_'>;
    where: Form<'where'>;
    leakyRelu(negativeSlope?: number): Tensor;
    leakyRelu(options: { readonly negativeSlope?: number }): Tensor;
    softplus(beta?: number, threshold?: number): Tensor;
    softplus(options: { readonly beta?: number; readonly threshold?: number }): Tensor;
    matmul: Form<'matmul'>;
    mm: Form<'mm'>;
    bmm: Form<'bmm'>;
    mv: Form<'mv'>;
    dot: Form<'dot'>;
    inner: Form<'inner'>;
    outer: Form<'outer'>;
  }
}
