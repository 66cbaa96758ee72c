/** Initialisers, in place and without gradient, drawing exactly what PyTorch draws for the same seed. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { bind, intArg, numberArg, show, signature, stringArg, type Bound, type CallArgs } from '../core/args.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { empty, emptyLike, tensor as makeTensor } from '../tensor/create.ts';
import { randperm, type Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { erfinv, normalCdf, orthonormalColumns } from './init-math.ts';
import { skipping } from './skip-init.ts';

export type FanMode = 'fan_in' | 'fan_out';
export type Nonlinearity =
  | 'linear' | 'conv1d' | 'conv2d' | 'conv3d' | 'conv_transpose1d' | 'conv_transpose2d' | 'conv_transpose3d'
  | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

const GAINS: Readonly<Record<Nonlinearity, number | undefined>> = {
  linear: 1, conv1d: 1, conv2d: 1, conv3d: 1, conv_transpose1d: 1, conv_transpose2d: 1, conv_transpose3d: 1, sigmoid: 1,
  tanh: 5 / 3, relu: Math.SQRT2, leaky_relu: undefined, selu: 3 / 4,
};
const NONLINEARITIES = Object.keys(GAINS) as Nonlinearity[];

/** The factor that keeps the variance through a nonlinearity; `param` is the slope of leaky_relu. */
export function calculateGain(nonlinearity: Nonlinearity, param?: number | null): number {
  const name = stringArg('calculateGain', 'nonlinearity', nonlinearity, NONLINEARITIES);
  return GAINS[name] ?? Math.sqrt(2 / (1 + numberArg('calculateGain', 'param', param, 0.01) ** 2));
}

/** Inputs and outputs of one unit of a weight laid out `[out, in, ...kernel]`. */
export function calculateFanInAndFanOut(tensor: Tensor): [fanIn: number, fanOut: number] {
  return fans('calculateFanInAndFanOut', tensor);
}

function fans(op: string, tensor: Tensor): [number, number] {
  const shape = tensor.shape;
  if (shape.length < 2) throw new ShapeError(op, `fan in and fan out need at least 2 dimensions, got shape [${shape.join(', ')}]`);
  const field = shape.slice(2).reduce((a, b) => a * b, 1);
  return [shape[1] * field, shape[0] * field];
}

type Number = (name: string, fallback?: number) => number;

/** An initialiser from its signature and body: reads the arguments, runs without gradient, returns the tensor. */
function initializer<P extends readonly unknown[], O>(text: string, body: (tensor: Tensor, number: Number, values: Bound, op: string) => void) {
  const sig = signature(text);
  return (tensor: Tensor, ...args: CallArgs<P, O>): Tensor => {
    const values = bind(sig, [tensor, ...args]);
    if (!(tensor instanceof Tensor)) throw new ArgumentError(sig.name, 'tensor', `must be a Tensor, got ${show(tensor)}`);
    if (!skipping) noGrad(() => body(tensor, (name, fallback) => numberArg(sig.name, name, values[name], fallback), values, sig.name));
    return tensor;
  };
}

const draws = (values: Bound): { generator?: Generator } => (values.generator === undefined ? {} : { generator: values.generator as Generator });

const uniform = (tensor: Tensor, low: number, high: number, values: Bound): Tensor => tensor.uniform_(low, high, draws(values));
const normal = (tensor: Tensor, mean: number, std: number, values: Bound): Tensor => tensor.normal_(mean, std, draws(values));

interface Draw { generator?: Generator }

export const uniform_ = initializer<[a: number, b: number, generator: Generator], Draw & { a?: number; b?: number }>(
  'uniform_(tensor, a?, b?, generator?)',
  (tensor, number, values) => { uniform(tensor, number('a', 0), number('b', 1), values); },
);

export const normal_ = initializer<[mean: number, std: number, generator: Generator], Draw & { mean?: number; std?: number }>(
  'normal_(tensor, mean?, std?, generator?)',
  (tensor, number, values) => { normal(tensor, number('mean', 0), number('std', 1), values); },
);

export const constant_ = initializer<[val: number], { val?: number }>('constant_(tensor, val)', (tensor, number) => { tensor.fill_(number('val')); });
export const ones_ = initializer<[], object>('ones_(tensor)', (tensor) => { tensor.fill_(1); });
export const zeros_ = initializer<[], object>('zeros_(tensor)', (tensor) => { tensor.fill_(0); });

