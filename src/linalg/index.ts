/** `linalg`: decompositions, systems and norms, PyTorch's `torch.linalg`. */
export { cholesky, choleskyEx } from './cholesky.ts';
export { det, slogdet } from './determinant.ts';
export { eig, eigvals } from './eig.ts';
export { eigh, eigvalsh } from './eigh.ts';
export { lu, luFactor, luFactorEx, luSolve } from './lu.ts';
export { matrixNorm, norm, vectorNorm } from './norms.ts';
export { matrixExp, matrixPower, multiDot } from './power.ts';
export { householderProduct, qr } from './qr.ts';
export { cond, lstsq, matrixRank, pinv } from './rank.ts';
export { inv, invEx, solve, solveEx, tensorinv, tensorsolve } from './solve.ts';
export { svd, svdvals } from './svd.ts';
export { solveTriangular } from './triangular.ts';
export { cross, diagonal, vander, vecdot } from './vectors.ts';
