/**
 * The seam between tensors and kernels: about thirty kernel families, each parameterised by an op code.
 *
 * Before a call the tensor layer has done promotion, broadcasting and coalescing and has written the geometry into the
 * shared frame (src/core/frame.ts): op (the position in the family's list of src/ops), dims, and for every operand its
 * dtype, offset (in elements, from the start of the slab) and strides. A method receives the operands' storages in the
 * frame's order; `null` stands for an operand that is an immediate number in the frame, or an optional one that is
 * absent (the frame's ARG slot says which: the caller writes IMMEDIATE or ABSENT there; other ARG slots are the
 * backend's own). The caller allocates outputs. Nothing may be kept after return.
 *
 * Aliasing: the output of copy, unary, binary, ternary and optimStep may be the very same elements as an input (in
 * place); any other overlap, in any family, is resolved by the caller with a copy.
 *
 * Compute dtypes are float32, float64, int64, int32 and bool; the caller converts the five small dtypes, but for unary, binary
 * and ternary: there an operand that is to be int32 may be int16, int8 or uint8, and one that is to be float32 float16 or
 * bfloat16 (numbers stay float32), cast where it is read or written; and matmul and optimStep have half floats of their own. copy, gather
 * (whole elements) and `where` take all ten. An op and dtype that a backend does not have throws UnsupportedError.
 *
 * Per family (dims, operands; strides are 0 along dims an operand lacks):
 *
 * - copy [out, a]: any loop; casts a to out's dtype as PyTorch does (float to int truncates, to bool is `!= 0`).
 *   An immediate `a` fills. Strides of `a`, and of no other operand in any family, may be negative.
 * - join [out, a...]: dims are [rows, n]; one to seven operands, of which operand k has INTS[k - 1] elements per row, one
 *   after another, and stride 0 along n; out has stride 1 along n. Row r of out is row r of each operand side by side, cast
 *   as copy does.
 * - unary [out, a], binary [out, a, b], ternary [out, a, b, c]: any loop. Inputs share a dtype (ternary `where`: a is
 *   bool). out has the inputs' dtype, or bool for predicates. Parameters p0, p1 are floats[PARAMS], floats[PARAMS + 1].
 *   int64 immediates are 64-bit integers in the float slot (frameBigInts), all others are doubles.
 * - reduce [out, a]: dims are [kept..., reduced...], INTS[0] = how many are kept; out has stride 0 along reduced dims.
 *   sum and prod of int32, int64 and bool give int64; any, all give bool; countNonzero int64; the rest a's dtype.
 *   var, std: floats[PARAMS] = correction (two-pass). float32 sums accumulate blockwise or in float64: relative error
 *   stays below 1e-6 of the sum of absolute terms for 1e7 elements. amax and amin propagate NaN.
 *   Reducing no elements: sum 0, prod 1, any false, all true, mean/var NaN; amax and amin are refused by the caller.
 * - argReduce [out int64, a]: as reduce; the result is the row-major linear index over the reduced dims.
 * - scan [out, a]: along the last dim.
 * - polyval [out, c, x]: dims are [loop..., K]; c walks K (coefficients, highest degree first) and may walk loop dims;
 *   out and x have stride 0 along K. float32, float64. Horner with fma.
 * - moments [out, g, x]: dims are [N, K]; out[k] = sum over N of g * x^(K - 1 - k), one pass. float32, float64.
 * - matmul [out, a, b, bias]: dims are [batch..., M, N, K]; out has stride 0 along K, a along N, b along M, bias (or
 *   ABSENT) along what it broadcasts over, always K. out = activation(a b + bias), or with INTS[1] = 1
 *   activation(out + a b + bias); INTS[0] = activation (ACTIVATIONS), for integers none or relu.
 *   float32, float64, int64, int32; float16 and bfloat16: one sum of float32 products, rounded once after the activation. With
 *   AVX512-BF16, bfloat16 operands and sums that are denormal count as zeros.
 * - gather [out, src, index]: dims are out's; src has stride 0 along the gathered axis, which is walked by the index:
 *   out[i] = src[i + index[i] * INTS[1]], 0 <= index < INTS[0]; INTS[2] = 1 lets negative indices count from the end.
 *   index is int64 or int32. An index out of range throws IndexRangeError before anything is written.
 * - scatter [out, src, index]: op set, add, mul, amax, amin: out[i + index[i] * INTS[1]] op= src[i], in row-major order
 *   of i (so repeated indices are deterministic); out has stride 0 along the axis. src may be immediate.
 * - nonzero [out int64, count int64, a]: dims are a's logical dims (not coalesced). Writes one row of ndim indices per
 *   non-zero element in row-major order, at most INTS[0] rows, and how many non-zero elements there are, written or
 *   not, into count[0]. out is contiguous.
 * - sort [values, indices int64, a]: dims are [..., n]; along the last dim, stable, op ascending or descending. A NaN is
 *   larger than every number, -0 and 0 are equal. The outputs move along n.
 * - select [values, indices int64, a]: dims are [..., k]; a has stride 0 along k, and rows of INTS[0] elements, INTS[1]
 *   (not 0) apart; the outputs move along k. op smallest, largest: the first k in that order, ties by position. With k = 1,
 *   kth: the element of rank INTS[2] (0 is the smallest); median: the lower median, or the first NaN; nanmedian: the lower
 *   median of what is no NaN.
 * - argScan [values, indices int64, a]: op cummax, cummin along the last dim; of equal elements, and of NaNs, which win,
 *   the last index.
 * - searchSorted [out int64, sequence, values]: dims are [..., m]; the sequence has stride 0 along m, INTS[0] ascending
 *   elements, INTS[1] apart. out is where values[i] can be inserted, left or right of equal elements; a NaN goes last.
 * - softmax [out, a]: along the last dim; of op logSumExp, log(sum(exp(a))), out has stride 0 along it. softmaxGrad [out, g, y]:
 *   op softmax or logSoftmax, y its output.
 * - crossEntropy [loss, p, a, target]: dims are [rows..., C]. a are logits; target (int64 or int32) and loss move along the
 *   rows: loss = logsumexp(a) - a[target] of each; p receives softmax(a). INTS[0] = class to ignore (loss 0).
 *   A target outside [0, C) that is not the ignored one throws IndexRangeError before anything is written.
 * - crossEntropyGrad [out, p, target, g]: dims are [rows..., C]; out = (p - onehot(target)) * g * floats[PARAMS], 0 for
 *   the ignored class INTS[0].
 * - conv [out, a, b, bias]: all contiguous, their strides are not read; float32, float64. dims are [N, G, O, I, out D, H, W,
 *   kernel D, H, W], channels O and I per group; INTS are four triples over D, H, W: input sizes, stride, padding before,
 *   dilation. What lies outside of the input reads as 0. x is [N, G I, in], y [N, G O, out], w [G O, I, kernel].
 *     forward     out = y, a = x, b = w, bias [G O] or ABSENT
 *     inputGrad   out = x's gradient, a = y's, b = w, bias [G I] or ABSENT: the transposed convolution
 *     weightGrad  out = w's gradient, a = x, b = y's gradient, bias ABSENT
 * - pool [out, a, index]: all contiguous, their strides are not read. dims are [N, out D, H, W, kernel D, H, W]; INTS as in
 *   conv, then INTS[12] = 1: adaptive (window o is floor(o in / out) to ceil((o + 1) in / out); kernel and the other
 *   triples do not count), INTS[13] = 1: averages divide by the window with its padding, INTS[14] = divisor (0: none given).
 *     max      out = y, a = x, index int64 (position in x's plane) of the last NaN or else the first maximum; also int32, int64
 *     avg      out = y, a = x, index ABSENT; float32, float64; dilation 1
 *     avgGrad  out = x's gradient, a = y's, index ABSENT
 * - norm [out, a, mean?, variance, weight?, bias?]: dims are [N, G, K, S], every operand contiguous (its strides in the
 *   frame are not read). Groups are (n, g), or with INTS[0] = 0 each g over all n (then K = 1). Mean and biased variance
 *   per group are written, or read with INTS[2] = 1; out = (a - mean) / sqrt(variance + floats[PARAMS]) * weight + bias.
 *   Weight and bias go by g * K + k, or with INTS[1] = 1 by the position in S (then G = K = 1 and INTS[0] = 1). op
 *   rootMeanSquare has no mean: the variance is the mean square. Two passes: no mean cancels against a square. Of no
 *   elements nothing is written. float32, float64.
 * - normGrad [dx?, dw?, db?, g, a, mean?, variance, weight?]: the gradients of norm by those of out; with INTS[2] = 1
 *   mean and variance are constants. A weight's gradient is summed over what shares it.
 * - recurrence [out, saved?, gates?, h0, c0?, weight, bias?]: dims are [T, N, H], all contiguous (strides are not read), of one
 *   floating dtype. The steps of a layer, last time first with INTS[0] = 1; the rows of weight [gates H, H] and what is
 *   computed are those of PyTorch's cells. On entry gates [T, N, gates H] holds the input's part of the gates with its bias.
 *     lstm        4 gates, which receive their activations; saved: the cell states [T, N, H]; c0 [N, H]
 *     gru         3 gates, likewise; saved: the new gate's part of h W^T + bias [T, N, H]; bias [3 H] or ABSENT
 *     tanh, relu  one gate: out itself, [T, N, H], holds the input's part; saved, gates, c0 and bias are ABSENT
 * - recurrenceGrad [deltas, dh, dc, g?, gates, states, first, weight]: dims as in recurrence, whose results it takes. g are the
 *   gradients of out; dh [N, H] holds that of the last h besides and receives that of h0. deltas receive the gradients of the
 *   gates before their activations.
 *     lstm        dc [N, H] as dh, of the cell state; states: the cells; first: c0
 *     gru         dc: saved; states: out; first: h0. deltas [T, N, 4 H]: of the new gate's h part, reset, update, new; the
 *                 last three are those of the input's part
 *     tanh, relu  states: out; dc, gates and first are ABSENT
 * - attention [out, q, k, v, bias?]: dims are [B, H, L, S, E, F], none empty: q and dq move along B, H, L, E, k along B, H, S, E,
 *   v along B, H, S, F, out along B, H, L, F, bias along B, H, L, S, some of them with stride 0; k's stride along S is not 0.
 *   out = softmax(floats[PARAMS] * q k^T + bias) v; with INTS[0] = 1 query l sees keys 0 to l only. float32, float64.
 * - attentionGrad [dq, dk, dv, g, q, k, v, bias?]: the gradients of q, k and v by those of out.
 * - taps [out, a, b, index]: dims are [loop..., P, J, K]. y moves along loop, P and J; x along loop and J, and along an axis
 *   of INTS[0] elements, INTS[1] apart; w and index (int32, no stride 0 along P and K) along loop, P and K. A negative index
 *   reads a zero and adds to nothing; one from INTS[0] on throws IndexRangeError before anything is written. float32, float64.
 *     read    y[p, j] = sum over k of w[p, k] * x[index[p, k], j]; a = x, b = w or ABSENT (all 1)
 *     spread  x[index[p, k], j] += w[p, k] * y[p, j]; a = y, b = w or ABSENT
 *     weigh   w[p, k] += sum over j of y[p, j] * x[index[p, k], j]; a = y, b = x
 * - distance [out, a, b]: dims are [loop..., P, R, M]; a moves along loop, P, M, b along loop, R, M, out along loop, P, R.
 *   out = the p-norm of a - b along M, p = floats[PARAMS], not negative: 0 counts what differs, with infinity a NaN stays.
 *   Where a dim is empty nothing is written. float32, float64.
 * - distanceGrad [out, a, b, g, y]: dims as in distance; y is its result and g the gradient of y, out moves as a and receives
 *   a's gradient: 0 where y is 0; with p = infinity that of all elements that are as far apart as y.
 * - triangular [x, t]: dims are [batch..., N, N, R]. x [N, R] has stride 0 along the second N and stride 1 along R, t stride 0
 *   along R; op says which of t's triangles is read, INTS[0] = 1 that its diagonal counts as ones. x is replaced by the solution
 *   of t X = x. float32, float64.
 * - factor [a, second?, info, x?]: dims are [B, M, N, R], all contiguous (strides are not read); float32, float64. Of every
 *   matrix of a [B, M, N], in its place; info (int32) [B] receives 0, or where the factorisation failed, counted from 1. What
 *   is not named is ABSENT.
 *     cholesky  M = N: U with a = U^T U, zeros below it; a's upper triangle alone is read. info: the order of the first leading
 *               minor that is not positive, with which the work stops
 *     lu        L, whose diagonal of ones is not stored, and U; second: pivots (int32) [B, min(M, N)], the row with which each
 *               row was exchanged, from 1. INTS[0] = 0: no exchanges. info: the first zero on U's diagonal; the work goes on
 *     solve     M = N: as lu, and x [B, N, R] is replaced by the solution of a X = x
 *     inverse   M = N = R: as lu, and x [B, N, N] receives the inverse
 * - orthogonal [a, values, info?, left?, right?]: dims are [B, M, N, L, R], all contiguous (strides are not read); float32, float64.
 *   Of every matrix of a [B, M, N]; values [B, min(M, N)], left [B, M, L], right [B, R, N]. What is not named is ABSENT, and its
 *   dim 0. NaN and infinities spread in qr and columns.
 *     qr        a receives R on and above its diagonal and below it the vectors of LAPACK's reflections, values their factors tau;
 *               left (or ABSENT) the first L <= M columns of Q, right (or ABSENT) the first R <= M rows of R, zeros below the diagonal
 *     columns   N <= M: a and values hold what qr left; left receives the first L columns of the product of the reflections
 *     eigh      M = N, L = N or 0; of symmetric matrices, of which the lower triangle is read, or with INTS[0] = 1 the upper one: values
 *               receives the eigenvalues, ascending, left (or ABSENT) the eigenvectors as columns; a is used up. info (int32) [B]:
 *               0, -1 where that triangle holds NaN or an infinity, 1 where an eigenvalue does not converge; the results are void then
 *     svd       values receives the singular values, descending; left and right, both or neither, the left singular vectors as columns,
 *               L = min(M, N) or M of them, and the right ones as rows, R = min(M, N) or N; a may be used up. info as in eigh
 * - random [out, state]: dims are [n]; out contiguous; state is the int32 generator state (src/core/rng.ts).
 *   uniform (p0 low, p1 high), normal (p0 mean, p1 std; INTS[0] = 1 takes the scalar path whatever n), bernoulli (p0 probability, or out holds the probabilities to
 *   draw with when INTS[0] = 1), randint (INTS[0], INTS[1] = low as two words; INTS[2], INTS[3] = range as two words;
 *   64 bits per element from a range of 2^28 on, or of 2^32 on when INTS[4] = 1, as `random_()` does),
 *   exponential (p0 rate), randperm (out int64). PyTorch's streams; float64 formulas without fma, so that both backends
 *   give the same bits.
 * - optimStep: dims are [n], all vectors contiguous, hyperparameters read from the float64 vector `hyper` at call time;
 *   float32, float64, and parameter and gradient of half floats with a state of float32;
 *   `step` is a float32 scalar that the kernel increments. Absent state operands are ABSENT.
 *     sgd     [param, grad, momentumBuffer?, step?, hyper]: hyper = lr, momentum, dampening, weightDecay, nesterov,
 *             maximize; step counts the updates, the first one copies the gradient into the buffer.
 *     adam    [param, grad, expAvg, expAvgSq, maxExpAvgSq?, step, hyper]: hyper = lr, beta1, beta2, eps, weightDecay,
 *             amsgrad, maximize, decoupled (1 = AdamW).
 *     rmsprop [param, grad, squareAvg, momentumBuffer?, gradAvg?, step, hyper]: hyper = lr, alpha, eps, weightDecay,
 *             momentum, centered, maximize.
 *     adagrad [param, grad, sum, step, hyper]: hyper = lr, lrDecay, eps, weightDecay, initialAccumulatorValue, maximize.
 *     adadelta [param, grad, squareAvg, accDelta, step, hyper]: hyper = lr, rho, eps, weightDecay, maximize.
 *     adamax  [param, grad, expAvg, expInf, step, hyper]: hyper = lr, beta1, beta2, eps, weightDecay, maximize.
 *     nadam   [param, grad, expAvg, expAvgSq, muProduct, step, hyper]: hyper = lr, beta1, beta2, eps, weightDecay,
 *             momentumDecay, decoupled, maximize; muProduct is a float32 scalar that the kernel multiplies.
 *     radam   [param, grad, expAvg, expAvgSq, step, hyper]: hyper = lr, beta1, beta2, eps, weightDecay, maximize, decoupled.
 *     rprop   [param, grad, prev, stepSize, step, hyper]: hyper = lr, eta-, eta+, least, largest step, maximize.
 *     asgd    [param, grad, ax, eta, mu, step, hyper]: hyper = lr, lambd, alpha, t0, weightDecay, maximize; eta (the rate
 *             of this step) and mu (the weight of this step in ax) are float32 scalars that the kernel renews.
 */
