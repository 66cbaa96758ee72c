import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^flambeau$/, replacement: source('index.ts') },
      { find: /^flambeau\/(plot|data|io|onnx|train|profiler|distributions)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/helpers/generate.ts',
    setupFiles: process.env.FLAMBEAU_TEST_PERTURB === '1' ? ['./test/helpers/perturb.ts'] : [],
    pool: 'forks',
    // Left alone, vitest keeps a core for itself, which has next to nothing to do: of two cores that is half.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
  },
});
