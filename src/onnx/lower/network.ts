/** Products, normalizations, activations and losses. */
import { full, ones } from '../../tensor/create.ts';
import type { DType } from '../../core/dtype.ts';
import type { Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import { productOf } from '../sizes.ts';
import { expm1 } from './elementwise.ts';
import { isFloat, rule, type Rule, type Rules } from './rule.ts';

const product = (name: string, second: string): [string, Rule] =>
  [name, rule(`${name}(input, ${second})`, (a, g) => {
    // There is no product of bools, nor of the smaller integers.
    const compute: DType = isFloat(a.out.dtype) ? a.out.dtype : 'int64';
    return g.cast(g.add('MatMul', [a.name('input', compute), a.name(second, compute)]), compute, a.out.dtype);
  })];

function linear(a: Arguments, g: Graph): Name {
  const input = a.node('input'), x = a.name('input'), weight = a.name('weight'), bias = a.has('bias') ? [a.name('bias')] : [];
  const activation = a.string('activation', 'none');
  if (activation !== 'none') return g.fail(`is not exported with the activation ${activation}`);
  if (input.shape.length === 2 && isFloat(input.dtype)) return g.add('Gemm', [x, weight, ...bias], { transB: 1 });
  const out = g.add('MatMul', [x, g.add('Transpose', [weight], { perm: [1, 0] })]);
  return bias.length === 0 ? out : g.add('Add', [out, bias[0]]);
}

/** `beta * input + alpha * (x @ y)`. */
const scaledProduct = (name: string, first: string, second: string): [string, Rule] =>
  [name, rule(`${name}(input, ${first}, ${second}, beta?, alpha?)`, (a, g) => {
    const { dtype } = a.out, beta = Number(a.raw('beta') ?? 1), alpha = Number(a.raw('alpha') ?? 1);
    const scale = (x: Name, factor: number): Name => (factor === 1 ? x : g.add('Mul', [x, g.constant(factor, dtype)]));
    const term = scale(g.add('MatMul', [a.name(first), a.name(second)]), alpha);
    return beta === 0 ? term : g.add('Add', [scale(a.name('input'), beta), term]);
  })];

/** A weight or bias per channel, or the value that changes nothing. */
const perChannel = (a: Arguments, g: Graph, name: string, channels: number, otherwise: number, dtype: DType): Name =>
  (a.has(name) ? a.name(name, dtype) : g.initializer(full([channels], otherwise, { dtype })));

function channelsOf(a: Arguments, g: Graph): number {
  const channels = a.node('input').shape[1];
  return typeof channels === 'number' ? channels : g.fail('is exported only with a number of channels that is not dynamic');
}

/** `[C]` as a tensor that broadcasts over `[N, C, ...]`. */
const overChannels = (g: Graph, x: Name, channels: number, rank: number): Name => g.reshape(x, null, [channels, ...new Array<number>(Math.max(rank - 2, 0)).fill(1)]);

function batchNorm(a: Arguments, g: Graph, byRunning: boolean): Name {
  const input = a.node('input'), channels = channelsOf(a, g), { dtype } = input, rank = input.shape.length, epsilon = { float: a.number('eps', 1e-5) };
  const scale = perChannel(a, g, 'weight', channels, 1, dtype), bias = perChannel(a, g, 'bias', channels, 0, dtype);
  if (byRunning) return g.add('BatchNormalization', [a.name('input'), scale, bias, a.name('runningMean', dtype), a.name('runningVar', dtype)], { epsilon });
  const dims = g.ints(input.shape.flatMap((_, i) => (i === 1 ? [] : [i])));
  const centered = g.add('Sub', [a.name('input'), g.add('ReduceMean', [a.name('input'), dims], { keepdims: 1 })]);
  const variance = g.add('ReduceMean', [g.add('Mul', [centered, centered]), dims], { keepdims: 1 });
  const normal = g.add('Div', [centered, g.add('Sqrt', [g.add('Add', [variance, g.constant(a.number('eps', 1e-5), dtype)])])]);
  return g.add('Add', [g.add('Mul', [normal, overChannels(g, scale, channels, rank)]), overChannels(g, bias, channels, rank)]);
}

function groupNorm(a: Arguments, g: Graph): Name {
  const input = a.node('input'), channels = channelsOf(a, g), groups = a.number('numGroups'), { dtype } = input;
  const spread = g.reshape(a.name('input'), null, [input.shape[0], groups, productOf([channels / groups, ...input.shape.slice(2)])]);
  const one = g.initializer(ones([groups], { dtype })), zero = g.initializer(full([groups], 0, { dtype }));
  const normal = g.add('InstanceNormalization', [spread, one, zero], { epsilon: { float: a.number('eps', 1e-5) } });
  let out = g.reshape(normal, null, input.shape);
  if (a.has('weight')) out = g.add('Mul', [out, overChannels(g, a.name('weight'), channels, input.shape.length)]);
  return a.has('bias') ? g.add('Add', [out, overChannels(g, a.name('bias'), channels, input.shape.length)]) : out;
}

function layerNorm(a: Arguments, g: Graph): Name {
  const { dtype } = a.node('input'), shape = a.ints('normalizedShape') ?? [];
  const scale = a.has('weight') ? a.name('weight', dtype) : g.initializer(ones([...shape], { dtype }));
  return g.add('LayerNormalization', [a.name('input'), scale, ...(a.has('bias') ? [a.name('bias', dtype)] : [])], { axis: -shape.length, epsilon: { float: a.number('eps', 1e-5) } });
}

function rmsNorm(a: Arguments, g: Graph): Name {
  const { dtype } = a.node('input'), shape = a.ints('normalizedShape') ?? [], eps = a.number('eps', dtype === 'float64' ? 2 ** -52 : 2 ** -23);
  const x = a.name('input'), weight = a.has('weight') ? a.name('weight', dtype) : null;
  if (g.opset >= 23) return g.add('RMSNormalization', [x, weight ?? g.initializer(ones([...shape], { dtype }))], { axis: -shape.length, epsilon: { float: eps } });
  const mean = g.add('ReduceMean', [g.add('Mul', [x, x]), g.ints(shape.map((_, i) => i - shape.length))], { keepdims: 1 });
  const normal = g.add('Div', [x, g.add('Sqrt', [g.add('Add', [mean, g.constant(eps, dtype)])])]);
  return weight === null ? normal : g.add('Mul', [normal, weight]);
}

/** An activation with number parameters, in PyTorch's order. */
const activation = (name: string, parameters: readonly string[], make: (g: Graph, x: Name, values: readonly number[], dtype: DType) => Name): [string, Rule] =>
  [name, rule(`${name}(input${parameters.map((parameter) => `, ${parameter}`).join('')})`, (a, g) => make(g, a.name('input'), parameters.map((parameter) => a.number(parameter.replace('?', ''))), a.out.dtype))];

const clip = (g: Graph, x: Name, low: number, high: number, dtype: DType): Name => g.add('Clip', [x, g.constant(low, dtype), g.constant(high, dtype)]);

function gelu(a: Arguments, g: Graph): Name {
  const { dtype } = a.out, x = a.name('input'), options = a.raw('approximate') as unknown;
  const approximate = typeof options === 'string' ? options : 'none', of = (n: number): Name => g.constant(n, dtype);
  if (g.opset >= 20) return g.add('Gelu', [x], { approximate });
  const half = g.add('Mul', [x, of(0.5)]);
  if (approximate === 'none') return g.add('Mul', [half, g.add('Add', [of(1), g.add('Erf', [g.add('Mul', [x, of(Math.SQRT1_2)])])])]);
  const cube = g.add('Mul', [g.add('Mul', [x, x]), x]);
  const inner = g.add('Mul', [g.add('Add', [x, g.add('Mul', [cube, of(0.044715)])]), of(Math.sqrt(2 / Math.PI))]);
  return g.add('Mul', [half, g.add('Add', [of(1), g.add('Tanh', [inner])])]);
}

function softplus(g: Graph, x: Name, beta: number, threshold: number, dtype: DType): Name {
  const scaled = beta === 1 ? x : g.add('Mul', [x, g.constant(beta, dtype)]), soft = g.add('Softplus', [scaled]);
  const curve = beta === 1 ? soft : g.add('Div', [soft, g.constant(beta, dtype)]);
  return g.add('Where', [g.add('Greater', [scaled, g.constant(threshold, dtype)]), x, curve]);
}

/** The logarithm of the probability of a row's class, negated; 0 for the ignored class. */
function crossEntropy(a: Arguments, g: Graph): Name {
  const { dtype } = a.out, target = a.name('target', 'int64'), ignored = g.add('Equal', [target, g.constant(a.number('ignoreIndex', -100), 'int64')]);
  const index = g.add('Where', [ignored, g.constant(0, 'int64'), target]);
  const logs = g.add('LogSoftmax', [a.name('input')], { axis: 1 });
  const chosen = g.add('Squeeze', [g.add('GatherElements', [logs, g.add('Unsqueeze', [index, g.ints([1])])], { axis: 1 }), g.ints([1])]);
  return g.add('Where', [ignored, g.constant(0, dtype), g.add('Neg', [chosen])]);
}

const difference = (a: Arguments, g: Graph): Name => g.add('Sub', [a.name('input', a.out.dtype), a.name('target', a.out.dtype)]);
const positive = (g: Graph, x: Name, dtype: DType): Name => g.add('Greater', [x, g.constant(0, dtype)]);

export const NETWORK: Rules = {
  ...Object.fromEntries([
    product('matmul', 'other'), product('mm', 'mat2'), product('bmm', 'mat2'), product('mv', 'vec'), product('dot', 'tensor'),
    scaledProduct('addmm', 'mat1', 'mat2'), scaledProduct('addmv', 'mat', 'vec'), scaledProduct('baddbmm', 'batch1', 'batch2'),
    activation('relu6', [], (g, x, _values, dtype) => clip(g, x, 0, 6, dtype)),
    activation('mish', [], (g, x) => g.add('Mish', [x])),
    activation('hardsigmoid', [], (g, x) => g.add('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })),
    activation('hardswish', [], (g, x) => g.add('HardSwish', [x])),
    activation('selu', [], (g, x) => g.add('Selu', [x])),
    activation('elu', ['alpha'], (g, x, [alpha], dtype) => g.add('Where', [positive(g, x, dtype), x, g.add('Mul', [expm1(g, g.add('Min', [x, g.constant(0, dtype)]), dtype), g.constant(alpha, dtype)])])),
    activation('celu', ['alpha'], (g, x, [alpha], dtype) => {
      const low = g.add('Div', [g.add('Min', [x, g.constant(0, dtype)]), g.constant(alpha, dtype)]);
      return g.add('Where', [positive(g, x, dtype), x, g.add('Mul', [expm1(g, low, dtype), g.constant(alpha, dtype)])]);
    }),
    activation('hardtanh', ['minVal', 'maxVal'], (g, x, [low, high], dtype) => (isFloat(dtype) ? clip(g, x, low, high, dtype) : clip(g, x, Math.trunc(low), Math.trunc(high), dtype))),
    activation('logsigmoid', [], (g, x) => g.add('Neg', [g.add('Softplus', [g.add('Neg', [x])])])),
    activation('threshold', ['bound', 'value'], (g, x, [bound, value], dtype) => g.add('Where', [g.add('LessOrEqual', [x, g.constant(bound, dtype)]), g.constant(value, dtype), x])),
    activation('softshrink', ['lambd'], (g, x, [lambd], dtype) => g.add('Sub', [x, clip(g, x, -lambd, lambd, dtype)])),
    activation('hardshrink', ['lambd'], (g, x, [lambd], dtype) => g.add('Where', [g.add('LessOrEqual', [g.add('Abs', [x]), g.constant(lambd, dtype)]), g.constant(0, dtype), x])),
  ]),
  leakyRelu: rule('leakyRelu(input, negativeSlope?)', (a, g) => g.add('LeakyRelu', [a.name('input')], { alpha: { float: a.number('negativeSlope', 0.01) } })),
  softplus: rule('softplus(input, beta?, threshold?)', (a, g) => softplus(g, a.name('input'), a.number('beta', 1), a.number('threshold', 20), a.out.dtype)),
  gelu: rule('gelu(input, approximate?)', gelu),
  gated: rule('gated(value, gate)', (a, g) => g.add('Mul', [a.name('value'), g.add('Sigmoid', [a.name('gate')])])),
  linear: rule('linear(input, weight, bias?, activation?)', linear),
  einsum: rule('einsum(equation, operands)', (a, g) => g.add('Einsum', a.nodes('operands').map((node) => a.of(node, a.out.dtype)), { equation: a.string('equation', '') })),
  batchNorm: rule('batchNorm(input, runningMean?, runningVar?, weight?, bias?, training?, momentum?, eps?)', (a, g) => batchNorm(a, g, !a.bool('training'))),
  instanceNorm: rule('instanceNorm(input, runningMean?, runningVar?, weight?, bias?, useInputStats?, momentum?, eps?)', (a, g) => {
    if (!a.bool('useInputStats', true)) return batchNorm(a, g, true);
    const channels = channelsOf(a, g), { dtype } = a.node('input');
    const parameters = [perChannel(a, g, 'weight', channels, 1, dtype), perChannel(a, g, 'bias', channels, 0, dtype)];
    return g.add('InstanceNormalization', [a.name('input'), ...parameters], { epsilon: { float: a.number('eps', 1e-5) } });
  }),
  groupNorm: rule('groupNorm(input, numGroups, weight?, bias?, eps?)', groupNorm),
  layerNorm: rule('layerNorm(input, normalizedShape, weight?, bias?, eps?)', layerNorm),
  rmsNorm: rule('rmsNorm(input, normalizedShape, weight?, eps?)', rmsNorm),
  dropout: rule('dropout(input, p, inplace?)', (a, g) => g.add('Dropout', [a.name('input'), g.constant(a.number('p'), 'float32'), g.constant(true, 'bool')])),
  squaredError: rule('squaredError(input, target)', (a, g) => {
    const d = difference(a, g);
    return g.add('Mul', [d, d]);
  }),
  absoluteError: rule('absoluteError(input, target)', (a, g) => g.add('Abs', [difference(a, g)])),
  huberError: rule('huberError(input, target, delta, scale)', (a, g) => {
    const { dtype } = a.out, d = difference(a, g), delta = a.number('delta'), near = clip(g, d, -delta, delta, dtype);
    const curve = g.add('Mul', [near, g.add('Sub', [d, g.add('Mul', [near, g.constant(0.5, dtype)])])]);
    return g.add('Mul', [curve, g.constant(a.number('scale'), dtype)]);
  }),
  logisticError: rule('logisticError(logits, target)', (a, g) => {
    const { dtype } = a.out, x = a.name('logits', dtype), y = a.name('target', dtype);
    const negative = g.add('Mul', [g.add('Sub', [g.constant(1, dtype), y]), x]);
    return g.add('Add', [negative, g.add('Softplus', [g.add('Neg', [x])])]);
  }),
  fusedCrossEntropy: rule('fusedCrossEntropy(input, target, ignoreIndex?)', crossEntropy),
};

