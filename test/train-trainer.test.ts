/** Trainer against the loop written by hand, and against itself where it is stopped and goes on. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import { DataLoader, TensorDataset } from 'flambeau/data';
import { load } from 'flambeau/io';
import { EarlyStopping, metrics, ModelCheckpoint, NonFiniteLossError, Trainer, type Callback, type Logs, type TrainerOptions } from 'flambeau/train';
import { onBackends } from './fixtures/backends.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'flambeau-trainer-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Two clouds of points, 22 of them: six batches of four, the last one of two. */
function data(options = {}): DataLoader<unknown, [Tensor, Tensor]> {
  const generator = new torch.Generator().manualSeed(3), labels = torch.randint(2, [22], { generator });
  return new DataLoader(new TensorDataset(torch.randn(22, 3, { generator }).add(labels.unsqueeze(1)), labels), { batchSize: 4, shuffle: true, ...options }) as never;
}

const network = (): nn.Sequential => new nn.Sequential(new nn.Linear(3, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Dropout(0.3), new nn.Linear(8, 2));

interface Setup {
  readonly model: nn.Module;
  readonly options: TrainerOptions & { readonly lossFn: (preds: Tensor, target: Tensor) => Tensor };
}
function setup(more: Partial<TrainerOptions> = {}): Setup {
  torch.manualSeed(1);
  const model = network(), optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
  return { model, options: { model, optimizer, lossFn: new nn.CrossEntropyLoss() as never, maxEpochs: 3, ...more } as never };
}
const weights = (model: nn.Module): number[][] => Object.values(model.stateDict()).map((tensor) => [...tensor.to('float64').toTypedArray()] as number[]);

onBackends(() => {
  test('trains like the loop written by hand, number for number', async () => {
    const { model, options } = setup({ metrics: { accuracy: new metrics.Accuracy({ numClasses: 2 }) } });
    const history = await new Trainer(options).fit(data(), data({ shuffle: false }));

    torch.manualSeed(1);
    const plain = network(), optimizer = new optim.AdamW(plain.parameters(), { lr: 0.01 }), lossFn = new nn.CrossEntropyLoss(), losses: number[] = [], validation: number[] = [], right: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      let sum = 0;
      for (const [x, y] of data()) {
        const loss = lossFn(plain(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        sum += loss.item() * y.shape[0];
      }
      losses.push(sum / 22);
      plain.eval();
      let valSum = 0, hits = 0;
      torch.noGrad(() => {
        for (const [x, y] of data({ shuffle: false })) {
          valSum += lossFn(plain(x), y).item() * y.shape[0];
          hits += plain(x).argmax(1).eq(y).sum().item();
        }
      });
      plain.train();
      validation.push(valSum / 22);
      right.push(hits / 22);
    }
    expect(weights(model)).toEqual(weights(plain));
    history.loss.forEach((loss, i) => expect(loss).toBeCloseTo(losses[i], 12));
    history.val_loss.forEach((loss, i) => expect(loss).toBeCloseTo(validation[i], 12));
    expect(history.val_accuracy).toEqual(right);
    expect(history.epoch).toEqual([0, 1, 2]);
    expect(Object.keys(history)).toEqual(['epoch', 'loss', 'accuracy', 'lr', 'val_loss', 'val_accuracy']);
  });

  describe('a run that is stopped goes on bit for bit', () => {
    const parts = (): Partial<TrainerOptions> => ({
      accumulateGradBatches: 4, gradientClipVal: 0.5, metrics: { accuracy: new metrics.Accuracy({ numClasses: 2 }), auroc: new metrics.AUROC({ numClasses: 2 }) },
      callbacks: [new EarlyStopping({ monitor: 'val_loss', patience: 50, restoreBestWeights: true })],
    });
    /** With a schedule by step, and loaders that draw from a generator of their own. */
    function whole(more: Partial<TrainerOptions> = {}): { trainer: Trainer; loader: ReturnType<typeof data>; model: nn.Module } {
      const { model, options } = setup({ ...parts(), ...more });
      const scheduler = new optim.lrScheduler.OneCycleLR(options.optimizer as never, { maxLr: 0.1, totalSteps: 40 });
      return { trainer: new Trainer({ ...options, scheduler: { scheduler, interval: 'step' } }), loader: data({ generator: new torch.Generator().manualSeed(9) }), model };
    }

    test.each([1, 5, 6, 17])('at batch %d', async (stopAt) => {
      const straight = whole(), expected = await straight.trainer.fit(straight.loader, data()), random = torch.getRngState();
      const path = join(folder, 'run.safetensors'), stop = new AbortController();
      let seen = 0;
      const count: Callback = { onBatchEnd: () => { if (++seen === stopAt) stop.abort(new Error('enough')); } };
      const first = whole({ callbacks: [...parts().callbacks ?? [], count] });
      await expect(first.trainer.fit(first.loader, data(), { signal: stop.signal })).rejects.toThrow('enough');
      first.trainer.saveCheckpoint(path);

      const second = whole();
      torch.manualSeed(12345);
      const history = await second.trainer.fit(second.loader, data(), { ckptPath: path });
      expect(weights(second.model)).toEqual(weights(straight.model));
      expect(history).toEqual(expected);
      expect([second.trainer.globalStep, second.trainer.currentEpoch]).toEqual([straight.trainer.globalStep, 3]);
      expect(torch.getRngState().equal(random)).toBe(true);
      // The trainer that was stopped goes on as well.
      torch.manualSeed(777);
      first.trainer.loadCheckpoint(path);
      expect(await first.trainer.fit(first.loader, data())).toEqual(expected);
      expect(weights(first.model)).toEqual(weights(straight.model));
    });

    test('and without a file, by fit again', async () => {
      const straight = whole(), expected = await straight.trainer.fit(straight.loader, data());
      const stop = new AbortController(), run = whole({ callbacks: [...parts().callbacks ?? [], { onBatchEnd: (_, __, ___, batchIdx) => { if (batchIdx === 2) stop.abort(); } }] });
      await expect(run.trainer.fit(run.loader, data(), { signal: stop.signal })).rejects.toThrow(/abort/i);
      expect(await run.trainer.fit(run.loader, data())).toEqual(expected);
      expect(weights(run.model)).toEqual(weights(straight.model));
    });

    test('from the file of a callback, between epochs', async () => {
      const callback = (): ModelCheckpoint => new ModelCheckpoint({ dirpath: folder, filename: '{epoch}', saveTopK: -1, autoInsertMetricName: false });
      const straight = whole({ callbacks: [callback(), ...parts().callbacks ?? []] }), expected = await straight.trainer.fit(straight.loader, data());
      expect(readdirSync(folder).sort()).toEqual(['0.safetensors', '1.safetensors', '2.safetensors']);
      const again = whole({ callbacks: [callback(), ...parts().callbacks ?? []] });
      torch.manualSeed(5);
      expect(await again.trainer.fit(again.loader, data(), { ckptPath: join(folder, '0.safetensors') })).toEqual(expected);
      expect(weights(again.model)).toEqual(weights(straight.model));
      // Saved last, the file knows what the callbacks after it in the list have seen.
      const saved = load<{ trainer: { callbacks: { name: string; state: { checks: number } }[] } }>(join(folder, '1.safetensors'));
      expect(saved.trainer.callbacks.map(({ name }) => name)).toEqual(['EarlyStopping', 'ModelCheckpoint']);
      expect(saved.trainer.callbacks[0].state.checks).toBe(2);
    });
  });
});

test('a run over a loader with workers goes on in the same order', async () => {
  const run = async (numWorkers: number, stopAt: number, ckptPath: string | null): Promise<{ trainer: Trainer; model: nn.Module }> => {
    const stop = new AbortController(), { model, options } = setup({ maxEpochs: 2, callbacks: [{ onBatchEnd: (trainer, _, __, i) => { if (trainer.currentEpoch === 1 && i === stopAt) stop.abort(); } }] }), trainer = new Trainer(options);
    torch.manualSeed(4);
    await trainer.fit(data({ numWorkers }), { ckptPath, signal: stop.signal }).catch(() => undefined);
    return { trainer, model };
  };
  const plain = await run(0, -1, null), path = join(folder, 'workers.pt');
  (await run(2, 2, null)).trainer.saveCheckpoint(path);
  expect(weights((await run(2, -1, path)).model)).toEqual(weights(plain.model));
}, 60_000);

describe('every step can be replaced', () => {
  test('by a subclass', async () => {
    const seen: string[] = [];
    class Mine extends Trainer {
      override trainingStep(batch: unknown): { loss: Tensor; logs: Record<string, number> } {
        const { x, y } = batch as Record<string, Tensor>;
        return { loss: nn.functional.crossEntropy(this.model(x as never) as unknown as Tensor, y), logs: { extra: 2 } };
      }
      override validationStep(batch: unknown): Tensor { return this.trainingStep(batch).loss; }
      override optimizerStep(): void { seen.push('step'); super.optimizerStep(); }
      override optimizerZeroGrad(): void { seen.push('zero'); super.optimizerZeroGrad(); }
      override configureGradientClipping(): void { seen.push('clip'); }
      override backward(loss: Tensor): boolean { seen.push('backward'); return super.backward(loss); }
      override onEpochEnd(logs: Logs): void { seen.push(`epoch ${Object.keys(logs).join(' ')}`); }
    }
    const { options } = setup({ maxEpochs: 1 }), batches = [...data()].slice(0, 2).map(([x, y]) => ({ x, y }));
    const trainer = new Mine({ ...options, lossFn: null }), history = await trainer.fit(batches, batches);
    expect(seen).toEqual(['backward', 'zero', 'clip', 'step', 'backward', 'zero', 'clip', 'step', 'epoch loss extra lr val_loss']);
    expect(history.extra).toEqual([2]);
  });

  test('and watched by callbacks, in their order', async () => {
    const seen: string[] = [], names = ['onFitStart', 'onEpochStart', 'onBatchStart', 'onBatchEnd', 'onValidationEnd', 'onEpochEnd', 'onFitEnd'] as const;
    const watch = (tag: string): Callback => Object.fromEntries(names.map((name) => [name, async () => { await Promise.resolve(); seen.push(`${tag}.${name}`); }]));
    const { options } = setup({ maxEpochs: 1, callbacks: [watch('a'), watch('b')] }), batch = [...data()].slice(0, 1);
    await new Trainer(options).fit(batch, batch);
    expect(seen).toEqual(names.flatMap((name) => [`a.${name}`, `b.${name}`]));
  });
});

describe('a run ends', () => {
  test('early, with the best weights', async () => {
    const { model, options } = setup({ maxEpochs: 50, callbacks: [new EarlyStopping({ monitor: 'score', mode: 'max', patience: 2, restoreBestWeights: true })] });
    const scores = [1, 3, 2, 2], kept: number[][][] = [];
    class Scored extends Trainer {
      override trainingStep(batch: unknown, i: number): ReturnType<Trainer['trainingStep']> {
        const output = super.trainingStep(batch, i) as { loss: Tensor };
        return { ...output, logs: { score: scores[this.currentEpoch] } };
      }
      override onEpochStart(): void { kept.push(weights(model)); }
    }
    const trainer = new Scored(options);
    await trainer.fit(data());
    expect(trainer.history.epoch).toEqual([0, 1, 2, 3]);
    expect(weights(model)).toEqual(kept[2]);
  });

  test('after maxSteps, also in the middle of an epoch', async () => {
    const { options } = setup({ maxSteps: 8, maxEpochs: 100 }), trainer = new Trainer(options);
    await trainer.fit(data());
    expect([trainer.globalStep, trainer.history.epoch]).toEqual([8, [0, 1]]);
  });

  test('after maxEpochs, also of a second call', async () => {
    const { options } = setup({ maxEpochs: 2 }), trainer = new Trainer(options);
    await trainer.fit(data());
    await trainer.fit(data());
    expect(trainer.history.epoch).toEqual([0, 1]);
  });

  test('at limits of batches', async () => {
    const { options } = setup({ limitTrainBatches: 2, limitValBatches: 1, maxEpochs: 2 }), trainer = new Trainer(options);
    let validated = 0;
    trainer.validationStep = (batch, i) => { validated++; return Trainer.prototype.validationStep.call(trainer, batch, i); };
    await trainer.fit(data(), data());
    expect([trainer.globalStep, validated]).toEqual([4, 2]);
  });

  test('by a signal from outside, while it computes', async () => {
    const { options } = setup({ maxEpochs: 1_000_000 });
    const error = await new Trainer(options).fit(data(), { signal: AbortSignal.timeout(150) }).catch((reason: unknown) => reason);
    expect((error as Error).name).toBe('TimeoutError');
    await expect(new Trainer(options).fit(data(), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
});

describe('losses that are not finite', () => {
  const poisoned = (): [Tensor, Tensor][] => [...data({ shuffle: false })].map(([x, y], i) => [i === 2 ? x.mul(NaN) : x, y]);

  test('are an error that names epoch, batch and step, and no weight has changed', async () => {
    const { model, options } = setup(), trainer = new Trainer(options);
    const parameters = (): number[][] => model.parameters().map((each) => [...each.toTypedArray()] as number[]);
    let before: number[][] = [];
    trainer.onBatchStart = (_, i) => { if (i === 2) before = parameters(); };
    const error = await trainer.fit(poisoned()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect(error).toMatchObject({ epoch: 0, batch: 2, step: 2, loss: NaN });
    expect((error as Error).message).toMatch(/^fit: the loss is NaN in epoch 0, batch 2 \(step 2\)/);
    expect(parameters()).toEqual(before);
  });

  test('are left out with skip, and trained on with ignore', async () => {
    const plain = (): Partial<TrainerOptions> => {
      torch.manualSeed(1);
      const model = new nn.Linear(3, 2);
      return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }), maxEpochs: 1 };
    };
    const skipping = plain(), trainer = new Trainer({ ...setup().options, ...skipping, nonFiniteLoss: 'skip' });
    await trainer.fit(poisoned());
    const without = plain();
    await new Trainer({ ...setup().options, ...without }).fit(poisoned().filter((_, i) => i !== 2));
    expect([trainer.skippedBatches, trainer.globalStep]).toEqual([1, 5]);
    expect(weights(skipping.model as nn.Module)).toEqual(weights(without.model as nn.Module));
    const ignoring = plain();
    await new Trainer({ ...setup().options, ...ignoring, nonFiniteLoss: 'ignore' }).fit(poisoned());
    expect(weights(ignoring.model as nn.Module).flat().some(Number.isNaN)).toBe(true);
  });
});

describe('without training', () => {
  test('validate, test and predict leave modes and metrics as they were', async () => {
    const accuracy = new metrics.Accuracy({ numClasses: 2 }), { model, options } = setup({ metrics: { accuracy, matrix: new metrics.ConfusionMatrix({ numClasses: 2 }) } });
    const trainer = new Trainer({ model, lossFn: options.lossFn, metrics: options.metrics ?? null }), [first] = model.children();
    first.eval();
    accuracy.update(torch.tensor([1], { dtype: 'int64' }), torch.tensor([1], { dtype: 'int64' }));
    const logs = await trainer.validate(data()), tested = await trainer.test(data());
    expect(Object.keys(logs)).toEqual(['val_loss', 'val_accuracy']);
    expect([tested.test_loss, tested.test_accuracy]).toEqual([expect.closeTo(logs.val_loss, 6), logs.val_accuracy]);
    expect([model.training, first.training, accuracy.compute()]).toEqual([true, false, 1]);
    const outputs = await trainer.predict(data({ shuffle: false })) as Tensor[];
    expect(outputs.map((output) => [output.shape, output.requiresGrad])).toEqual([...Array(5).fill([[4, 2], false]), [[2, 2], false]]);
    await expect(trainer.fit(data())).rejects.toThrow(/optimizer is missing/);
  });

  test('numbers go to a logger, and schedules of a plateau look at them', async () => {
    const logged: [string, number][] = [], { options } = setup({ maxEpochs: 3, logEveryNSteps: 4, logger: { addScalar: (tag, _, step) => void logged.push([tag, step]) } });
    const scheduler = new optim.lrScheduler.ReduceLROnPlateau(options.optimizer as never, { patience: 0, threshold: 1e9, thresholdMode: 'abs' });
    const history = await new Trainer({ ...options, scheduler }).fit(data(), data());
    expect(logged.slice(0, 5)).toEqual([['loss_step', 4], ['loss', 6], ['lr', 6], ['val_loss', 6], ['loss_step', 8]]);
    expect(history.lr).toEqual([0.01, 0.01, 0.001].map((lr) => expect.closeTo(lr, 12)));
  });

  test('validation every second epoch leaves NaN between, where those that watch it wait', async () => {
    const stopping = new EarlyStopping({ monitor: 'val_loss', patience: 1, minDelta: 1e9 }), checkpoint = new ModelCheckpoint({ dirpath: folder, monitor: 'val_loss' });
    const { options } = setup({ maxEpochs: 9, checkValEveryNEpoch: 2, callbacks: [stopping, checkpoint] });
    const scheduler = new optim.lrScheduler.ReduceLROnPlateau(options.optimizer as never, { patience: 0, threshold: 1e9, thresholdMode: 'abs' });
    const history = await new Trainer({ ...options, scheduler }).fit(data(), data());
    expect(history.val_loss.map(Number.isNaN)).toEqual([true, false, true, false]);
    expect(history.lr).toEqual([0.01, 0.01, 0.01, 0.01]);
    expect([stopping.stoppedEpoch, readdirSync(folder).length]).toEqual([1, 1]);
  });

  test('what is watched and never measured is an error', async () => {
    const { options } = setup({ callbacks: [new EarlyStopping({ monitor: 'val_los' })] });
    await expect(new Trainer(options).fit(data(), data())).rejects.toThrow(/monitor 'val_los' is not among what was measured: loss, lr, val_loss/);
  });
});

describe('bad input', () => {
  test.each<readonly [string, () => unknown, RegExp]>([
    ['an unknown option', () => new Trainer({ ...setup().options, epochs: 3 } as never), /Trainer: option 'epochs' is unknown/],
    ['no model', () => new Trainer({} as never), /parameter 'model' is missing|model must be an nn.Module/],
    ['an optimizer that is none', () => new Trainer({ ...setup().options, optimizer: {} as never }), /optimizer must have step\(\)/],
    ['a schedule that is none', () => new Trainer({ ...setup().options, scheduler: { scheduler: 1 } as never }), /scheduler must be a schedule/],
    ['an unknown interval', () => new Trainer({ ...setup().options, scheduler: { scheduler: new optim.lrScheduler.StepLR(setup().options.optimizer as never, 1), interval: 'batch' as never } }), /interval must be one of 'epoch', 'step'/],
    ['a window of nothing', () => new Trainer({ ...setup().options, accumulateGradBatches: 0 }), /accumulateGradBatches must be at least 1, got 0/],
    ['metrics that are none', () => new Trainer({ ...setup().options, metrics: { a: 1 as never } }), /metrics must be an object of metrics by name/],
    ['a clip of nothing', () => new Trainer({ ...setup().options, gradientClipVal: 0 }), /gradientClipVal must be above 0, got 0/],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test.each<readonly [string, (trainer: Trainer) => Promise<unknown>, RegExp]>([
    ['a loader that is none', (trainer) => trainer.fit(5 as never), /fit: loader must be iterable, got 5/],
    ['no batches', (trainer) => trainer.fit([]), /loader gave no batch: there is nothing to train on/],
    ['no batches to measure', (trainer) => trainer.validate([]), /validate: loader gave no batch/],
    ['batches without target', (trainer) => trainer.fit([torch.zeros(2, 3)]), /trainingStep: batch must be \[input, \.\.\., target\] or \{ input, target \} unless trainingStep is overridden/],
    ['an unknown option of fit', (trainer) => trainer.fit(data(), null, { signals: 1 } as never), /fit: option 'signals' is unknown/],
    ['a missing file', (trainer) => trainer.fit(data(), { ckptPath: join(folder, 'none') }), /ENOENT/],
  ])('%s is refused', async (_, run, message) => {
    await expect(run(new Trainer(setup().options))).rejects.toThrow(message);
  });

  test('a loader with fewer batches than were done is refused by its count', async () => {
    const path = join(folder, 'a.pt'), stop = new AbortController(), { options } = setup({ callbacks: [{ onBatchEnd: (_, __, ___, i) => { if (i === 3) stop.abort(); } }] }), trainer = new Trainer(options);
    await expect(trainer.fit(data(), { signal: stop.signal })).rejects.toThrow();
    trainer.saveCheckpoint(path);
    const other = new Trainer(setup({ callbacks: [{}] }).options);
    await expect(other.fit([...data()].slice(0, 2), { ckptPath: path })).rejects.toThrow(/gave 2 batches, but the run stood after 4 of the epoch/);
  });
});
