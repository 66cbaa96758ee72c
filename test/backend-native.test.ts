import { describe, test } from 'vitest';
import { jsBackend } from '../src/backend/js/index.ts';
import { NativeBackend } from '../src/backend/native/index.ts';
import { loadAddon } from '../src/backend/native/load.ts';
import { contract } from './backend-contract.ts';

const { addon, tried } = loadAddon(process.env.FLAMBEAU_NATIVE_PATH || undefined);

if (addon === null) {
  describe('the native backend', () => {
    test.skip(`cannot be loaded: ${tried.map(({ reason }) => reason).join('; ')}`);
  });
} else {
  for (const level of addon.levels) {
    contract(`native ${level}`, () => {
      addon.setIsa(level);
      return new NativeBackend(addon, jsBackend);
    });
  }
}
