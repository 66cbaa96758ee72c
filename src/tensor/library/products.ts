/** Matrix and vector products that add, and those of all pairs of elements. */
import { BOOL, isFloating } from '../../core/dtype.ts';
import { broadcastShapes, sameShape } from '../../core/layout.ts';
import { DTypeError, ShapeError } from '../../core/errors.ts';
import { operation, type Method } from '../operation.ts';
import { computeType, resultTypeOf, type Scalar } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

/** `beta * input + alpha * product`, of one dtype; input broadcasts to the product. For integers the factors are cut to integers, as in PyTorch. */
function addProduct(op: string, input: Tensor, a: Tensor, b: Tensor, product: 'mm' | 'mv' | 'bmm', beta: Scalar, alpha: Scalar): Tensor {
  const type = input.dtypeCode, compute = computeType(type);
  for (const x of [a, b]) if (x.dtypeCode !== type) throw new DTypeError(op, x.dtype, `all operands must have one dtype, got ${input.dtype} and ${x.dtype}`);
  // Halves are rounded once, at the end.
  if (compute !== type) return addProduct(op, input.castTo(compute), a.castTo(compute), b.castTo(compute), product, beta, alpha).castTo(type);
  const [wantedBeta, wantedAlpha] = [beta, alpha].map((factor) => (isFloating(type) ? Number(factor) : Math.trunc(Number(factor))));
  const result = a[product](b);
  if (!sameShape(broadcastShapes(op, input.shape, result.shape), result.shape)) throw new ShapeError(op, `input of shape [${input.shape.join(', ')}] does not broadcast to the product's shape [${result.shape.join(', ')}]`);
  const scaled = wantedAlpha === 1 ? result : result.mul(wantedAlpha);
  // beta = 0 ignores input, NaN included.
  if (wantedBeta === 0) return scaled;
  return scaled.add(wantedBeta === 1 ? input : input.mul(wantedBeta));
}

/** `beta * input + alpha * (mat1 @ mat2)`, `[M, K]` and `[K, N]`. PyTorch's `torch.addmm`. */
export const addmm = operation('addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: scalar = 1, alpha: scalar = 1, out: Tensor?)',
  (input, mat1, mat2, beta, alpha): Tensor => addProduct('addmm', input, mat1, mat2, 'mm', beta, alpha));

/** `beta * input + alpha * (mat @ vec)`, `[M, K]` and `[K]`. PyTorch's `torch.addmv`. */
export const addmv = operation('addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: scalar = 1, alpha: scalar = 1, out: Tensor?)',
  (input, mat, vec, beta, alpha): Tensor => addProduct('addmv', input, mat, vec, 'mv', beta, alpha));

/** `beta * input + alpha * (batch1 @ batch2)`, `[B, M, K]` and `[B, K, N]`. PyTorch's `torch.baddbmm`. */
export const baddbmm = operation('baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: scalar = 1, alpha: scalar = 1, out: Tensor?)',
  (input, batch1, batch2, beta, alpha): Tensor => addProduct('baddbmm', input, batch1, batch2, 'bmm', beta, alpha));

/** `beta * input + alpha * sum over b of batch1[b] @ batch2[b]`: `[B, M, K]` and `[B, K, N]` give `[M, N]`. PyTorch's `torch.addbmm`. */
export const addbmm = operation('addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: scalar = 1, alpha: scalar = 1, out: Tensor?)', (input, batch1, batch2, beta, alpha): Tensor => {
  if (batch1.ndim !== 3 || batch2.ndim !== 3) throw new ShapeError('addbmm', `batch1 and batch2 must have 3 dimensions, got shapes [${batch1.shape.join(', ')}] and [${batch2.shape.join(', ')}]`);
  const [count, m, k] = batch1.shape;
  if (batch2.shape[0] !== count || batch2.shape[1] !== k) throw new ShapeError('addbmm', `shapes [${batch1.shape.join(', ')}] and [${batch2.shape.join(', ')}] cannot be multiplied batch by batch`);
  // One product over batch and inner dimension together.
  const rows = batch1.transpose(0, 1).reshape([m, count * k]), columns = batch2.reshape([count * k, batch2.shape[2]]);
  return addProduct('addbmm', input, rows, columns, 'mm', beta, alpha);
});

