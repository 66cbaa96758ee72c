/** `profile`: what it sees, how it sums it up, and what it writes. No test asserts a time, only how times relate. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Tensor, add, autograd, backendInfo, expr, func, nn, ones, optim, setBackend, tensor, withBackend, zeros } from 'flambeau';
import { Profile, ProfilerAction, ProfilerEvent, profile, recordFunction, schedule, tensorboardTraceHandler, type ProfileOptions } from 'flambeau/profiler';
import { averagesOf } from '../src/profiler/averages.ts';
import { BACKENDS } from './fixtures/backends.ts';

const folder = mkdtempSync(join(tmpdir(), 'flambeau-profiler-'));
afterAll(() => rmSync(folder, { recursive: true }));

class Net extends nn.Module {
  readonly first = new nn.Linear(4, 8);
  readonly act = new nn.ReLU();
  readonly last = new nn.Linear(8, 3);

  forward(x: Tensor): Tensor {
    return this.last(this.act(this.first(x)));
  }
}

function training(): () => void {
  const net = new Net(), optimizer = new optim.Adam(net.parameters(), { lr: 0.01 });
  const x = ones(5, 4), y = tensor([0, 1, 2, 0, 1], { dtype: 'int64' });
  return () => {
    optimizer.zeroGrad();
    nn.functional.crossEntropy(net(x), y).backward();
    optimizer.step();
  };
}

const everything: ProfileOptions = { recordShapes: true, profileMemory: true, withFlops: true, withModules: true };

/** Spans of one thread lie inside of each other or apart. */
function checkNesting(events: readonly { readonly start: number; readonly end: number }[]): void {
  const open: number[] = [];
  let checked = 0;
  for (const { start, end } of [...events].sort((a, b) => a.start - b.start || b.end - a.end)) {
    while (open.length > 0 && (open.at(-1) as number) <= start) open.pop();
    if (open.length > 0) expect(end).toBeLessThanOrEqual(open.at(-1) as number);
    open.push(end);
    checked++;
  }
  expect(checked).toBe(events.length);
}

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  test('counts the calls of a training step, forward, backward and update', () => {
    const step = training();
    const rows = profile(() => { step(); step(); }).keyAverages();
    const counts = Object.fromEntries([...rows].map(({ key, count }) => [key, count]));
    expect(counts).toMatchObject({
      linear: 4, relu: 2, crossEntropy: 2, backward: 2, LinearBackward0: 4, ReluBackward0: 2, CrossEntropyBackward0: 2,
      'Optimizer.step#Adam.step': 2, 'optimStep.adam': 8,
    });
  });

  test('has times that add up', () => {
    const step = training();
    const prof = profile(step, everything);
    for (const row of prof.keyAverages()) {
      expect(row.selfCpuTimeTotal).toBeGreaterThanOrEqual(0);
      expect(row.kernelTimeTotal).toBeLessThanOrEqual(row.selfCpuTimeTotal + 1e-6);
      expect(row.selfCpuTimeTotal).toBeLessThanOrEqual(row.cpuTimeTotal + 1e-6);
      expect(row.cpuTime).toBeCloseTo(row.cpuTimeTotal / row.count, 9);
    }
    expect(prof.events().filter(({ category }) => category === 'module').length).toBe(4);
    // Everything is some row's own time, exactly once.
    const outermost = prof.events().filter((event) => event.category !== 'module' && event.category !== 'kernel' && !hasRowAbove(event));
    expect(outermost.length).toBeGreaterThan(3);
    expect(prof.keyAverages().selfCpuTimeTotal).toBeCloseTo(outermost.reduce((sum, { duration }) => sum + duration, 0), 3);
    checkNesting(prof.events());
  });

  test('says in which module an operation ran, in backward in which its forward did', () => {
    const step = training();
    const rows = [...profile(step).keyAverages({ groupByModule: true })];
    const modules = (name: string): unknown => rows.filter(({ key }) => key === name).map(({ module, count }) => [module, count]);
    expect(modules('linear')).toEqual([['Net.first', 1], ['Net.last', 1]]);
    expect(modules('LinearBackward0')).toEqual([['Net.last', 1], ['Net.first', 1]]);
    expect(modules('relu')).toEqual([['Net.act', 1]]);
    expect(modules('crossEntropy')).toEqual([[null, 1]]);
  });

  test('keeps shapes and dtypes, and groups by them', () => {
    const rows = [...profile(() => { add(ones(2, 3), ones(3)); ones(4).add(1); ones(4).add(2); }, { recordShapes: true }).keyAverages({ groupByInputShape: true })];
    expect(rows.filter(({ key }) => key === 'add').map(({ inputShapes, count }) => [inputShapes?.slice(0, 2), count])).toEqual([[[[2, 3], [3]], 1], [[[4], []], 2]]);
    const [event] = profile(() => ones(2, { dtype: 'float64' }).mul(tensor(true)), { recordShapes: true }).events().filter(({ name }) => name === 'mul');
    expect(event.inputTypes).toEqual(['float64', 'bool']);
  });

  test('counts the bytes that operations allocate', () => {
    const x = ones(100, 10);
    const rows = profile(() => { x.mul(2); x.mul_(2); x.view(1000); x.sum(0); }, { profileMemory: true }).keyAverages();
    expect(rows.get('mul')?.selfCpuMemoryUsage).toBe(4000);
    expect(rows.get('mul_')?.selfCpuMemoryUsage).toBe(0);
    expect(rows.get('view')?.cpuMemoryUsage).toBe(0);
    expect(rows.get('sum')?.cpuMemoryUsage).toBe(40);
  });

  test('counts FLOPs of products where they run', () => {
    const net = new Net();
    const rows = profile(() => net(ones(5, 4)).sum().backward(), { withFlops: true }).keyAverages();
    // 2 * batch * in * out for each layer; backward computes both gradients of the last layer, and one of the first.
    expect(rows.get('linear')?.flops).toBe(2 * 5 * (4 * 8 + 8 * 3));
    expect(rows.get('LinearBackward0')?.flops).toBe(2 * 5 * (4 * 8 + 2 * 8 * 3));
    expect(rows.get('relu')?.flops).toBe(0);
  });

  test('sees what runs through functions, expressions, vmap and Functions of the user', () => {
    class Twice extends autograd.Function {
      static override forward(_ctx: autograd.Context, x: Tensor): Tensor {
        return x.mul(2);
      }

      static override backward(_ctx: autograd.Context, g: Tensor): Tensor {
        return g.mul(2);
      }
    }
    const x = ones(3, { requiresGrad: true });
    const names = new Set(profile(() => {
      expr`${x} ** 2 + exp(${x})`;
      func.vmap((v: Tensor) => v.cos())(ones(2, 3));
      (Twice.apply(x) as Tensor).sum().backward();
      nn.functional.softmax(x, 0);
      x.detach().cumsum(0);
    }).events().map(({ name }) => name));
    for (const name of ['exp', 'cos', 'mul', 'TwiceBackward', 'softmax', 'cumsum', 'backward']) expect(names).toContain(name);
  });

  test('counts a method and the operation behind it once', () => {
    const x = ones(3);
    const rows = profile(() => { x.sort(); x.contiguous(); x.to('float32'); x.castTo(0); }).keyAverages();
    expect(rows.get('sort')?.count).toBe(1);
    expect(rows.get('contiguous')).toBeUndefined();
    expect(rows.get('to')).toBeUndefined();
  });

  test('goes on over a change of the backend', () => {
    const other = BACKENDS.find((name) => name !== backend) ?? backend;
    const prof = profile(() => {
      ones(3).sin();
      withBackend(other, () => ones(3).sin());
      setBackend(other);
      ones(3).sin();
      setBackend(backend);
      ones(3).sin();
    });
    expect(prof.keyAverages().get('sin')?.count).toBe(4);
    expect(prof.events().filter(({ name, category }) => name === 'sin' && category === 'kernel').length).toBe(4);
    expect(backendInfo().backend).toBe(backend);
  });

  test('changes no result', () => {
    const values = (run: (fn: () => unknown) => unknown): unknown => {
      let result: unknown;
      run(() => {
        const w = tensor([[0.5, -1], [2, 1]], { requiresGrad: true });
        const loss = nn.functional.mseLoss(tensor([[1, 2], [3, 4]]).matmul(w).tanh(), zeros(2, 2));
        loss.backward();
        result = [loss.item(), (w.grad as Tensor).tolist()];
      });
      return result;
    };
    expect(values((fn) => profile(fn, everything))).toEqual(values((fn) => fn()));
  });
});

