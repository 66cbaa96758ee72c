/** Environments come and go: the addon loaded in workers only, its pool used there, the workers ended in every way. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { loadAddon } from '../src/backend/native/load.ts';
import { FRAME_LENGTH } from '../src/core/frame.ts';

const { from } = loadAddon(undefined);

/** A worker's script: sums a large array with the pool until it is told to end. `end` is code that ends it. */
const worker = (end: string): string => `
  const { parentPort } = require('node:worker_threads');
  const addon = require(${JSON.stringify(from)});
  const frame = new Int32Array(new SharedArrayBuffer(${FRAME_LENGTH} * 4));
  addon.setFrame(frame);
  addon.setNumThreads(3);
  const n = 1 << 20, bytes = new Uint8Array(n * 4 + 64), floats = new Float32Array(bytes.buffer);
  floats.fill(1, 16);
  function sum() {
    frame.fill(0);
    frame[1] = 1; frame[2] = 2; frame[4] = n;      // one dim of n, reduced: [out, a]
    frame[36 + 20 + 2] = 16; frame[36 + 20 + 4] = 1;
    if (addon.reduce(bytes) !== undefined) throw new Error('no kernel for sum');
    if (floats[0] !== n) throw new Error('sum is ' + floats[0]);
  }
  for (let i = 0; i < 20; i++) sum();
  parentPort.postMessage('used');
  ${end}
`;

/** Runs a main script in a process of its own, so that a crash is seen as one. The main thread never loads the addon. */
function main(script: string): { readonly status: number | null; readonly signal: string | null; readonly stderr: string } {
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', `const { Worker } = require('node:worker_threads');\n${script}`], { encoding: 'utf8', timeout: 60_000 });
  return { status, signal, stderr };
}

const fine = { status: 0, signal: null, stderr: '' };

describe('the addon in workers', () => {
  test('a worker ends by itself, the process lives on', () => {
    expect(main(`
      const w = new Worker(${JSON.stringify(worker(''))}, { eval: true });
      w.on('exit', () => setTimeout(() => {}, 300));
    `)).toEqual(fine);
  });

  test('a worker is terminated between calls and in the middle of one', () => {
    expect(main(`
      const w = new Worker(${JSON.stringify(worker('for (;;) sum();'))}, { eval: true });
      w.on('message', () => setTimeout(() => w.terminate().then(() => setTimeout(() => {}, 300)), 50));
    `)).toEqual(fine);
  });

  test('the process exits while workers use the pool', () => {
    expect(main(`
      let used = 0;
      for (let i = 0; i < 3; i++) new Worker(${JSON.stringify(worker('for (;;) sum();'))}, { eval: true })
        .on('message', () => { if (++used === 3) setTimeout(() => process.exit(0), 50); });
    `)).toEqual(fine);
  });

  test('workers that load it again and again get right results together', () => {
    expect(main(`
      (async () => {
        for (let round = 0; round < 5; round++)
          await Promise.all(Array.from({ length: 3 }, () => new Promise((done, fail) => {
            new Worker(${JSON.stringify(worker('for (let i = 0; i < 100; i++) sum();'))}, { eval: true }).on('error', fail).on('exit', done);
          })));
      })();
    `)).toEqual(fine);
  });

  test('the main thread and a worker use it at once', () => {
    expect(main(`
      const script = ${JSON.stringify(worker('for (let i = 0; i < 200; i++) sum();'))};
      const w = new Worker(script, { eval: true });
      w.on('error', (error) => { throw error; });
      new Function('require', script.replace("parentPort.postMessage('used')", ''))(require);
    `)).toEqual(fine);
  });
});
