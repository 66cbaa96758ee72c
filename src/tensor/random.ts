/** Random tensors from PyTorch's CPU generator: the same numbers for the same seed. */
import { F32, F64, I64, U8, dtypeCode, isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { bind, intArg, numberArg, signature } from '../core/args.ts';
import { formatArg } from '../core/memory-format.ts';
import { RNG_WORDS } from '../core/rng.ts';
import { contiguousLayout, checkShape } from '../core/layout.ts';
import { dtypeOption } from './reduction.ts';
import { intList } from './movement.ts';
import { TensorCore } from './core.ts';
import { defaultDTypeCode } from './promotion.ts';
import { everySample } from './batching.ts';
import { drawInto } from './draw.ts';
import { randomInto } from './kernels.ts';
import { Generator, defaultGenerator, generatorState } from './random-state.ts';
import { emptyLike, emptyTensor, finish, sizeArgs, type SizeArgs, type TensorOptions } from './create.ts';
import { elements } from './values.ts';
import { noGrad } from './grad-mode.ts';
import { operation, type Method } from './operation.ts';
import { recordZeros } from './graph.ts';
import { PlainTensor, type Tensor } from './tensor.ts';

export { Generator, defaultGenerator };

export type RandomOptions = TensorOptions & { readonly generator?: Generator };
type RandomSizeArgs = SizeArgs | readonly [...sizes: readonly (number | readonly number[])[], options: RandomOptions];

/** Starts the default generator's stream of a seed, and returns the generator. */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** The seed the default generator was started with. */
export const initialSeed = (): number => defaultGenerator.initialSeed();

/** Starts the default generator from a fresh random seed and returns it. */
export const seed = (): number => defaultGenerator.seed();

/** The default generator's state as a uint8 tensor. */
export function getRngState(generator: Generator = defaultGenerator): Tensor {
  const out = emptyTensor([RNG_WORDS * 4], U8);
  const words = generator.words;
  (elements(out) as Uint8Array).set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  return out;
}

/** Continues from a state that getRngState gave. */
export function setRngState(state: Tensor, generator: Generator = defaultGenerator): void {
  if (!(state instanceof TensorCore) || state.dtypeCode !== U8 || state.numel() !== RNG_WORDS * 4) {
    throw new ArgumentError('setRngState', 'state', `must be a uint8 Tensor of ${RNG_WORDS * 4} elements from getRngState()`);
  }
  const words = generator.words;
  const bytes = elements(state.contiguous()) as Uint8Array;
  const position = new DataView(bytes.buffer, bytes.byteOffset + 624 * 4, 4).getUint32(0, true);
  if (position > 624) throw new ArgumentError('setRngState', 'state', 'is not a generator state');
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength).set(bytes);
}

const RAND = signature('rand(...size?, *, dtype?, requiresGrad?, device?, generator?)');
const RANDN = signature('randn(...size?, *, dtype?, requiresGrad?, device?, generator?)');
const RANDINT = signature('randint(low, high, size, *, dtype?, requiresGrad?, device?, generator?)');
const RANDINT_FROM_ZERO = signature('randint(high, size, *, dtype?, requiresGrad?, device?, generator?)');
const RANDPERM = signature('randperm(n, *, dtype?, requiresGrad?, device?, generator?)');
const NORMAL = signature('normal(mean, std?, size?, *, dtype?, requiresGrad?, device?, generator?)');

function drawn(op: 'rand' | 'randn', args: readonly unknown[]): Tensor {
  const { shape, bound } = sizeArgs(op, args, op === 'rand' ? RAND : RANDN);
  const code = dtypeOption(op, bound.dtype) ?? defaultDTypeCode();
  if (!isFloating(code)) throw new DTypeError(op, String(bound.dtype), `expected a floating point dtype, got ${String(bound.dtype)}`);
  const out = emptyTensor(shape, code, bound.requiresGrad === true);
  drawInto(out, op === 'rand' ? 'uniform' : 'normal', 0, 1, generatorState(bound.generator as Generator | undefined));
  return finish(op, out, bound);
}

/** Uniform numbers in [0, 1); floating dtypes. */
export function rand(...args: RandomSizeArgs): Tensor {
  return drawn('rand', args);
}