const hasRowAbove = (event: ProfilerEvent): boolean => {
  for (let outer = event.parent; outer !== null; outer = outer.parent) if (outer.category !== 'module' && outer.category !== 'kernel') return true;
  return false;
};

describe('recordFunction', () => {
  test('gives a part of a program a row, by callback and by using', () => {
    const prof = profile(() => {
      expect(recordFunction('outer', () => {
        const scope = recordFunction('inner');
        ones(3).sin();
        scope[Symbol.dispose]();
        return 7;
      })).toBe(7);
    });
    const [outer] = prof.events().filter(({ name }) => name === 'outer'), [inner] = prof.events().filter(({ name }) => name === 'inner');
    expect(inner.parent).toBe(outer);
    expect(prof.events().find(({ name }) => name === 'sin')?.parent).toBe(inner);
    expect(prof.keyAverages().get('inner')?.category).toBe('user');
  });

  test('is nothing while nothing is profiled, and ends with an error', () => {
    expect(recordFunction('idle', () => 3)).toBe(3);
    const prof = profile(() => {
      expect(() => recordFunction('failing', () => { throw new RangeError('no'); })).toThrow(RangeError);
      ones(2).cos();
    });
    expect(prof.events().find(({ name }) => name === 'cos')?.parent).toBe(null);
  });

  test('of an async function lasts until its promise settles', async () => {
    const prof = await profile(async () => recordFunction('waiting', async () => {
      await new Promise((resolve) => { setTimeout(resolve, 5); });
      ones(2).cos();
      return 'done';
    }));
    expect(prof.result).toBe('done');
    const [waiting] = prof.events().filter(({ name }) => name === 'waiting'), [cos] = prof.events().filter(({ name }) => name === 'cos');
    expect(waiting.async).toBe(true);
    expect(waiting.end).toBeGreaterThanOrEqual(cos.end);
  });
});

