/** The numbers that PyTorch's namespace has, so that scripts port. */

export const pi = Math.PI, e = Math.E, inf = Infinity, nan = NaN;
/** Between the subscripts of `x.index(...)`: a new dimension of 1. */
export const newaxis = null;
