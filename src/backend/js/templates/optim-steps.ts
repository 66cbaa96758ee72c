/**
 * Optimizer updates over one contiguous parameter. Each statement is one PyTorch operation: `round` gives its float32
 * result, so that parameters follow PyTorch's; a multiply-add rounds once where its vector code has an fma (add, lerp,
 * addcmul). SGD gives the same bits; PyTorch's square root is not always the nearest number, so the others may differ in
 * the last ones.
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

/** What a step follows: the gradient or its negative, with the weight decay that acts on it. */
function direction(d: number, w: number, maximize: boolean, decay: number): number {
  const signed = maximize ? -d : d;
  return decay !== 0 ? round(signed + decay * w) : signed;
}

/** hyper: lr, lrDecay, eps, weightDecay, initialAccumulatorValue, maximize. */
export function adagrad(P: Elements, G: Elements, S: Elements, p: number, g: number, s: number, n: number, t: number, hyper: Float64Array, h: number): void {
  const rate = round(-(hyper[h] / (1 + (t - 1) * hyper[h + 1]))), eps = round(hyper[h + 2]), decay = round(hyper[h + 3]), maximize = hyper[h + 5] !== 0;
  for (let i = 0; i < n; i++) {
    const w = P[p + i], d = direction(G[g + i], w, maximize, decay);
    const sum = round(S[s + i] + d * d);
    S[s + i] = sum;
    P[p + i] = w + round(round(rate * d) / round(round(Math.sqrt(sum)) + eps));
  }
}

/** hyper: lr, rho, eps, weightDecay, maximize. */
export function adadelta(
  P: Elements, G: Elements, V: Elements, A: Elements, p: number, g: number, v: number, a: number, n: number, hyper: Float64Array, h: number,
): void {
  const rate = round(-hyper[h]), keep = round(hyper[h + 1]), fresh = round(1 - hyper[h + 1]), eps = round(hyper[h + 2]);
  const decay = round(hyper[h + 3]), maximize = hyper[h + 4] !== 0;
  for (let i = 0; i < n; i++) {
    const w = P[p + i], d = direction(G[g + i], w, maximize, decay);
    const square = round(round(V[v + i] * keep) + round(fresh * d) * d), before = A[a + i];
    const delta = round(round(round(Math.sqrt(round(before + eps))) / round(Math.sqrt(round(square + eps)))) * d);
    V[v + i] = square;
    A[a + i] = round(before * keep) + round(fresh * delta) * delta;
    P[p + i] = w + rate * delta;
  }
}

/** hyper: lr, beta1, beta2, eps, weightDecay, maximize. */
export function adamax(
  P: Elements, G: Elements, M: Elements, U: Elements, p: number, g: number, m: number, u: number, n: number, t: number, hyper: Float64Array, h: number,
): void {
  const rate = round(-(hyper[h] / (1 - Math.pow(hyper[h + 1], t)))), weight = round(1 - hyper[h + 1]), keep = round(hyper[h + 2]);
  const eps = round(hyper[h + 3]), decay = round(hyper[h + 4]), maximize = hyper[h + 5] !== 0;
  for (let i = 0; i < n; i++) {
    const w = P[p + i], d = direction(G[g + i], w, maximize, decay);
    const mean = lerp(M[m + i], d, weight), largest = Math.max(round(U[u + i] * keep), round(Math.abs(d) + eps));
    M[m + i] = mean;
    U[u + i] = largest;
    P[p + i] = w + round(round(rate * mean) / largest);
  }
}

/** hyper: lr, beta1, beta2, eps, weightDecay, momentumDecay, decoupled, maximize. X[x] is the product of the momenta. */
export function nadam(
  P: Elements, G: Elements, M: Elements, V: Elements, X: Float32Array, p: number, g: number, m: number, v: number, x: number,
  n: number, t: number, hyper: Float64Array, h: number,
): void {
  const lr = hyper[h], beta1 = hyper[h + 1], beta2 = hyper[h + 2], eps = round(hyper[h + 3]), decay = hyper[h + 4];
  const momentum = (step: number): number => beta1 * (1 - 0.5 * Math.pow(0.96, step * hyper[h + 5]));
  const decoupled = hyper[h + 6] !== 0, maximize = hyper[h + 7] !== 0, mu = momentum(t), next = momentum(t + 1);
  X[x] *= Math.fround(mu);
  const product = X[x], byGrad = round((-lr * (1 - mu)) / (1 - product)), byMean = round((-lr * next) / (1 - product * next));
  const correction = round(1 - Math.pow(beta2, t)), weight = round(1 - beta1), keep = round(beta2), fresh = round(1 - beta2);
  const shrink = round(1 - lr * decay), pull = decoupled ? 0 : round(decay);
  for (let i = 0; i < n; i++) {
    const w = decoupled ? round(P[p + i] * shrink) : P[p + i], d = direction(G[g + i], w, maximize, pull);
    const mean = lerp(M[m + i], d, weight), square = round(round(V[v + i] * keep) + round(fresh * d) * d);
    M[m + i] = mean;
    V[v + i] = square;
    const scale = round(round(Math.sqrt(round(square / correction))) + eps);
    P[p + i] = round(w + round(round(byGrad * d) / scale)) + round(round(byMean * mean) / scale);
  }
}