describe('a profile', () => {
  test('is taken by callback, by start and stop, and by using', () => {
    const prof = profile(() => ones(1).sin().item());
    expect(prof.result).toBeCloseTo(Math.sin(1), 6);
    const open = profile();
    ones(2).sin();
    open.stop();
    ones(2).cos();
    expect(open.events().map(({ name }) => name)).toContain('sin');
    expect(open.events().map(({ name }) => name)).not.toContain('cos');
    const scope = new Profile();
    scope.start()[Symbol.dispose]();
    expect(scope.events()).toEqual([]);
  });

  test('of a function that throws ends, and lets the error through', async () => {
    const { sin } = Tensor.prototype;
    expect(() => profile(() => { throw new RangeError('mine'); })).toThrow('mine');
    await expect(profile(async () => { await Promise.resolve(); throw new RangeError('mine'); })).rejects.toThrow('mine');
    expect(Tensor.prototype.sin).toBe(sin);
  });

  test('may be taken inside of another one', () => {
    const outer = profile(() => {
      ones(2).sin();
      expect(profile(() => ones(2).cos()).keyAverages().get('sin')).toBeUndefined();
    });
    expect(outer.keyAverages().get('cos')?.count).toBe(1);
  });

  test('lists stacks of the callers', () => {
    function culprit(): void {
      ones(2).sin();
    }
    const prof = profile(culprit, { withStack: true });
    const [event] = prof.events().filter(({ name }) => name === 'sin');
    expect(event.stack?.[0]).toContain('culprit');
    expect(prof.keyAverages({ groupByStackN: 1 }).table()).toContain('Source Location');
    const path = join(folder, 'stacks.txt');
    prof.exportStacks(path);
    expect(readFileSync(path, 'utf8')).toMatch(/culprit.*;sin \d+\n/);
    expect(() => profile(culprit).exportStacks(path)).toThrow('withStack');
  });

  test('prints as its table', () => {
    const prof = profile(() => ones(2).sin());
    expect(String(prof)).toContain('Self CPU time total');
    expect((prof as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]()).toBe(String(prof));
  });

  test('refuses arguments that are none', () => {
    expect(() => profile(3 as never)).toThrow('profile: options');
    expect(() => profile(() => 1, { record_shapes: true } as never)).toThrow('record_shapes');
    expect(() => profile(() => 1, { recordShapes: 1 } as never)).toThrow('recordShapes');
    expect(() => profile(() => 1, { activities: ['cuda'] } as never)).toThrow("activities must be of 'cpu'");
    expect(() => profile({ schedule: 3 } as never)).toThrow('schedule must be a function');
    const prof = profile(() => ones(2).sin());
    expect(() => prof.keyAverages().table({ sortBy: 'cpu_time_total' as never })).toThrow('sortBy');
    expect(() => prof.keyAverages().table({ limit: 3 } as never)).toThrow('limit');
    expect(() => prof.keyAverages({ groupByInputShape: 3 as never })).toThrow('groupByInputShape');
    expect(() => prof.exportChromeTrace('')).toThrow('path');
    expect(() => prof.step()).toThrow('not running');
    expect(() => prof.addMetadataJson('a', '{')).toThrow('must be JSON');
    expect(() => recordFunction(3 as never)).toThrow('name must be a string');
  });
});

