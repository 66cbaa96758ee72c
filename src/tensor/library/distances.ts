/** Distances between tensors and between all pairs of rows. */
import { F32, F64 } from '../../core/dtype.ts';
import { broadcastShapes } from '../../core/layout.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { cat, indexTensor } from '../composite.ts';
import { gradEnabled, noGrad } from '../grad-mode.ts';
import { record, recording, recordZeros } from '../graph.ts';
import { copyInto, emptyShape } from '../kernels.ts';
import { distanceGradInto, distanceInto } from '../kernels-linalg.ts';
import { operation, type Method } from '../operation.ts';
import { normOver } from '../reduction.ts';
import type { Tensor } from '../tensor.ts';

/** The p-norm of the difference, over all elements of the broadcast shape. PyTorch's `torch.dist`. */
export const dist = operation('dist(input: Tensor, other: Tensor, p: float = 2)', (input, other, p): Tensor => {
  const difference = input.sub(other);
  return normOver(difference, p, difference.shape.map((_, i) => i), false);
});

type Mode = 'use_mm_for_euclid_dist_if_necessary' | 'use_mm_for_euclid_dist' | 'donot_use_mm_for_euclid_dist';

/**
 * The p-norm distances of all pairs of rows: `[..., P, M]` and `[..., R, M]` give `[..., P, R]`, batch dims broadcast. p = 2 goes
 * through a matrix product (of more than 25 rows, or as `computeMode` says), which loses digits for close rows. PyTorch's `torch.cdist`.
 */
export const cdist = operation("cdist(x1: Tensor, x2: Tensor, p: float = 2, computeMode: 'use_mm_for_euclid_dist_if_necessary'|'use_mm_for_euclid_dist'|'donot_use_mm_for_euclid_dist' = 'use_mm_for_euclid_dist_if_necessary')",
  (x1, x2, p, mode): Tensor => {
    if (x1.ndim < 2 || x2.ndim < 2) throw new ShapeError('cdist', `x1 and x2 must have at least 2 dimensions, got shapes [${x1.shape.join(', ')}] and [${x2.shape.join(', ')}]`);
    for (const x of [x1, x2]) if (x.dtypeCode !== F32 && x.dtypeCode !== F64) throw new DTypeError('cdist', x.dtype, `expected float32 or float64, got ${x.dtype}`);
    const m = x1.shape[x1.ndim - 1];
    if (m !== x2.shape[x2.ndim - 1]) throw new ShapeError('cdist', `rows must have one length, got ${m} and ${x2.shape[x2.ndim - 1]}`);
    requireOrder('cdist', p);
    const batch = broadcastShapes('cdist', x1.layout.shape.slice(0, -2), x2.layout.shape.slice(0, -2));
    const P = x1.shape[x1.ndim - 2], R = x2.shape[x2.ndim - 2], dtype = x1.dtypeCode === x2.dtypeCode ? x1.dtypeCode : F64;
    const a = x1.castTo(dtype).expand([...batch, P, m]), b = x2.castTo(dtype).expand([...batch, R, m]);
    // Rows without elements are all the same.
    if (m === 0) return a.matmul(b.mT);
    return p === 2 && byProduct(mode, P, R) ? euclidean(a, b) : pairs(a, b, p);
  });

const byProduct = (mode: Mode, P: number, R: number): boolean => mode === 'use_mm_for_euclid_dist' || (mode === 'use_mm_for_euclid_dist_if_necessary' && (P > 25 || R > 25));

/** sqrt(|a|^2 - 2 a b + |b|^2) as one product, [-2 a, |a|^2, 1] [b, 1, |b|^2]; the gradient being 0 at distance 0. */
function euclidean(a: Tensor, b: Tensor): Tensor {
  const out = noGrad(() => {
    const extended = (x: Tensor, factor: number, at: 0 | 1): Tensor => {
      const ends = [x.square().sum(-1, true), x.newOnes([...x.shape.slice(0, -1), 1])];
      return cat([factor === 1 ? x : x.mul(factor), ends[at], ends[1 - at]], -1);
    };
    return extended(a, -2, 0).matmul(extended(b, 1, 1).mT).clampMin_(0).sqrt_();
  });
  if (recording(a, b)) {
    record('cdist', out, [a, b], (g, node) => {
      const [x, z, y] = [node.saved(0), node.saved(1), node.saved(2)], apart = y.ne(0);
      const ratio = g.div(gradEnabled ? y.where(apart, 1) : y).where(apart, 0);
      return [
        node.needs(0) ? x.mul(ratio.sum(-1, true)).sub(ratio.matmul(z)) : null,
        node.needs(1) ? z.mul(ratio.sum(-2).unsqueeze(-1)).sub(ratio.mT.matmul(x)) : null,
      ];
    }, [a, b, out]);
  }
  return out;
}

