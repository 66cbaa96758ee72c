/**
 * Metrics against the examples of scikit-learn's and torchmetrics' documentation (named beside each), against definitions
 * written out in O(n^2), and under every way of cutting the data into batches.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { metrics } from 'flambeau/train';
import { onBackends } from './fixtures/backends.ts';

const { functional: M } = metrics;
const int = (values: number[] | number[][]): torch.Tensor => torch.tensor(values, { dtype: 'int64' });
const list = (tensor: torch.Tensor): number[] => tensor.tolist() as number[];

onBackends(() => {
  describe('the examples of scikit-learn', () => {
    const target = int([0, 1, 2, 0, 1, 2]), preds = int([0, 2, 1, 0, 0, 1]), three = { numClasses: 3 } as const;

    test.each([
      ['precision', M.precision, { macro: 2 / 9, micro: 1 / 3, weighted: 2 / 9 }, [2 / 3, 0, 0]],
      ['recall', M.recall, { macro: 1 / 3, micro: 1 / 3, weighted: 1 / 3 }, [1, 0, 0]],
      ['f1Score', M.f1Score, { macro: 0.8 / 3, micro: 1 / 3, weighted: 0.8 / 3 }, [0.8, 0, 0]],
    ] as const)('of %s', (_, metric, averages, none) => {
      for (const [average, value] of Object.entries(averages)) expect(metric(preds, target, { ...three, average: average as 'macro' })).toBeCloseTo(value, 12);
      const each = list(metric(preds, target, { ...three, average: 'none' }));
      each.forEach((value, i) => expect(value).toBeCloseTo(none[i], 12));
    });

    test('of zero_division: precision_score([0, 1, 2, 0, 1, 2], [0] * 6)', () => {
      const zeros = int([0, 0, 0, 0, 0, 0]);
      expect(list(M.precision(zeros, target, { ...three, average: 'none' }))).toEqual([1 / 3, 0, 0]);
      expect(list(M.precision(zeros, target, { ...three, average: 'none', zeroDivision: 1 }))).toEqual([1 / 3, 1, 1]);
      expect(list(M.precision(zeros, target, { ...three, average: 'none', zeroDivision: NaN }))).toEqual([1 / 3, NaN, NaN]);
      expect(M.precision(zeros, target, { ...three, average: 'macro', zeroDivision: 1 })).toBeCloseTo(7 / 9, 12);
    });

    test('of confusion_matrix', () => {
      const matrix = M.confusionMatrix(int([0, 0, 2, 2, 0, 2]), int([2, 0, 2, 2, 0, 1]), three);
      expect([matrix.dtype, matrix.tolist()]).toEqual(['int64', [[2, 0, 0], [0, 0, 1], [1, 0, 2]]]);
      const binary = M.confusionMatrix(int([1, 1, 1, 0]), int([0, 1, 0, 1]));
      expect(binary.tolist()).toEqual([[0, 2], [1, 1]]);
    });

    test('of top_k_accuracy_score', () => {
      const scores = torch.tensor([[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]]);
      expect(M.accuracy(scores, int([0, 1, 2, 2]), { ...three, topK: 2 })).toBe(0.75);
      expect(M.accuracy(scores, int([0, 1, 2, 2]), three)).toBe(0.5);
      expect(M.accuracy(scores, int([0, 1, 2, 2]), { ...three, topK: 3 })).toBe(1);
    });

    test('of roc_auc_score and average_precision_score', () => {
      const scores = torch.tensor([0.1, 0.4, 0.35, 0.8]), bits = int([0, 0, 1, 1]);
      expect(M.auroc(scores, bits)).toBe(0.75);
      expect(M.averagePrecision(scores, bits)).toBeCloseTo(0.8333333333333333, 12);
    });

    test('of r2_score, mean_squared_error and mean_absolute_error', () => {
      const truth = torch.tensor([3, -0.5, 2, 7]), guess = torch.tensor([2.5, 0, 2, 8]);
      expect(M.r2Score(guess, truth)).toBeCloseTo(0.9486081370449679, 12);
      expect(M.meanSquaredError(guess, truth)).toBe(0.375);
      expect(M.meanSquaredError(guess, truth, { squared: false })).toBeCloseTo(0.6123724356957945, 12);
      expect(M.meanAbsoluteError(guess, truth)).toBe(0.5);
      const truths = torch.tensor([[0.5, 1], [-1, 1], [7, -6]]), guesses = torch.tensor([[0, 2], [-1, 2], [8, -5]]);
      expect(M.r2Score(guesses, truths, { numOutputs: 2, multioutput: 'variance_weighted' })).toBeCloseTo(0.9382566585956417, 12);
      expect(M.r2Score(guesses, truths, { numOutputs: 2 })).toBeCloseTo(0.9368005266622779, 12);
      const raw = list(M.r2Score(guesses, truths, { numOutputs: 2, multioutput: 'raw_values' }));
      expect(raw[0]).toBeCloseTo(0.9654377880184332, 12);
      expect(raw[1]).toBeCloseTo(0.9081632653061225, 12);
      expect(M.meanSquaredError(guesses, truths)).toBeCloseTo(0.7083333333333334, 12);
      expect(list(M.meanSquaredError(guesses, truths, { numOutputs: 2 }))).toEqual([1.25 / 3, 1]);
      expect(list(M.meanAbsoluteError(guesses, truths, { numOutputs: 2 }))).toEqual([0.5, 1]);
    });
  });

  describe('the examples of torchmetrics', () => {
    const preds = torch.tensor([[0.90, 0.05, 0.05], [0.05, 0.90, 0.05], [0.05, 0.05, 0.90], [0.85, 0.05, 0.10], [0.10, 0.10, 0.80]]), target = int([0, 1, 1, 2, 2]);

    test('of auroc of three classes', () => expect(M.auroc(preds, target, 'multiclass', { numClasses: 3 })).toBeCloseTo(0.7777777777, 8));

    test('of binary_accuracy: labels, probabilities and tensors of more dimensions', () => {
      expect(M.accuracy(int([0, 0, 1, 1, 0, 1]), int([0, 1, 0, 1, 0, 1]), 'binary')).toBeCloseTo(2 / 3, 12);
      expect(M.accuracy(torch.tensor([0.11, 0.22, 0.84, 0.73, 0.33, 0.92]), int([0, 1, 0, 1, 0, 1]), 'binary')).toBeCloseTo(2 / 3, 12);
    });

    test('of multiclass_accuracy: macro [0, 1, 2] against [2, 1, 0, 1]', () => {
      expect(M.accuracy(int([2, 1, 0, 1]), int([2, 1, 0, 0]), { numClasses: 3, average: 'macro' })).toBeCloseTo(0.8333333333, 8);
      expect(list(M.accuracy(int([2, 1, 0, 1]), int([2, 1, 0, 0]), { numClasses: 3, average: 'none' }))).toEqual([0.5, 1, 1]);
    });

    test('of multilabel_accuracy', () => {
      const labels = int([[0, 1, 0], [1, 0, 1]]), decided = int([[0, 0, 1], [1, 0, 1]]);
      expect(M.accuracy(decided, labels, { task: 'multilabel', numLabels: 3, average: 'macro' })).toBeCloseTo(2 / 3, 12);
      expect(list(M.accuracy(decided, labels, { task: 'multilabel', numLabels: 3, average: 'none' }))).toEqual([1, 0.5, 0.5]);
      expect(M.confusionMatrix(decided, labels, { numLabels: 3 }).tolist()).toEqual([[[1, 0], [0, 1]], [[1, 0], [1, 0]], [[0, 1], [0, 1]]]);
    });
  });

  test('logits decide like their probabilities, and are ranked among classes by softmax', () => {
    const logits = torch.tensor([-3, 0.2, 1.5, -0.1]), bits = int([0, 1, 1, 1]);
    expect(M.accuracy(logits, bits)).toBe(M.accuracy(logits.sigmoid(), bits));
    const many = torch.tensor([[4, 5, -1], [9, 2, 8], [0, 1, 0], [3, 3, 7]]), truth = int([0, 0, 1, 2]);
    expect(M.auroc(many, truth, { numClasses: 3 })).toBeCloseTo(M.auroc(many.to('float64').softmax(1), truth, { numClasses: 3 }), 12);
  });

  test('classes may stand at every place of an image, [N, C, H, W] against [N, H, W]', () => {
    const scores = torch.zeros(2, 3, 2, 2), truth = int([0, 1, 2, 0, 1, 1, 2, 2]).view(2, 2, 2);
    for (const [n, h, w, c] of [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 2], [1, 1, 0, 2], [1, 1, 1, 2]]) scores.indexPut_([n, c, h, w], 1);
    expect(M.accuracy(scores, truth, { numClasses: 3 })).toBe(6 / 8);
    expect(M.accuracy(scores, truth, { numClasses: 3, ignoreIndex: 1 })).toBe(4 / 5);
    expect(M.accuracy(scores, truth, { numClasses: 3, topK: 3 })).toBe(1);
    expect(M.averagePrecision(scores.add(0), truth, { numClasses: 3, average: 'none' }).shape).toEqual([3]);
  });

  test('half precision and bfloat16 are read like their values', () => {
    const scores = torch.tensor([[0.5, 0.25], [0.125, 0.75]]);
    for (const dtype of ['float16', 'bfloat16', 'float64'] as const) expect(M.accuracy(scores.to(dtype), int([0, 1]), { numClasses: 2 })).toBe(1);
  });

  test('perplexity is e to the cross entropy: of even logits, the number of tokens', () => {
    expect(M.perplexity(torch.zeros(2, 3, 7), torch.zeros(2, 3, { dtype: 'int64' }))).toBeCloseTo(7, 5);
    torch.manualSeed(1);
    const logits = torch.randn(4, 5, 6), tokens = torch.randint(6, [4, 5]);
    const loss = torch.nn.functional.crossEntropy(logits.view(-1, 6), tokens.view(-1)).item();
    expect(M.perplexity(logits, tokens)).toBeCloseTo(Math.exp(loss), 4);
    const ignored = tokens.maskedFill(tokens.eq(2), -100);
    expect(M.perplexity(logits, ignored, { ignoreIndex: -100 })).toBeCloseTo(Math.exp(torch.nn.functional.crossEntropy(logits.view(-1, 6), ignored.view(-1)).item()), 4);
  });

  test('a metric is the same however the batches are cut, merged, saved and loaded', () => {
    torch.manualSeed(2);
    const scores = torch.randn(40, 3), truth = torch.randint(3, [40]), numbers = torch.randn(40).add(1000);
    const whole: [() => metrics.Metric<readonly [torch.Tensor, torch.Tensor]>, torch.Tensor, torch.Tensor][] = [
      [() => new metrics.Accuracy({ numClasses: 3, average: 'macro' }), scores, truth],
      [() => new metrics.ConfusionMatrix({ numClasses: 3 }), scores, truth],
      [() => new metrics.AUROC({ numClasses: 3 }), scores.softmax(1), truth],
      [() => new metrics.R2Score(), numbers, numbers.add(torch.randn(40))],
      [() => new metrics.Perplexity(), scores, truth],
    ];
    for (const [make, preds, target] of whole) {
      const once = make().update(preds, target), parts = [make(), make()], resumed = make();
      for (const [i, [from, length]] of [[0, 7], [7, 1], [8, 30], [38, 2]].entries()) parts[i % 2].update(preds.narrow(0, from, length), target.narrow(0, from, length));
      resumed.loadStateDict(parts[0].mergeState([parts[1]]).stateDict());
      const value = (metric: metrics.Metric): number[] => [metric.compute()].map((each) => (each instanceof torch.Tensor ? each.tolist() : each)).flat(3) as number[];
      value(resumed).forEach((each, i) => expect(each).toBeCloseTo(value(once)[i], 9));
    }
  });
});

describe('rankings against their definitions', () => {
  const samples = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }).map((n) => n / 8), fc.boolean()), { minLength: 2, maxLength: 40 });

  test('AUROC is the chance that a positive scores higher, equal scores counting half', () => {
    fc.assert(fc.property(samples, (pairs) => {
      const positives = pairs.filter(([, bit]) => bit), negatives = pairs.filter(([, bit]) => !bit);
      const wins = positives.flatMap(([a]) => negatives.map(([b]) => (a > b ? 1 : a === b ? 0.5 : 0))).reduce((sum: number, win) => sum + win, 0);
      const got = M.auroc(torch.tensor(pairs.map(([score]) => score)), int(pairs.map(([, bit]) => Number(bit))));
      if (positives.length === 0 || negatives.length === 0) expect(got).toBeNaN();
      else expect(got).toBeCloseTo(wins / (positives.length * negatives.length), 12);
    }));
  });

  test('average precision sums precision over the recall that each threshold gains', () => {
    fc.assert(fc.property(samples, (pairs) => {
      const positives = pairs.filter(([, bit]) => bit).length, thresholds = [...new Set(pairs.map(([score]) => score))].sort((a, b) => b - a);
      const at = (threshold: number): { precision: number; recall: number } => {
        const taken = pairs.filter(([score]) => score >= threshold), hits = taken.filter(([, bit]) => bit).length;
        return { precision: hits / taken.length, recall: hits / positives };
      };
      const expected = thresholds.reduce((sum, threshold, i) => sum + at(threshold).precision * (at(threshold).recall - (i === 0 ? 0 : at(thresholds[i - 1]).recall)), 0);
      const got = M.averagePrecision(torch.tensor(pairs.map(([score]) => score)), int(pairs.map(([, bit]) => Number(bit))));
      if (positives === 0) expect(got).toBeNaN();
      else expect(got).toBeCloseTo(expected, 12);
    }));
  });

  test('a part of the ROC curve is the area below the line between its points, by 20,000 thin strips', () => {
    const scores = [0.9, 0.8, 0.7, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], bits = [1, 0, 1, 0, 1, 1, 0, 0, 1, 0];
    const points = [...new Set(scores)].sort((a, b) => b - a).map((threshold) => [0, 1].map((bit) => scores.filter((score, i) => score >= threshold && bits[i] === bit).length / 5));
    const curve = [[0, 0], ...points], strips = 20_000;
    for (const maxFpr of [0.3, 0.5]) {
      let area = 0;
      for (let i = 0; i < strips; i++) {
        const x = (i + 0.5) / strips * maxFpr, after = curve.findIndex(([fpr]) => fpr > x), [[x0, y0], [x1, y1]] = [curve[after - 1], curve[after]];
        area += (y0 + (y1 - y0) * (x - x0) / (x1 - x0)) * maxFpr / strips;
      }
      const least = maxFpr ** 2 / 2, expected = (1 + (area - least) / (maxFpr - least)) / 2;
      expect(M.auroc(torch.tensor(scores), int(bits), { maxFpr })).toBeCloseTo(expected, 6);
    }
  });

  test('classes without samples, or with nothing else, have no value', () => {
    expect(M.auroc(torch.tensor([0.1, 0.2]), int([1, 1]))).toBeNaN();
    expect(M.averagePrecision(torch.tensor([0.1, 0.2]), int([0, 0]))).toBeNaN();
    const scores = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]]);
    expect(list(M.auroc(scores, int([0, 1]), { numClasses: 3, average: 'none' }))).toEqual([1, 1, NaN]);
    expect(M.auroc(scores, int([0, 1]), { numClasses: 3 })).toBe(1);
  });
});

describe('counts against their definitions', () => {
  const pairs = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 50 });

  test('precision, recall, F-beta and their averages follow from the samples of each class', () => {
    fc.assert(fc.property(pairs, fc.constantFrom('macro', 'micro', 'weighted', 'none'), fc.constantFrom(0, 1), (samples, average, zeroDivision) => {
      const preds = int(samples.map(([pred]) => pred)), target = int(samples.map(([, truth]) => truth)), options = { numClasses: 4, average, zeroDivision } as const;
      const of = (keep: (pred: number, truth: number) => boolean): number => samples.filter(([pred, truth]) => keep(pred, truth)).length;
      const rows = [0, 1, 2, 3].map((c) => ({ tp: of((p, t) => p === c && t === c), predicted: of((p) => p === c), support: of((_, t) => t === c) }));
      const divide = (part: number, whole: number): number => (whole === 0 ? zeroDivision : part / whole);
      for (const [metric, quotient] of [
        [M.precision, (r) => divide(r.tp, r.predicted)], [M.recall, (r) => divide(r.tp, r.support)], [M.f1Score, (r) => divide(2 * r.tp, r.predicted + r.support)],
        [(a, b, o) => M.fbetaScore(a, b, { ...o, beta: 2 }), (r) => divide(5 * r.tp, r.predicted + 4 * r.support)],
      ] as [(a: torch.Tensor, b: torch.Tensor, o: typeof options) => number | torch.Tensor, (row: typeof rows[number]) => number][]) {
        const each = rows.map(quotient), present = rows.map((r) => Number(r.predicted + r.support > 0)), weigh = (w: number[]): number => each.reduce((sum, value, i) => sum + value * w[i], 0) / w.reduce((a, b) => a + b, 0);
        const all = { tp: of((p, t) => p === t), predicted: samples.length, support: samples.length };
        const expected = { none: each, macro: [weigh(present)], weighted: [weigh(rows.map((r) => r.support))], micro: [quotient(all)] }[average];
        const got = metric(preds, target, options);
        (got instanceof torch.Tensor ? list(got) : [got]).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
      }
      const parts = M.confusionMatrix(preds, target, { numClasses: 4, normalize: 'true' }).tolist() as number[][];
      parts.forEach((row, i) => row.forEach((part, j) => expect(part).toBeCloseTo(of((p, t) => p === j && t === i) / Math.max(rows[i].support, 1), 12)));
    }));
  });

  test('of equal scores the first is the decision, at any k; NaN is largest, as in PyTorch', () => {
    const even = torch.zeros(1, 4);
    for (const k of [1, 2, 3, 4]) for (const truth of [0, 1, 2, 3]) expect(M.accuracy(even, int([truth]), { numClasses: 4, topK: k }), `${truth} among ${k}`).toBe(Number(truth < k));
    const broken = torch.tensor([[0.1, NaN, 0.3, NaN]]);
    for (const k of [1, 2, 3]) expect([0, 1, 2, 3].map((truth) => M.accuracy(broken, int([truth]), { numClasses: 4, topK: k })), `${k}`).toEqual([[0, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 1]][k - 1]);
  });
});

describe('means', () => {
  test('weigh what they are told to', () => {
    const mean = new metrics.Mean().update(2, 3).update(torch.tensor([4, 6]), torch.tensor([1, 0]));
    expect(mean.compute()).toBe(10 / 4);
    expect(mean.forward(10, 4)).toBe(10);
    expect(mean.compute()).toBe(50 / 8);
    expect(new metrics.Mean().compute()).toBeNaN();
    expect(mean.reset().update(1).compute()).toBe(1);
  });

  test('run over the last values', () => {
    const mean = new metrics.RunningMean(3);
    const seen = [1, 2, 3, 4, 8].map((value) => mean.update(value).compute());
    expect(seen).toEqual([1, 1.5, 2, 3, 5]);
    expect(mean.forward(100)).toBe(100);
    expect(mean.compute()).toBe((4 + 8 + 100) / 3);
  });

  test('fade: without their first bias, the mean weighted by powers of the smoothing', () => {
    const values = [3, 1, 4, 1, 5], ema = new metrics.ExponentialMovingAverage(0.8);
    for (const [n, value] of values.entries()) {
      const weights = values.slice(0, n + 1).map((_, i) => 0.8 ** (n - i)), whole = weights.reduce((a, b) => a + b, 0);
      expect(ema.update(value).compute()).toBeCloseTo(weights.reduce((sum, w, i) => sum + w * values[i], 0) / whole, 12);
    }
    const plain = new metrics.ExponentialMovingAverage({ smoothing: 0.5, debias: false });
    expect([2, 4, 4, NaN].map((value) => plain.update(value).compute())).toEqual([2, 3, 3.5, 3.5]);
  });

  test('of throughput are samples per second; parts that are merged ran at once', () => {
    const a = new metrics.Throughput().update(100, 2).update(60, 2), b = new metrics.Throughput().update(40, 5);
    expect(a.compute()).toBe(40);
    expect(a.mergeState([b]).compute()).toBe(200 / 5);
  });
});

describe('bad input', () => {
  test.each<readonly [string, () => unknown, RegExp]>([
    ['unknown options', () => new metrics.Accuracy({ numClasses: 3, classes: 3 } as never), /Accuracy: option 'classes' is unknown/],
    ['a missing number of classes', () => new metrics.Recall('multiclass'), /numClasses is missing: the multiclass task needs it/],
    ['labels of another task', () => new metrics.Recall('multiclass', { numClasses: 3, numLabels: 2 }), /numLabels does not belong/],
    ['an unknown task', () => new metrics.Recall('multi' as never), /task must be one of 'binary', 'multiclass', 'multilabel', got "multi"/],
    ['an unknown average', () => new metrics.F1Score({ average: 'mean' as never }), /average must be one of/],
    ['a micro average of a ranking', () => new metrics.AUROC({ numClasses: 2, average: 'micro' as never }), /average must be 'macro'/],
    ['too large a k', () => new metrics.Accuracy({ numClasses: 3, topK: 4 }), /topK must be from 1 to the 3 classes, got 4/],
    ['float class indices', () => M.accuracy(torch.zeros(2, 3), torch.zeros(2), { numClasses: 3 }), /target must be class indices of an integer dtype, got float32: write \.to\('int64'\)/],
    ['classes out of range', () => M.accuracy(torch.zeros(2, 3), int([0, 3]), { numClasses: 3 }), /target must be classes below 3, got 3/],
    ['bits that are none', () => M.accuracy(torch.zeros(2), int([0, 2])), /target must be 0 or 1, got 2/],
    ['shapes that do not fit', () => M.accuracy(torch.zeros(2, 4), int([0, 1]), { numClasses: 3 }), /preds must have shape \[N, 3, \.\.\.\].*got \[2, 4\] and \[2\]/],
    ['NaN scores', () => M.auroc(torch.tensor([NaN, 1]), int([0, 1])), /must not hold NaN/],
    ['integer scores', () => M.auroc(int([0, 1]), int([0, 1])), /preds must be scores of a floating-point dtype, got int64/],
    ['shapes of numbers that do not fit', () => M.meanSquaredError(torch.zeros(2, 1), torch.zeros(2)), /must have one shape, got \[2, 1\] and \[2\]/],
    ['tokens beyond the vocabulary', () => M.perplexity(torch.zeros(2, 3), int([0, 3])), /target must be tokens below 3, got 3/],
    ['no tensor', () => M.accuracy([1, 0] as never, int([0, 1])), /preds must be a Tensor, got \[1, 0\]/],
    ['negative weights', () => new metrics.Mean().update(1, -1), /weight must be at least 0, got -1/],
    ['merging other metrics', () => new metrics.Mean().mergeState([new metrics.RunningMean() as never]), /must be of the class Mean, got a RunningMean/],
    ['merging other counts', () => new metrics.Accuracy({ numClasses: 3 }).mergeState([new metrics.Accuracy({ numClasses: 4 })]), /must have 3 numbers/],
    ['a foreign state', () => new metrics.Mean().loadStateDict({}), /weighted_sum must be a Tensor, got undefined/],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('leaves a metric as it was', () => {
    const metric = new metrics.Accuracy({ numClasses: 2 }).update(int([0, 1]), int([0, 0]));
    expect(() => metric.update(int([0, 1]), int([0, 5]))).toThrow(/below 2/);
    expect(() => metric.forward(int([0, 1]), int([0, 5]))).toThrow(/below 2/);
    expect(metric.compute()).toBe(0.5);
  });
});