describe('the schedule', () => {
  // Recorded from torch.profiler.schedule of PyTorch 2.13.
  test.each([
    [{ wait: 1, warmup: 1, active: 2 }, 'NWRSNWRSNWRS'],
    [{ wait: 1, warmup: 1, active: 2, repeat: 2 }, 'NWRSNWRSNNNN'],
    [{ wait: 0, warmup: 0, active: 1, skipFirst: 2 }, 'NNSSSSSSSSSS'],
    [{ wait: 2, warmup: 1, active: 2, skipFirst: 1, skipFirstWait: 1 }, 'NWRSNNWRSNNW'],
  ] as const)('%o is that of PyTorch', (options, expected) => {
    const actions = schedule(options), letters = ['N', 'W', 'R', 'S'];
    expect(Array.from({ length: 12 }, (_, i) => letters[actions(i)]).join('')).toBe(expected);
  });

  test('refuses what is no schedule', () => {
    expect(() => schedule({ wait: 1, warmup: 1, active: 0 })).toThrow('active must be at least 1');
    expect(() => schedule({ wait: -1, warmup: 1, active: 1 })).toThrow('wait');
    expect(() => schedule(3 as never)).toThrow('options');
  });

  test('keeps the active steps of each cycle and hands over the profile at its end', () => {
    const seen: string[][] = [];
    const onTraceReady = vi.fn((prof: Profile) => { seen.push(prof.events().filter(({ category }) => category === 'step').map(({ name }) => name)); });
    const prof = profile((running) => {
      for (let i = 0; i < 8; i++) {
        ones(2).sin();
        running.step();
      }
    }, { schedule: schedule({ wait: 1, warmup: 1, active: 2 }), onTraceReady });
    expect(seen).toEqual([['ProfilerStep#2', 'ProfilerStep#3'], ['ProfilerStep#6', 'ProfilerStep#7']]);
    expect(prof.keyAverages().get('sin')?.count).toBe(2);
    expect(prof.events().find(({ name }) => name === 'sin')?.parent?.name).toBe('ProfilerStep#6');
    const all = profile((running) => { for (let i = 0; i < 8; i++) { ones(2).sin(); running.step(); } }, { schedule: schedule({ wait: 1, warmup: 1, active: 2 }), accEvents: true });
    expect(all.keyAverages().get('sin')?.count).toBe(4);
    expect(ProfilerAction.RECORD_AND_SAVE).toBe(3);
  });
});

