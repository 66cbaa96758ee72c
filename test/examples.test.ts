/** The examples on real data, in the short form that `npm run example <name> -- --short` runs: each learns something. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as torch from 'flambeau';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as cartpole from '../examples/cartpole.ts';
import * as iris from '../examples/iris.ts';
import { polynomials } from '../examples/lib/births.ts';
import { CartPole } from '../examples/lib/cartpole.ts';
import { options } from '../examples/lib/example.ts';
import { characters, longest, names, splitNames } from '../examples/lib/names.ts';
import * as mnistCnn from '../examples/mnist-cnn.ts';
import * as mnistMlp from '../examples/mnist-mlp.ts';
import * as mnistVae from '../examples/mnist-vae.ts';
import * as namesGpt from '../examples/names-gpt.ts';
import * as namesLstm from '../examples/names-lstm.ts';
import * as polynomial from '../examples/polynomial-regression.ts';
import * as robust from '../examples/robust-regression.ts';
import * as spam from '../examples/spam.ts';
import * as transfer from '../examples/transfer-pytorch.ts';
import { onBackends } from './fixtures/backends.ts';

const log = (): void => {};

describe('examples', { timeout: 120_000 }, () => {
  const home = process.cwd();
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flambeau-examples-'));
    process.chdir(folder);
    vi.spyOn(console, 'log').mockReturnValue();
  });
  afterAll(() => {
    vi.restoreAllMocks();
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  /** The figure of an example, drawn anew. */
  const figure = (name: string): string => readFileSync(join(folder, `figures/${name}.svg`), 'utf8');

  onBackends(() => {
    test('a network of two layers reads four in five digits after 100 steps', async () => {
      const { accuracy, epochs } = await mnistMlp.main(mnistMlp.short, log);
      expect(epochs).toBe(1);
      expect(accuracy).toBeGreaterThan(0.8);
      expect(figure('mnist-mlp')).toContain('read as');
    });

    test('a convolutional network reads most digits after 1,024 of them', async () => {
      const { accuracy, losses } = await mnistCnn.main(mnistCnn.short, log);
      expect(losses).toHaveLength(32);
      expect(losses[0]).toBeGreaterThan(2);
      expect(accuracy).toBeGreaterThan(0.75);
      expect(figure('mnist-cnn')).toContain('misread digits');
    });

    test('a variational autoencoder loses a third of its loss in 40 steps', async () => {
      // Without any training every pixel is about 0.5: 784 ln 2 = 543 per image.
      const { losses } = await mnistVae.main(mnistVae.short, log);
      expect(losses[0]).toBeLessThan(300);
      expect(losses[1]).toBeLessThan(losses[0]);
      expect(losses[1]).toBeLessThan(225);
      expect(figure('mnist-vae')).toContain('samples');
    });

    test('an LSTM expects held-out names better with every epoch, and far better than chance', async () => {
      const { heldOut, made } = await namesLstm.main(namesLstm.short, log);
      expect(heldOut).toEqual([...heldOut].sort((a, b) => b - a));
      expect(heldOut[2]).toBeLessThan(Math.log(characters.length) - 0.7);
      expect(made).toHaveLength(20);
    });

    test('a GPT expects held-out names better with every epoch, and far better than chance', async () => {
      const { heldOut, made } = await namesGpt.main(namesGpt.short, log);
      expect(heldOut).toEqual([...heldOut].sort((a, b) => b - a));
      expect(heldOut[2]).toBeLessThan(Math.log(characters.length) - 0.8);
      expect(made).toHaveLength(20);
      for (const name of made) expect(name).toMatch(/^[a-z]{0,15}$/);
      expect(figure('names-gpt')).toContain('held-out names');
    });

    test('nine in ten irises of the test set are recognised', async () => {
      const { accuracy, losses } = await iris.main(iris.short, log);
      expect(losses.at(-1)).toBeLessThan(0.1);
      expect(accuracy).toBeGreaterThan(0.9);
      for (const name of ['setosa', 'versicolor', 'virginica']) expect(figure('iris')).toContain(name);
    });

    test('spam is found by its words', async () => {
      const { accuracy, precision, recall } = await spam.main(spam.short, log);
      expect(accuracy).toBeGreaterThan(0.95);
      expect(precision).toBeGreaterThan(0.9);
      expect(recall).toBeGreaterThan(0.9);
    });

    test('polynomials of a higher degree fit their own days better, by the closed form, and a line is the worst elsewhere', async () => {
      const { days, births, train, fits } = await polynomial.main(polynomial.short, log);
      const [line, , fifth] = fits;
      for (const [i, { trainingError }] of fits.entries()) if (i > 0) expect(trainingError).toBeLessThan(fits[i - 1].trainingError);
      expect(fifth.error).toBeLessThan(0.7 * line.error);
      for (const { degree, coefficients } of fits) {
        const { solution } = torch.linalg.lstsq(polynomials(days, degree).double().index(train), births.double().index(train).unsqueeze(1));
        expect(coefficients.double().sub(solution.flatten()).abs().max().item()).toBeLessThan(1e-3);
      }
    });

    test('Huber and absolute errors find the working days through weekends and holidays, squared errors do not', async () => {
      const { fits: [mse, huber, l1] } = await robust.main(robust.short, log);
      expect([mse.name, huber.name, l1.name]).toEqual(['MSE', 'Huber', 'L1']);
      expect(huber.error).toBeLessThan(mse.error / 2);
      expect(l1.error).toBeLessThan(mse.error / 2);
    });

    test('a policy lets the pole stand several times as long after 120 episodes', async () => {
      const { returns, average } = await cartpole.main(cartpole.short, log);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(returns.slice(0, 10))).toBeLessThan(40);
      expect(mean(returns.slice(-20))).toBeGreaterThan(2 * mean(returns.slice(0, 20)));
      expect(average).toBeGreaterThan(100);
    });

    test('what PyTorch learnt of 0 to 4 helps with 5 to 9', async () => {
      const { difference, results } = await transfer.main(transfer.short, log);
      expect(difference).toBeLessThan(1e-4);
      for (const { before, transferred, scratch } of results) {
        expect(before).toBeLessThan(0.4);
        expect(transferred).toBeGreaterThan(scratch + 0.05);
      }
    });
  });

  test('every figure is written as SVG and HTML', () => {
    for (const name of ['mnist-mlp', 'mnist-cnn', 'mnist-vae', 'names-lstm', 'names-gpt', 'iris', 'spam', 'polynomial-regression', 'robust-regression', 'cartpole', 'transfer-pytorch']) {
      expect(figure(name)).toMatch(/^<svg /);
      expect(existsSync(join(folder, `figures/${name}.html`))).toBe(true);
    }
  });
});

