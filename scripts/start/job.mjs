/**
 * The sine curve learnt with gradients written by hand: a cubic fitted to sin(x) by gradient descent, its time per
 * epoch, and its figure. The same code runs on either backend.
 */
import * as torch from 'flambeau';
import { expr } from 'flambeau';
import * as plt from 'flambeau/plot';

const learningRate = 1e-6;
/** Epochs between two looks at the clock, which thus costs nothing that counts. */
const stretch = 100;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {object} options
 * @param {number} options.points
 * @param {number} options.seed
 * @param {number} options.epochs
 * @param {(epoch: number, loss: number) => void} [options.onStretch] called outside of what is timed, with the
 *   number of the epoch (from 0) that just ended and the loss before its update
 */
export function learnSine({ points, seed, epochs, onStretch = () => {} }) {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, points);
  const y = torch.sin(x);
  const [a, b, c, d] = [0, 1, 2, 3].map(() => torch.randn([]));
  const cubic = () => expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;
  const yRandom = cubic();

  let loss = Number.NaN;
  const epoch = () => {
    const yPred = cubic();
    loss = yPred.sub(y).pow(2).sum().item();
    const gradY = yPred.sub(y).mul(2);
    const gradA = gradY.mul(x.pow(3)).sum();
    const gradB = gradY.mul(x.pow(2)).sum();
    const gradC = gradY.mul(x).sum();
    const gradD = gradY.sum();
    a.sub_(gradA.mul(learningRate));
    b.sub_(gradB.mul(learningRate));
    c.sub_(gradC.mul(learningRate));
    d.sub_(gradD.mul(learningRate));
  };

  const times = [];
  for (let done = 0; done < epochs; ) {
    // The first epoch stands alone, so that reports fall on epochs 1, 101, 201, ... as in the lesson.
    const count = done === 0 ? 1 : Math.min(stretch, epochs - done);
    const start = performance.now();
    for (let i = 0; i < count; i++) epoch();
    const elapsed = performance.now() - start;
    if (done > 0) times.push((1000 * elapsed) / count);
    done += count;
    onStretch(done - 1, loss);
  }
  const coefficients = [a, b, c, d].map((t) => t.item());
  return { x, y, yRandom, yPred: cubic(), loss, coefficients, microseconds: median(times) };
}

/** Runs the job on a backend after a rehearsal of the same code, in which the engine compiles it. */
export function runOn(backend, options) {
  return torch.withBackend(backend, () => {
    learnSine({ ...options, epochs: Math.min(300, Math.max(2, options.epochs)), onStretch: undefined });
    return learnSine(options);
  });
}

export function drawSine({ x, y, yPred, yRandom }) {
  const figure = plt.figure({ figsize: [6.4, 6.4] });
  for (const [i, [title, curve]] of [['y true', y], ['y pred', yPred], ['y random', yRandom]].entries()) {
    plt.subplot(3, 1, i + 1);
    plt.title(title);
    plt.plot(x, curve, { color: `C${i}` });
  }
  return figure;
}

/** What the native backend is made of, in a few words; undefined where it does not load. */
export function nativeInfo() {
  try {
    const { isa, threads } = torch.withBackend('native', () => torch.backendInfo());
    return { description: `${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'}` };
  } catch (error) {
    return { reason: error.message };
  }
}
