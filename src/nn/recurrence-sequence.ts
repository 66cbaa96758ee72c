/**
 * A whole sequence of an LSTM or a GRU as one node of the graph: the steps write preallocated memory, and backward walks
 * them back and leaves the weights' gradients to one product over all times. What is computed is defined by the steps of
 * recurrence.ts, which also give the second derivatives.
 */
import { levelsOf } from '../core/batch.ts';
import { F32, F64 } from '../core/dtype.ts';
import { binaryEntries, ternaryEntries, unaryEntries } from '../tensor/dispatch.ts';
import { Function, type Context } from '../tensor/function.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { grad as gradientsOf } from '../tensor/gradients.ts';
import { binaryInto, matmulInto, parameters, ternaryInto, unaryInto } from '../tensor/kernels.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional-layers.ts';
import type { State, Weights } from './recurrence.ts';

type Cell = 'lstm' | 'gru';
/** What the node has as inputs; c is that of an LSTM. */
type Inputs = readonly [x: Tensor, h: Tensor, c: Tensor | null, inputWeight: Tensor, hiddenWeight: Tensor, inputBias: Tensor | null, hiddenBias: Tensor | null];
/** Runs step by step by tensor operations. */
export type Stepwise = (x: Tensor, state: State, weights: Weights) => [outputs: Tensor, state: State];

interface Shape {
  readonly cell: Cell;
  readonly time: number;
  readonly reverse: boolean;
  readonly stepwise: Stepwise;
}

const write = {
  add: (out: Tensor, a: Tensor, b: Tensor): void => binaryInto(binaryEntries.add.code, out, a, b, out.dtypeCode),
  sub: (out: Tensor, a: Tensor, b: Tensor): void => binaryInto(binaryEntries.sub.code, out, a, b, out.dtypeCode),
  mul(out: Tensor, a: Tensor, b: Tensor): void {
    parameters(0);
    binaryInto(binaryEntries.mul.code, out, a, b, out.dtypeCode);
  },
  /** out += factor * a * b. */
  addcmul(out: Tensor, a: Tensor, b: Tensor, factor = 1): void {
    parameters(factor);
    ternaryInto(ternaryEntries.addcmul.code, out, out, a, b, out.dtypeCode);
  },
  sigmoid: (out: Tensor): void => unaryInto(unaryEntries.sigmoid.code, out, out),
  tanh: (out: Tensor, a: Tensor = out): void => unaryInto(unaryEntries.tanh.code, out, a),
  /** out *= y * (1 - y), the derivative of a sigmoid y. */
  sigmoidGrad: (out: Tensor, y: Tensor): void => binaryInto(binaryEntries.sigmoidGrad.code, out, out, y, out.dtypeCode),
  /** out *= 1 - y * y, the derivative of a tanh y. */
  tanhGrad: (out: Tensor, y: Tensor): void => binaryInto(binaryEntries.tanhGrad.code, out, out, y, out.dtypeCode),
};

const gatesOf = (all: Tensor, count: number): Tensor[] => {
  const size = all.shape[1] / count;
  return Array.from({ length: count }, (_, k) => all.narrow(1, k * size, size));
};
const timesOf = ({ time, reverse }: Shape): number[] => Array.from({ length: time }, (_, i) => (reverse ? time - 1 - i : i));

/** The states before each time, as [time, N, H]. */
function before(states: Tensor, first: Tensor, { time, reverse }: Shape): Tensor {
  const all = states.newEmpty([...states.shape]);
  if (time > 1) all.narrow(0, reverse ? 0 : 1, time - 1).copy_(states.narrow(0, reverse ? 1 : 0, time - 1));
  all.select(0, reverse ? time - 1 : 0).copy_(first);
  return all;
}

