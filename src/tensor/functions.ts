/** The free functions of the `torch` namespace: every method in its functional form, `torch.sum(x, 1)` for `x.sum(1)`. */
import { Tensor } from './tensor.ts';
import { functional, functionalWithOut } from './functional-form.ts';
import { installInPlace, installMethods } from './operation.ts';
import { RANDOM_METHODS } from './random.ts';
import { CONJUGATES_IN_PLACE, CONJUGATES_METHODS, CONJUGATES_PROPERTIES } from './library/conjugates.ts';
import { FACTS_METHODS, FACTS_PROPERTIES } from './library/facts.ts';
import { FILLING_METHODS } from './library/filling.ts';
import { OTHER_NAMES_METHODS } from './library/other-names.ts';
import { DIFFERENCES_METHODS } from './library/differences.ts';
import { SCANS_IN_PLACE, SCANS_METHODS } from './library/scans.ts';
import { SEARCHING_METHODS } from './library/searching.ts';
import { SORTING_METHODS } from './library/sorting.ts';
import { STATISTICS_METHODS } from './library/statistics.ts';
import { UNIQUE_METHODS } from './library/unique.ts';
import { FLOATS_IN_PLACE, FLOATS_METHODS, FLOATS_OWN_IN_PLACE } from './library/floats.ts';
import { SPECIAL_METHODS } from './library/special.ts';
import { COVARIANCE_METHODS } from './library/covariance.ts';
import { DISTANCES_METHODS } from './library/distances.ts';
import { PRODUCTS_IN_PLACE, PRODUCTS_METHODS } from './library/products.ts';
import { VECTORS_IN_PLACE, VECTORS_METHODS } from './library/vectors.ts';
import { ARRANGING_IN_PLACE, ARRANGING_METHODS } from './library/arranging.ts';
import { SPLITTING_METHODS } from './library/splitting.ts';
import { MEMORY_METHODS } from './library/memory.ts';
import { RESHAPING_METHODS } from './library/reshaping-in-place.ts';
import { PLACING_IN_PLACE, PLACING_METHODS } from './library/placing.ts';
import { POSITIONS_METHODS } from './library/positions.ts';
import { narrowCopy } from './library/copies.ts';
import { SCATTER_REDUCE_METHODS } from './library/scatter-reduce.ts';

export const {
  sum, mean, prod, nansum, amax, amin, any, all, argmax, argmin, max, min, std, logsumexp, norm, cumsum, cumprod,
} = functionalWithOut([
  'sum', 'mean', 'prod', 'nansum', 'amax', 'amin', 'any', 'all', 'argmax', 'argmin', 'max', 'min', 'std', 'logsumexp', 'norm', 'cumsum', 'cumprod',
]);

export const {
  countNonzero, varMean, stdMean, softmax, logSoftmax,
  matmul, mm, bmm, mv, dot, inner, outer,
  asStrided, reshape, flatten, unflatten, unsqueeze, squeeze, permute, transpose, swapaxes, swapdims, movedim, moveaxis, t,
  broadcastTo, select, narrow, diagonal, clone, detach, flip, roll, tile, repeatInterleave, split, chunk, unbind, diag, trace,
  gather, scatter, scatterAdd, indexPut, indexSelect, indexAdd, indexCopy, indexFill, maskedSelect, maskedFill, maskedScatter, take, takeAlongDim, nonzero,
  equal, allclose, isclose, numel,
} = functional([
  'countNonzero', 'varMean', 'stdMean', 'softmax', 'logSoftmax',
  'matmul', 'mm', 'bmm', 'mv', 'dot', 'inner', 'outer',
  'asStrided', 'reshape', 'flatten', 'unflatten', 'unsqueeze', 'squeeze', 'permute', 'transpose', 'swapaxes', 'swapdims', 'movedim', 'moveaxis', 't',
  'broadcastTo', 'select', 'narrow', 'diagonal', 'clone', 'detach', 'flip', 'roll', 'tile', 'repeatInterleave', 'split', 'chunk', 'unbind', 'diag', 'trace',
  'gather', 'scatter', 'scatterAdd', 'indexPut', 'indexSelect', 'indexAdd', 'indexCopy', 'indexFill', 'maskedSelect', 'maskedFill', 'maskedScatter', 'take', 'takeAlongDim', 'nonzero',
  'equal', 'allclose', 'isclose', 'numel',
]);

