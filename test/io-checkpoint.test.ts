/** Runs that stop and go on, and files that survive whatever happens while they are written. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import { FileFormatError, load, loadCheckpoint, save, saveCheckpoint } from 'flambeau/io';
import { onBackends } from './fixtures/backends.ts';

let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'flambeau-io-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIMIZERS = {
  SGD: (params: Iterable<Tensor>) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
  Adam: (params: Iterable<Tensor>) => new optim.Adam(params, { lr: 0.01, amsgrad: true, weightDecay: 0.1 }),
  AdamW: (params: Iterable<Tensor>) => new optim.AdamW(params, { lr: 0.01 }),
  RMSprop: (params: Iterable<Tensor>) => new optim.RMSprop(params, { lr: 0.01, centered: true, momentum: 0.5 }),
} as const;

function start(name: keyof typeof OPTIMIZERS) {
  const model = new nn.Sequential(new nn.Linear(3, 8), new nn.BatchNorm1d(8), new nn.Dropout(0.3), new nn.Tanh(), new nn.Linear(8, 2));
  const optimizer = OPTIMIZERS[name](model.parameters()), noise = new torch.Generator().manualSeed(5);
  return { model, optimizer, scheduler: new optim.lrScheduler.CosineAnnealingLR(optimizer, 5), noise };
}

type Started = ReturnType<typeof start>;

function step({ model, optimizer, scheduler, noise }: Started): number {
  optimizer.zeroGrad();
  const x = torch.randn(6, 3), loss = nn.functional.mseLoss(model(x.add(torch.randn(6, 3, { generator: noise }))), x.narrow(1, 0, 2));
  loss.backward();
  optimizer.step();
  scheduler.step();
  return loss.item();
}

const bits = ({ model, optimizer, scheduler }: Started): unknown => [
  Object.entries(model.stateDict()).map(([name, x]) => [name, x.toTypedArray()]),
  Object.values(optimizer.stateDict().state).map((state) => Object.entries(state).map(([name, x]) => [name, (x as Tensor).toTypedArray()])),
  optimizer.paramGroups.map((group) => group.lr), scheduler.stateDict(), torch.rand(3).toTypedArray(),
];

onBackends(() => {
  describe('a run that stops', () => {
    test.each((['safetensors', 'pt'] as const).flatMap((ending) => (Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[]).map((name) => [name, ending] as const)))('at any step goes on to the same bits: %s, %s', (name, ending) => {
      const total = 6;
      torch.manualSeed(1);
      const whole = start(name), losses = Array.from({ length: total }, () => step(whole)), end = bits(whole);
      for (let stop = 0; stop <= total; stop++) {
        const path = join(folder, `run.${ending}`);
        torch.manualSeed(1);
        const first = start(name), before = Array.from({ length: stop }, () => step(first));
        saveCheckpoint({ ...first, step: stop, losses: before }, path);
        torch.manualSeed(99);
        const second = start(name);
        const kept = loadCheckpoint<{ step: number; losses: number[] }>(path, second);
        expect(kept).toEqual({ step: stop, losses: before });
        while (kept.losses.length < total) kept.losses.push(step(second));
        expect(kept.losses).toEqual(losses);
        expect(bits(second)).toEqual(end);
      }
    });

    test('is not touched by a checkpoint that does not fit', () => {
      const path = join(folder, 'other.pt');
      saveCheckpoint({ ...start('Adam'), scheduler: { last_epoch: 'x' } }, path);
      const run = start('Adam');
      step(run);
      const rng = torch.getRngState(), before = bits(run);
      torch.setRngState(rng);
      expect(() => loadCheckpoint(path, run)).toThrow(/last_epoch/);
      expect(bits(run)).toEqual(before);
      expect(() => loadCheckpoint(path, { ...run, ema: run.model })).toThrow(/has no ema; it has model, optimizer, scheduler, noise, rng_state/);
      expect(() => loadCheckpoint(path, { model: 5 as never })).toThrow(/model must have stateDict\(\) and loadStateDict\(\), got 5/);
      save([1], path);
      expect(() => loadCheckpoint(path, run)).toThrow(FileFormatError);
      expect(() => saveCheckpoint({ rng_state: 1 }, path)).toThrow(/rng_state is what the state of the default generator is saved as/);
      expect(() => saveCheckpoint(5 as never, path)).toThrow(/must be an object of the parts of a run/);
    });
  });
});

const root = fileURLToPath(new URL('..', import.meta.url));
const WRITER = ['--import', 'tsx', fileURLToPath(new URL('fixtures/io/writer.ts', import.meta.url))];

/** Resolves when the process has written its first file. */
const written = (child: ChildProcess): Promise<void> => new Promise((resolve, reject) => {
  child.stdout?.once('data', () => resolve());
  child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
});

describe('a file is whole', () => {
  test.skipIf(process.platform === 'win32')('when the process that writes it is killed', async () => {
    const home = mkdtempSync(join(folder, 'kill-')), path = join(home, 'a.pt'), elements = 4_000_000;
    const child = spawn(process.execPath, [...WRITER, path, String(elements), '1000'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    await written(child);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // Stopped until that is in the middle of a save, where a temporary file is there.
    for (let tries = 0; tries < 1000; tries++) {
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (readdirSync(home).some((name) => name.endsWith('.tmp'))) break;
      child.kill('SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(home).length).toBe(2);
    const { round, x } = load<{ round: number; x: Tensor }>(path);
    expect([x.shape, x.eq(round).all().item()]).toEqual([[elements], true]);
  }, 120_000);

  // A limit on the size of files fails a write in the middle, as a full disk does.
  test.skipIf(process.platform === 'win32')('when the disk has no room for the new one', () => {
    const home = mkdtempSync(join(folder, 'full-')), path = join(home, 'a.safetensors');
    save({ round: 0 }, path);
    const before = readFileSync(path);
    const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -f 100; exec "$0" "$@"', process.execPath, ...WRITER, path, '4000000', '1'], { cwd: root, encoding: 'utf8', env: { ...process.env, TSX_DISABLE_CACHE: '1' } });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/EFBIG/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(home)).toEqual(['a.safetensors']);
  }, 120_000);

  test('and the next save removes what killed ones left, an hour after', () => {
    const home = mkdtempSync(join(folder, 'left-')), path = join(home, 'a.pt'), id = '00000000-0000-4000-8000-000000000000';
    const [old, young, other] = [`a.pt.${id}.tmp`, `a.pt.${id.replace('4', '5')}.tmp`, `b.pt.${id}.tmp`].map((name) => join(home, name));
    for (const file of [old, young, other]) writeFileSync(file, 'part');
    const then = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const file of [old, other]) utimesSync(file, then, then);
    save({ a: 1 }, path);
    expect(readdirSync(home).map((name) => join(home, name)).sort()).toEqual([path, young, other].sort());
  });

  test.skipIf(process.platform === 'win32')('and stays what a link points to', () => {
    const target = join(folder, 'target.pt'), link = join(folder, 'link.pt');
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    save({ a: 1 }, link);
    expect(load(target)).toEqual({ a: 1 });
    expect(load(link)).toEqual({ a: 1 });
  });
});
