/** Early stopping, the best checkpoints, accumulated gradients and seeds, in loops of one's own. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import { DataLoader } from 'flambeau/data';
import { load, loadCheckpoint } from 'flambeau/io';
import { EarlyStopping, GradientAccumulation, ModelCheckpoint, seedEverything, type EarlyStoppingOptions } from 'flambeau/train';
import { onBackends } from './fixtures/backends.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'flambeau-callbacks-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('early stopping', () => {
  /** The check at which a run stops, from 0; -1 if it does not. */
  const stopsAt = (values: readonly number[], options: EarlyStoppingOptions = {}): number => {
    const stopping = new EarlyStopping({ monitor: 'x', ...options });
    return values.findIndex((x) => stopping.step({ x }));
  };

  test('stops after `patience` checks in a row that brought nothing better', () => {
    expect(stopsAt([5, 4, 4, 4, 4, 4], { patience: 3 })).toBe(4);
    expect(stopsAt([5, 4, 4, 4, 3, 3, 3, 2], { patience: 3 })).toBe(-1);
    expect(stopsAt([1, 2, 2], { patience: 1, mode: 'max' })).toBe(2);
    expect(stopsAt([5, 6], { patience: 0 })).toBe(1);
  });

  test('counts only what is better by more than minDelta', () => {
    expect(stopsAt([5, 4.5, 4, 3.5], { patience: 2, minDelta: 1 })).toBe(2);
    expect(stopsAt([5, 4.5, 3.9, 3.5, 3.4], { patience: 2, minDelta: 1 })).toBe(4);
    expect(stopsAt([5, 4, 3], { patience: 1, minDelta: 1 })).toBe(1);
  });

  test('stops at thresholds and at numbers that are not finite at once', () => {
    expect(stopsAt([5, 4, 0.9, 0.8], { stoppingThreshold: 1 })).toBe(2);
    expect(stopsAt([5, 4, 11], { divergenceThreshold: 10 })).toBe(2);
    expect(stopsAt([5, NaN])).toBe(1);
    expect(stopsAt([5, NaN, NaN, NaN], { checkFinite: false, patience: 2 })).toBe(2);
    expect(stopsAt([1, 9, 9, 5, 5, 5], { startFromEpoch: 1, patience: 2 })).toBe(5);
  });

  test('says why and when, and gives the best weights back', () => {
    const model = new nn.Linear(1, 1), stopping = new EarlyStopping({ patience: 2, restoreBestWeights: true });
    const stops = [3, 1, 2, 2].map((loss) => {
      torch.noGrad(() => void model.weight.fill_(loss));
      return stopping.step({ val_loss: torch.tensor(loss) }, model);
    });
    expect(stops).toEqual([false, false, false, true]);
    expect([stopping.bestScore, stopping.bestEpoch, stopping.waitCount, stopping.stoppedEpoch, model.weight.item()]).toEqual([1, 1, 2, 3, 1]);
    expect(stopping.stoppingReason).toBe('val_loss did not improve in the last 2 checks (best 1)');
  });

  test('goes on from its state', () => {
    const model = new nn.Linear(1, 1), first = new EarlyStopping({ patience: 2, restoreBestWeights: true }), second = new EarlyStopping({ patience: 2, restoreBestWeights: true });
    torch.noGrad(() => void model.weight.fill_(7));
    first.step({ val_loss: 1 }, model);
    first.step({ val_loss: 2 }, model);
    second.loadStateDict(first.stateDict() as never);
    torch.noGrad(() => void model.weight.fill_(8));
    expect(second.step({ val_loss: 2 }, model)).toBe(true);
    expect([second.stoppedEpoch, model.weight.item()]).toEqual([2, 7]);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['an unknown option', () => new EarlyStopping({ patients: 3 } as never), /option 'patients' is unknown/],
    ['a negative patience', () => new EarlyStopping({ patience: -1 }), /patience must be at least 0, got -1/],
    ['an unknown mode', () => new EarlyStopping({ mode: 'auto' as never }), /mode must be one of 'min', 'max'/],
    ['a number that is not measured', () => new EarlyStopping('val_loss').step({ loss: 1 }), /monitor 'val_loss' is not among what was measured: loss/],
    ['weights to restore without a model', () => new EarlyStopping({ restoreBestWeights: true }).step({ val_loss: 1 }), /model is missing/],
    ['a foreign state', () => new EarlyStopping().loadStateDict({}), /best_score must be a number/],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('passes over missing numbers without strict', () => expect(new EarlyStopping({ strict: false }).step({ loss: 1 })).toBe(false));
});

