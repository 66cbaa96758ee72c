/** The fused cross entropy of rows of logits with class indices, and its derivative. */
import { F32, I32, I64, isFloating } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { isGradEnabled } from '../tensor/grad-mode.ts';
import { record, recording } from '../tensor/graph.ts';
import { crossEntropyGradInto, crossEntropyInto, emptyShape } from '../tensor/kernels.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Losses [N] of logits [N, C] at integer targets [N]; 0 where the target is `ignoreIndex`. */
export function crossEntropyRows(logits: Tensor, target: Tensor, ignoreIndex: number): Tensor {
  if (logits.shape[1] === 0) throw new ShapeError('crossEntropy', `input must have at least one class, got shape [${logits.shape.join(', ')}]`);
  // The kernels know float32 and float64, int64 and int32.
  const x = isFloating(logits.dtypeCode) && logits.dtypeCode > 1 ? logits.castTo(F32) : logits;
  const classes = target.dtypeCode === I64 || target.dtypeCode === I32 ? target : target.castTo(I64);
  const losses = emptyShape(x, [x.shape[0]], x.dtypeCode), p = emptyShape(x, x.shape, x.dtypeCode);
  crossEntropyInto(losses, p, x, classes, ignoreIndex);
  if (recording(x)) {
    record('crossEntropy', losses, [x], (g, node) => {
      if (isGradEnabled()) return composite(g, node.saved(0), node.saved(2), ignoreIndex);
      const probabilities = node.saved<Tensor>(1);
      const out = emptyShape(g, probabilities.shape, g.dtypeCode);
      crossEntropyGradInto(out, probabilities, node.saved<Tensor>(2), g, 1, ignoreIndex);
      return out;
    }, [x, p, classes]);
  }
  return logits === x ? losses : losses.castTo(logits.dtypeCode);
}

/** The derivative by differentiable operations, for gradients of gradients. */
function composite(g: Tensor, logits: Tensor, target: Tensor, ignoreIndex: number): Tensor {
  const counted = target.ne(ignoreIndex);
  const chosen = logits.detach().mul(0).scatter(1, target.where(counted, 0).to('int64').unsqueeze(1), 1);
  return logits.softmax(1).sub(chosen).mul(g.where(counted, 0).unsqueeze(1));
}