import type { Storage } from '../core/storage.ts';

export type BackendName = 'js' | 'native';
type Operand = Storage | null;

export interface Backend {
  readonly name: BackendName;

  copy(out: Storage, a: Operand): void;
  join(out: Storage, ...parts: readonly Storage[]): void;
  unary(out: Storage, a: Operand): void;
  binary(out: Storage, a: Operand, b: Operand): void;
  ternary(out: Storage, a: Operand, b: Operand, c: Operand): void;
  reduce(out: Storage, a: Storage): void;
  argReduce(out: Storage, a: Storage): void;
  scan(out: Storage, a: Storage): void;
  polyval(out: Storage, c: Storage, x: Storage): void;
  moments(out: Storage, g: Storage, x: Storage): void;
  matmul(out: Storage, a: Storage, b: Storage, bias: Operand): void;
  gather(out: Storage, src: Storage, index: Storage): void;
  scatter(out: Storage, src: Operand, index: Storage): void;
  nonzero(out: Storage, count: Storage, a: Storage): void;
  sort(values: Storage, indices: Storage, a: Storage): void;
  select(values: Storage, indices: Storage, a: Storage): void;
  argScan(values: Storage, indices: Storage, a: Storage): void;
  searchSorted(out: Storage, sequence: Storage, values: Storage): void;
  softmax(out: Storage, a: Storage): void;
  softmaxGrad(out: Storage, g: Storage, y: Storage): void;
  crossEntropy(loss: Storage, p: Storage, a: Storage, target: Storage): void;
  crossEntropyGrad(out: Storage, p: Storage, target: Storage, g: Storage): void;
  norm(out: Storage, a: Storage, mean: Operand, variance: Storage, weight: Operand, bias: Operand): void;
  normGrad(dx: Operand, dw: Operand, db: Operand, g: Storage, a: Storage, mean: Operand, variance: Storage, weight: Operand): void;
  recurrence(out: Storage, saved: Operand, gates: Operand, h0: Storage, c0: Operand, weight: Storage, bias: Operand): void;
  recurrenceGrad(deltas: Storage, dh: Storage, cellOrKept: Operand, g: Operand, gates: Operand, states: Storage, first: Operand, weight: Storage): void;
  attention(out: Storage, q: Storage, k: Storage, v: Storage, bias: Operand): void;
  attentionGrad(dq: Storage, dk: Storage, dv: Storage, g: Storage, q: Storage, k: Storage, v: Storage, bias: Operand): void;
  conv(out: Storage, a: Storage, b: Storage, bias: Operand): void;
  pool(out: Storage, a: Storage, index: Operand): void;
  taps(out: Storage, a: Storage, b: Operand, index: Storage): void;
  distance(out: Storage, a: Storage, b: Storage): void;
  distanceGrad(out: Storage, a: Storage, b: Storage, g: Storage, y: Storage): void;
  triangular(x: Storage, t: Storage): void;
  factor(a: Storage, second: Operand, info: Storage, x: Operand): void;
  orthogonal(a: Storage, values: Storage, info: Operand, left: Operand, right: Operand): void;
  random(out: Storage, state: Storage): void;
  optimStep(operands: readonly Operand[]): void;

  setNumThreads(threads: number): void;
  numThreads(): number;
}

/** The families by name, in the order of {@link Backend}; kernels.h lists the same. */
export const FAMILIES = [
  'copy', 'join', 'unary', 'binary', 'ternary', 'reduce', 'argReduce', 'scan', 'polyval', 'moments', 'matmul', 'gather',
  'scatter', 'nonzero', 'sort', 'select', 'argScan', 'searchSorted', 'softmax', 'softmaxGrad', 'crossEntropy', 'crossEntropyGrad', 'norm', 'normGrad',
  'recurrence', 'recurrenceGrad', 'attention', 'attentionGrad', 'conv', 'pool', 'taps', 'distance', 'distanceGrad', 'triangular', 'factor', 'orthogonal', 'random', 'optimStep',
] as const satisfies readonly (keyof Backend)[];
export type Family = (typeof FAMILIES)[number];
