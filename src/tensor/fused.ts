/** Fused kernels with derivatives whose composite definitions are in nn/functional: cross entropy. */
import { emptyShape, crossEntropyInto, crossEntropyGradInto } from './kernels.ts';
import { rawCast, rawResult, spent } from './dispatch.ts';
import { gradEnabled } from './grad-mode.ts';
import { record, wantsGrad } from './graph.ts';
import { visible } from './observer.ts';
import { computeType } from './promotion.ts';
import type { Tensor } from './tensor.ts';

/**
 * `logsumexp(logits[n]) - logits[n, target[n]]` per row, 0 for the ignored class: logits [N, C, d...] of a floating dtype,
 * target [N, d...] int64 or int32. An illegal target throws before anything is written.
 */
export const fusedCrossEntropy = visible('fusedCrossEntropy', (logits: Tensor, target: Tensor, ignoreIndex = -100): Tensor => {
  const compute = computeType(logits.dtypeCode);
  const loss = emptyShape(logits, target.shape, compute), p = emptyShape(logits, logits.shape, compute);
  const source = rawCast(logits, compute);
  crossEntropyInto(loss, p, source, target, ignoreIndex);
  spent(source, logits);
  const out = rawResult(loss, logits.dtypeCode);
  if (gradEnabled && wantsGrad(logits)) {
    record('crossEntropy', out, [logits], (g, node) => {
      const [input, probabilities, classes] = [node.saved(0), node.saved(1), node.saved(2)];
      if (gradEnabled && (wantsGrad(g) || wantsGrad(input))) return composedGradient(g, input, classes, ignoreIndex);
      const grad = emptyShape(g, input.shape, compute);
      crossEntropyGradInto(grad, probabilities, classes, rawCast(g, compute), 1, ignoreIndex);
      return rawResult(grad, input.dtypeCode);
    }, [logits, p, target]);
  }
  return out;
});

/** The same gradient from differentiable ops, for second derivatives. */
function composedGradient(g: Tensor, logits: Tensor, target: Tensor, ignoreIndex: number): Tensor {
  const counted = target.ne(ignoreIndex).castTo(logits.dtypeCode).unsqueeze(1);
  const index = target.where(target.ne(ignoreIndex), 0).unsqueeze(1);
  const oneHot = logits.newZeros([...logits.shape]).scatter(1, index.long(), 1);
  return logits.softmax(1).sub(oneHot).mul(counted).mul(g.unsqueeze(1));
}

