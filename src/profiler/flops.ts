/**
 * Floating point operations of kernels, by the conventions of `torch.utils.flop_counter`: a multiply-add counts 2, matrix
 * products (and with them linear, einsum, attention, recurrence) and convolutions with their gradients count, everything else counts 0.
 */
import { DIMS, NDIM, OP, frame } from '../core/frame.ts';
import { RECURRENCE_OPS, type RecurrenceOp } from '../ops/families.ts';
import type { Family } from '../backend/backend.ts';

const GATES: Readonly<Record<RecurrenceOp, number>> = { lstm: 4, gru: 3, tanh: 1, relu: 1 };

/** The product of the first dims. */
function volume(count: number): number {
  let size = 1;
  for (let i = 0; i < count; i++) size *= frame[DIMS + i];
  return size;
}

/** Every step's state [N, H] times a weight [gates H, H], or in the gradient the gates' times the weight. */
const recurrence = (): number => 2 * volume(3) * GATES[RECURRENCE_OPS[frame[OP]]] * frame[DIMS + 2];

/** Products over E (`e` of them) and over F (`f`), for each batch, head, query and key: dims are [B, H, L, S, E, F]. */
const attention = (e: number, f: number): number => 2 * volume(4) * (e * frame[DIMS + 4] + f * frame[DIMS + 5]);

/** The dims of a product are [batch..., M, N, K], of a convolution batch, groups, channels, output and kernel sizes: each is a multiply-add. */
const everyDim = (): number => 2 * volume(frame[NDIM]);

const FORMULAS: Readonly<Partial<Record<Family, () => number>>> = {
  matmul: everyDim,
  conv: everyDim,
  recurrence,
  recurrenceGrad: recurrence,
  attention: () => attention(1, 1),
  // The scores once more, and the gradients of q and k over E; those of the weights and of v over F: PyTorch's sdpa_backward_flop_count.
  attentionGrad: () => attention(3, 2),
};

/** Of the kernel call that the frame describes. */
export const kernelFlops = (family: unknown): number => FORMULAS[family as Family]?.() ?? 0;
