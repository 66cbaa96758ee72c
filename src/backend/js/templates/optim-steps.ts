/**
 * Optimizer updates over one contiguous parameter. Each statement is one PyTorch operation: `round` gives its float32
 * result, so that parameters follow PyTorch's; a multiply-add rounds once where its vector code has an fma (add, lerp,
 * addcmul). SGD gives the same bits; PyTorch's square root is not always the nearest number, so Adam and RMSprop may
 * differ in the last ones.
 * `t` is the number of the step, from 1.
 */
type Elements = Float64Array;

const round = (x: number): number => x;

/** hyper: lr, momentum, dampening, weightDecay, nesterov, maximize. A null buffer means momentum 0. */
export function sgd(
  P: Elements, G: Elements, B: Elements | null, p: number, g: number, b: number, n: number, t: number, hyper: Float64Array, h: number,
): void {
  const rate = round(-hyper[h]), momentum = round(hyper[h + 1]), fresh = round(1 - hyper[h + 2]), decay = round(hyper[h + 3]);
  const nesterov = hyper[h + 4] !== 0, sign = hyper[h + 5] !== 0 ? -1 : 1;
  for (let i = 0; i < n; i++) {
    const w = P[p + i];
    let d = sign * G[g + i];
    if (decay !== 0) d = round(d + decay * w);
    if (B !== null) {
      const m = t === 1 ? d : round(round(B[b + i] * momentum) + fresh * d);
      B[b + i] = m;
      d = nesterov ? round(d + momentum * m) : m;
    }
    P[p + i] = w + rate * d;
  }
}

/** `lerp_(end, weight)` with PyTorch's choice of the nearer end. */
function lerp(from: number, end: number, weight: number): number {
  const difference = round(end - from);
  return weight < 0.5 ? round(from + weight * difference) : round(end + round(weight - 1) * difference);
}

/** hyper: lr, beta1, beta2, eps, weightDecay, amsgrad, maximize, decoupled. */
export function adam(
  P: Elements, G: Elements, M: Elements, V: Elements, X: Elements | null, p: number, g: number, m: number, v: number, x: number,
  n: number, t: number, hyper: Float64Array, h: number,
): void {
  const lr = hyper[h], beta1 = hyper[h + 1], beta2 = hyper[h + 2], eps = round(hyper[h + 3]), decay = hyper[h + 4];
  const amsgrad = hyper[h + 5] !== 0 && X !== null, sign = hyper[h + 6] !== 0 ? -1 : 1, decoupled = hyper[h + 7] !== 0;
  const rate = round(-(lr / (1 - Math.pow(beta1, t)))), correction = round(Math.sqrt(1 - Math.pow(beta2, t)));
  const weight = round(1 - beta1), keep = round(beta2), fresh = round(1 - beta2);
  const shrink = round(1 - lr * decay), pull = round(decay);
  for (let i = 0; i < n; i++) {
    let w = P[p + i], d = sign * G[g + i];
    if (decay !== 0) {
      if (decoupled) w = round(w * shrink);
      else d = round(d + pull * w);
    }
    const mean = lerp(M[m + i], d, weight);
    M[m + i] = mean;
    let square = round(round(V[v + i] * keep) + round(fresh * d) * d);
    V[v + i] = square;
    if (amsgrad) {
      square = Math.max(X[x + i], square);
      X[x + i] = square;
    }
    const scale = round(round(round(Math.sqrt(square)) / correction) + eps);
    P[p + i] = w + round(round(rate * mean) / scale);
  }
}

/** hyper: lr, alpha, eps, weightDecay, momentum, centered, maximize. */
export function rmsprop(
  P: Elements, G: Elements, V: Elements, B: Elements | null, A: Elements | null, p: number, g: number, v: number, b: number, a: number,
  n: number, hyper: Float64Array, h: number,
): void {
  const rate = round(-hyper[h]), alpha = hyper[h + 1], eps = round(hyper[h + 2]), decay = round(hyper[h + 3]);
  const momentum = round(hyper[h + 4]), centered = hyper[h + 5] !== 0 && A !== null, sign = hyper[h + 6] !== 0 ? -1 : 1;
  const keep = round(alpha), fresh = round(1 - alpha);
  for (let i = 0; i < n; i++) {
    const w = P[p + i];
    let d = sign * G[g + i];
    if (decay !== 0) d = round(d + decay * w);
    const square = round(round(V[v + i] * keep) + round(fresh * d) * d);
    V[v + i] = square;
    let scale = square;
    if (centered) {
      const mean = lerp(A[a + i], d, fresh);
      A[a + i] = mean;
      scale = round(square - mean * mean);
    }
    scale = round(round(Math.sqrt(scale)) + eps);
    if (B !== null) {
      const step = round(round(B[b + i] * momentum) + round(d / scale));
      B[b + i] = step;
      P[p + i] = w + rate * step;
    } else P[p + i] = w + round(round(rate * d) / scale);
  }
}
