/** Matrix products, linear layers and polynomials. */
import { BOOL, F64, isFloating, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, contiguousLayout, sameShape } from '../core/layout.ts';
import type { Activation } from '../ops/families.ts';
import { rawCast } from './dispatch.ts';
import { copyInto, emptyLike, emptyShape, matmulInto, momentsInto, polyvalInto } from './kernels.ts';
import { gradEnabled } from './grad-mode.ts';
import { record, wantsGrad } from './graph.ts';
import { computeType, resultType } from './promotion.ts';
import { TensorCore } from './core.ts';
import { visible } from './observer.ts';
import { Reduction } from './reduction.ts';
import type { Tensor } from './tensor.ts';

function sameDtype(op: string, a: Tensor, b: Tensor): void {
  if (a.dtypeCode !== b.dtypeCode) throw new DTypeError(op, b.dtype, `expected both operands to have the same dtype, got ${a.dtype} and ${b.dtype}`);
  if (a.dtypeCode === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
}

function requireTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof TensorCore)) throw new ArgumentError(op, name, `must be a Tensor, got ${String(value)}`);
}

function requireDims(op: string, name: string, x: Tensor, ndim: number): void {
  if (x.ndim !== ndim) throw new ShapeError(op, `${name} must have ${ndim} dimension${ndim === 1 ? '' : 's'}, got shape [${x.shape.join(', ')}]`);
}

/** What a matrix product's kernel takes: half floats as they are. */
const productType = (code: DTypeCode): DTypeCode => (isFloating(code) ? code : computeType(code));

/** a [..., M, K] @ b [..., K, N] with at least two dims each, batch dims broadcast; outside of the graph. */
function productRaw(op: string, a: Tensor, b: Tensor): Tensor {
  const left = a.layout.shape, right = b.layout.shape, n = left.length, m = right.length, k = left[n - 1];
  if (k !== right[m - 2]) {
    throw new ShapeError(op, `shapes [${left.join(', ')}] and [${right.join(', ')}] cannot be multiplied: ${k} against ${right[m - 2]}`);
  }
  const shape = n === 2 && m === 2 ? [] : [...broadcastShapes(op, left.slice(0, -2), right.slice(0, -2))];
  shape.push(left[n - 2], right[m - 1]);
  const compute = productType(a.dtypeCode);
  const out = emptyShape(a, shape, compute);
  matmulInto(out, rawCast(a, compute), rawCast(b, compute));
  return rawCast(out, a.dtypeCode) as Tensor;
}

/** The differentiable product of at least 2-d operands. */
function product(op: string, a: Tensor, b: Tensor): Tensor {
  sameDtype(op, a, b);
  const out = productRaw(op, a, b);
  if (gradEnabled && isFloating(a.dtypeCode) && (wantsGrad(a) || wantsGrad(b))) {
    record(op, out, [wantsGrad(a) ? a : null, wantsGrad(b) ? b : null], (g, node) => [
      node.needs(0) ? product('matmul', g, node.saved(1).mT) : null,
      node.needs(1) ? product('matmul', node.saved(0).mT, g) : null,
    ], [wantsGrad(b) ? a : null, wantsGrad(a) ? b : null]);
  }
  return out;
}

export abstract class Linalg extends Reduction {
  /** `[..., M, K]` times `[..., K, N]`, batch dims broadcast, with PyTorch's rules for 1-d operands; both of one dtype, not bool. */
  matmul(other: Tensor): Tensor {
    requireTensor('matmul', 'other', other);
    const self = this as unknown as Tensor;
    const n = this.ndim, m = other.ndim;
    if (n === 0 || m === 0) throw new ShapeError('matmul', `both operands must have at least 1 dimension, got ${n} and ${m}`);
    if (n >= 2 && m >= 2) {
      // A batch times one matrix is one tall product.
      if (n > 2 && m === 2 && this.layout.contiguous) {
        if (this.shape[n - 1] !== other.shape[0]) return product('matmul', self, other);
        return product('matmul', self.reshape([-1, this.shape[n - 1]]), other).reshape([...this.layout.shape.slice(0, -1), other.shape[1]]);
      }
      return product('matmul', self, other);
    }
    if (n === 1 && m === 1) {
      if (this.shape[0] !== other.shape[0]) throw new ShapeError('matmul', `1-d operands must have the same size, got ${this.shape[0]} and ${other.shape[0]}`);
      return product('matmul', self.unsqueeze(0), other.unsqueeze(1)).reshape([]);
    }
    return n === 1 ? product('matmul', self.unsqueeze(0), other).squeeze(-2) : product('matmul', self, other.unsqueeze(1)).squeeze(-1);
  }

