/**
 * The argument rule for methods whose parameters are all positional: a trailing plain object may name any of them.
 * `x.unsqueeze({ dim: 0 })` is `x.unsqueeze(0)`. Methods with options of their own bind them themselves.
 */
import { bind, isOptions, signature } from '../core/args.ts';
import type { Tensor } from './tensor.ts';

/** Method: its parameters in PyTorch's order. */
const PARAMETERS = {
  select: 'dim, index', narrow: 'dim, start, length', unsqueeze: 'dim', squeeze: 'dim?', transpose: 'dim0, dim1', swapaxes: 'axis0, axis1', swapdims: 'dim0, dim1',
  movedim: 'source, destination', moveaxis: 'source, destination', unflatten: 'dim, sizes', unfold: 'dimension, size, step', asStrided: 'size, stride, storageOffset?',
  split: 'splitSize, dim?', chunk: 'chunks, dim?', unbind: 'dim?', diag: 'diagonal?', roll: 'shifts, dims?',
  indexSelect: 'dim, index', takeAlongDim: 'indices, dim?', maskedFill: 'mask, value', maskedFill_: 'mask, value', maskedSelect: 'mask', maskedScatter: 'mask, source',
  leakyRelu: 'negativeSlope?', softplus: 'beta?, threshold?', matmul: 'other', mm: 'mat2', bmm: 'mat2', mv: 'vec', dot: 'tensor', inner: 'other', outer: 'vec2',
  fill_: 'value', copy_: 'src', lerp: 'end, weight', lerp_: 'end, weight', where: 'condition, other',
} as const;

type Method = (this: Tensor, ...args: unknown[]) => unknown;

/** Wraps the methods of a prototype. A call without a trailing object goes straight through. */
export function installNamedForms(prototype: object): void {
  for (const [name, parameters] of Object.entries(PARAMETERS)) {
    const positional = (prototype as Record<string, Method>)[name];
    const sig = signature(`${name}(${parameters})`);
    const value = {
      [name](this: Tensor, ...args: unknown[]): unknown {
        if (args.length === 0 || !isOptions(args[args.length - 1])) return positional.apply(this, args);
        const bound = bind(sig, args);
        return positional.apply(this, sig.parameters.map((parameter) => bound[parameter]));
      },
    }[name];
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

type Dims = number | readonly number[];

// The named forms of the commonest, as overloads beside the positional ones.
declare module './tensor.ts' {
  interface Tensor {
    unsqueeze(dim: number): Tensor;
    unsqueeze(options: { readonly dim: number }): Tensor;
    squeeze(dim?: Dims | null): Tensor;
    squeeze(options: { readonly dim?: Dims | null }): Tensor;
    transpose(dim0: number, dim1: number): Tensor;
    transpose(options: { readonly dim0: number; readonly dim1: number }): Tensor;
    split(splitSize: Dims, dim?: number): Tensor[];
    split(splitSize: Dims, options: { readonly dim?: number }): Tensor[];
    chunk(chunks: number, dim?: number): Tensor[];
    chunk(chunks: number, options: { readonly dim?: number }): Tensor[];
    unbind(dim?: number): Tensor[];
    unbind(options: { readonly dim?: number }): Tensor[];
    roll(shifts: Dims, dims?: Dims | null): Tensor;
    roll(shifts: Dims, options: { readonly dims?: Dims | null }): Tensor;
    leakyRelu(negativeSlope?: number): Tensor;
    leakyRelu(options: { readonly negativeSlope?: number }): Tensor;
    softplus(beta?: number, threshold?: number): Tensor;
    softplus(options: { readonly beta?: number; readonly threshold?: number }): Tensor;
  }
}
