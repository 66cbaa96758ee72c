/** Samplers without a kernel: a number per element from the generator's 53-bit uniforms, in the order of memory. */
import { F64, I32 } from '../core/dtype.ts';
import { contiguousLayout } from '../core/layout.ts';
import { drawRandom } from '../core/random-streams.ts';
import { RNG_WORDS } from '../core/rng.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { emptyLike } from '../tensor/kernels.ts';
import { generatorState } from '../tensor/random-state.ts';
import { elements } from '../tensor/values.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The elements of a tensor as float64, in the order of its shape. */
export const float64Of = (x: Tensor): Float64Array => elements(noGrad(() => x.detach().castTo(F64).contiguous())) as Float64Array;

/** A float64 tensor of a shape and its elements. */
export function float64Like(like: Tensor): { readonly out: Tensor; readonly values: Float64Array } {
  const out = emptyLike(like, contiguousLayout(like.shape), F64);
  return { out, values: elements(out) as Float64Array };
}

/** The default generator's scalar stream: PyTorch's `uniform_real_distribution<double>` and `normal_distribution<double>`. */
export interface Stream {
  uniform(): number;
  normal(): number;
}

export function streamOf(like: Tensor): Stream {
  const words = elements(like.wrap(generatorState(undefined), contiguousLayout([RNG_WORDS]), I32)) as Int32Array;
  const drawn = new Float64Array(1);
  const next = (kind: 'uniform' | 'normal', p1: number) => (): number => {
    drawRandom(kind, drawn, 0, 1, words, 0, p1, [0]);
    return drawn[0];
  };
  return { uniform: next('uniform', 1), normal: next('normal', 1) };
}