describe('options of an example', () => {
  const full = { epochs: 3, batchSize: 64 };

  test('are those of the full run, of the short one, and what the command line names', () => {
    expect(options(full, { epochs: 1 }, [])).toEqual(full);
    expect(options(full, { epochs: 1 }, ['--short'])).toEqual({ epochs: 1, batchSize: 64 });
    expect(options(full, { epochs: 1 }, ['--short', '--epochs', '2', '--batch-size=8'])).toEqual({ epochs: 2, batchSize: 8 });
  });

  test('are refused where they are unknown or no numbers', () => {
    expect(() => options(full, {}, ['--epoch', '2'])).toThrow(/'--epoch'.*\noptions: --epochs, --batch-size, --short$/);
    expect(() => options(full, {}, ['--epochs', 'many'])).toThrow('--epochs must be a number from 0 on, got "many"');
    expect(() => options(full, {}, ['--epochs', ''])).toThrow('--epochs');
  });
});

describe('shared pieces of the examples', () => {
  test('names are split into two parts without a name in both, and targets are the next characters', () => {
    torch.manualSeed(3);
    const { train, test: held, known } = splitNames();
    expect([train.length, held.length]).toEqual([4456, 495]);
    const [input, target] = held.get(7).map((row) => row.tolist() as number[]);
    const end = target.indexOf(characters.indexOf('\n'));
    const name = target.slice(0, end).map((c) => characters[c]).join('');
    expect(names).toContain(name);
    expect(known.has(name)).toBe(false);
    expect(input.slice(1, end + 1)).toEqual(target.slice(0, end));
    expect(target.slice(end + 1)).toEqual(Array(longest - end - 1).fill(-100));
  });

  test('the cart and the pole move as the laws of motion say', () => {
    // Newton's laws for the cart and the uniform rod on it, before either acceleration is eliminated.
    const g = 9.8, m = 0.1, M = 1.1, l = 0.5;
    torch.manualSeed(0);
    const env = new CartPole();
    let before = env.reset(), steps = 0, fallen = false;
    while (!fallen) {
      const { state, reward, terminated, truncated } = env.step(1);
      const [position, speed, angle, angularSpeed] = before;
      const acceleration = (state[1] - speed) / 0.02, angularAcceleration = (state[3] - angularSpeed) / 0.02;
      expect(M * acceleration).toBeCloseTo(10 + m * l * (angularSpeed ** 2 * Math.sin(angle) - angularAcceleration * Math.cos(angle)), 9);
      expect(l * angularAcceleration * 4 / 3).toBeCloseTo(g * Math.sin(angle) - acceleration * Math.cos(angle), 9);
      expect([state[0], state[2], reward, truncated]).toEqual([position + 0.02 * speed, angle + 0.02 * angularSpeed, 1, false]);
      before = state;
      fallen = terminated;
      steps++;
    }
    // Pushed to one side it falls to the other within a fifth of a second.
    expect(steps).toBeLessThan(12);
    expect(before[2]).toBeLessThan(-12 * Math.PI / 180);
  });
});
