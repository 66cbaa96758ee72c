/** What distributions share: broadcast parameters, probabilities and logits, sums over event dims. */
import { ArgumentError } from '../core/errors.ts';
import { tensor } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { broadcastTensors } from '../tensor/library/joining.ts';
import { getDefaultDtype, type Scalar } from '../tensor/promotion.ts';
import { Tensor } from '../tensor/tensor.ts';

export type Shape = readonly number[];

export const EULER = 0.5772156649015329;

/** Parameters as tensors of one shape; numbers take the first tensor's dtype, or the default one. */
export function broadcastAll(...values: readonly (Tensor | Scalar)[]): Tensor[] {
  const like = values.find((value) => value instanceof Tensor);
  const dtype = like?.dtype ?? getDefaultDtype();
  const tensors = values.map((value) => (value instanceof Tensor ? value : tensor(Number(value), { dtype })));
  return tensors.length === 1 ? tensors : [...broadcastTensors(...tensors)];
}

/** Sums over the last `dims` dims. */
export const sumRightmost = (value: Tensor, dims: number): Tensor =>
  (dims === 0 ? value : value.reshape([...value.shape.slice(0, value.ndim - dims), -1]).sum(-1));

export const standardNormal = (like: Tensor, shape: Shape): Tensor => like.newEmpty([...shape]).normal_();
export const standardUniform = (like: Tensor, shape: Shape): Tensor => like.newEmpty([...shape]).uniform_();

/** 1 - x. */
export const complement = (x: Tensor): Tensor => x.neg().add(1);

/** Probabilities away from 0 and 1 by the dtype's epsilon. */
export function clampProbs(probs: Tensor): Tensor {
  const { eps } = finfo(probs.dtype);
  return probs.clamp(eps, 1 - eps);
}

export function probsToLogits(probs: Tensor, isBinary = false): Tensor {
  const clamped = clampProbs(probs);
  return isBinary ? clamped.log().sub(clamped.neg().log1p()) : clamped.log();
}

export const logitsToProbs = (logits: Tensor, isBinary = false): Tensor => (isBinary ? logits.sigmoid() : logits.softmax(-1));

/** Which of `probs` and `logits` was given; exactly one must be. */
export function eitherOf<T>(op: string, probs: T | undefined, logits: T | undefined): 'probs' | 'logits' {
  if ((probs === undefined) === (logits === undefined)) throw new ArgumentError(op, 'probs', 'or logits must be given, but not both');
  return probs !== undefined ? 'probs' : 'logits';
}

/** A constant of a tensor's dtype in a shape. */
export const constant = (like: Tensor, shape: Shape, value: number): Tensor => like.newFull([...shape], value);

export const sizes = (shape: Shape): string => `[${shape.join(', ')}]`;
