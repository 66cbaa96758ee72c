import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BINARY, TERNARY, UNARY, type Row } from '../src/ops/elementwise.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function files(folder: string, endings: readonly string[]): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'generated' || name === 'build' || name === 'node_modules' ? [] : files(path, endings);
    return endings.some((ending) => name.endsWith(ending)) ? [path] : [];
  });
}

/** Modules that a file needs at run time; type-only imports are erased. */
function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from '(\.[^']+)'/gm)].map(([, target]) => relative(root, resolve(dirname(path), target)));
}

// What each folder of src may import at run time, besides itself.
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ops: ['core'],
  backend: ['core', 'ops'],
  tensor: ['core', 'ops', 'backend'],
  expr: ['core', 'ops', 'tensor'],
  nn: ['core', 'ops', 'tensor', 'linalg'],
  optim: ['core', 'ops', 'tensor'],
  linalg: ['core', 'tensor'],
  func: ['core', 'tensor'],
  data: ['core', 'backend', 'tensor', 'io', 'nn'],
  io: ['core', 'tensor'],
  onnx: ['core', 'tensor', 'nn', 'io'],
  plot: ['core'],
  profiler: ['core', 'ops', 'backend', 'tensor', 'nn'],
  distributions: ['core', 'tensor', 'linalg', 'nn'],
  train: ['core', 'tensor', 'nn', 'optim', 'data', 'io', 'plot'],
};

const folderOf = (path: string): string => path.split('/')[1];
const sources = files(join(root, 'src'), ['.ts']);
const graph = new Map(sources.map((path) => [relative(root, path), imports(path)]));

describe('the house', () => {
  it('has imports that run one way between the folders of src', () => {
    const wrong: string[] = [];
    for (const [file, targets] of graph) {
      const from = folderOf(file);
      if (from.endsWith('.ts')) continue;
      for (const target of targets) {
        const to = folderOf(target);
        if (to !== from && to in ARROWS && !ARROWS[from].includes(to)) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('names the backends in select.ts only', () => {
    const wrong = [...graph].filter(([file, targets]) => !file.startsWith('src/backend/') && targets.some((t) => /^src\/backend\/(js|native)\//.test(t)));
    expect(wrong.map(([file]) => file)).toEqual([]);
  });

  it('has no import cycles at run time', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps every source file below 600 lines', () => {
    const all = [...sources, ...files(join(root, 'native'), ['.cpp', '.h', '.inc']), ...files(join(root, 'test'), ['.ts'])];
    const long = all.map((path) => ({ path: relative(root, path), lines: readFileSync(path, 'utf8').split('\n').length })).filter(({ lines }) => lines > 600);
    expect(long).toEqual([]);
  });

  it('keeps Node headers inside native/addon', () => {
    const wrong = files(join(root, 'native'), ['.cpp', '.h', '.inc'])
      .filter((path) => !path.includes('/addon/') && /#include\s*[<"](napi|node_api|node|uv|v8)[^>"]*[>"]/.test(readFileSync(path, 'utf8')));
    expect(wrong.map((path) => relative(root, path))).toEqual([]);
  });

  it('keeps the standard library out of what is compiled per instruction set', () => {
    const allowed = /#include\s*(<(cstddef|cstdint|immintrin\.h|emmintrin\.h|arm_neon\.h)>|"[^"]+")/;
    const wrong: string[] = [];
    for (const folder of ['isa', 'kernels', 'simd']) {
      for (const path of files(join(root, 'native', folder), ['.cpp', '.h', '.inc'])) {
        for (const line of readFileSync(path, 'utf8').split('\n')) if (line.startsWith('#include') && !allowed.test(line)) wrong.push(`${relative(root, path)}: ${line}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has a native name for every elementwise row, or last of all the reason why not', () => {
    const native = readFileSync(join(root, 'native/ops.h'), 'utf8');
    for (const rows of [UNARY, BINARY, TERNARY] as readonly Readonly<Record<string, Row>>[]) {
      const names = Object.keys(rows), without = names.filter((name) => rows[name].native === false);
      expect(names.filter((name) => !without.includes(name) && !new RegExp(`\\b${name}\\b`).test(native))).toEqual([]);
      expect(names.slice(names.length - without.length)).toEqual(without);
      for (const name of without) expect(rows[name].reason, name).toMatch(/\w+ \w+/);
    }
  });
});
