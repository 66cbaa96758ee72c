// Writes src/backend/js/generated: the js backend's loops.
//
// - elementwise.ts: one function per row of src/ops/elementwise.ts and element type, with the row's expression inlined.
// - <template>-<type>.ts: copies of src/backend/js/templates/*.ts, one per element type.
//
// V8 keeps one type feedback per function, so a loop that meets two kinds of typed array becomes several times slower
// for both; hence one copy of every loop per element type.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const js = join(root, 'src/backend/js');
const target = join(js, 'generated');

/** Compute classes in the order of their dtype codes, then the raw widths that only `where` needs. */
const CLASSES = [
  { name: 'f32', array: 'Float32Array', kind: 'float' },
  { name: 'f64', array: 'Float64Array', kind: 'float' },
  { name: 'i64', array: 'BigInt64Array', kind: 'big' },
  { name: 'i32', array: 'Int32Array', kind: 'int' },
  { name: 'bool', array: 'Uint8Array', kind: 'bool' },
];
const RAW = [
  { name: 'u8', array: 'Uint8Array', kind: 'raw' },
  { name: 'u16', array: 'Uint16Array', kind: 'raw' },
];

/** Element types each template is copied for. */
const TEMPLATES = {
  'reduce-rows': ['f32', 'f64', 'i32', 'bool'],
  'scan-rows': ['f32', 'f64', 'i32'],
  'sum-order': ['f32', 'f64'],
  'polynomial': ['f32', 'f64'],
  'matmul': ['f32', 'f64'],
  'softmax-rows': ['f32', 'f64'],
  'optim-steps': ['f32', 'f64'],
  'scatter-rows': ['f32', 'f64', 'i32', 'bool'],
  'move': ['u8', 'u16', 'i32'],
};
const ELEMENTS = Object.fromEntries([...CLASSES, ...RAW].map((c) => [c.name, c.array]));

async function loadRows() {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'src/ops/elementwise.ts')], bundle: true, format: 'esm', write: false, platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** The row's expression for a class, or null when the row does not take it. */
function expression(row, kind, name) {
  const predicate = row.types === 'predicate';
  if (kind === 'float') return row.types === 'bits' || row.types === 'integer' ? null : predicate ? `(${row.js}) ? 1 : 0` : name === 'f32' ? row.single ?? row.js : row.js;
  if (row.types === 'float' || row.types === 'real') return null;
  if (kind === 'big') {
    const source = row.big ?? row.js;
    if (/\bMath\b/.test(source)) throw new Error(`"${row.js}" needs a "big" expression`);
    const text = row.big ?? source.replace(/(?<![\w.])\d+(?![\w.])/g, '$&n');
    return predicate ? `(${text}) ? 1 : 0` : text;
  }
  const text = row.int ?? row.js;
  if (kind === 'int' || kind === 'raw') return predicate ? `(${text}) ? 1 : 0` : text;
  if (row.types === 'number' || row.types === 'integer') return null;
  return row.types === 'bits' ? `(${text}) & 1` : `(${text}) ? 1 : 0`;
}

