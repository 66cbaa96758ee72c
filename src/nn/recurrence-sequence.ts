/**
 * A whole sequence of a recurrent layer as one node of the graph: one product gives the input's part of all gates, one
 * kernel walks the times, and backward leaves the weights' gradients to products over all times. What is computed is
 * defined by the steps of recurrence.ts, which also give the second derivatives.
 */
import { levelsOf } from '../core/batch.ts';
import { F32, F64 } from '../core/dtype.ts';
import type { RecurrenceOp } from '../ops/families.ts';
import { cat } from '../tensor/composite.ts';
import { Function, type Context } from '../tensor/function.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { grad as gradientsOf } from '../tensor/gradients.ts';
import { matmulInto } from '../tensor/kernels.ts';
import { recurrenceGradInto, recurrenceInto } from '../tensor/kernels-recurrence.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional-layers.ts';
import type { State, Weights } from './recurrence.ts';

/** What the node has as inputs; c is that of an LSTM. */
type Inputs = readonly [x: Tensor, h: Tensor, c: Tensor | null, inputWeight: Tensor, hiddenWeight: Tensor, inputBias: Tensor | null, hiddenBias: Tensor | null];
/** Runs step by step by tensor operations. */
export type Stepwise = (x: Tensor, state: State, weights: Weights) => [outputs: Tensor, state: State];

interface Shape {
  readonly cell: RecurrenceOp;
  readonly time: number;
  readonly reverse: boolean;
  readonly stepwise: Stepwise;
}

/** The states before each time, as [time * N, H]. */
function before(states: Tensor, first: Tensor, { time, reverse }: Shape): Tensor {
  const all = states.newEmpty([...states.shape]);
  if (time > 1) all.narrow(0, reverse ? 0 : 1, time - 1).copy_(states.narrow(0, reverse ? 1 : 0, time - 1));
  all.select(0, reverse ? time - 1 : 0).copy_(first);
  return all.reshape([-1, all.shape[2]]);
}

const zerosLike = (x: Tensor): Tensor => x.newZeros([...x.shape]);

/** What a forward pass leaves for backward, beside the inputs: activations of the gates, cell states or the like, outputs. */
type Saved = readonly [gates: Tensor | null, saved: Tensor | null, out: Tensor];

class Sequence extends Function {
  /** Returns the outputs [time, N, H] and, for an LSTM, the last cell state. */
  static override forward(ctx: Context, shape: Shape, ...inputs: Inputs): Tensor[] {
    const [x, h0, c0, inputWeight, hiddenWeight, inputBias, hiddenBias] = inputs, { cell, time, reverse } = shape;
    const [samples, hidden] = h0.shape;
    // Only a GRU tells the two biases apart, where it resets the hidden one.
    const ownBias = cell === 'gru' ? hiddenBias : null;
    const bias = inputBias !== null && hiddenBias !== null && ownBias === null ? inputBias.add(hiddenBias) : inputBias;
    const projected = F.linear(x, inputWeight, bias).reshape([time, samples, -1]);
    const gated = cell === 'lstm' || cell === 'gru';
    const gates = gated ? projected : null, out = gated ? x.newEmpty([time, samples, hidden]) : projected;
    const saved = gated ? x.newEmpty([time, samples, hidden]) : null;
    recurrenceInto(cell, reverse, out, saved, gates, h0, c0, hiddenWeight.contiguous(), ownBias === null ? null : ownBias.contiguous());
    ctx.setMaterializeGrads(false);
    ctx.shape = shape;
    ctx.saveForBackward(...inputs, gates, saved, out);
    return c0 === null ? [out] : [out, (saved as Tensor).select(0, reverse ? 0 : time - 1).clone()];
  }