export const eye_ = initializer<[], object>('eye_(tensor)', (tensor, _number, _values, op) => {
  if (tensor.ndim !== 2) throw new ShapeError(op, `needs a tensor with 2 dimensions, got shape [${tensor.shape.join(', ')}]`);
  const [rows, columns] = tensor.shape;
  write(tensor, (i) => (Math.floor(i / columns) === i % columns && Math.floor(i / columns) < rows ? 1 : 0));
});

/** The identity of a convolution, in as many channels as there are. */
export const dirac_ = initializer<[groups: number], { groups?: number }>('dirac_(tensor, groups?)', (tensor, _number, values, op) => {
  const groups = intArg(op, 'groups', values.groups, 1);
  const shape = tensor.shape;
  if (shape.length < 3 || shape.length > 5) throw new ShapeError(op, `needs a tensor with 3, 4 or 5 dimensions, got shape [${shape.join(', ')}]`);
  if (groups < 1 || shape[0] % groups !== 0) throw new ShapeError(op, `dimension 0 of size ${shape[0]} is not divisible by ${groups} groups`);
  const outPerGroup = shape[0] / groups, kernel = shape.slice(2), field = kernel.reduce((a, b) => a * b, 1);
  const centre = kernel.reduce((at, size) => at * size + Math.floor(size / 2), 0);
  const channels = Math.min(outPerGroup, shape[1]);
  write(tensor, (i) => {
    const out = Math.floor(i / (shape[1] * field)) % outPerGroup, channel = Math.floor(i / field) % shape[1];
    return out === channel && out < channels && i % field === centre ? 1 : 0;
  });
});

/** Glorot and Bengio (2010), uniform. */
export const xavierUniform_ = initializer<[gain: number, generator: Generator], Draw & { gain?: number }>(
  'xavierUniform_(tensor, gain?, generator?)',
  (tensor, number, values, op) => {
    const [fanIn, fanOut] = fans(op, tensor);
    const bound = Math.sqrt(3) * number('gain', 1) * Math.sqrt(2 / (fanIn + fanOut));
    uniform(tensor, -bound, bound, values);
  },
);

/** Glorot and Bengio (2010), normal. */
export const xavierNormal_ = initializer<[gain: number, generator: Generator], Draw & { gain?: number }>(
  'xavierNormal_(tensor, gain?, generator?)',
  (tensor, number, values, op) => {
    const [fanIn, fanOut] = fans(op, tensor);
    normal(tensor, 0, number('gain', 1) * Math.sqrt(2 / (fanIn + fanOut)), values);
  },
);

type KaimingPositions = [a: number, mode: FanMode, nonlinearity: Nonlinearity, generator: Generator];
interface KaimingOptions extends Draw { a?: number; mode?: FanMode; nonlinearity?: Nonlinearity }

