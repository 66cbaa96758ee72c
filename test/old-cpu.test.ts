/** An emulated CPU without AVX: the addon must choose the baseline build and meet no instruction that the CPU lacks. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { loadAddon } from '../src/backend/native/load.ts';
import { FRAME_LENGTH } from '../src/core/frame.ts';

const QEMU = 'qemu-x86_64-static';
const present = process.arch === 'x64' && spawnSync(QEMU, ['--version']).status === 0;
const { from } = loadAddon(undefined);

/** Every elementwise op and reduction in both float types, a product of matrices, a softmax and a random draw. */
const script = `
  const addon = require(${JSON.stringify(from)});
  const frame = new Int32Array(new SharedArrayBuffer(${FRAME_LENGTH} * 4));
  addon.setFrame(frame);
  const n = 37, bytes = new Uint8Array(1 << 16), floats = new Float32Array(bytes.buffer), doubles = new Float64Array(bytes.buffer);
  const calls = { done: 0, none: 0 };
  function call(family, op, dims, operands, ints = []) {
    frame.fill(0);
    frame[0] = op; frame[1] = dims.length; frame[2] = operands.length;
    dims.forEach((dim, i) => { frame[4 + i] = dim; });
    ints.forEach((value, i) => { frame[20 + i] = value; });
    operands.forEach(({ dtype, offset, strides }, k) => {
      const at = 36 + 20 * k;
      frame[at + 1] = dtype; frame[at + 2] = offset;
      strides.forEach((stride, i) => { frame[at + 4 + i] = stride; });
    });
    calls[addon[family](bytes) === undefined ? 'done' : 'none']++;
  }
  const BOOL = 4;
  for (const dtype of [0, 1]) {
    const view = dtype === 0 ? floats : doubles;
    const input = (k) => ({ dtype, offset: 64 * k, strides: [1] });
    for (let i = 0; i < 256; i++) view[i] = (i % 41) / 16 - 1;
    for (const family of ['unary', 'binary', 'ternary'])
      addon.ops[family].forEach((name, op) => {
        const count = { unary: 1, binary: 2, ternary: 3 }[family];
        for (const out of [dtype, BOOL]) {
          const inputs = Array.from({ length: count }, (_, k) => input(k));
          if (name === 'where') inputs[0].dtype = BOOL;
          try {
            call(family, op, [n], [{ dtype: out, offset: out === BOOL ? 8000 : 1000, strides: [1] }, ...inputs]);
            break;
          } catch (error) {
            if (out === BOOL) throw error;
          }
        }
      });
    addon.ops.reduce.forEach((name, op) => {
      const out = { any: BOOL, all: BOOL, countNonzero: 2 }[name] ?? dtype;
      call('reduce', op, [n], [{ dtype: out, offset: 1000, strides: [0] }, input(0)]);
    });
    call('matmul', 0, [8, 8, 8], [{ dtype, offset: 1000, strides: [8, 1, 0] }, { dtype, offset: 0, strides: [8, 0, 1] }, { dtype, offset: 64, strides: [0, 1, 8] }]);
    call('softmax', 0, [4, 8], [{ dtype, offset: 1000, strides: [8, 1] }, { dtype, offset: 0, strides: [8, 1] }]);
    call('random', 1, [40], [{ dtype, offset: 1000, strides: [1] }, { dtype: 3, offset: 10000, strides: [1] }]);
  }
  console.log(JSON.stringify({ isa: addon.isa(), ...calls }));
`;

describe.skipIf(!present)('on an emulated CPU', () => {
  test.each([['Nehalem', 'baseline'], ['Haswell', 'avx2']])('%s runs the %s build', (cpu, isa) => {
    const { status, signal, stdout } = spawnSync(QEMU, ['-cpu', cpu, process.execPath, '-e', script], { encoding: 'utf8', timeout: 240_000 });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    const result = JSON.parse(stdout) as { isa: string; done: number; none: number };
    expect(result.isa).toBe(isa);
    expect(result.done).toBeGreaterThan(150);
  }, 300_000);
});