/** Four events with known times: a module that calls linear, whose kernel takes 30 us, and twice relu. */
function known(): ProfilerEvent[] {
  let id = 0;
  const event = (name: string, category: ProfilerEvent['category'], start: number, end: number, parent: ProfilerEvent | null, more: Partial<ProfilerEvent> = {}): ProfilerEvent =>
    Object.assign(new ProfilerEvent(id++, name, category, start, parent), { end, ...more });
  const train = event('train', 'user', 0, 2000, null, { childTime: 1600, bytes: 4096 });
  const linear = event('linear', 'op', 100, 1500, train, { kernelTime: 1300, selfBytes: 3072, bytes: 3072, flops: 12_845_056, inputShapes: [[64, 784], [128, 784]], module: 'Net.first' });
  return [
    train, linear, event('matmul', 'kernel', 150, 1450, linear, { isKernel: true }),
    event('relu', 'op', 1500, 1600, train, { kernelTime: 20, selfBytes: 512, bytes: 512, inputShapes: [[64, 128]], module: 'Net.act' }),
    event('relu', 'op', 1700, 1800, train, { kernelTime: 20, selfBytes: 512, bytes: 512, inputShapes: [[64, 10]], module: 'Net.act' }),
  ];
}

describe('the table', () => {
  test('has the columns of PyTorch', () => {
    expect(averagesOf(known(), { memory: false, flops: false }).table({ sortBy: 'cpuTimeTotal' })).toBe([
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------',
      '        Name    Self CPU %      Self CPU       Kernels   CPU total %     CPU total  CPU time avg    # of Calls',
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------',
      '       train        20.00%     400.000us       0.000us       100.00%       2.000ms       2.000ms             1',
      '      linear        70.00%       1.400ms       1.300ms        70.00%       1.400ms       1.400ms             1',
      '        relu        10.00%     200.000us      40.000us        10.00%     200.000us     100.000us             2',
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------',
      'Self CPU time total: 2.000ms',
      '',
    ].join('\n'));
  });

  test('has those of memory, modules, shapes and FLOPs where they were asked for, and a header', () => {
    expect(averagesOf(known(), { memory: true, flops: true }, { groupByInputShape: true, groupByModule: true }).table({ sortBy: 'flops', rowLimit: 2, maxShapesColumnWidth: 20, header: 'a step' })).toBe([
      '='.repeat(188),
      'a step',
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  --------------------  ------------',
      '        Name    Self CPU %      Self CPU       Kernels   CPU total %     CPU total  CPU time avg       CPU Mem  Self CPU Mem    # of Calls        Module          Input Shapes  Total MFLOPs',
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  --------------------  ------------',
      '      linear        70.00%       1.400ms       1.300ms        70.00%       1.400ms       1.400ms       3.00 KB       3.00 KB             1     Net.first  [[64, 784], [128,...        12.845',
      '       train        20.00%     400.000us       0.000us       100.00%       2.000ms       2.000ms       4.00 KB           0 B             1            --                    []            --',
      '------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  ------------  --------------------  ------------',
      'Self CPU time total: 2.000ms',
      '',
    ].join('\n'));
  });

  test('can be limited to what nothing else called, and is empty of nothing', () => {
    const rows = averagesOf(known(), { memory: false, flops: false });
    expect(rows.table({ topLevelEventsOnly: true })).not.toContain('linear');
    expect(rows.table({ rowLimit: 1 }).split('\n').length).toBe(7);
    expect(rows.length).toBe(3);
    expect(rows.totalAverage()).toMatchObject({ count: 4, selfCpuTimeTotal: 2000 });
    expect(averagesOf([], { memory: false, flops: false }).table()).toBe('');
  });

  test('counts the time of what calls itself once', () => {
    const outer = Object.assign(new ProfilerEvent(0, 'einsum', 'op', 0, null), { end: 10, childTime: 4 });
    const inner = Object.assign(new ProfilerEvent(1, 'einsum', 'op', 2, outer), { end: 6 });
    expect(averagesOf([outer, inner], { memory: false, flops: false }).get('einsum')).toMatchObject({ count: 2, cpuTimeTotal: 10, selfCpuTimeTotal: 10 });
  });
});

interface TraceEvent { readonly ph: string; readonly name: string; readonly cat: string; readonly ts: number; readonly dur: number; readonly pid: number; readonly tid: number; readonly id?: number; readonly args?: Readonly<Record<string, unknown>> }

