import { afterAll, describe, expect, test } from 'vitest';
import { FAMILIES, type Backend } from '../src/backend/backend.ts';
import { NativeBackend } from '../src/backend/native/index.ts';
import { loadAddon } from '../src/backend/native/load.ts';
import { DTYPES, F32, F64 } from '../src/core/dtype.ts';
import { UnsupportedError } from '../src/core/errors.ts';
import { OPERAND, OPERAND_SIZE, DTYPE, frame } from '../src/core/frame.ts';
import { contract } from './backend-contract.ts';
import { type Operand, fill, operand, randomNumbers, viewOf } from './helpers/frames.ts';

const { addon, tried } = loadAddon(process.env.FLAMBEAU_NATIVE_PATH || undefined);

/** In place of the js backend: an op that native code lacks is an error here, not a slower way to the same result. */
const nothing = Object.fromEntries(FAMILIES.map((family) => [family, () => {
  throw new UnsupportedError(family, DTYPES[frame[OPERAND + OPERAND_SIZE + DTYPE]]);
}])) as unknown as Backend;

if (addon === null) {
  describe('the native backend', () => {
    test('loads, unless FLAMBEAU_BACKEND=js asks for a run without it', () => {
      expect(process.env.FLAMBEAU_BACKEND, tried.map(({ path, reason }) => `${path}: ${reason}`).join('\n')).toBe('js');
    });
  });
} else {
  for (const level of addon.levels) {
    contract(`native ${level}`, () => {
      addon.setIsa(level);
      return new NativeBackend(addon, () => nothing);
    });
  }

  describe('threads', () => {
    const threads = addon.numThreads();
    afterAll(() => addon.setNumThreads(threads));

    test.each([F32, F64])('any number gives the same bits, dtype %i', (dtype) => {
      const backend = new NativeBackend(addon, () => nothing), next = randomNumbers(1), random = (): number => next() - 0.5;
      const [n, m, k] = [301, 257, 263];
      const a = operand(dtype, [n, m], random), b = operand(dtype, [m, k], random);
      const bitsAfter = (out: Operand, call: () => void): string => {
        out.storage.slab.bytes.fill(0);
        call();
        return Buffer.from(out.storage.slab.bytes).toString('base64');
      };
      const product = operand(dtype, [n, k]), rows = operand(dtype, [n, m]), total = operand(dtype, []);
      const outcomes = [1, 2, 3, 5].map((count) => {
        addon.setNumThreads(count);
        return [
          bitsAfter(product, () => {
            const [out, left, right] = fill({ dims: [n, k, m], operands: [viewOf(product, [], [k, 1, 0]), viewOf(a, [], [m, 0, 1]), viewOf(b, [], [0, 1, k]), null] });
            if (out && left && right) backend.matmul(out, left, right, null);
          }),
          bitsAfter(total, () => {
            const [out, x] = fill({ dims: [n * m], operands: [viewOf(total, [], [0]), viewOf(a, [], [1])] });
            if (out && x) backend.reduce(out, x);
          }),
          bitsAfter(rows, () => {
            const [out, x] = fill({ dims: [n, m], operands: [rows, a] });
            if (out && x) backend.softmax(out, x);
          }),
        ];
      });
      for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    });
  });
}