/** The distances by the kernel. */
function pairs(a: Tensor, b: Tensor, p: number): Tensor {
  const out = emptyShape(a, [...a.shape.slice(0, -1), b.shape[b.ndim - 2]], a.dtypeCode);
  distanceInto(out, a, b, p);
  if (p === 0) return recordZeros('cdist', out, [a, b]);
  if (recording(a, b)) {
    record('cdist', out, [a, b], (g, node) => {
      const [x, z, y] = [node.saved(0), node.saved(1), node.saved(2)];
      if (gradEnabled && recording(g, x, z)) return composedGradients(g, x, z, y, p);
      return [node.needs(0) ? gradient(g, x, z, y, p) : null, node.needs(1) ? gradient(g.mT, z, x, y.mT, p) : null];
    }, [a, b, out]);
  }
  return out;
}

function gradient(g: Tensor, a: Tensor, b: Tensor, y: Tensor, p: number): Tensor {
  const out = emptyShape(a, a.shape, a.dtypeCode);
  if (y.numel() === 0) copyInto(out, 0);
  else distanceGradInto(out, a, b, g, y, p);
  return out;
}

/** The gradients from differentiable operations, for second derivatives. */
function composedGradients(g: Tensor, a: Tensor, b: Tensor, y: Tensor, p: number): Tensor[] {
  const d = a.unsqueeze(-2).sub(b.unsqueeze(-3)), upstream = g.unsqueeze(-1), size = y.unsqueeze(-1);
  const each = (): Tensor => {
    if (p === 1) return d.sign().mul(upstream);
    if (p === Infinity) return d.sign().where(d.abs().eq(size), 0).mul(upstream);
    // The subgradient 0 where there is no other; replacing zeros before the powers keeps NaN out of what follows.
    const apart = size.ne(0), length = size.where(apart, 1);
    if (p === 2) return d.mul(upstream.div(length).where(apart, 0));
    const moved = d.ne(0).logicalAnd(apart), inner = d.where(moved, 1);
    return inner.mul(inner.abs().pow(p - 2)).mul(upstream.div(length.pow(p - 1))).where(moved, 0);
  };
  const slopes = each();
  return [slopes.sum(-2), slopes.sum(-3).neg()];
}

function requireOrder(op: string, p: number): void {
  if (!(p >= 0)) throw new ArgumentError(op, 'p', `must not be negative, got ${p}`);
}

/** The p-norm distances of all pairs of rows i < j of `[N, M]`, in row-major order: `[N (N - 1) / 2]`. PyTorch's `torch.nn.functional.pdist`. */
export const pdist = operation('pdist(input: Tensor, p: float = 2)', (input, p): Tensor => {
  if (input.ndim !== 2) throw new ShapeError('pdist', `input must be a matrix, got shape [${input.shape.join(', ')}]`);
  if (input.dtypeCode !== F32 && input.dtypeCode !== F64) throw new DTypeError('pdist', input.dtype, `expected float32 or float64, got ${input.dtype}`);
  requireOrder('pdist', p);
  const n = input.shape[0], count = n * (n - 1) / 2;
  const first = new Float64Array(count), second = new Float64Array(count);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, at++) {
      first[at] = i;
      second[at] = j;
    }
  }
  const rows = (indices: Float64Array): Tensor => input.indexSelect(0, indexTensor(input, indices as unknown as readonly number[]));
  const apart = (): Tensor => normOver(rows(first).sub(rows(second)), p, [1], false);
  return p === 0 ? recordZeros('pdist', noGrad(apart), [input]) : apart();
});

export const DISTANCES_METHODS = { dist };

declare module '../tensor.ts' {
  interface Tensor {
    dist: Method<typeof dist>;
  }
}