class Sequence extends Function {
  /** Returns the outputs [time, N, H] and, for an LSTM, the last cell state. */
  static override forward(ctx: Context, shape: Shape, ...inputs: Inputs): Tensor[] {
    const [x, h0, c0, inputWeight, hiddenWeight, inputBias, hiddenBias] = inputs, { time } = shape;
    const [samples, hidden] = h0.shape;
    const gates = F.linear(x, inputWeight, inputBias).reshape([time, samples, -1]), out = x.newEmpty([time, samples, hidden]);
    const recurrent = hiddenWeight.t(), bias = hiddenBias;
    ctx.setMaterializeGrads(false);
    ctx.shape = shape;
    let h = h0;
    if (c0 === null) {
      const own = x.newEmpty([...gates.shape]);
      for (const t of timesOf(shape)) {
        const g = gates.select(0, t), k = own.select(0, t), to = out.select(0, t);
        matmulInto(k, h, recurrent, { bias });
        const [, update, next] = gatesOf(g, 3), [kr, kz, kn] = gatesOf(k, 3), both = g.narrow(1, 0, 2 * hidden), [reset] = gatesOf(both, 2);
        write.add(reset, reset, kr);
        write.add(update, update, kz);
        write.sigmoid(both);
        write.addcmul(next, reset, kn);
        write.tanh(next);
        write.sub(to, h, next);
        write.mul(to, to, update);
        write.add(to, to, next);
        h = to;
      }
      ctx.saveForBackward(...inputs, gates, own, out);
      return [out];
    }
    const cells = x.newEmpty([time, samples, hidden]), tanhs = x.newEmpty([time, samples, hidden]);
    let c = c0;
    for (const t of timesOf(shape)) {
      const g = gates.select(0, t), cell = cells.select(0, t), tanh = tanhs.select(0, t), to = out.select(0, t);
      matmulInto(g, h, recurrent, { bias, accumulate: true });
      const [i, f, k, o] = gatesOf(g, 4);
      write.sigmoid(g.narrow(1, 0, 2 * hidden));
      write.tanh(k);
      write.sigmoid(o);
      write.mul(cell, f, c);
      write.addcmul(cell, i, k);
      write.tanh(tanh, cell);
      write.mul(to, o, tanh);
      h = to;
      c = cell;
    }
    ctx.saveForBackward(...inputs, gates, cells, tanhs, out);
    return [out, c.clone()];
  }

  static override backward(ctx: Context, ...grads: readonly (Tensor | null)[]): (Tensor | null)[] {
    const shape = ctx.shape as Shape, saved = ctx.savedTensors as readonly (Tensor | null)[];
    const inputs = saved.slice(0, 7) as unknown as Inputs;
    if (gradEnabled) return [null, ...stepwiseGradients(shape, inputs, grads, ctx.needsInputGrad.slice(1))];
    const rest = saved.slice(7) as Tensor[];
    return [null, ...(shape.cell === 'lstm' ? lstmGradients : gruGradients)(shape, inputs, rest, grads)];
  }
}

/** The gradients of the weights and the input from those of the gates, [time * N, gates] each. */
function weightGradients([x, , , inputWeight, , inputBias, hiddenBias]: Inputs, previous: Tensor, ofInput: Tensor, ofHidden: Tensor): { readonly x: Tensor; readonly rest: (Tensor | null)[] } {
  return {
    x: ofInput.matmul(inputWeight),
    rest: [ofInput.t().matmul(x), ofHidden.t().matmul(previous), inputBias && ofInput.sum(0), hiddenBias && ofHidden.sum(0)],
  };
}

function lstmGradients(shape: Shape, inputs: Inputs, [gates, cells, tanhs, out]: readonly Tensor[], [ofOut, ofCell]: readonly (Tensor | null)[]): (Tensor | null)[] {
  const [, h0, c0, , hiddenWeight] = inputs, like = h0.newEmpty([...h0.shape]);
  const deltas = gates.newEmpty([...gates.shape]), earlier = before(cells, c0 as Tensor, shape);
  const [dh, a] = [0, 0].map(() => like.newZeros([...like.shape]));
  const dc = ofCell === null ? like.newZeros([...like.shape]) : ofCell.clone();
  for (const t of timesOf(shape).reverse()) {
    const [i, f, k, o] = gatesOf(gates.select(0, t), 4), tanh = tanhs.select(0, t), delta = deltas.select(0, t);
    const [di, df, dk, do_] = gatesOf(delta, 4);
    if (ofOut !== null) write.add(dh, dh, ofOut.select(0, t));
    write.mul(a, dh, o);
    write.tanhGrad(a, tanh);
    write.add(dc, dc, a);
    write.mul(do_, dh, tanh);
    write.sigmoidGrad(do_, o);
    write.mul(di, dc, k);
    write.sigmoidGrad(di, i);
    write.mul(df, dc, earlier.select(0, t));
    write.sigmoidGrad(df, f);
    write.mul(dk, dc, i);
    write.tanhGrad(dk, k);
    write.mul(dc, dc, f);
    matmulInto(dh, delta, hiddenWeight);
  }
  const rows = deltas.reshape([-1, deltas.shape[2]]), previous = before(out, h0, shape).reshape([rows.shape[0], -1]);
  const { x, rest } = weightGradients(inputs, previous, rows, rows);
  return [x, dh, dc, ...rest];
}

