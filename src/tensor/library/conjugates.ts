/** What complex tensors have and real ones answer with themselves. */
import { DTypeError, ShapeError } from '../../core/errors.ts';
import { operation, type Method, type Operation } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** A function that gives a real tensor back as it is. */
function itself<const N extends string>(name: N): Operation<`${N}(input: Tensor)`, Tensor> {
  return operation(`${name}(input: Tensor)`, ((input: Tensor): Tensor => input) as never) as unknown as Operation<`${N}(input: Tensor)`, Tensor>;
}

/** The tensor itself. PyTorch's `torch.conj`. */
export const conj = itself('conj');
/** The tensor itself. PyTorch's `torch.conj_physical`. */
export const conjPhysical = itself('conjPhysical');
/** The tensor itself. PyTorch's `torch.resolve_conj`. */
export const resolveConj = itself('resolveConj');
/** The tensor itself. PyTorch's `torch.resolve_neg`. */
export const resolveNeg = itself('resolveNeg');
/** The tensor itself. PyTorch's `torch.real`. */
export const real = itself('real');
/** Throws, as there: it is for complex tensors. PyTorch's `torch.imag`. */
export const imag = operation('imag(input: Tensor)', (input): Tensor => imaginary(input));

function imaginary({ dtype }: Tensor): never {
  throw new DTypeError('imag', dtype, `expected a complex dtype, got ${dtype}`);
}

function transposed(op: string, x: Tensor): Tensor {
  if (x.ndim === 1) throw new ShapeError(op, `expected matrices, got shape [${x.shape.join(', ')}]`);
  return x.ndim === 0 ? x : x.mT;
}

/** Matrices with rows and columns exchanged. PyTorch's `torch.adjoint`. */
export const adjoint = operation('adjoint(input: Tensor)', (input): Tensor => transposed('adjoint', input));

export const CONJUGATES_METHODS = { conj, conjPhysical, resolveConj, resolveNeg, adjoint };
export const CONJUGATES_IN_PLACE = { conjPhysical };
/** Read without a call. */
export const CONJUGATES_PROPERTIES = {
  real: (x: Tensor): Tensor => x,
  imag: (x: Tensor): Tensor => imaginary(x),
  mH: (x: Tensor): Tensor => transposed('mH', x),
  H(x: Tensor): Tensor {
    if (x.ndim > 2) throw new ShapeError('H', `expected a matrix, got shape [${x.shape.join(', ')}]; use mH for several`);
    return transposed('H', x);
  },
};

declare module '../tensor.ts' {
  interface Tensor {
    conj: Method<typeof conj>;
    conjPhysical: Method<typeof conjPhysical>;
    conjPhysical_: Method<typeof conjPhysical>;
    resolveConj: Method<typeof resolveConj>;
    resolveNeg: Method<typeof resolveNeg>;
    adjoint: Method<typeof adjoint>;
    /** The tensor itself. */
    readonly real: Tensor;
    /** Throws a {@link DTypeError}. */
    readonly imag: Tensor;
    /** The transposed matrix. */
    readonly H: Tensor;
    /** Matrices with rows and columns exchanged. */
    readonly mH: Tensor;
  }
}
