/** Distances between tensors and between all pairs of rows. */
import { F32, F64 } from '../../core/dtype.ts';
import { broadcastShapes, numelOf } from '../../core/layout.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { cat, indexTensor } from '../composite.ts';
import { noGrad } from '../grad-mode.ts';
import { recording, recordZeros } from '../graph.ts';
import { operation, type Method } from '../operation.ts';
import { normOver } from '../reduction.ts';
import type { Tensor } from '../tensor.ts';

/** The p-norm of the difference, over all elements of the broadcast shape. PyTorch's `torch.dist`. */
export const dist = operation('dist(input: Tensor, other: Tensor, p: float = 2)', (input, other, p): Tensor => {
  const difference = input.sub(other);
  return normOver(difference, p, difference.shape.map((_, i) => i), false);
});

/** Elements of the differences held at once where all pairs are taken. */
const CHUNK = 2 ** 24;
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
    const P = x1.shape[x1.ndim - 2], R = x2.shape[x2.ndim - 2];
    const a = x1.expand([...batch, P, m]), b = x2.expand([...batch, R, m]);
    // Rows without elements are all the same.
    if (m === 0) return a.matmul(b.mT);
    if (p === 2 && byProduct(mode, P, R)) return euclidean(a, b);
    const apart = (rows: Tensor): Tensor => normOver(rows.unsqueeze(-2).sub(b.unsqueeze(-3)), p, [batch.length + 2], false);
    const step = Math.max(1, Math.floor(CHUNK / Math.max(1, numelOf(batch) * R * m)));
    const all = (): Tensor => (step >= P ? apart(a) : cat(Array.from({ length: Math.ceil(P / step) }, (_, i) => apart(a.narrow(-2, i * step, Math.min(step, P - i * step)))), -2));
    return p === 0 ? recordZeros('cdist', noGrad(all), [x1, x2]) : all();
  });

const byProduct = (mode: Mode, P: number, R: number): boolean => mode === 'use_mm_for_euclid_dist' || (mode === 'use_mm_for_euclid_dist_if_necessary' && (P > 25 || R > 25));

/** sqrt(|a|^2 - 2 a b + |b|^2), the gradient being 0 at distance 0. */
function euclidean(a: Tensor, b: Tensor): Tensor {
  const cross = a.matmul(b.mT);
  const squares = a.square().sum(-1, true).add(b.square().sum(-1).unsqueeze(-2)).sub(cross.mul(2)).clampMin(0);
  if (!recording(a, b)) return squares.sqrt();
  const apart = squares.gt(0);
  return squares.where(apart, 1).sqrt().where(apart, 0);
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
