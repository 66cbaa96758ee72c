/** Names of the ops inside every kernel family that is not elementwise. Names are the contract with native/ops.h. */

/** float and int; `mean`, `sumSquares`, `sumAbs`, `var`, `std` float only; `any`, `all` give bool, `sum` and `prod` of integers int64. */
export const REDUCE_OPS = ['sum', 'mean', 'prod', 'amax', 'amin', 'any', 'all', 'sumSquares', 'sumAbs', 'countNonzero', 'var', 'std'] as const;
/** First occurrence wins; a NaN is larger (and smaller) than everything. */
export const ARG_REDUCE_OPS = ['argmax', 'argmin'] as const;
/** `logcumsumexp` of floats only. */
export const SCAN_OPS = ['cumsum', 'cumprod', 'logcumsumexp'] as const;
export const SORT_OPS = ['ascending', 'descending'] as const;
export const SELECT_OPS = ['smallest', 'largest', 'kth', 'median', 'nanmedian'] as const;
export const ARG_SCAN_OPS = ['cummax', 'cummin'] as const;
/** On which side of equal elements. */
export const SEARCH_OPS = ['left', 'right'] as const;
export const SCATTER_OPS = ['set', 'add', 'mul', 'amax', 'amin'] as const;
/** `softmaxGrad` has the first two: logSumExp gives one number per row. */
export const SOFTMAX_OPS = ['softmax', 'logSoftmax', 'logSumExp'] as const;
export const SOFTMAX_GRAD_OPS = ['softmax', 'logSoftmax'] as const;
/** Of `norm` and `normGrad`: with or without the mean. */
export const NORM_OPS = ['standard', 'rootMeanSquare'] as const;
export const RANDOM_OPS = ['uniform', 'normal', 'bernoulli', 'randint', 'exponential', 'randperm'] as const;
export const OPTIM_OPS = ['sgd', 'adam', 'rmsprop', 'adagrad', 'adadelta', 'adamax', 'nadam', 'radam', 'rprop', 'asgd'] as const;
/** Float32 scalars of the state: the operands before `hyper`. */
export const OPTIM_SCALARS: Readonly<Record<OptimOp, number>> = { sgd: 1, adam: 1, rmsprop: 1, adagrad: 1, adadelta: 1, adamax: 1, nadam: 2, radam: 1, rprop: 1, asgd: 3 };
/** Of `recurrence` and `recurrenceGrad`: an LSTM, a GRU, and networks of one gate by its activation. */
export const RECURRENCE_OPS = ['lstm', 'gru', 'tanh', 'relu'] as const;
/** Convolution, its gradient in the input (which is the transposed convolution) and in the weight. */
export const CONV_OPS = ['forward', 'inputGrad', 'weightGrad'] as const;
export const POOL_OPS = ['max', 'avg', 'avgGrad'] as const;
/** Weighted reading, its transpose, and its gradient in the weights. */
export const TAPS_OPS = ['read', 'spread', 'weigh'] as const;
/** Of `triangular`: which triangle is read. */
export const TRIANGULAR_OPS = ['lower', 'upper'] as const;
export const FACTOR_OPS = ['cholesky', 'lu', 'solve', 'inverse'] as const;
/** Factorisations with orthogonal factors; `columns` are those of the product of the reflections of `qr`. */
export const ORTHOGONAL_OPS = ['qr', 'columns', 'eigh', 'svd'] as const;
export const ACTIVATIONS = ['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'silu'] as const;

export type ReduceOp = (typeof REDUCE_OPS)[number];
export type ArgReduceOp = (typeof ARG_REDUCE_OPS)[number];
export type ScanOp = (typeof SCAN_OPS)[number];
export type SortOp = (typeof SORT_OPS)[number];
export type SelectOp = (typeof SELECT_OPS)[number];
export type ArgScanOp = (typeof ARG_SCAN_OPS)[number];
export type SearchOp = (typeof SEARCH_OPS)[number];
export type ScatterOp = (typeof SCATTER_OPS)[number];
export type SoftmaxOp = (typeof SOFTMAX_OPS)[number];
export type SoftmaxGradOp = (typeof SOFTMAX_GRAD_OPS)[number];
export type RandomOp = (typeof RANDOM_OPS)[number];
export type OptimOp = (typeof OPTIM_OPS)[number];
export type RecurrenceOp = (typeof RECURRENCE_OPS)[number];
export type ConvOp = (typeof CONV_OPS)[number];
export type PoolOp = (typeof POOL_OPS)[number];
export type TapsOp = (typeof TAPS_OPS)[number];
export type TriangularOp = (typeof TRIANGULAR_OPS)[number];
export type FactorOp = (typeof FACTOR_OPS)[number];
export type OrthogonalOp = (typeof ORTHOGONAL_OPS)[number];
export type Activation = (typeof ACTIVATIONS)[number];