  /** Matrix product of two matrices, `[M, K]` and `[K, N]`, of one dtype. */
  mm(mat2: Tensor): Tensor {
    requireTensor('mm', 'mat2', mat2);
    requireDims('mm', 'self', this as unknown as Tensor, 2);
    requireDims('mm', 'mat2', mat2, 2);
    return product('mm', this as unknown as Tensor, mat2);
  }

  /** Batched matrix product, `[B, M, K]` and `[B, K, N]`; batch sizes must be equal. */
  bmm(mat2: Tensor): Tensor {
    requireTensor('bmm', 'mat2', mat2);
    requireDims('bmm', 'self', this as unknown as Tensor, 3);
    requireDims('bmm', 'mat2', mat2, 3);
    if (this.shape[0] !== mat2.shape[0]) throw new ShapeError('bmm', `batch sizes must match, got ${this.shape[0]} and ${mat2.shape[0]}`);
    return product('bmm', this as unknown as Tensor, mat2);
  }

  /** Matrix `[M, K]` times vector `[K]`. */
  mv(vec: Tensor): Tensor {
    requireTensor('mv', 'vec', vec);
    requireDims('mv', 'self', this as unknown as Tensor, 2);
    requireDims('mv', 'vec', vec, 1);
    return product('mv', this as unknown as Tensor, vec.unsqueeze(1)).squeeze(-1);
  }

  /** Inner product of two vectors of one length: 0-d. */
  dot(tensor: Tensor): Tensor {
    requireTensor('dot', 'tensor', tensor);
    requireDims('dot', 'self', this as unknown as Tensor, 1);
    requireDims('dot', 'tensor', tensor, 1);
    if (this.shape[0] !== tensor.shape[0]) throw new ShapeError('dot', `vectors must have the same length, got ${this.shape[0]} and ${tensor.shape[0]}`);
    return this.matmul(tensor);
  }

  /** Sums of products along the last dims: `[..., K]` and `[other..., K]` give `[..., other...]`; with a 0-d operand the product. */
  inner(other: Tensor): Tensor {
    requireTensor('inner', 'other', other);
    if (this.ndim === 0 || other.ndim === 0) return (this as unknown as Tensor).mul(other);
    const flat = (this as unknown as Tensor).reshape([-1, this.shape[this.ndim - 1]]);
    return flat.matmul(other.reshape([-1, other.shape[other.ndim - 1]]).t()).reshape([...this.layout.shape.slice(0, -1), ...other.layout.shape.slice(0, -1)]);
  }

  /** All products of two vectors' elements: `[N]` and `[M]` give `[N, M]`. */
  outer(vec2: Tensor): Tensor {
    requireTensor('outer', 'vec2', vec2);
    requireDims('outer', 'self', this as unknown as Tensor, 1);
    requireDims('outer', 'vec2', vec2, 1);
    return (this as unknown as Tensor).unsqueeze(1).mul(vec2.unsqueeze(0));
  }
}

/**
 * `x @ weight.T + bias`, x [..., in], weight [out, in], bias [out]: one kernel. PyTorch's `F.linear`. The activation is
 * applied in the kernel where nothing is recorded.
 */
export const linear = visible('linear', (x: Tensor, weight: Tensor, bias: Tensor | null = null, activation: Activation = 'none'): Tensor => {
  requireTensor('linear', 'input', x);
  requireTensor('linear', 'weight', weight);
  sameDtype('linear', x, weight);
  if (bias !== null) sameDtype('linear', x, bias);
  if (weight.ndim !== 2) throw new ShapeError('linear', `weight must have 2 dimensions, got shape [${weight.shape.join(', ')}]`);
  const inputs = weight.shape[1];
  if (x.ndim === 0 || x.shape[x.ndim - 1] !== inputs) {
    throw new ShapeError('linear', `input shape [${x.shape.join(', ')}] does not fit weight shape [${weight.shape.join(', ')}]: expected a last dimension of ${inputs}`);
  }
  if (bias !== null && !sameShape(bias.shape, [weight.shape[0]])) throw new ShapeError('linear', `bias must have shape [${weight.shape[0]}], got [${bias.shape.join(', ')}]`);
  const compute = productType(x.dtypeCode);
  const flat = x.ndim === 2 ? x : x.reshape([-1, inputs]);
  const out = emptyShape(x, [flat.shape[0], weight.shape[0]], compute);
  const raw = rawCast(weight, compute) as Tensor;
  const wants = gradEnabled && (wantsGrad(x) || wantsGrad(weight) || (bias !== null && wantsGrad(bias)));
  matmulInto(out, rawCast(flat, compute), transposed(raw), { bias: bias === null ? null : rawCast(bias, compute), activation: wants ? 'none' : activation });
  const result = rawCast(out, x.dtypeCode) as Tensor;
  if (wants) {
    const inputs2 = [wantsGrad(flat) ? flat : null, wantsGrad(weight) ? weight : null, bias !== null && wantsGrad(bias) ? bias : null];
    record('linear', result, inputs2, (g, node) => [
      node.needs(0) ? product('linear', g, node.saved(1)) : null,
      node.needs(1) ? product('linear', g.mT, node.saved(0)) : null,
      node.needs(2) ? g.sum(0) : null,
    ], [inputs2[1] === null ? null : flat, inputs2[0] === null ? null : weight]);
  }
  const shaped = x.ndim === 2 ? result : result.reshape([...x.layout.shape.slice(0, -1), weight.shape[0]]);
  return wants && activation !== 'none' ? shaped[activation]() : shaped;
});

