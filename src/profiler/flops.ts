/**
 * Floating point operations of kernels, by the conventions of `torch.utils.flop_counter`: a multiply-add counts 2, matrix
 * products (and with them linear, einsum, attention, recurrence) and convolutions with their gradients count, everything else counts 0.
 */
import { DIMS, NDIM, frame } from '../core/frame.ts';
import type { Family } from '../backend/backend.ts';

/**
 * Of the kernel call that the frame describes. The dims of a product are [batch..., M, N, K], those of a convolution (and
 * of both its gradients) batch, groups, channels, output and kernel sizes: their product counts the multiply-adds.
 */
export function kernelFlops(family: unknown): number {
  if (family !== ('matmul' satisfies Family) && family !== ('conv' satisfies Family)) return 0;
  let count = 2;
  for (let i = 0; i < frame[NDIM]; i++) count *= frame[DIMS + i];
  return count;
}