describe('checkpoints', () => {
  const model = new nn.Linear(1, 1);
  const run = (values: readonly number[], options: object): ModelCheckpoint => {
    const checkpoint = new ModelCheckpoint({ dirpath: folder, monitor: 'loss', ...options });
    values.forEach((loss, epoch) => {
      torch.noGrad(() => void model.weight.fill_(epoch));
      checkpoint.step({ epoch, step: epoch * 10, loss }, { model, epoch });
    });
    return checkpoint;
  };
  const files = (): string[] => readdirSync(folder).sort();

  test('keep the best, named by what was measured', () => {
    const checkpoint = run([3, 1, 2], { filename: '{epoch:02d}-{loss:.1f}' });
    expect(files()).toEqual(['epoch=01-loss=1.0.safetensors']);
    expect([checkpoint.bestModelPath, checkpoint.bestModelScore]).toEqual([join(folder, files()[0]), 1]);
    const fresh = new nn.Linear(1, 1);
    expect(loadCheckpoint(checkpoint.bestModelPath, { model: fresh })).toEqual({ epoch: 1 });
    expect(fresh.weight.item()).toBe(1);
  });

  test.each<readonly [string, readonly number[], object, string[]]>([
    ['the three best', [5, 1, 4, 2, 3], { saveTopK: 3 }, ['1', '3', '4']],
    ['the largest', [5, 1, 4, 2, 3], { mode: 'max', saveTopK: 2 }, ['0', '2']],
    ['all', [5, 1, 4], { saveTopK: -1 }, ['0', '1', '2']],
    ['none but the last', [5, 1], { saveTopK: 0, saveLast: true }, ['last']],
    ['NaN as long as there is nothing else', [NaN, NaN, 2, NaN], {}, ['2']],
    ['the first of equal ones', [2, 2, 2], {}, ['0']],
    ['every second', [1, 9, 0, 8], { everyNEpochs: 2 }, ['3']],
    ['the newest without a monitor', [1, 2, 3], { monitor: null }, ['2']],
    ['all without a monitor', [1, 2, 3], { monitor: null, saveTopK: -1 }, ['0', '1', '2']],
  ])('keep %s', (_, values, options, expected) => {
    run(values, { filename: '{epoch}', autoInsertMetricName: false, ...options });
    expect(files()).toEqual(expected.map((name) => `${name}.safetensors`));
  });

  test('never write over a file of another run', () => {
    run([1], { filename: 'best' });
    run([1], { filename: 'best' });
    expect(files()).toEqual(['best-v1.safetensors', 'best.safetensors']);
  });

  test('hold the model alone, in PyTorch\'s format, in folders that are made', () => {
    const checkpoint = new ModelCheckpoint(join(folder, 'a', 'b'), { saveWeightsOnly: true, extension: '.pt' });
    checkpoint.step({ epoch: 0 }, { model, optimizer: new optim.SGD(model.parameters(), 0.1) });
    expect(Object.keys(load(checkpoint.bestModelPath) as object)).toEqual(['model', 'rng_state']);
    expect(checkpoint.bestModelPath).toBe(join(folder, 'a', 'b', 'epoch=0-step=0.pt'));
  });

  test('that cannot be written are not kept, and the best before stays', () => {
    const checkpoint = run([3], { filename: 'model' }), best = checkpoint.bestModelPath;
    expect(() => checkpoint.step({ loss: 1 }, { model, broken: () => 1 } as never)).toThrow();
    expect([checkpoint.bestModelPath, checkpoint.bestModelScore, existsSync(best)]).toEqual([best, 3, true]);
    expect(files()).toEqual(['model.safetensors']);
  });

  test('know their files after they were saved themselves', () => {
    const first = run([3, 2], { filename: '{epoch}', saveTopK: 2 }), second = new ModelCheckpoint({ dirpath: folder, monitor: 'loss', saveTopK: 2, filename: '{epoch}' });
    second.loadStateDict(first.stateDict());
    second.step({ epoch: 2, loss: 1 }, { model });
    expect(files()).toEqual(['epoch=1.safetensors', 'epoch=2.safetensors']);
  });

  test('never delete a file of another folder, whatever a state names', () => {
    const precious = join(folder, 'precious.safetensors'), dirpath = join(folder, 'mine');
    writeFileSync(precious, 'x');
    const checkpoint = new ModelCheckpoint({ dirpath, monitor: 'loss', filename: '{epoch}' }), kept = [precious, join(dirpath, '..', 'precious.safetensors')].map((path) => ({ path, score: 9 }));
    checkpoint.loadStateDict({ ...checkpoint.stateDict(), kept });
    for (const epoch of [1, 2]) checkpoint.step({ epoch, loss: 1 / epoch }, { model });
    expect([existsSync(precious), readdirSync(dirpath)]).toEqual([true, ['epoch=2.safetensors']]);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['an unknown option', () => new ModelCheckpoint({ folder: 'x' } as never), /option 'folder' is unknown/],
    ['a top of several without a monitor', () => new ModelCheckpoint({ saveTopK: 3 }), /saveTopK 3 needs a monitor/],
    ['a number that is not measured', () => new ModelCheckpoint({ dirpath: folder, monitor: 'acc' }).step({ loss: 1 }, { model }), /monitor 'acc' is not among what was measured: loss/],
    ['an unknown ending', () => new ModelCheckpoint({ extension: '.ckpt' as never }), /extension must be one of/],
  ])('%s is refused', (_, refused, message) => {
    expect(refused).toThrow(message);
  });

  test('leave other files alone', () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    run([3, 2, 1], {});
    expect(files()).toEqual(['epoch=2-step=20.safetensors', 'notes.txt']);
  });
});