/** Standard normal numbers; floating dtypes. */
export function randn(...args: RandomSizeArgs): Tensor {
  return drawn('randn', args);
}

const LIKE = '(input: Tensor, *, dtype: dtype?, requiresGrad: bool = false, device: string?, memoryFormat: any?, generator: generator?)' as const;
const drawnLike = <Name extends 'randLike' | 'randnLike'>(name: Name, kind: 'uniform' | 'normal') =>
  operation(`${name}${LIKE}`, (input, dtype = input.dtype, requiresGrad, device, memoryFormat, generator): Tensor => {
    if (!isFloating(dtypeCode(dtype))) throw new DTypeError(name, dtype, `expected a floating point dtype, got ${dtype}`);
    const out = emptyLike(input, { dtype, memoryFormat: formatArg(name, memoryFormat) });
    drawInto(out, kind, 0, 1, generatorState(generator));
    return finish(name, out, { device, requiresGrad });
  });

/** Uniform numbers in [0, 1) of input's shape and dtype, in the order of its memory. PyTorch's `torch.rand_like`. */
export const randLike = drawnLike('randLike', 'uniform');
/** Standard normal numbers of input's shape and dtype, in the order of its memory. PyTorch's `torch.randn_like`. */
export const randnLike = drawnLike('randnLike', 'normal');

/** Integers in [low, high), int64 unless given. `randint(high, size)` or `randint(low, high, size)`. */
export function randint(...args: readonly unknown[]): Tensor {
  const bound = bind(Array.isArray(args[1]) ? RANDINT_FROM_ZERO : RANDINT, args);
  const low = intArg('randint', 'low', bound.low, 0), high = intArg('randint', 'high', bound.high);
  if (high <= low) throw new ArgumentError('randint', 'high', `must be greater than low, got ${low} and ${high}`);
  const shape = intList('randint', 'size', bound.size as readonly unknown[]);
  checkShape('randint', shape);
  const out = emptyTensor(shape, dtypeOption('randint', bound.dtype) ?? I64);
  drawInto(out, 'randint', low, high, generatorState(bound.generator as Generator | undefined));
  return finish('randint', out, bound);
}

/** Integers in [low, high), or [0, low) where high is absent, of input's shape and dtype, in the order of its memory. PyTorch's `torch.randint_like`. */
export const randintLike = operation('randintLike(input: Tensor, low: int?, high: int?, *, dtype: dtype?, requiresGrad: bool = false, device: string?, memoryFormat: any?, generator: generator?)',
  (input, low, high, dtype = input.dtype, requiresGrad, device, memoryFormat, generator): Tensor => {
    const [from, to] = high === undefined ? [0, low] : [low ?? 0, high];
    if (to === undefined) throw new ArgumentError('randintLike', 'high', 'is missing');
    if (to <= from) throw new ArgumentError('randintLike', 'high', `must be greater than low, got ${from} and ${to}`);
    const out = emptyLike(input, { dtype, memoryFormat: formatArg('randintLike', memoryFormat) });
    drawInto(out, 'randint', from, to, generatorState(generator));
    return finish('randintLike', out, { device, requiresGrad });
  });

/** A random permutation of 0 .. n - 1, int64 unless given. */
export function randperm(...args: readonly unknown[]): Tensor {
  const bound = bind(RANDPERM, args);
  const n = intArg('randperm', 'n', bound.n);
  checkShape('randperm', [n]);
  const out = emptyTensor([n], I64);
  const state = generatorState(bound.generator as Generator | undefined);
  randomInto('randperm', out, new PlainTensor(state, contiguousLayout([RNG_WORDS]), 3), 0, 0);
  const code = dtypeOption('randperm', bound.dtype) ?? I64;
  return finish('randperm', out.castTo(code), bound);
}