/** hyper: lr, beta1, beta2, eps, weightDecay, maximize, decoupled. */
export function radam(
  P: Elements, G: Elements, M: Elements, V: Elements, p: number, g: number, m: number, v: number, n: number, t: number, hyper: Float64Array, h: number,
): void {
  const lr = hyper[h], beta1 = hyper[h + 1], beta2 = hyper[h + 2], eps = round(hyper[h + 3]), decay = hyper[h + 4];
  const maximize = hyper[h + 5] !== 0, decoupled = hyper[h + 6] !== 0, power = Math.pow(beta2, t);
  // The length of the simple moving average that the exponential one is worth, and its limit.
  const limit = 2 / (1 - beta2) - 1, length = limit - (2 * t * power) / (1 - power), rectified = length > 5;
  const rectification = rectified ? round(Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length))) : 1;
  const rate = round(lr), correction = round(1 - Math.pow(beta1, t)), root = round(Math.sqrt(1 - power));
  const weight = round(1 - beta1), keep = round(beta2), fresh = round(1 - beta2), shrink = round(1 - lr * decay), pull = decoupled ? 0 : round(decay);
  for (let i = 0; i < n; i++) {
    const w = decoupled ? round(P[p + i] * shrink) : P[p + i], d = direction(G[g + i], w, maximize, pull);
    const mean = lerp(M[m + i], d, weight), square = round(round(V[v + i] * keep) + round(fresh * d) * d);
    M[m + i] = mean;
    V[v + i] = square;
    let update = round(round(mean / correction) * rate);
    if (rectified) update = round(round(update * round(root / round(round(Math.sqrt(square)) + eps))) * rectification);
    P[p + i] = w - update;
  }
}

/** hyper: lr, eta-, eta+, least step, largest step, maximize. Where the gradient has turned, no step is made. */
export function rprop(
  P: Elements, G: Elements, B: Elements, S: Elements, p: number, g: number, b: number, s: number, n: number, hyper: Float64Array, h: number,
): void {
  const shrink = round(hyper[h + 1]), grow = round(hyper[h + 2]), least = round(hyper[h + 3]), most = round(hyper[h + 4]), maximize = hyper[h + 5] !== 0;
  for (let i = 0; i < n; i++) {
    const now = maximize ? -G[g + i] : G[g + i], agreement = round(now * B[b + i]);
    const size = Math.min(most, Math.max(least, round(S[s + i] * (agreement > 0 ? grow : agreement < 0 ? shrink : 1))));
    const d = agreement < 0 ? 0 : now;
    S[s + i] = size;
    B[b + i] = d;
    P[p + i] -= d > 0 ? size : d < 0 ? -size : 0 * size;
  }
}

/** hyper: lr, lambd, alpha, t0, weightDecay, maximize. E[e] is the rate of this step, U[u] its weight in the average. */
export function asgd(
  P: Elements, G: Elements, A: Elements, E: Float32Array, U: Float32Array, p: number, g: number, a: number, e: number, u: number,
  n: number, t: number, hyper: Float64Array, h: number,
): void {
  const lr = hyper[h], lambd = hyper[h + 1], decay = round(hyper[h + 4]), maximize = hyper[h + 5] !== 0;
  const rate = round(-E[e]), shrink = round(1 - lambd * E[e]), weight = U[u], averaging = weight !== 1;
  for (let i = 0; i < n; i++) {
    const before = P[p + i], d = direction(G[g + i], before, maximize, decay), w = round(round(before * shrink) + rate * d);
    P[p + i] = w;
    A[a + i] = averaging ? A[a + i] + round(round(w - A[a + i]) * weight) : w;
  }
  E[e] = lr / Math.pow(1 + lambd * lr * t, hyper[h + 2]);
  U[u] = 1 / Math.max(1, t - hyper[h + 3]);
}
