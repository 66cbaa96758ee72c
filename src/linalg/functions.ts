/** What PyTorch also has directly in `torch`, and as methods, from before there was a `linalg`. */
import { I32 } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { installMethods, operation, type Method } from '../tensor/operation.ts';
import { Tensor } from '../tensor/tensor.ts';
import { checkedCholesky, solveCholesky } from './cholesky.ts';
import { determinant, signAndLog } from './determinant.ts';
import { factor, solveFactored, unpackAll } from './lu.ts';
import { batchOf, colsOf, identity, requireMatrices, requireSquare, rowsOf } from './matrices.ts';
import { exponentialOf, multiDotOf, powerOf } from './power.ts';
import { productOf, qrOf } from './qr.ts';
import { pinvOf } from './rank.ts';
import { checkedInverse } from './solve.ts';
import { svdOf } from './svd.ts';
import { checkSystem, triangular } from './triangular.ts';

/** As {@link linalg.det}. PyTorch's `torch.det`. */
export const det = operation('det(input: Tensor)', (input): Tensor => determinant('det', input));
/** As `linalg.slogdet`. PyTorch's `torch.slogdet`. */
export const slogdet = operation('slogdet(input: Tensor)', (input): Named<Tensor, 'sign' | 'logabsdet'> => named(['sign', 'logabsdet'] as const, signAndLog('slogdet', input)));
/** The logarithm of the determinant: NaN where that is negative, -inf where it is 0. PyTorch's `torch.logdet`. */
export const logdet = operation('logdet(input: Tensor)', (input): Tensor => {
  const [sign, log] = signAndLog('logdet', input);
  return log.where(sign.ge(0), NaN);
});
/** As `linalg.inv`. PyTorch's `torch.inverse`. */
export const inverse = operation('inverse(input: Tensor, *, out: Tensor?)', (input): Tensor => checkedInverse('inverse', input));
/** As `linalg.pinv`; singular values up to `rcond` times the largest count as zero. PyTorch's `torch.pinverse`. */
export const pinverse = operation('pinverse(input: Tensor, rcond: float = 1e-15)', (input, rcond): Tensor => pinvOf('pinverse', input, 0, rcond, false));
/** As `linalg.matrixPower`. PyTorch's `torch.matrix_power`. */
export const matrixPower = operation('matrixPower(input: Tensor, n: int, *, out: Tensor?)', (input, n): Tensor => powerOf('matrixPower', input, n));
/** As `linalg.matrixExp`. PyTorch's `torch.matrix_exp`. */
export const matrixExp = operation('matrixExp(input: Tensor)', (input): Tensor => exponentialOf('matrixExp', input));
/** As `linalg.multiDot`, one matrix being its own product. PyTorch's `torch.chain_matmul`. */
export const chainMatmul = operation('chainMatmul(...matrices: Tensors)', (matrices): Tensor => (matrices.length === 1 ? matrices[0] : multiDotOf('chainMatmul', matrices)));

/** As `linalg.cholesky`. PyTorch's `torch.cholesky`. */
export const cholesky = operation('cholesky(input: Tensor, upper: bool = false, *, out: Tensor?)', (input, upper): Tensor => checkedCholesky('cholesky', input, upper));

/** X of A X = B from the Cholesky factor L (or U, with `upper`) of A. PyTorch's `torch.cholesky_solve`. */
export const choleskySolve = operation('choleskySolve(B: Tensor, L: Tensor, upper: bool = false, *, out: Tensor?)', (B, L, upper): Tensor => solveCholesky('choleskySolve', B, L, upper));
/** The inverse of A from its Cholesky factor L (or U). PyTorch's `torch.cholesky_inverse`. */
export const choleskyInverse = operation('choleskyInverse(L: Tensor, upper: bool = false, *, out: Tensor?)', (L, upper): Tensor => {
  requireSquare('choleskyInverse', 'L', L);
  return solveCholesky('choleskyInverse', identity(L, rowsOf(L)), L, upper);
});