/** Normal numbers with the means and standard deviations given (numbers with a size, or tensors). */
export function normal(...args: readonly unknown[]): Tensor {
  const bound = bind(NORMAL, args);
  const { mean, std = 1 } = bound;
  const tensors = [mean, std].filter((x): x is Tensor => x instanceof TensorCore);
  const shape = tensors.length > 0 ? [...tensors[0].add(tensors[tensors.length - 1]).shape] : intList('normal', 'size', bound.size as readonly unknown[] ?? missingSize());
  const out = emptyTensor(shape, tensors.length > 0 ? tensors[0].dtypeCode : dtypeOption('normal', bound.dtype) ?? defaultDTypeCode());
  const numeric = tensors.length === 0;
  drawInto(out, 'normal', numeric ? numberArg('normal', 'mean', mean) : 0, numeric ? numberArg('normal', 'std', std) : 1, generatorState(bound.generator as Generator | undefined));
  if (numeric) return finish('normal', out, bound);
  noGrad(() => out.mul_(std as Tensor | number).add_(mean as Tensor | number));
  return recordZeros('normal', out, tensors);
}

function missingSize(): never {
  throw new ArgumentError('normal', 'size', 'is missing: it is required where mean and std are numbers');
}

/** Ones with the probabilities in `input` (or p), else zeros, in input's dtype. PyTorch's `torch.bernoulli`. */
export const bernoulli = operation('bernoulli(input: Tensor, p: float?, *, generator: generator?, out: Tensor?)', (input, p, generator): Tensor => {
  if (p === undefined && !isFloating(input.dtypeCode)) throw new DTypeError('bernoulli', input.dtype, `input must hold probabilities of a floating point dtype, got ${input.dtype}`);
  if (p !== undefined && !(p >= 0 && p <= 1)) throw new ArgumentError('bernoulli', 'p', `must be in [0, 1], got ${p}`);
  const out = emptyTensor(input.layout.shape, input.dtypeCode);
  drawInto(out, 'bernoulli', p ?? input, 0, generatorState(generator));
  return recordZeros('bernoulli', out, [input]);
});

/** Indices drawn with the (unnormalised) probabilities of every row, `[..., C]` to `[..., numSamples]`, int64: PyTorch's exponential races, or its table with replacement. PyTorch's `torch.multinomial`. */
export const multinomial = operation('multinomial(input: Tensor, numSamples: int, replacement: bool = false, *, generator: generator?)', (input, count, replacement, generator): Tensor => {
  if (input.ndim === 0 || input.ndim > 2) throw new ArgumentError('multinomial', 'input', `must be a Tensor of 1 or 2 dimensions, got shape [${input.shape.join(', ')}]`);
  if (!isFloating(input.dtypeCode)) throw new DTypeError('multinomial', input.dtype, `input must hold probabilities of a floating point dtype, got ${input.dtype}`);
  const classes = input.shape[input.ndim - 1];
  if (count <= 0) throw new ArgumentError('multinomial', 'numSamples', `must be positive, got ${count}`);
  if (!replacement && count > classes) throw new ArgumentError('multinomial', 'numSamples', `must not exceed the ${classes} categories without replacement, got ${count}`);
  const weights = everySample(input);
  if (!weights.ge(0).all().item() || !weights.isfinite().all().item() || !weights.sum(-1).gt(0).all().item()) {
    throw new ArgumentError('multinomial', 'input', 'must hold finite, non-negative probabilities with a positive sum');
  }
  if (!replacement || count === 1) return races(input, count, generator);
  const cumulative = input.detach().castTo(1).cumsum(-1);
  const scaled = cumulative.div(cumulative.narrow(-1, classes - 1, 1));
  const uniform = emptyTensor([...input.layout.shape.slice(0, -1), count], 1);
  drawInto(uniform, 'uniform', 0, 1, generatorState(generator));
  return scaled.unsqueeze(-2).le(uniform.unsqueeze(-1)).sum(-1);
});

function races(input: Tensor, count: number, generator: Generator | undefined): Tensor {
  const q = emptyLike(input, { dtype: input.dtypeCode === F64 ? 'float64' : 'float32' });
  drawInto(q, 'exponential', 1, 0, generatorState(generator));
  let keys = input.detach().castTo(q.dtypeCode).div(q);
  const picks: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const pick = keys.argmax(-1, true);
    picks.push(pick);
    if (i + 1 < count) keys = keys.scatter(-1, pick, -1);
  }
  return picks[0].cat(picks.slice(1), -1);
}

export const RANDOM_METHODS = { bernoulli, multinomial };

declare module './tensor.ts' {
  interface Tensor {
    bernoulli: Method<typeof bernoulli>;
    multinomial: Method<typeof multinomial>;
  }
}
