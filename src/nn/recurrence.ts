/** One time step of the recurrent networks, and the run of one over a packed or padded sequence. */
import type { RecurrenceOp } from '../ops/families.ts';
import { cat } from '../tensor/composite.ts';
import { piecesOf } from '../tensor/pieces.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional-layers.ts';
import { isWhole, runWhole } from './recurrence-sequence.ts';

/** The weights of one layer in one direction. */
export interface Weights {
  readonly inputWeight: Tensor;
  readonly hiddenWeight: Tensor;
  readonly inputBias: Tensor | null;
  readonly hiddenBias: Tensor | null;
  /** Of an LSTM that projects its output. */
  readonly projection: Tensor | null;
}

/** The hidden state and, for an LSTM, the cell state: [batch, features] each. */
export type State = readonly Tensor[];

/** From the input's part of the gates and the state before to the state after, output first. */
export type Step = (gates: Tensor, state: State, weights: Weights) => State;

/** The gates side by side in [batch, count * hidden]. */
const gatesOf = (all: Tensor, count: number): Tensor[] => piecesOf(all, new Array<number>(count).fill(all.shape[1] / count), 1);

/** Gates in PyTorch's order: input, forget, cell, output. */
export const lstmStep: Step = (gates, [h, c], { hiddenWeight, hiddenBias, projection }) => {
  const [i, f, g, o] = gatesOf(gates.add(F.linear(h, hiddenWeight, hiddenBias)), 4);
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  const out = o.sigmoid().mul(cell.tanh());
  return [projection === null ? out : F.linear(out, projection), cell];
};

/** Gates in PyTorch's order: reset, update, new. */
export const gruStep: Step = (gates, [h], { hiddenWeight, hiddenBias }) => {
  const [ir, iz, fresh] = gatesOf(gates, 3), [hr, hz, kept] = gatesOf(F.linear(h, hiddenWeight, hiddenBias), 3);
  const reset = ir.add(hr).sigmoid(), update = iz.add(hz).sigmoid();
  const next = fresh.add(reset.mul(kept)).tanh();
  return [h.sub(next).mul(update).add(next)];
};

export const tanhStep: Step = (gates, [h], { hiddenWeight, hiddenBias }) => [gates.add(F.linear(h, hiddenWeight, hiddenBias)).tanh()];
export const reluStep: Step = (gates, [h], { hiddenWeight, hiddenBias }) => [gates.add(F.linear(h, hiddenWeight, hiddenBias)).relu()];

/** The kernel that computes what a step defines. */
const CELLS: ReadonlyMap<Step, RecurrenceOp> = new Map([[lstmStep, 'lstm'], [gruStep, 'gru'], [tanhStep, 'tanh'], [reluStep, 'relu']]);

const rowsOf = (state: State, from: number, count: number): State => (from === 0 && count === state[0].shape[0] ? state : state.map((s) => s.narrow(0, from, count)));

/**
 * Runs over packed rows [total, features], of which `sizes[t]` belong to time t (never increasing). Returns the outputs in
 * the same packing and the final state of every sequence.
 */
export function runPacked(step: Step, input: Tensor, sizes: readonly number[], initial: State, weights: Weights, reverse: boolean): [outputs: Tensor, state: State] {
  const cell = CELLS.get(step);
  if (cell !== undefined && isWhole(input, sizes, initial, weights)) {
    return runWhole(cell, input, sizes.length, initial, weights, reverse, (x, state, own) => runStepwise(step, x, sizes, state, own, reverse));
  }
  return runStepwise(step, input, sizes, initial, weights, reverse);
}

/** The definition: every step by tensor operations. */
function runStepwise(step: Step, input: Tensor, sizes: readonly number[], initial: State, weights: Weights, reverse: boolean): [outputs: Tensor, state: State] {
  // The input's part of all gates of all times is one product.
  const gates = piecesOf(F.linear(input, weights.inputWeight, weights.inputBias), sizes, 0);
  const outputs = new Array<Tensor>(sizes.length);
  if (reverse) {
    let state = rowsOf(initial, 0, sizes[sizes.length - 1]);
    for (let t = sizes.length - 1; t >= 0; t--) {
      const running = state[0].shape[0];
      // Shorter sequences begin, from their end.
      if (sizes[t] > running) state = state.map((s, i) => cat([s, initial[i].narrow(0, running, sizes[t] - running)]));
      state = step(gates[t], state, weights);
      outputs[t] = state[0];
    }
    return [cat(outputs), state];
  }
  let state = initial;
  const finished: State[] = [];
  for (let t = 0; t < sizes.length; t++) {
    const running = state[0].shape[0];
    if (sizes[t] < running) {
      finished.unshift(rowsOf(state, sizes[t], running - sizes[t]));
      state = rowsOf(state, 0, sizes[t]);
    }
    state = step(gates[t], state, weights);
    outputs[t] = state[0];
  }
  return [cat(outputs), finished.length === 0 ? state : state.map((s, i) => cat([s, ...finished.map((rows) => rows[i])]))];
}