/** `[U, S, V]` with A = U diag(S) V^T (V, not its transpose); with `computeUv = false` zeros for U and V. PyTorch's `torch.svd`. */
export const svd = operation('svd(input: Tensor, some: bool = true, computeUv: bool = true)', (input, some, computeUv): Named<Tensor, 'U' | 'S' | 'V'> => {
  const [U, S, Vh] = svdOf('svd', input, !some && computeUv);
  const empty = (n: number): Tensor => input.newZeros([...batchOf(input), n, n]);
  return named(['U', 'S', 'V'] as const, computeUv ? [U, S, Vh.mT] : [empty(rowsOf(input)), S, empty(colsOf(input))]);
});
/** As `linalg.qr`, 'reduced' or, with `some = false`, 'complete'. PyTorch's `torch.qr`. */
export const qr = operation('qr(input: Tensor, some: bool = true)', (input, some): Named<Tensor, 'Q' | 'R'> => qrOf('qr', input, some ? 'reduced' : 'complete'));
/** As `linalg.householderProduct`. PyTorch's `torch.orgqr`. */
export const orgqr = operation('orgqr(input: Tensor, tau: Tensor)', (input, tau): Tensor => productOf('orgqr', input, tau));

/** `[LU, pivots]` and, with `getInfos`, the first zero pivot (from 1) or 0. PyTorch's `torch.lu`. */
export const lu = operation('lu(A: Tensor, pivot: bool = true, getInfos: bool = false)', (A, pivot, getInfos): readonly Tensor[] => {
  const parts = factor('lu', A, pivot);
  return getInfos ? parts : parts.slice(0, 2);
});
/** X of A X = b from A's LU factors. PyTorch's `torch.lu_solve`. */
export const luSolve = operation('luSolve(b: Tensor, LUData: Tensor, LUPivots: Tensor, *, out: Tensor?)', (b, LU, pivots): Tensor => solveFactored('luSolve', LU, pivots, b, true, false));
/** `[P, L, U]` out of the compact form; what is not asked for is empty. PyTorch's `torch.lu_unpack`. */
export const luUnpack = operation('luUnpack(LUData: Tensor, LUPivots: Tensor, unpackData: bool = true, unpackPivots: bool = true)', (LU, pivots, unpackData, unpackPivots): Named<Tensor, 'P' | 'L' | 'U'> => {
  const [P, L, U] = unpackAll('luUnpack', LU, unpackPivots ? pivots : pivotsOf(LU));
  const empty = (): Tensor => LU.newZeros([0]);
  return named(['P', 'L', 'U'] as const, [unpackPivots ? P : empty(), unpackData ? L : empty(), unpackData ? U : empty()]);
});

/** The pivots of no exchange at all. */
function pivotsOf(LU: Tensor): Tensor {
  requireMatrices('luUnpack', 'LUData', LU);
  const k = Math.min(rowsOf(LU), colsOf(LU));
  return LU.newTensor(Array.from({ length: k }, (_, i) => i + 1)).castTo(I32).expand([...batchOf(LU), k]);
}

/** `[solution, clonedCoefficient]` of A X = b for triangular A, or with `transpose` of its transpose. PyTorch's `torch.triangular_solve`. */
export const triangularSolve = operation('triangularSolve(b: Tensor, A: Tensor, upper: bool = true, transpose: bool = false, unitriangular: bool = false)',
  (b, A, upper, transpose, unitriangular): Named<Tensor, 'solution' | 'clonedCoefficient'> => {
    checkSystem('triangularSolve', A, b, true);
    if (b.ndim < 2) throw new ShapeError('triangularSolve', `b must have at least 2 dimensions, got shape [${b.shape.join(', ')}]`);
    const X = transpose ? triangular(A.mT, b, !upper, true, unitriangular) : triangular(A, b, upper, true, unitriangular);
    return named(['solution', 'clonedCoefficient'] as const, [X, A.expand([...batchOf(X), ...A.layout.shape.slice(-2)]).clone()]);
  });

const METHODS = {
  det, slogdet, logdet, inverse, pinverse, matrixPower, matrixExp, cholesky, choleskySolve, choleskyInverse, svd, qr, orgqr, lu, luSolve, triangularSolve,
};
installMethods(Tensor.prototype, METHODS);

declare module '../tensor/tensor.ts' {
  interface Tensor {
    det: Method<typeof det>;
    slogdet: Method<typeof slogdet>;
    logdet: Method<typeof logdet>;
    inverse: Method<typeof inverse>;
    pinverse: Method<typeof pinverse>;
    matrixPower: Method<typeof matrixPower>;
    matrixExp: Method<typeof matrixExp>;
    cholesky: Method<typeof cholesky>;
    choleskySolve: Method<typeof choleskySolve>;
    choleskyInverse: Method<typeof choleskyInverse>;
    svd: Method<typeof svd>;
    qr: Method<typeof qr>;
    orgqr: Method<typeof orgqr>;
    lu: Method<typeof lu>;
    luSolve: Method<typeof luSolve>;
    triangularSolve: Method<typeof triangularSolve>;
  }
}