onBackends(() => {
  describe('accumulated gradients', () => {
    const x = torch.arange(10).to('float64').view(10, 1), y = x.mul(3).add(1).add(x.mul(x).mul(0.1));
    const make = (): { model: nn.Linear; optimizer: optim.SGD; weights: () => number[] } => {
      torch.manualSeed(0);
      const model = new nn.Linear(1, 1).double(), optimizer = new optim.SGD(model.parameters(), { lr: 0.001 });
      return { model, optimizer, weights: () => model.parameters().flatMap((p) => [...p.toTypedArray()] as number[]) };
    };
    const loss = (model: nn.Linear, from: number, count: number): Tensor => nn.functional.mseLoss(model(x.narrow(0, from, count)), y.narrow(0, from, count));
    /** One step for each window, of the whole of it. */
    function whole(windows: readonly (readonly [from: number, count: number])[]): number[] {
      const { model, optimizer, weights } = make();
      for (const [from, count] of windows) {
        optimizer.zeroGrad();
        loss(model, from, count).backward();
        optimizer.step();
      }
      return weights();
    }
    const close = (got: readonly number[], expected: readonly number[]): void => got.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));

    test('are those of one large batch, also for what is left at the end', () => {
      const { model, optimizer, weights } = make(), accumulation = new GradientAccumulation(optimizer, 2);
      const stepped = [0, 2, 4, 6, 8].map((from) => accumulation.backward(loss(model, from, 2)));
      expect([stepped, accumulation.flush(), accumulation.flush()]).toEqual([[false, true, false, true, false], true, false]);
      close(weights(), whole([[0, 4], [4, 4], [8, 2]]));
    });

    test('of batches of different sizes are weighted by their size', () => {
      const { model, optimizer, weights } = make(), accumulation = new GradientAccumulation(optimizer, 3);
      for (const [from, count] of [[0, 4], [4, 1], [5, 3], [8, 2]]) accumulation.backward(loss(model, from, count), count);
      accumulation.flush();
      close(weights(), whole([[0, 8], [8, 2]]));
    });

    test('are clipped as a whole, and nothing is left of gradients before', () => {
      const { model, optimizer } = make(), seen: number[] = [];
      loss(model, 0, 10).backward();
      const accumulation = new GradientAccumulation(optimizer, 2, { beforeStep: () => void seen.push(nn.utils.clipGradNorm_(model.parameters(), 1).item()) });
      for (const from of [0, 5]) accumulation.backward(loss(model, from, 5));
      const { model: plain } = make();
      loss(plain, 0, 10).backward();
      expect(seen).toEqual([expect.closeTo(nn.utils.getTotalNorm(plain.parameters().map((p) => p.grad as Tensor)).item(), 9)]);
    });

    test('refuse what is no optimizer, no window, no loss', () => {
      const { optimizer } = make();
      expect(() => new GradientAccumulation({} as never, 2)).toThrow(/optimizer must be an Optimizer/);
      expect(() => new GradientAccumulation(optimizer, 0)).toThrow(/steps must be at least 1, got 0/);
      expect(() => new GradientAccumulation(optimizer, 2).backward(1 as never)).toThrow(/loss must be a Tensor, got 1/);
      expect(() => new GradientAccumulation(optimizer, 2).backward(torch.zeros([]), 0)).toThrow(/weight must be above 0/);
    });
  });

  test('one seed gives the same weights, masks and orders', () => {
    const own = new torch.Generator(), draw = (): unknown[] => {
      expect(seedEverything(42, { generators: [own] })).toBe(42);
      return [new nn.Linear(2, 2).weight.tolist(), nn.functional.dropout(torch.ones(8), 0.5).tolist(), [...new DataLoader([1, 2, 3, 4, 5, 6], { shuffle: true })].map((each) => each.tolist()), torch.rand(2, { generator: own }).tolist()];
    };
    expect(draw()).toEqual(draw());
    torch.manualSeed(42);
    expect(torch.initialSeed()).toBe(42);
  });
});

test('a seed comes from the environment, and goes to it', () => {
  vi.stubEnv('PL_GLOBAL_SEED', '7');
  expect([seedEverything(), torch.initialSeed()]).toEqual([7, 7]);
  seedEverything(8);
  expect(process.env.PL_GLOBAL_SEED).toBe('8');
  vi.stubEnv('PL_GLOBAL_SEED', 'x');
  expect(() => seedEverything()).toThrow(/PL_GLOBAL_SEED must be an integer, got "x"/);
  expect(() => seedEverything(-1)).toThrow(/seed must be from 0 to 4294967295, got -1/);
  expect(() => seedEverything(2 ** 32)).toThrow(/seed must be from 0/);
  expect(() => seedEverything(1, { generators: [1 as never] })).toThrow(/generators must be a list of Generators/);
});