/** Expressions that cost about as much as the loop around them: unrolling pays. */
const isCheap = (text) => !/\w\(/.test(text.replace(/Math\.(abs|sign|sqrt|floor|ceil|trunc|min|max)\(/g, ' ('));
const UNROLL = 4;

/**
 * One function: rows of any strides, walked with int32 arithmetic (`| 0` spares V8 its overflow checks). Cheap float
 * rows are unrolled, reading before writing; 1,000 additions took 1.5 microseconds so, 2.6 without.
 */
function kernel(name, text, inputs, type, unroll) {
  const all = ['o', ...inputs];
  const names = (suffix) => all.map((x) => x + suffix);
  const parameters = [...all.map((x) => x.toUpperCase()), ...names('i'), 'n', ...names('s'), 'm', ...names('t'), 'p0', 'p1'];
  const step = (x) => `${x}j = (${x}j + ${x}s) | 0;`;
  const lane = (k) => ({
    read: inputs.map((x) => `const ${x}${k} = ${x.toUpperCase()}[${x}j]; ${step(x)}`).join(' '),
    write: `O[oj] = ${inputs.reduce((t, x) => t.replace(new RegExp(`(?<![\\w.])${x}(?!\\w)`, 'g'), `${x}${k}`), text)}; ${step('o')}`,
  });
  const lanes = Array.from({ length: UNROLL }, (_, k) => lane(k));
  const unrolled = `for (; i > ${UNROLL - 1}; i = (i - ${UNROLL}) | 0) {
      ${lanes.map(({ read }) => read).join('\n      ')}
      ${lanes.map(({ write }) => write).join('\n      ')}
    }
    `;
  const single = `for (; i > 0; i = (i - 1) | 0) { ${lane('').read} ${lane('').write} }`;
  return `const ${name}: ${type} = (${parameters.join(', ')}) => {
  for (; m > 0; m--, ${all.map((x) => `${x}i += ${x}t`).join(', ')}) {
    let i = n | 0, ${all.map((x) => `${x}j = ${x}i | 0`).join(', ')};
    ${unroll ? unrolled : ''}${single}
  }
};
`;
}

function kernelsOf(rows, inputs, family) {
  let code = '';
  const table = [];
  for (const [op, row] of Object.entries(rows)) {
    const entries = [];
    for (const { name, array, kind } of op === 'where' ? [...CLASSES.slice(0, 4), ...RAW] : CLASSES) {
      const text = expression(row, kind, name);
      if (text === null) {
        entries.push('null');
        continue;
      }
      const output = row.types === 'predicate' ? 'Uint8Array' : array;
      const parameter = kind === 'big' ? 'bigint' : 'number';
      const first = op === 'where' ? 'Uint8Array' : array;
      const type = `${family}<${output}, ${family === 'TernaryKernel' ? `${first}, ` : ''}${array}, ${parameter}>`;
      code += kernel(`${op}_${name}`, text, inputs, type, kind === 'float' && isCheap(text));
      entries.push(`${op}_${name}`);
    }
    table.push({ op, entries });
  }
  return { code, table };
}

function elementwise({ UNARY, BINARY, TERNARY }) {
  const unary = kernelsOf(UNARY, ['x'], 'UnaryKernel');
  const binary = kernelsOf(BINARY, ['a', 'b'], 'BinaryKernel');
  const ternary = kernelsOf(TERNARY, ['a', 'b', 'c'], 'TernaryKernel');
  const code = unary.code + binary.code + ternary.code;
  const imports = readdirSync(join(js, 'math')).sort().map((file) => {
    const helpers = [...readFileSync(join(js, 'math', file), 'utf8').matchAll(/^export function (\w+)/gm)].map((m) => m[1]);
    const used = helpers.filter((h) => new RegExp(`(?<![\\w.])${h}\\(`).test(code));
    return used.length > 0 ? `import { ${used.join(', ')} } from '../math/${file}';\n` : '';
  });
  const flat = (table) => table.map(({ entries }) => `  ${entries.join(', ')},\n`).join('');
  // `where` moves elements of any dtype, so it has a table of its own.
  const where = ternary.table.find(({ op }) => op === 'where');
  const [f32, f64, i64, i32, u8, u16] = where.entries;
  where.entries = CLASSES.map(() => 'null');
  return `// Generated by scripts/generate-js-kernels.mjs from src/ops/elementwise.ts.
${imports.join('')}import type { BinaryKernel, TernaryKernel, UnaryKernel } from '../kernel-types.ts';

${code}
/** Row of the op times 5 plus the dtype code. */
export const UNARY_KERNELS = [
${flat(unary.table)}];
export const BINARY_KERNELS = [
${flat(binary.table)}];
export const TERNARY_KERNELS = [
${flat(ternary.table)}];
/** By dtype code: float16 and bfloat16 move as bits. */
export const WHERE_KERNELS = [${[f32, f64, i64, i32, u8, u16, u8, u8, u16, u16].join(', ')}];
`;
}

/** Arithmetic that templates leave to the element type: what replaces their float64 definition. */
const ARITHMETIC = {
  f32: { round: 'Math.fround', array: '(n: number): Elements => new Float32Array(n)', LANES: '16' },
  i32: { wrap: '(x: number): number => x | 0', times: 'Math.imul' },
};

/** A template's copy for one element type. */
function instantiate(name, type) {
  let copy = readFileSync(join(js, 'templates', `${name}.ts`), 'utf8').replace(/^type Elements = \w+;$/m, `type Elements = ${ELEMENTS[type]};`);
  for (const [definition, text] of Object.entries(ARITHMETIC[type] ?? {})) {
    copy = copy.replace(new RegExp(`^const ${definition} = .*;$`, 'm'), `const ${definition} = ${text};`);
  }
  return `// Generated by scripts/generate-js-kernels.mjs from src/backend/js/templates/${name}.ts.\n${copy}`;
}

/** How the cast loops hold each dtype, in the order of dtype codes; int64 is pairs of int32 words. */
const CAST_ARRAYS = {
  f32: 'Float32Array', f64: 'Float64Array', i64: 'Int32Array', i32: 'Int32Array', bool: 'Uint8Array', i16: 'Int16Array',
  i8: 'Int8Array', u8: 'Uint8Array', f16: 'Uint16Array', bf16: 'Uint16Array',
};
const FLOATS = ['f32', 'f64', 'f16', 'bf16'];

/** The statement that casts element aj of A to element oj of O. */
function castStatement(from, to) {
  if (from === 'i64') {
    const low = 'A[2 * aj]', high = 'A[2 * aj + 1]';
    if (to === 'bool') return `O[oj] = (${low} | ${high}) === 0 ? 0 : 1;`;
    if (to === 'f64') return `O[oj] = ${high} * 4294967296 + (${low} >>> 0);`;
    if (FLOATS.includes(to)) return storeFloat(to, `oddWide(${low}, ${high})`);
    return `O[oj] = ${low};`;
  }
  const x = from === 'f16' ? 'fromHalf(A[aj])' : from === 'bf16' ? 'fromBrain(A[aj])' : 'A[aj]';
  if (to === 'bool') return `O[oj] = ${x} === 0 ? 0 : 1;`;
  if (FLOATS.includes(to)) return storeFloat(to, x);
  if (to !== 'i64') return FLOATS.includes(from) ? `O[oj] = toInt32(${x});` : `O[oj] = ${x};`;
  return FLOATS.includes(from)
    ? `const x = ${x}; O[2 * oj] = lowWord(x); O[2 * oj + 1] = highWord(x);`
    : `const x = ${x}; O[2 * oj] = x; O[2 * oj + 1] = x >> 31;`;
}

/** As PyTorch, the half formats are reached by way of float32. */
function storeFloat(to, x) {
  return to === 'f16' ? `O[oj] = toHalf(Math.fround(${x}));` : to === 'bf16' ? `O[oj] = toBrain(Math.fround(${x}));` : `O[oj] = ${x};`;
}

function casts() {
  const names = Object.keys(CAST_ARRAYS);
  let code = '';
  const table = names.map((to) => names.map((from) => {
    // A bool is a uint8 that is 0 or 1.
    if (from === to || (from === 'bool' && to === 'u8')) return 'null';
    if (from === 'bool') return `u8_${to}`;
    code += `const ${from}_${to}: CastKernel<${CAST_ARRAYS[to]}, ${CAST_ARRAYS[from]}> = (O, A, oi, ai, n, os, as) => {
  for (let i = 0, oj = oi, aj = ai; i < n; i++, oj += os, aj += as) { ${castStatement(from, to)} }
};
`;
    return `${from}_${to}`;
  }));
  return `// Generated by scripts/generate-js-kernels.mjs.
import { highWord, lowWord, toInt32 } from '../../../core/casts.ts';
import { fromBrain, fromHalf, oddWide, toBrain, toHalf } from '../half.ts';
import type { CastKernel } from '../kernel-types.ts';

${code}
/** Destination dtype code times 10 plus the source's; null where the bits are moved as they are. */
export const CAST_KERNELS = [
${table.map((entries) => `  ${entries.join(', ')},\n`).join('')}];
`;
}

/** Writes what changed, removes what is no longer generated; safe to run before every build and test. */
export async function generateJsKernels() {
  const files = new Map([['elementwise.ts', elementwise(await loadRows())], ['casts.ts', casts()]]);
  for (const [name, types] of Object.entries(TEMPLATES)) {
    for (const type of types) files.set(`${name}-${type}.ts`, instantiate(name, type));
  }
  mkdirSync(target, { recursive: true });
  for (const [name, text] of files) {
    const path = join(target, name);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    // Renamed into place, so that a process that reads meanwhile sees whole files.
    const temporary = join(target, `.${process.pid}`);
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  }
  for (const name of readdirSync(target)) if (!files.has(name) && !name.startsWith('.')) rmSync(join(target, name));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await generateJsKernels();