installMethods(Tensor.prototype, {
  ...DIFFERENCES_METHODS, ...SCANS_METHODS, ...SEARCHING_METHODS, ...SORTING_METHODS, ...STATISTICS_METHODS, ...UNIQUE_METHODS,
  ...FLOATS_METHODS, ...FLOATS_OWN_IN_PLACE, ...SPECIAL_METHODS, ...ARRANGING_METHODS, ...SPLITTING_METHODS, ...PLACING_METHODS,
  ...MEMORY_METHODS, ...RESHAPING_METHODS, ...POSITIONS_METHODS, ...SCATTER_REDUCE_METHODS, ...COVARIANCE_METHODS, ...DISTANCES_METHODS,
  ...PRODUCTS_METHODS, ...VECTORS_METHODS, ...RANDOM_METHODS, ...CONJUGATES_METHODS, ...FACTS_METHODS, ...FILLING_METHODS, ...OTHER_NAMES_METHODS,
  narrowCopy,
});
for (const [name, read] of Object.entries({ ...CONJUGATES_PROPERTIES, ...FACTS_PROPERTIES })) {
  Object.defineProperty(Tensor.prototype, name, { get(this: Tensor) { return read(this); }, configurable: true });
}
installInPlace(Tensor.prototype, {
  ...SCANS_IN_PLACE, ...FLOATS_IN_PLACE, ...SPECIAL_METHODS, cumsum, cumprod, ...ARRANGING_IN_PLACE, ...PLACING_IN_PLACE,
  ...SCATTER_REDUCE_METHODS, ...PRODUCTS_IN_PLACE, ...VECTORS_IN_PLACE, ...CONJUGATES_IN_PLACE,
});

export { cumulativeTrapezoid, diff, gradient, trapezoid, trapz } from './library/differences.ts';
export type { Ranked } from './library/ordering.ts';
export { cummax, cummin, logcumsumexp } from './library/scans.ts';
export { bincount, bucketize, histc, histogram, searchsorted } from './library/searching.ts';
export { argsort, kthvalue, median, mode, msort, nanmedian, sort, topk } from './library/sorting.ts';
export { aminmax, nanmean, nanquantile, quantile } from './library/statistics.ts';
export { unique, uniqueConsecutive, type Unique } from './library/unique.ts';
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from './library/convolution.ts';
export { adjoint, conj, conjPhysical, imag, real, resolveConj, resolveNeg } from './library/conjugates.ts';
export * from './library/copies.ts';
export { asarray, frombuffer, range } from './library/creation.ts';
export { getDevice, isComplex, isConj, isInference, isNeg, isNonzero, isSameSize, isSigned } from './library/facts.ts';
export { resizeAs_ } from './library/filling.ts';
export { ger, unsafeChunk, unsafeSplit, unsafeSplitWithSizes } from './library/other-names.ts';
export { bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow } from './library/windows.ts';
export { corrcoef, cov } from './library/covariance.ts';
export { cdist, dist, pdist } from './library/distances.ts';
export { einsum, tensordot } from './library/einsum.ts';
export { constantPadNd } from './library/padding.ts';
export { addbmm, addmm, addmv, addr, baddbmm, kron, vdot } from './library/products.ts';
export { cross, renorm, vander } from './library/vectors.ts';
export { diagEmbed, diagflat, fliplr, flipud, ravel, rot90, tril, triu } from './library/arranging.ts';
export {
  atleast1d, atleast2d, atleast3d, blockDiag, broadcastShapes, broadcastTensors, cartesianProd, cat, columnStack, combinations, concat, concatenate,
  dstack, hstack, meshgrid, rowStack, stack, vstack, type AtLeast,
} from './library/joining.ts';
export { emptyStrided, scalarTensor } from './library/memory.ts';
export { asStridedScatter, diagonalScatter, put, selectScatter, sliceScatter } from './library/placing.ts';
export { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './library/normalization.ts';
export { argwhere, nonzeroStatic, trilIndices, triuIndices, unravelIndex } from './library/positions.ts';
export { indexReduce, scatterReduce } from './library/scatter-reduce.ts';
export { dsplit, hsplit, splitWithSizes, tensorSplit, vsplit } from './library/splitting.ts';
export { where } from './elementwise.ts';
export * from './library/elementwise.ts';
export { floatPower, frexp, isin, isreal, ldexp, nanToNum, nextafter, positive } from './library/floats.ts';
export { mvlgamma, polygamma } from './library/special.ts';
export { linear, moments, polyval } from './linalg.ts';

const variance = functionalWithOut(['var']).var;
export { variance as var };