describe('the Chrome trace', () => {
  const read = (path: string): { readonly traceEvents: readonly TraceEvent[] } & Readonly<Record<string, unknown>> => JSON.parse(readFileSync(path, 'utf8')) as never;

  test('has a complete event for everything, in microseconds, that nest', () => {
    const path = join(folder, 'trace.json'), step = training();
    const prof = profile(() => recordFunction('step', step), everything);
    prof.addMetadata('run', 'a');
    prof.addMetadataJson('config', '{"lr": 0.1}');
    prof.exportChromeTrace(path);
    const trace = read(path), complete = trace.traceEvents.filter(({ ph }) => ph === 'X');
    expect(trace).toMatchObject({ schemaVersion: 1, displayTimeUnit: 'ms', backend: backendInfo().backend, isa: backendInfo().isa, threads: backendInfo().threads, record_shapes: 1, run: 'a', config: { lr: 0.1 } });
    expect(Math.abs(trace.baseTimeNanoseconds as number - Date.now() * 1e6)).toBeLessThan(600e9);
    expect(complete.length).toBe(prof.events().length);
    for (const { ts, dur, pid, tid, name, args } of complete) {
      expect([Number.isFinite(ts), ts >= 0, dur >= 0, pid, Number.isInteger(tid), name.length > 0, typeof args]).toEqual([true, true, true, process.pid, true, true, 'object']);
    }
    checkNesting(complete.map(({ ts, dur }) => ({ start: Math.round(ts * 1000), end: Math.round(ts * 1000) + Math.round(dur * 1000) })));
    expect(new Set(complete.map(({ cat }) => cat))).toEqual(new Set(['cpu_op', 'kernel', 'module', 'user_annotation']));
    expect(complete.find(({ name, cat }) => name === 'linear' && cat === 'cpu_op')?.args).toMatchObject({ Module: 'Net.first', 'Input Dims': [[5, 4], [8, 4], [8]], 'Input type': ['float32', 'float32', 'float32'], Flops: 320, Bytes: 160 });
    expect(trace.traceEvents.filter(({ ph }) => ph === 'M').map(({ name }) => name)).toEqual(['process_name', 'process_labels', 'thread_name']);
  });

  test('ties each derivative to its forward operation', () => {
    const path = join(folder, 'arrows.json'), step = training();
    profile(step).exportChromeTrace(path);
    const { traceEvents } = read(path);
    const starts = traceEvents.filter(({ ph }) => ph === 's'), ends = traceEvents.filter(({ ph }) => ph === 'f');
    expect(starts.length).toBeGreaterThan(3);
    expect(ends.map(({ id }) => id).sort()).toEqual(starts.map(({ id }) => id).sort());
    for (const { id, ts } of ends) expect(ts).toBeGreaterThan((starts.find((each) => each.id === id) as TraceEvent).ts);
    expect(traceEvents.find(({ name }) => name === 'ReluBackward0')?.args).toMatchObject({ 'Forward op': 'relu', Module: 'Net.act' });
  });

  test('writes async spans as such', async () => {
    const path = join(folder, 'async.json');
    const prof = await profile(async () => { await recordFunction('waiting', async () => { await Promise.resolve(); }); });
    prof.exportChromeTrace(path);
    expect(read(path).traceEvents.filter(({ name }) => name === 'waiting').map(({ ph }) => ph)).toEqual(['b', 'e']);
  });

  test('is compressed by its name, and written by a handler', () => {
    const prof = profile(() => ones(2).sin());
    prof.exportChromeTrace(join(folder, 'trace.json.gz'));
    expect(JSON.parse(gunzipSync(readFileSync(join(folder, 'trace.json.gz'))).toString())).toHaveProperty('traceEvents');
    const runs = join(folder, 'runs', 'one');
    profile((running) => { for (let i = 0; i < 4; i++) running.step(); }, { schedule: schedule({ wait: 0, warmup: 1, active: 1 }), onTraceReady: tensorboardTraceHandler(runs, 'worker') });
    expect(readdirSync(runs).length).toBe(2);
    for (const name of readdirSync(runs)) expect(name).toMatch(/^worker\.\d+\.pt\.trace\.json$/);
  });
});
