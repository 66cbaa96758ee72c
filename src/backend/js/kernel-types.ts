/**
 * Signatures of the generated loops: arrays, start indices, then an inner row (`n` elements, strides `*s`) repeated `m`
 * times (strides `*t`). Indices count elements from the start of the slab.
 */
export type UnaryKernel<O, X, P> = (
  O: O, X: X, oi: number, xi: number, n: number, os: number, xs: number, m: number, ot: number, xt: number, p0: P, p1: P,
) => void;

export type BinaryKernel<O, A, P> = (
  O: O, A: A, B: A, oi: number, ai: number, bi: number, n: number, os: number, as: number, bs: number,
  m: number, ot: number, at: number, bt: number, p0: P, p1: P,
) => void;

export type TernaryKernel<O, A, B, P> = (
  O: O, A: A, B: B, C: B, oi: number, ai: number, bi: number, ci: number, n: number, os: number, as: number, bs: number, cs: number,
  m: number, ot: number, at: number, bt: number, ct: number, p0: P, p1: P,
) => void;

/** One row of a cast; int64 is passed as its Int32Array words, indices still count elements. */
export type CastKernel<O, A> = (O: O, A: A, oi: number, ai: number, n: number, os: number, as: number) => void;
