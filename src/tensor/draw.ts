/** Random fills of any tensor: kernels fill contiguous memory of their own dtypes, everything else goes through a copy. */
import { BF16, BOOL, F16, F32, F64, I32, I64, isFloating, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { RNG_WORDS } from '../core/rng.ts';
import { contiguousLayout } from '../core/layout.ts';
import type { Storage } from '../core/storage.ts';
import { everySample } from './batching.ts';
import { ternary, ternaryEntries } from './dispatch.ts';
import { copyInto, emptyLike, randomInto } from './kernels.ts';
import type { Tensor } from './tensor.ts';

export type Draw = 'uniform' | 'normal' | 'bernoulli' | 'randint' | 'exponential';

/** Largest range per dtype that `random_()` without bounds draws from: every integer the dtype holds exactly. */
const FULL_RANGE: Readonly<Record<number, bigint>> = {
  [F32]: 2n ** 24n + 1n, [F64]: 2n ** 53n + 1n, [I64]: 2n ** 63n, [I32]: 2n ** 31n, [BOOL]: 2n, 5: 2n ** 15n, 6: 2n ** 7n, 7: 2n ** 8n, 8: 2n ** 11n + 1n, 9: 2n ** 8n + 1n,
};

const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
const high32 = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));

/** Contiguous memory that is filled in the order of `self`'s memory, as PyTorch fills it, and the same elements in self's shape. */
function staging(self: Tensor, dtype: DTypeCode): { flat: Tensor; shaped: Tensor } {
  const { shape, strides, contiguous } = self.layout;
  if (contiguous) {
    const flat = self.dtypeCode === dtype ? self : emptyLike(self, contiguousLayout(shape), dtype);
    return { flat, shaped: flat };
  }
  const order = shape.map((_, i) => i).sort((i, j) => strides[j] - strides[i] || i - j);
  const flat = emptyLike(self, contiguousLayout(order.map((i) => shape[i])), dtype);
  const back = new Array<number>(order.length);
  order.forEach((from, to) => (back[from] = to));
  return { flat, shaped: flat.permute(back) };
}

/** `p0`, `p1` as in the Backend contract; for randint [p0, p1), NaN for the dtype's full range; p0 may be a tensor of probabilities. */
export function drawInto(self: Tensor, kind: Draw, p0: number | Tensor, p1: number, state: Storage): void {
  const words = self.wrap(state, contiguousLayout([RNG_WORDS]), I32);
  const half = self.dtypeCode === F16 || self.dtypeCode === BF16;
  if (half && kind === 'normal' && self.layout.contiguous && self.numel() >= BLOCK) return drawHalfNormals(self, p0 as number, p1, words);
  const { flat, shaped } = staging(self, drawDtype(kind, self.dtypeCode, p0));
  if (kind === 'randint') drawIntegers(flat, self.dtypeCode, p0 as number, p1, words);
  else if (typeof p0 === 'object') {
    copyInto(shaped, checkedProbabilities(p0));
    randomInto('bernoulli', flat, words, 0, 0, [1]);
  } else {
    // PyTorch draws other layouts element by element, from the scalar stream.
    randomInto(kind, flat, words, p0, p1, kind === 'normal' && !self.layout.contiguous ? [1] : [0]);
  }
  if (shaped === self) return;
  copyInto(self, shaped);
  if (half && kind === 'uniform') belowEnd(self, p0 as number, p1);
}

/** What a half float rounds up to the end of the range is its beginning, as in PyTorch. */
function belowEnd(self: Tensor, from: number, to: number): void {
  const end = self.newFull([], to);
  copyInto(self, ternary(ternaryEntries.where, self.detach().eq(end), from, self.detach()));
}

const BLOCK = 16;

/** Half floats draw block by block, so their last, overlapping block continues the stream where float32 starts it anew. */
function drawHalfNormals(self: Tensor, mean: number, std: number, words: Tensor): void {
  const n = self.numel(), whole = Math.ceil(n / BLOCK) * BLOCK;
  const blocks = emptyLike(self, contiguousLayout([whole]), F32);
  randomInto('normal', blocks, words, mean, std, [0]);
  const flat = self.detach().view([n]);
  copyInto(flat, blocks.slice(0, 0, n));
  if (n < whole) copyInto(flat.slice(0, n - BLOCK, n), blocks.slice(0, whole - BLOCK, whole));
}

function drawDtype(kind: Draw, dtype: DTypeCode, p: number | Tensor): DTypeCode {
  if (kind === 'bernoulli' && typeof p === 'object') return p.dtypeCode === F64 ? F64 : F32;
  if (kind === 'bernoulli') return dtype === F64 ? F64 : F32;
  if (kind === 'randint') return dtype === F64 || dtype === I64 || dtype === I32 || dtype === F32 ? dtype : isFloating(dtype) ? F32 : I32;
  return dtype === F64 ? F64 : F32;
}

function checkedProbabilities(p: Tensor): Tensor {
  const all = everySample(p);
  if (p.numel() > 0 && !all.ge(0).logicalAnd(all.le(1)).all().item()) throw new ArgumentError('bernoulli', 'input', 'must hold probabilities in [0, 1]');
  return p;
}

function drawIntegers(out: Tensor, dtype: DTypeCode, from: number, to: number, words: Tensor): void {
  const full = Number.isNaN(to);
  const start = Number.isNaN(from) ? 0n : BigInt(from);
  const end = full ? FULL_RANGE[dtype] : BigInt(to);
  if (end <= start) throw new ArgumentError('random_', 'from', `must be smaller than to, got ${start} and ${end}`);
  const range = end - start;
  const ints = [low32(start), high32(start), low32(range), high32(range)];
  // The fifth word tells the kernel from which range on PyTorch takes 64 bits per element.
  randomInto('randint', out, words, 0, 0, [...ints, full && Number.isNaN(from) ? 1 : 0]);
}