function gruGradients(shape: Shape, inputs: Inputs, [gates, own, out]: readonly Tensor[], [ofOut]: readonly (Tensor | null)[]): (Tensor | null)[] {
  const [, h0, , , hiddenWeight] = inputs;
  const ofInput = gates.newEmpty([...gates.shape]), ofHidden = gates.newEmpty([...gates.shape]), earlier = before(out, h0, shape);
  const [dh, a] = [0, 0].map(() => h0.newZeros([...h0.shape]));
  for (const t of timesOf(shape).reverse()) {
    const [reset, update, next] = gatesOf(gates.select(0, t), 3), kept = gatesOf(own.select(0, t), 3)[2];
    const dg = ofInput.select(0, t), dk = ofHidden.select(0, t), [dr, dz, dn] = gatesOf(dg, 3), dkn = gatesOf(dk, 3)[2];
    if (ofOut !== null) write.add(dh, dh, ofOut.select(0, t));
    write.sub(dz, earlier.select(0, t), next);
    write.mul(dz, dz, dh);
    write.sigmoidGrad(dz, update);
    // dh (1 - z) (1 - n^2)
    write.mul(a, dh, update);
    write.sub(dn, dh, a);
    write.tanhGrad(dn, next);
    write.mul(dr, dn, kept);
    write.sigmoidGrad(dr, reset);
    dk.copy_(dg);
    write.mul(dkn, dn, reset);
    matmulInto(dh, dk, hiddenWeight);
    write.add(dh, dh, a);
  }
  const flat = (all: Tensor): Tensor => all.reshape([-1, all.shape[2]]);
  const { x, rest } = weightGradients(inputs, flat(earlier), flat(ofInput), flat(ofHidden));
  return [x, dh, null, ...rest];
}

const weightsOf = ([, , , inputWeight, hiddenWeight, inputBias, hiddenBias]: Inputs): Weights => ({ inputWeight, hiddenWeight, inputBias, hiddenBias, projection: null });

/** The gradients as functions of everything, from the steps of the definition. */
function stepwiseGradients({ stepwise }: Shape, inputs: Inputs, grads: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  // Products by 1 are tensors of this computation only, so that nothing outside is differentiated through.
  const own = inputs.map((t) => (t === null ? null : t.mul(1))) as unknown as Inputs;
  const [outputs, state] = stepwise(own[0], own[2] === null ? [own[1]] : [own[1], own[2]], weightsOf(own));
  const results = [outputs.reshape(grads[0] === null ? outputs.shape : grads[0].shape), state[state.length - 1]];
  const given = grads.flatMap((g, i) => (g === null ? [] : [{ g, of: results[i] }]));
  const targets = own.flatMap((t, i) => (t !== null && wanted[i] ? [t] : []));
  const found = gradientsOf(given.map(({ of }) => of), targets, { gradOutputs: given.map(({ g }) => g), createGraph: true, allowUnused: true });
  return own.map((t) => (t === null || !targets.includes(t) ? null : found[targets.indexOf(t)]));
}

/** Whether a sequence can be one node: plain float32 or float64 memory, one size of the batch, no projection. */
export const isWhole = (x: Tensor, sizes: readonly number[], state: State, { projection, ...weights }: Weights): boolean =>
  projection === null && sizes.every((size) => size === sizes[0]) && (x.dtypeCode === F32 || x.dtypeCode === F64)
  && [x, ...state, ...Object.values(weights) as (Tensor | null)[]].every((t) => t === null || (t.dtypeCode === x.dtypeCode && levelsOf(t.storage) === null));

/** The outputs [total, hidden] and the final state, of packed rows that {@link isWhole}. */
export function runWhole(cell: Cell, x: Tensor, time: number, [h, c]: State, weights: Weights, reverse: boolean, stepwise: Stepwise): [outputs: Tensor, state: State] {
  const { inputWeight, hiddenWeight, inputBias, hiddenBias } = weights;
  const results = Sequence.apply({ cell, time, reverse, stepwise }, x.contiguous(), h.contiguous(), c === undefined ? null : c.contiguous(), inputWeight, hiddenWeight, inputBias, hiddenBias);
  const [out, last] = results, end = out.select(0, reverse ? 0 : time - 1);
  return [out.reshape([-1, out.shape[2]]), cell === 'lstm' ? [end, last] : [end]];
}
