/** Every program of examples/ against PyTorch's recorded numbers, on both backends. */
import * as torch from 'flambeau';
import { describe, expect, test } from 'vitest';
import { run as xor, gradients as xorGradients } from '../examples/xor-backprop.ts';
import { run as sineManual } from '../examples/sine-manual.ts';
import { published, run as publishedTable } from '../examples/published-table.ts';
import { run as randomCubic } from '../examples/random-cubic.ts';
import { run as sineAutograd } from '../examples/sine-autograd.ts';
import { run as sineCustomFunction } from '../examples/sine-custom-function.ts';
import { run as sineNnRmsprop } from '../examples/sine-nn-rmsprop.ts';
import { run as ninePoints } from '../examples/nine-points.ts';
import { gradients as accumulated, judgeLine, run as studyHours } from '../examples/study-hours.ts';
import { compareLines, run as stepNetwork } from '../examples/step-network.ts';
import { run as mnistMlp } from '../examples/mnist-mlp.ts';
import { run as namesLstm } from '../examples/names-lstm.ts';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';

type Losses = readonly (readonly [number, number])[];
type Nested = number | readonly Nested[];

interface Programs {
  readonly sine_manual: readonly { readonly seed: number; readonly points: number; readonly epochs: number; readonly initial: readonly number[]; readonly loss: Losses; readonly final: readonly number[]; readonly final_loss: number; readonly y_random_first3: readonly number[]; readonly y_pred_first3: readonly number[] }[];
  readonly sine_autograd: readonly { readonly seed: number; readonly loss: Losses; readonly final: readonly number[] }[];
  readonly sine_custom_function: readonly { readonly loss: Losses; readonly final: readonly number[] }[];
  readonly sine_nn_rmsprop: readonly { readonly seed: number; readonly initial_parameters: Nested; readonly loss: Losses; readonly final: Nested }[];
  readonly nine_points: readonly { readonly seed: number; readonly initial: readonly number[]; readonly loss: Losses; readonly final: readonly number[]; readonly final_loss: number; readonly shape_x: readonly number[]; readonly shape_pred: readonly number[] }[];
  readonly study_hours: readonly { readonly cost: Losses; readonly final: readonly number[]; readonly prediction_for_4_hours: number; readonly accumulated_gradient: readonly number[]; readonly line_13x_plus_1: { readonly predicted: readonly number[]; readonly error: readonly number[]; readonly sum_of_squares: number; readonly mean_squared_error: number } }[];
  readonly xor_backprop: readonly { readonly seed: number; readonly learning_rate: number; readonly initial_parameters: Nested; readonly loss: Losses; readonly final_loss: number; readonly output: readonly number[]; readonly last_gradients: Nested }[];
  readonly step_network: readonly { readonly hidden: Nested; readonly output: readonly number[] }[];
}

interface Recorded {
  readonly name: string;
  readonly seed: number;
  readonly steps: number;
  readonly loss: Losses;
  readonly initial_parameters_first4: Readonly<Record<string, readonly number[]>>;
  readonly final_parameters_first4: Readonly<Record<string, readonly number[]>>;
  readonly final?: { readonly test_accuracy_first_1000: number };
}

const programs = readJson<Programs>('reference/programs.json');
const recorded = Object.fromEntries(readJson<{ readonly runs: readonly Recorded[] }>('reference/runs_visible.json').runs.map((run) => [run.name, run]));
const log = (): void => {};

const leaves = (value: Nested): number[] => (typeof value === 'number' ? [value] : value.flatMap(leaves));

/** Every number within `absolute + relative * |expected|`. */
function expectNumbers(actual: unknown, expected: Nested, { relative = 0, absolute = 0 }: { relative?: number; absolute?: number }, label = ''): void {
  const got = leaves(actual as Nested), want = leaves(expected);
  expect(got.length, label).toBe(want.length);
  want.forEach((w, i) => expect(Math.abs(got[i] - w), `${label} ${i}: ${got[i]} against ${w}`).toBeLessThanOrEqual(absolute + relative * Math.abs(w)));
}

function expectLosses(actual: Losses, expected: Losses, bound: number | ((epoch: number) => number) = 1e-5): void {
  expect(actual.map(([epoch]) => epoch)).toEqual(expected.map(([epoch]) => epoch));
  expected.forEach(([epoch, loss], i) => expectNumbers(actual[i][1], loss, { relative: typeof bound === 'number' ? bound : bound(epoch) }, `loss at ${epoch}`));
}

/** Uniform draws agree to the last float32 digit. */
const exactly = { absolute: 0 };