  static override backward(ctx: Context, ...grads: readonly (Tensor | null)[]): (Tensor | null)[] {
    const shape = ctx.shape as Shape, all = ctx.savedTensors as readonly (Tensor | null)[];
    const inputs = all.slice(0, 7) as unknown as Inputs, wanted = ctx.needsInputGrad.slice(1);
    if (gradEnabled) return [null, ...stepwiseGradients(shape, inputs, grads, wanted)];
    const saved = all.slice(7) as unknown as Saved;
    return [null, ...(shape.cell === 'gru' ? gruGradients : cellGradients)(shape, inputs, saved, grads, wanted)];
  }
}

/** Of an LSTM, and of layers with one gate: the gradients of the gates are those of both parts. */
function cellGradients(shape: Shape, inputs: Inputs, [gates, cells, out]: Saved, [ofOut, ofCell]: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const [x, h0, c0, inputWeight, hiddenWeight, inputBias, hiddenBias] = inputs;
  const dh = zerosLike(h0), dc = c0 === null ? null : ofCell?.rowMajorCopy() ?? zerosLike(c0);
  const deltas = out.newEmpty([...(gates ?? out).shape]);
  recurrenceGradInto(shape.cell, shape.reverse, deltas, dh, dc, ofOut === null ? null : ofOut.contiguous(), gates, cells ?? out, c0, hiddenWeight.contiguous());
  const rows = deltas.reshape([-1, deltas.shape[2]]);
  const ofBias = inputBias === null && hiddenBias === null ? null : rows.sum(0);
  return [
    wanted[0] ? rows.matmul(inputWeight) : null, dh, dc,
    rows.t().matmul(x), rows.t().matmul(before(out, h0, shape)), inputBias && ofBias, hiddenBias && ofBias,
  ];
}

function gruGradients(shape: Shape, inputs: Inputs, [gates, kept, out]: Saved, [ofOut]: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const [x, h0, , inputWeight, hiddenWeight, inputBias, hiddenBias] = inputs, hidden = h0.shape[1];
  const dh = zerosLike(h0), deltas = out.newEmpty([out.shape[0], out.shape[1], 4 * hidden]);
  recurrenceGradInto('gru', shape.reverse, deltas, dh, kept, ofOut === null ? null : ofOut.contiguous(), gates, out, h0, hiddenWeight.contiguous());
  // Gates of a row: the new one's hidden part, then reset, update and new.
  const rows = deltas.reshape([-1, 4 * hidden]), ofInput = rows.narrow(1, hidden, 3 * hidden), previous = before(out, h0, shape);
  const ofWeight = hiddenWeight.newEmpty([3 * hidden, hidden]);
  matmulInto(ofWeight.narrow(0, 0, 2 * hidden), rows.narrow(1, hidden, 2 * hidden).t(), previous);
  matmulInto(ofWeight.narrow(0, 2 * hidden, hidden), rows.narrow(1, 0, hidden).t(), previous);
  const sums = inputBias === null && hiddenBias === null ? null : rows.sum(0);
  return [
    wanted[0] ? ofInput.matmul(inputWeight) : null, dh, null, ofInput.t().matmul(x), ofWeight,
    inputBias && (sums as Tensor).narrow(0, hidden, 3 * hidden), hiddenBias && cat([(sums as Tensor).narrow(0, hidden, 2 * hidden), (sums as Tensor).narrow(0, 0, hidden)]),
  ];
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
export function runWhole(cell: RecurrenceOp, x: Tensor, time: number, [h, c]: State, weights: Weights, reverse: boolean, stepwise: Stepwise): [outputs: Tensor, state: State] {
  const { inputWeight, hiddenWeight, inputBias, hiddenBias } = weights;
  const results = Sequence.apply({ cell, time, reverse, stepwise }, x.contiguous(), h.contiguous(), c === undefined ? null : c.contiguous(), inputWeight, hiddenWeight, inputBias, hiddenBias);
  const [out, last] = results, end = out.select(0, reverse ? 0 : time - 1);
  return [out.reshape([-1, out.shape[2]]), cell === 'lstm' ? [end, last] : [end]];
}
