import { describe, test } from 'vitest';
import { FAMILIES, type Backend } from '../src/backend/backend.ts';
import { NativeBackend } from '../src/backend/native/index.ts';
import { loadAddon } from '../src/backend/native/load.ts';
import { DTYPES } from '../src/core/dtype.ts';
import { UnsupportedError } from '../src/core/errors.ts';
import { OPERAND, OPERAND_SIZE, DTYPE, frame } from '../src/core/frame.ts';
import { contract } from './backend-contract.ts';

const { addon, tried } = loadAddon(process.env.FLAMBEAU_NATIVE_PATH || undefined);

/** In place of the js backend: an op that native code lacks is an error here, not a slower way to the same result. */
const nothing = Object.fromEntries(FAMILIES.map((family) => [family, () => {
  throw new UnsupportedError(family, DTYPES[frame[OPERAND + OPERAND_SIZE + DTYPE]]);
}])) as unknown as Backend;

if (addon === null) {
  describe('the native backend', () => {
    test.skip(`cannot be loaded: ${tried.map(({ reason }) => reason).join('; ')}`);
  });
} else {
  for (const level of addon.levels) {
    contract(`native ${level}`, () => {
      addon.setIsa(level);
      return new NativeBackend(addon, nothing);
    });
  }
}