/** `addbmm` in place; an input that is broadcast takes the product's shape, as in PyTorch. PyTorch's `Tensor.addbmm_`. */
export const addbmm_ = operation('addbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: scalar = 1, alpha: scalar = 1)', (input, batch1, batch2, beta, alpha): Tensor => {
  const result = addbmm(input, batch1, batch2, { beta, alpha });
  if (!sameShape(input.shape, result.shape)) input.resize_([...result.shape]);
  return input.copy_(result);
});

/** `beta * input + alpha * outer(vec1, vec2)`: `[N]` and `[M]` give `[N, M]`. PyTorch's `torch.addr`. */
export const addr = operation('addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: scalar = 1, alpha: scalar = 1, out: Tensor?)', (input, vec1, vec2, beta, alpha): Tensor => {
  if (vec1.ndim !== 1 || vec2.ndim !== 1) throw new ShapeError('addr', `vec1 and vec2 must be 1-d, got shapes [${vec1.shape.join(', ')}] and [${vec2.shape.join(', ')}]`);
  const type = resultTypeOf([input, vec1, vec2]);
  for (const [name, factor] of [['beta', beta], ['alpha', alpha]] as const) {
    if (!isFloating(type) && !Number.isInteger(Number(factor))) throw new DTypeError('addr', String(factor), `${name} must be an integer for integer operands, got ${String(factor)}`);
  }
  const outer = vec1.castTo(type).outer(vec2.castTo(type));
  if (type === BOOL) {
    const kept = Number(alpha) === 0 ? outer.newZeros([...outer.shape]) : outer;
    return Number(beta) === 0 ? kept : kept.logicalOr(input);
  }
  const times = (x: Tensor, factor: Scalar): Tensor => (Number(factor) === 1 ? x : x.mul(factor));
  const scaled = times(outer, alpha);
  // beta = 0 ignores input, NaN included.
  return Number(beta) === 0 ? scaled : times(input.castTo(type), beta).add(scaled);
});

/** The inner product of two vectors; as `dot`, there being no complex numbers. PyTorch's `torch.vdot`. */
export const vdot = operation('vdot(input: Tensor, other: Tensor, *, out: Tensor?)', (input, other): Tensor => {
  if (input.ndim !== 1 || other.ndim !== 1 || input.shape[0] !== other.shape[0]) throw new ShapeError('vdot', `expected two vectors of one length, got shapes [${input.shape.join(', ')}] and [${other.shape.join(', ')}]`);
  return input.dot(other);
});

/** The Kronecker product: every element of input times all of other, block by block. PyTorch's `torch.kron`. */
export const kron = operation('kron(input: Tensor, other: Tensor, *, out: Tensor?)', (input, other): Tensor => {
  const ndim = Math.max(input.ndim, other.ndim);
  const pad = (x: Tensor): number[] => [...new Array<number>(ndim - x.ndim).fill(1), ...x.shape];
  const a = pad(input), b = pad(other);
  const product = input.reshape(a.flatMap((size) => [size, 1])).mul(other.reshape(b.flatMap((size) => [1, size])));
  return product.reshape(a.map((size, i) => size * b[i]));
});

export const PRODUCTS_METHODS = { addmm, addmv, baddbmm, addbmm, addbmm_, addr, vdot, kron };
export const PRODUCTS_IN_PLACE = { addmm, addmv, baddbmm, addr };

declare module '../tensor.ts' {
  interface Tensor {
    addmm: Method<typeof addmm>;
    addmm_: Method<typeof addmm>;
    addmv: Method<typeof addmv>;
    addmv_: Method<typeof addmv>;
    baddbmm: Method<typeof baddbmm>;
    baddbmm_: Method<typeof baddbmm>;
    addbmm: Method<typeof addbmm>;
    addbmm_: Method<typeof addbmm_>;
    addr: Method<typeof addr>;
    addr_: Method<typeof addr>;
    vdot: Method<typeof vdot>;
    kron: Method<typeof kron>;
  }
}
