/** The programs of docs/data.md that are several files run as users run them: TypeScript by tsx, in the workers too. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { programsOf } from './fixtures/documentation.ts';

const source = (entry: string): string => new URL(`../src/${entry}index.ts`, import.meta.url).href;

test('the worker threads of docs/data.md print what it says', () => {
  const files = programsOf('docs/data.md').flatMap((program) => {
    const name = /^\/\/ (\w+\.ts)\n/.exec(program)?.[1];
    return name === undefined ? [] : [{ name, program }];
  });
  expect(files.map(({ name }) => name)).toEqual(['faces.ts', 'train.ts']);
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-data-docs-'));
  try {
    for (const { name, program } of files) {
      writeFileSync(join(folder, name), program.replace(/from 'flambeau(?:\/(\w+))?'/g, (_, entry?: string) => `from '${source(entry === undefined ? '' : `${entry}/`)}'`));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const loader = new URL('../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', loader, join(folder, 'train.ts')], { encoding: 'utf8', timeout: 120_000, cwd: fileURLToPath(new URL('..', import.meta.url)) });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toEqual([...files[1].program.matchAll(/\/\/ prints (.+)$/gm)].map(([, text]) => text));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 150_000);
