/** Powers, exponentials and products of several matrices. */
import { BF16, F16, F32, F64, I64 } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { colsOf, identity, requireFloating, rowsOf } from './matrices.ts';
import { checkedInverse, solveBatch } from './solve.ts';

export function powerOf(op: string, A: Tensor, n: number): Tensor {
  if (A.ndim < 2 || rowsOf(A) !== colsOf(A)) throw new ShapeError(op, `A must be square matrices, got shape [${A.shape.join(', ')}]`);
  if (n < 0) return powerOf(op, checkedInverse(op, A), -n);
  // Attached to the graph, with zeros for a gradient.
  if (n === 0) return A.where(A.newZeros([], { dtype: 'bool' }), identity(A, rowsOf(A)));
  let square = A, out: Tensor | null = null;
  for (let left = n; ; square = square.matmul(square)) {
    if (left % 2 === 1) out = out === null ? square : out.matmul(square);
    left = Math.floor(left / 2);
    if (left === 0) return n === 1 ? A.clone() : out as Tensor;
  }
}

/** The n-th power of square matrices, by repeated squaring; a negative n of the inverse. PyTorch's `torch.linalg.matrix_power`. */
export const matrixPower = operation('linalg.matrixPower(A: Tensor, n: int, *, out: Tensor?)', (A, n): Tensor => powerOf('linalg.matrixPower', A, n));

/** Coefficients of the [13/13] Pade approximant, and up to which 1-norm it holds to float64: Higham (2005), The scaling and squaring method revisited. */
const PADE = [64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1];
const PADE_NORM = 5.371920351148152;

class MatrixExp extends Function {
  static override forward(ctx: Context, A: Tensor): Tensor {
    ctx.saveForBackward(A);
    const n = rowsOf(A);
    return A.numel() === 0 ? A.clone() : exponential(A.castTo(F64).reshape([-1, n, n])).reshape([...A.shape]).castTo(A.dtypeCode);
  }

  /** exp of [[A^T, g], [0, A^T]] has the derivative in its upper right block (Najfeld and Havel 1995). */
  static override backward(ctx: Context, g: Tensor): Tensor {
    const [A] = ctx.savedTensors, n = rowsOf(A), T = A.mT;
    const top = T.cat([g], -1), bottom = T.mul(0).cat([T], -1);
    return exponentials(top.cat([bottom], -2)).narrow(-2, 0, n).narrow(-1, n, n);
  }
}

const exponentials = byBatch((A: Tensor): Tensor => MatrixExp.apply(A));

/** Of float64 [count, n, n]; matrices that need the same number of squarings go together. */
function exponential(A: Tensor): Tensor {
  const norms = A.abs().sum(-2).amax(-1).tolist() as number[];
  const squarings = norms.map((norm) => (norm > PADE_NORM ? Math.ceil(Math.log2(norm / PADE_NORM)) : 0));
  const groups = [...new Set(squarings)];
  if (groups.length === 1) return scaled(A, groups[0]);
  const out = A.clone();
  for (const s of groups) {
    const rows = A.newTensor(squarings.flatMap((value, i) => (value === s ? [i] : []))).castTo(I64);
    out.indexCopy_(0, rows, scaled(A.indexSelect(0, rows), s));
  }
  return out;
}

function scaled(A: Tensor, squarings: number): Tensor {
  if (!Number.isFinite(squarings)) return A.mul(NaN);
  const B = A.mul(2 ** -squarings), eye = identity(A, rowsOf(A));
  const B2 = B.matmul(B), B4 = B2.matmul(B2), B6 = B4.matmul(B2);
  const combine = (c6: number, c4: number, c2: number, c0: number): Tensor => B6.mul(c6).add(B4.mul(c4)).add(B2.mul(c2)).add(eye.mul(c0));
  const odd = B.matmul(B6.matmul(combine(PADE[13], PADE[11], PADE[9], 0)).add(combine(PADE[7], PADE[5], PADE[3], PADE[1])));
  const even = B6.matmul(combine(PADE[12], PADE[10], PADE[8], 0)).add(combine(PADE[6], PADE[4], PADE[2], PADE[0]));
  let out = solveBatch(even.sub(odd), even.add(odd));
  for (let i = 0; i < squarings; i++) out = out.matmul(out);
  return out;
}

export function exponentialOf(op: string, A: Tensor): Tensor {
  requireFloating(op, 'A', A);
  if (![F32, F64, F16, BF16].includes(A.dtypeCode)) throw new DTypeError(op, A.dtype, `not defined for ${A.dtype}`);
  if (A.ndim < 2 || rowsOf(A) !== colsOf(A)) throw new ShapeError(op, `A must be square matrices, got shape [${A.shape.join(', ')}]`);
  return exponentials(A);
}

/** The exponential of square matrices: the sum of A^k / k!. PyTorch's `torch.linalg.matrix_exp`. */
export const matrixExp = operation('linalg.matrixExp(A: Tensor)', (A): Tensor => exponentialOf('linalg.matrixExp', A));

export function multiDotOf(op: string, tensors: readonly Tensor[]): Tensor {
  const count = tensors.length;
  if (count < 2) throw new ArgumentError(op, 'tensors', `must be at least two, got ${count}`);
  const first = tensors[0], last = tensors[count - 1];
  tensors.forEach((x, i) => {
    if (x.ndim !== 2 && !(x.ndim === 1 && (i === 0 || i === count - 1))) throw new ShapeError(op, `tensors[${i}] must be a matrix (the first and the last may be vectors), got shape [${x.shape.join(', ')}]`);
    if (x.dtypeCode !== first.dtypeCode) throw new DTypeError(op, x.dtype, `all tensors must have one dtype, got ${first.dtype} and ${x.dtype}`);
  });
  const list = tensors.map((x, i) => (x.ndim === 2 ? x : x.unsqueeze(i === 0 ? 0 : 1)));
  list.forEach((x, i) => {
    if (i > 0 && rowsOf(x) !== colsOf(list[i - 1])) throw new ShapeError(op, `shapes [${tensors[i - 1].shape.join(', ')}] and [${tensors[i].shape.join(', ')}] cannot be multiplied`);
  });
  const out = inBestOrder(list);
  return first.ndim === 1 && last.ndim === 1 ? out.reshape([]) : first.ndim === 1 ? out.squeeze(0) : last.ndim === 1 ? out.squeeze(1) : out;
}

/** The classical matrix chain: the split of every run that costs the fewest multiplications (Cormen et al., 15.2). */
function inBestOrder(list: readonly Tensor[]): Tensor {
  const n = list.length, sizes = [rowsOf(list[0]), ...list.map(colsOf)];
  const cost = list.map(() => new Array<number>(n).fill(0)), split = list.map(() => new Array<number>(n).fill(0));
  for (let span = 1; span < n; span++) {
    for (let i = 0, j = span; j < n; i++, j++) {
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total < cost[i][j]) {
          cost[i][j] = total;
          split[i][j] = k;
        }
      }
    }
  }
  const product = (i: number, j: number): Tensor => (i === j ? list[i] : product(i, split[i][j]).mm(product(split[i][j] + 1, j)));
  return product(0, n - 1);
}

/** The product of matrices (the first and the last may be vectors) in the cheapest order. PyTorch's `torch.linalg.multi_dot`. */
export const multiDot = operation('linalg.multiDot(tensors: Tensors, *, out: Tensor?)', (tensors): Tensor => multiDotOf('linalg.multiDot', tensors));