function kaimingStd(tensor: Tensor, number: Number, values: Bound, op: string): number {
  const mode = stringArg<FanMode>(op, 'mode', values.mode, ['fan_in', 'fan_out'], 'fan_in');
  const nonlinearity = stringArg<Nonlinearity>(op, 'nonlinearity', values.nonlinearity, NONLINEARITIES, 'leaky_relu');
  const [fanIn, fanOut] = fans(op, tensor);
  return calculateGain(nonlinearity, number('a', 0)) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/** He et al. (2015), uniform. */
export const kaimingUniform_ = initializer<KaimingPositions, KaimingOptions>(
  'kaimingUniform_(tensor, a?, mode?, nonlinearity?, generator?)',
  (tensor, number, values, op) => {
    if (tensor.shape.includes(0)) return;
    const bound = Math.sqrt(3) * kaimingStd(tensor, number, values, op);
    uniform(tensor, -bound, bound, values);
  },
);

/** He et al. (2015), normal. */
export const kaimingNormal_ = initializer<KaimingPositions, KaimingOptions>(
  'kaimingNormal_(tensor, a?, mode?, nonlinearity?, generator?)',
  (tensor, number, values, op) => {
    if (!tensor.shape.includes(0)) normal(tensor, 0, kaimingStd(tensor, number, values, op), values);
  },
);

/** From this share of the normal distribution within the bounds on, normal values are drawn, and those outside drawn again. */
const LIKELY = 0.3;

/** Normal values within [a, b], drawn by rejection as PyTorch draws them. */
export const truncNormal_ = initializer<[mean: number, std: number, a: number, b: number, generator: Generator], Draw & { mean?: number; std?: number; a?: number; b?: number }>(
  'truncNormal_(tensor, mean?, std?, a?, b?, generator?)',
  (tensor, number, values, op) => {
    const mean = number('mean', 0), std = number('std', 1), a = number('a', -2), b = number('b', 2);
    if (!(a < b)) throw new ArgumentError(op, 'a', `must be below b, got ${a} and ${b}`);
    if (normalCdf((b - mean) / std) - normalCdf((a - mean) / std) > LIKELY) truncateNormals(tensor, mean, std, a, b, values);
    else rejectUniforms(tensor, mean, std, a, b, values);
  },
);

/** What falls outside is taken from further draws of the whole tensor. */
function truncateNormals(tensor: Tensor, mean: number, std: number, a: number, b: number, values: Bound): void {
  const low = tensor.newFull([], a), high = tensor.newFull([], b);
  const outside = (): Tensor => tensor.lt(low).logicalOr(tensor.gt(high));
  normal(tensor, mean, std, values);
  for (let redraw = outside(); redraw.any().item(); redraw = outside()) {
    tensor.copy_(normal(emptyLike(tensor), mean, std, values).where(redraw, tensor));
  }
}

/** Uniform candidates, each kept with the density there over the density's peak within the bounds. */
function rejectUniforms(tensor: Tensor, mean: number, std: number, a: number, b: number, values: Bound): void {
  const mode = Math.max(a, Math.min(mean, b)), logPeak = -0.5 * ((mode - mean) / std) ** 2;
  const candidates = emptyLike(tensor), chances = emptyLike(tensor);
  const rejected = (): Tensor => {
    candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(logPeak);
    return uniform(chances, 0, 1, values).log_().gt(candidates);
  };
  candidates.copy_(uniform(tensor, a, b, values));
  for (let pending = rejected(); pending.any().item();) {
    tensor.copy_(uniform(candidates, a, b, values).where(pending, tensor));
    pending = rejected().logicalAnd(pending);
  }
}

/** Saxe et al. (2013): a (semi-)orthogonal matrix times `gain`; further dimensions are flattened into the columns. */
export const orthogonal_ = initializer<[gain: number, generator: Generator], Draw & { gain?: number }>(
  'orthogonal_(tensor, gain?, generator?)',
  (tensor, number, values, op) => {
    if (tensor.ndim < 2) throw new ShapeError(op, `needs a tensor with at least 2 dimensions, got shape [${tensor.shape.join(', ')}]`);
    if (tensor.shape.includes(0)) return;
    const rows = tensor.shape[0], columns = tensor.numel() / rows;
    const drawn = toNumbers(normal(empty([rows, columns], { dtype: tensor.dtype }), 0, 1, values));
    const wide = rows < columns, tall = Math.max(rows, columns), thin = Math.min(rows, columns);
    const at = (i: number): number => (wide ? (i % thin) * columns + Math.floor(i / thin) : i);
    const q = Float64Array.from(drawn, (_, i) => drawn[at(i)]);
    orthonormalColumns(q, tall, thin);
    const gain = number('gain', 1);
    write(tensor, (i) => gain * q[wide ? (i % columns) * rows + Math.floor(i / columns) : i]);
  },
);

/** Martens (2010): normal values, in every column a fraction `sparsity` of the rows zero. */
export const sparse_ = initializer<[sparsity: number, std: number, generator: Generator], Draw & { sparsity?: number; std?: number }>(
  'sparse_(tensor, sparsity, std?, generator?)',
  (tensor, number, values, op) => {
    if (tensor.ndim !== 2) throw new ShapeError(op, `needs a tensor with 2 dimensions, got shape [${tensor.shape.join(', ')}]`);
    const [rows, columns] = tensor.shape;
    const zeros = Math.ceil(number('sparsity') * rows);
    const drawn = toNumbers(normal(tensor, 0, number('std', 0.01), values));
    // PyTorch shuffles with the default generator here, whatever generator it was given.
    for (let column = 0; column < columns; column++) {
      const order = toNumbers(randperm(rows));
      for (let i = 0; i < zeros; i++) drawn[order[i] * columns + column] = 0;
    }
    write(tensor, (i) => drawn[i]);
  },
);

function toNumbers(tensor: Tensor): Float64Array {
  return Float64Array.from(tensor.toTypedArray(), Number);
}

/** Fills a tensor with a function of the row-major position. */
function write(tensor: Tensor, value: (position: number) => number): void {
  const values = Float64Array.from({ length: tensor.numel() }, (_, i) => value(i));
  tensor.copy_(makeTensor(values).view(...tensor.shape));
}