/** A transposed view outside of the graph. */
const transposed = (x: Tensor): Tensor => x.detach().permute([1, 0]);

/**
 * The polynomial with the given coefficients (1-d, highest degree first, as in numpy.polyval and jax.numpy.polyval) at
 * every element of x: Horner's rule with fused multiply-add, one pass. float32 and float64; others are promoted.
 * Gradients: `sum(g * x^k)` for all coefficients in one pass, and `g * p'(x)` for x.
 */
export function polyval(coefficients: Tensor, x: Tensor): Tensor {
  requireTensor('polyval', 'coefficients', coefficients);
  requireTensor('polyval', 'x', x);
  requireDims('polyval', 'coefficients', coefficients, 1);
  const promoted = resultType(coefficients, x);
  const type = isFloating(promoted) ? promoted : coefficients.newZeros([]).sqrt().dtypeCode;
  const c = coefficients.castTo(type), input = x.castTo(type);
  if (computeType(type) !== type) return polyval(c.castTo(computeType(type)), input.castTo(computeType(type))).castTo(type);
  const out = emptyLike(input, input.layout.contiguous && input.layout.offset === 0 ? input.layout : contiguousLayout(input.shape), type);
  polyvalInto(out, c, input);
  if (gradEnabled && (wantsGrad(c) || wantsGrad(input))) {
    record('polyval', out, [wantsGrad(c) ? c : null, wantsGrad(input) ? input : null], (g, node) => {
      const [coefs, at] = [node.saved(0), node.saved(1)];
      return [node.needs(0) ? moments(g, at, coefs.numel()) : null, node.needs(1) ? g.mul(polyval(derivative(coefs), at)) : null];
    }, [c, input]);
  }
  return out;
}

/** Coefficients of the derivative. */
function derivative(c: Tensor): Tensor {
  const n = c.numel();
  if (n <= 1) return c.mul(0);
  const degrees = c.newTensor(Array.from({ length: n - 1 }, (_, i) => n - 1 - i));
  return c.narrow(0, 0, n - 1).mul(degrees);
}

/** The elements in row-major order without gaps, outside of the graph. */
function dense(x: Tensor): Tensor {
  if (x.layout.contiguous) return x;
  const copy = emptyShape(x, x.shape, x.dtypeCode);
  copyInto(copy, x);
  return copy;
}

/** `sum(g * x^(count - 1 - k))` for k = 0 .. count - 1, in one pass. */
export function moments(g: Tensor, x: Tensor, count: number): Tensor {
  requireTensor('moments', 'g', g);
  requireTensor('moments', 'x', x);
  if (!Number.isInteger(count) || count < 1) throw new ArgumentError('moments', 'count', `must be a positive integer, got ${String(count)}`);
  if (x.dtypeCode > F64) throw new DTypeError('moments', x.dtype, `expected float32 or float64, got ${x.dtype}`);
  sameDtype('moments', x, g);
  const out = emptyShape(x, [count], x.dtypeCode);
  momentsInto(out, dense(g.layout === x.layout ? g : g.detach().expandAs(x)), dense(x));
  if (gradEnabled && (wantsGrad(g) || wantsGrad(x))) {
    record('moments', out, [wantsGrad(g) ? g : null, wantsGrad(x) ? x : null], (gg, node) => {
      const [upstream, at] = [node.saved(0), node.saved(1)];
      return [node.needs(0) ? polyval(gg, at) : null, node.needs(1) ? upstream.mul(polyval(derivative(gg), at)) : null];
    }, [g, x]);
  }
  return out;
}