onBackends(() => {
  test('1: the random cubic is PyTorch\'s', () => {
    for (const { seed, points, initial, y_random_first3: first } of programs.sine_manual) {
      const { initial: drawn, yRandom, y } = randomCubic({ seed, points });
      expectNumbers(drawn, initial, { absolute: 1e-6 });
      expectNumbers(yRandom.narrow(0, 0, 3).tolist(), first, { relative: 1e-5 });
      expect(y.shape).toEqual([points]);
    }
  });

  test.each(programs.sine_manual)('2: the sine by hand-written gradients, seed $seed, $epochs epochs', (expected) => {
    const actual = sineManual({ seed: expected.seed, points: expected.points, epochs: expected.epochs, log });
    expectNumbers(actual.initial, expected.initial, { absolute: 1e-6 });
    expectLosses(actual.losses, expected.loss);
    expectNumbers(actual.loss, expected.final_loss, { relative: 1e-5 });
    expectNumbers(actual.final, expected.final, { absolute: 1e-5 });
    expectNumbers(actual.yPred.narrow(0, 0, 3).tolist(), expected.y_pred_first3, { absolute: 1e-4 });
  });

  test('3: the published table', () => {
    const { losses } = publishedTable({ log });
    expectLosses(losses, published.map((loss, i) => [100 * i + 1, loss] as const), 2e-6);
  });

  test('4: the sine by autograd', () => {
    const [expected] = programs.sine_autograd;
    const actual = sineAutograd({ seed: expected.seed, log });
    expectLosses(actual.losses, expected.loss);
    expectNumbers(actual.final, expected.final, { absolute: 1e-5 });
  });

  test('5: the sine by a custom Function', () => {
    const [expected] = programs.sine_custom_function;
    const actual = sineCustomFunction({ log });
    expectLosses(actual.losses, expected.loss);
    expectNumbers(actual.final, expected.final, { absolute: 1e-5 });
  });

  test('6: the sine by nn and RMSprop', () => {
    const [expected] = programs.sine_nn_rmsprop;
    const actual = sineNnRmsprop({ seed: expected.seed, log });
    expectNumbers(actual.initial, expected.initial_parameters, exactly);
    // From there on RMSprop near its minimum is chaotic: the last digit of any sum decides.
    expectLosses(actual.losses, expected.loss, (step) => (step < 1500 ? 1e-5 : 0.02));
  });

  test.each(programs.nine_points)('7: nine points, seed $seed', (expected) => {
    const actual = ninePoints({ seed: expected.seed, log });
    expectNumbers(actual.initial, expected.initial, { absolute: 1e-6 });
    expectLosses(actual.losses, expected.loss);
    expectNumbers(actual.loss, expected.final_loss, { relative: 1e-5 });
    expectNumbers(actual.final, expected.final, { absolute: 1e-5 });
    expect([actual.x.shape, actual.yPred.shape]).toEqual([expected.shape_x, expected.shape_pred]);
  });

  describe('8: study hours', () => {
    const [expected] = programs.study_hours;

    test('the line is learnt', () => {
      const actual = studyHours({ log });
      expectLosses(actual.costs, expected.cost);
      expectNumbers(actual.final, expected.final, { absolute: 1e-5 });
      expectNumbers(actual.prediction, expected.prediction_for_4_hours, { absolute: 1e-5 });
    });

    test('the given line is judged, with the lesson\'s slip beside it', () => {
      const actual = judgeLine(log), { predicted, error, sum_of_squares: sum, mean_squared_error: mean } = expected.line_13x_plus_1;
      expect(actual).toEqual({ predicted, error: error.map((e) => -e), sumOfSquares: sum, meanSquaredError: mean, lessonsError: 52.5 });
    });

    test('gradients accumulate unless they are set to zero', () => {
      expect(accumulated({ log })).toEqual(expected.accumulated_gradient);
      expect(accumulated({ zeroing: true, log })).toEqual(new Array(21).fill(2));
    });
  });

  test('9: the network of step functions separates XOR', () => {
    const [expected] = programs.step_network;
    const { hidden, output } = stepNetwork({ log });
    expect(hidden.tolist()).toEqual(expected.hidden);
    expect(output.tolist()).toEqual(expected.output);
    const [good, bad] = compareLines({ log });
    expect(good.mse).toBeLessThan(bad.mse);
    expect(good.crossEntropy).toBeLessThan(bad.crossEntropy);
  });

  describe('10: XOR by backpropagation', () => {
    test.each(programs.xor_backprop)('seed $seed, learning rate $learning_rate', (expected) => {
      const actual = xor({ seed: expected.seed, learningRate: expected.learning_rate, log });
      expectNumbers(actual.initial, expected.initial_parameters, exactly);
      // At learning rate 10 the run is chaotic after the first log.
      const chaotic = expected.learning_rate === 10;
      expectLosses(actual.losses, expected.loss, (epoch) => (chaotic && epoch > 0 ? 0.05 : 1e-5));
      expectNumbers(actual.loss, expected.final_loss, { relative: chaotic ? 0.05 : 1e-5 });
      expectNumbers(actual.output, expected.output, { absolute: chaotic ? 0.05 : 1e-5 });
      if (!chaotic) expectNumbers(actual.lastGradients, expected.last_gradients, { relative: 1e-3, absolute: 1e-6 });
    });

    test('gradients by autograd, by the chain rule and by finite differences agree', () => {
      for (const { name, autograd, chainRule, differences } of xorGradients()) {
        expectNumbers(autograd.tolist(), chainRule.tolist() as Nested, { absolute: 1e-12 }, `${name} by the chain rule`);
        expectNumbers(autograd.tolist(), differences.tolist() as Nested, { absolute: 1e-8 }, `${name} by differences`);
      }
    });
  });

  test.each([['mnist_mlp', mnistMlp], ['names_lstm', namesLstm]] as const)('%s follows PyTorch\'s run on real data', (name, run) => {
    const expected = recorded[name];
    const actual = run({ seed: expected.seed, steps: expected.steps, log });
    for (const [key, values] of Object.entries(expected.initial_parameters_first4)) expectNumbers(actual.initial[key], values, { absolute: key === 'e.weight' ? 1e-6 : 0 }, key);
    expectLosses(actual.losses, expected.loss);
    for (const [key, values] of Object.entries(expected.final_parameters_first4)) expectNumbers(actual.final[key], values, { absolute: 1e-4 }, key);
    if (expected.final && 'accuracy' in actual) expectNumbers(actual.accuracy, expected.final.test_accuracy_first_1000, { absolute: 0.002 });
  }, 120_000);
});
