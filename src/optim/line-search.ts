/** A line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6). */
import type { Tensor } from '../tensor/tensor.ts';

/** The loss at a distance along the direction, its gradient and its derivative along the direction. */
export interface Evaluation {
  readonly t: number;
  readonly loss: number;
  readonly gradient: Tensor;
  readonly slope: number;
}

const SUFFICIENT_DECREASE = 1e-4, CURVATURE = 0.9, LEAST_CHANGE = 1e-9;

/** The minimum of the cubic through two points with their slopes, within bounds. */
function cubicMinimum(a: Evaluation, b: Evaluation, low = Math.min(a.t, b.t), high = Math.max(a.t, b.t)): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t), square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const [near, far] = a.t <= b.t ? [a, b] : [b, a], d2 = Math.sqrt(square);
  const at = far.t - (far.t - near.t) * ((far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2));
  // A NaN of equal points gives the lower bound, as a comparison does.
  return at > low ? Math.min(at, high) : low;
}

/** From `start` (distance 0) with the first trial `t`; `size` is the direction's largest element. */
export function strongWolfe(evaluate: (t: number) => Evaluation, start: Evaluation, t: number, size: number, most: number): { readonly point: Evaluation; readonly evaluations: number } {
  const tooHigh = (x: Evaluation): boolean => x.loss > start.loss + SUFFICIENT_DECREASE * x.t * start.slope;
  const isFlat = (x: Evaluation): boolean => Math.abs(x.slope) <= -CURVATURE * start.slope;
  let current = evaluate(t), previous = start, evaluations = 1, rounds = 0;
  let bracket: [Evaluation, Evaluation] | null = null;
  // Further out until a minimum must lie between two points.
  for (; rounds < most && bracket === null; rounds++) {
    if (tooHigh(current) || (rounds > 1 && current.loss >= previous.loss)) bracket = [previous, current];
    else if (isFlat(current)) return { point: current, evaluations };
    else if (current.slope >= 0) bracket = [previous, current];
    if (bracket !== null) break;
    const next = cubicMinimum(previous, current, current.t + 0.01 * (current.t - previous.t), current.t * 10);
    previous = current;
    current = evaluate(next);
    evaluations++;
  }
  bracket ??= [start, current];

  let low = bracket[0].loss <= bracket[1].loss ? 0 : 1, stuck = false;
  while (rounds < most) {
    const left = Math.min(bracket[0].t, bracket[1].t), right = Math.max(bracket[0].t, bracket[1].t);
    if ((right - left) * size < LEAST_CHANGE) break;
    let next = cubicMinimum(bracket[0], bracket[1]);
    // A trial at the edge of the bracket for the second time, or on it, is moved a tenth inwards.
    const margin = 0.1 * (right - left), atEdge = Math.min(right - next, next - left) < margin;
    const moves: boolean = atEdge && (stuck || next >= right || next <= left);
    if (moves) next = Math.abs(next - right) < Math.abs(next - left) ? right - margin : left + margin;
    stuck = atEdge && !moves;
    const trial = evaluate(next), high = 1 - low;
    evaluations++;
    rounds++;
    if (tooHigh(trial) || trial.loss >= bracket[low].loss) {
      bracket[high] = trial;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
      continue;
    }
    const done = isFlat(trial);
    if (!done && trial.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
    bracket[low] = trial;
    if (done) break;
  }
  return { point: bracket[low], evaluations };
}
