/** flambeau: PyTorch for TypeScript. The public surface, nothing else. */
export type { BackwardArgs, RemovableHandle } from './tensor/tensor.ts';
export * from './tensor/functions.ts';
export * from './tensor/in-place-functions.ts';
export * from './linalg/functions.ts';
export * from './linalg/older-norms.ts';
export * from './linalg/lowrank.ts';
export * from './nn/functions.ts';
export { canCast, resultTypeName as resultType } from './tensor/composite.ts';
export {
  arange, asTensor, empty, emptyLike, eye, fromArray, full, fullLike, linspace, logspace, ones, onesLike, tensor, zeros, zerosLike,
  type TensorData, type TensorOptions,
} from './tensor/create.ts';
export {
  Generator, bernoulli, defaultGenerator, getRngState, initialSeed, manualSeed, multinomial, normal, rand, randLike, randint, randintLike, randn, randnLike, randperm,
  seed, setRngState,
} from './tensor/random.ts';
export { poisson } from './tensor/distributions.ts';
export { binomial } from './tensor/binomial.ts';
export * from './tensor/settings.ts';
export * from './tensor/legacy.ts';
export { setPrintoptions } from './tensor/format.ts';
export { getDefaultDtype, setDefaultDtype, type Scalar } from './tensor/promotion.ts';
export { enableGrad, inferenceMode, isGradEnabled, isInferenceModeEnabled, noGrad, setGradEnabled } from './tensor/grad-mode.ts';
export * from './tensor/device.ts';
export * from './tensor/dtype-info.ts';
export * from './tensor/constants.ts';
export { keep, tidy } from './tensor/tidy.ts';
export { expr } from './expr/expr.ts';
export { backendInfo, setBackend, withBackend, setNumThreads, getNumThreads, type BackendInfo, type BackendName } from './backend/select.ts';
export * from './core/errors.ts';
export type { DType, TypedArray } from './core/dtype.ts';
export { channelsLast, channelsLast3d, contiguousFormat, preserveFormat, type MemoryFormat } from './core/memory-format.ts';
export { adaptiveAvgPool1d, adaptiveMaxPool1dWithIndices as adaptiveMaxPool1d, avgPool1d, maxPool1d, maxPool1dWithIndices, maxPool2d, maxPool3d } from './nn/functional-pool.ts';
export * as autograd from './autograd.ts';
export * as utils from './utils.ts';
export * as special from './tensor/library/special.ts';
export * as func from './func/index.ts';
export { vmap } from './func/vmap.ts';
export * as nn from './nn/index.ts';
export * as linalg from './linalg/index.ts';
export * as optim from './optim.ts';
