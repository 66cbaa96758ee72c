/** Calls of the norm kernels. */
import { DIMS, INTS, frame } from '../core/frame.ts';
import { absent, header, operand } from '../core/plan.ts';
import type { Storage } from '../core/storage.ts';
import { NORM_OPS } from '../ops/families.ts';
import { active } from '../backend/select.ts';
import type { TensorCore } from './core.ts';
import { parameters } from './kernels.ts';
import type { Normalization } from './normalize.ts';

const storageOf = (x: TensorCore | null): Storage | null => (x === null ? null : x.storage);

function describe({ shape, perSample, weights, eps, centered }: Normalization, given: boolean, operands: readonly (TensorCore | null)[]): void {
  header(NORM_OPS.indexOf(centered ? 'standard' : 'rootMeanSquare'), 4, operands.length);
  for (let d = 0; d < 4; d++) frame[DIMS + d] = shape[d];
  frame[INTS] = perSample ? 1 : 0;
  frame[INTS + 1] = weights === 'element' ? 1 : 0;
  frame[INTS + 2] = given ? 1 : 0;
  parameters(eps);
  operands.forEach((x, k) => {
    if (x === null) absent(k);
    else operand(k, x.storage, x.layout.offset, x.dtypeCode);
  });
}

/** All operands contiguous and of one dtype; mean and variance are written, or read where they are `given`. */
export function normInto(how: Normalization, given: boolean, out: TensorCore, a: TensorCore, mean: TensorCore | null, variance: TensorCore, weight: TensorCore | null, bias: TensorCore | null): void {
  describe(how, given, [out, a, mean, variance, weight, bias]);
  active.norm(out.storage, a.storage, storageOf(mean), variance.storage, storageOf(weight), storageOf(bias));
}

/** Gradients of the input, the weight and the bias: those that are not null. */
export function normGradInto(how: Normalization, given: boolean, dx: TensorCore | null, dw: TensorCore | null, db: TensorCore | null,
  g: TensorCore, a: TensorCore, mean: TensorCore | null, variance: TensorCore, weight: TensorCore | null): void {
  describe(how, given, [dx, dw, db, g, a, mean, variance, weight]);
  active.normGrad(storageOf(dx), storageOf(dw), storageOf(db), g.storage, a.storage, storageOf(mean), variance.storage, storageOf(weight));
}
