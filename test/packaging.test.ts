/** What the published package consists of, as far as it can be seen without building it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../src/backend/backend.ts';
import { FAMILY_OPS } from '../src/backend/native/op-codes.ts';
import { BINARY, TERNARY, UNARY, type Row } from '../src/ops/elementwise.ts';
import { ACTIVATIONS } from '../src/ops/families.ts';
import { findDamage, platformKey } from '../src/backend/native/binary-file.ts';
import { hintFor, loadAddon } from '../src/backend/native/load.ts';
import { FRAME_LENGTH } from '../src/core/frame.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(text('package.json')) as {
  readonly version: string;
  readonly gypfile: boolean;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
};
interface Sources {
  readonly core: readonly string[];
  readonly addon: readonly string[];
  readonly flags: readonly string[];
  /** Every ISA build is compiled in these, each a file of its folder. */
  readonly parts: readonly string[];
  readonly isa: Readonly<Record<string, { readonly arch: string; readonly flags: readonly string[] }>>;
}
const sources = JSON.parse(text('native/sources.json')) as Sources;

describe('package.json', () => {
  test('nothing runs at install, and npm publish adds nothing that would', () => {
    expect(manifest.gypfile).toBe(false);
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) expect(manifest.scripts).not.toHaveProperty(script);
  });

  test('a source build has what it needs', () => {
    expect(manifest.dependencies).toHaveProperty('node-addon-api');
    expect(manifest.dependencies).toHaveProperty('bindings');
  });

  test('the packed files: sources of the addon, no root binding.gyp, no tests', () => {
    const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], shell: process.platform === 'win32' })) as [{ files: readonly { readonly path: string }[] }];
    const paths = new Set(files.map(({ path }) => path));
    expect(paths).not.toContain('binding.gyp');
    expect([...paths].filter((path) => /^(src|test|bench|examples|native\/(tests|build))\//.test(path))).toEqual([]);
    for (const path of ['bin/flambeau.mjs', 'native/binding.gyp', 'native/addon.gypi', 'native/sources.json', 'scripts/build-native.mjs',
      'scripts/lib/native.mjs', 'scripts/lib/inputs.mjs', ...sources.core.map((each) => `native/${each}`)]) expect(paths).toContain(path);
  });
});

describe('sources.json', () => {
  test('names files that exist, and no source file is forgotten', () => {
    for (const path of [...sources.core, ...sources.addon, ...Object.keys(sources.isa).flatMap((isa) => sources.parts.map((part) => `isa/${isa}/${part}.cpp`))])
      expect(existsSync(join(root, 'native', path)), path).toBe(true);
    const tracked = execFileSync('git', ['ls-files', 'native/*.cpp', 'native/addon/*.cpp'], { cwd: root, encoding: 'utf8' })
      .trim().split('\n').filter((path) => !/native\/(tests|isa)\//.test(path)).map((path) => path.slice('native/'.length));
    expect([...sources.core, ...sources.addon].sort()).toEqual([...new Set(tracked)].sort());
  });

  test('no flag lets a compiler change results or the floating-point environment', () => {
    const flags = [...sources.flags, ...Object.values(sources.isa).flatMap((isa) => isa.flags)];
    expect(flags).toContain('-ffp-contract=off');
    for (const flag of flags) expect(flag).not.toMatch(/fast-math|^-Ofast|unsafe-math|finite-math|associative/);
    for (const file of ['native/addon.gypi', 'CMakeLists.txt']) expect(text(file)).not.toMatch(/fast-math|Ofast/);
  });
});

const rows: Readonly<Record<string, Row>> = { ...UNARY, ...BINARY, ...TERNARY };

describe('contracts between the languages', () => {
  const loaded = loadAddon(undefined);
  const addon = (): NonNullable<typeof loaded.addon> => {
    if (loaded.addon === null) throw new Error(`no addon: ${JSON.stringify(loaded.tried)}`);
    return loaded.addon;
  };

  test('every family has a function, and lists the ops that the rows name', () => {
    for (const family of FAMILIES) {
      expect(addon()[family], family).toBeTypeOf('function');
      // Rows that run in TypeScript on both backends stand last, and the binary does not know them.
      expect(addon().ops[family], family).toEqual(FAMILY_OPS[family]?.filter((op) => (rows[op] as Row | undefined)?.native !== false));
    }
  });

  test('activations are the same list', () => {
    const list = /activation_names\[\] = \{([^}]*)\}/.exec(text('native/op_names.h'))?.[1] ?? '';
    expect(list.match(/"(\w+)"/g)?.map((name) => name.slice(1, -1))).toEqual([...ACTIVATIONS]);
  });

  test('the frame has one length', () => {
    const set = addon().setFrame;
    expect(() => set(new Int32Array(new SharedArrayBuffer((FRAME_LENGTH - 1) * 4)))).toThrow(TypeError);
    expect(() => set(new Int32Array(new SharedArrayBuffer(FRAME_LENGTH * 4)))).not.toThrow();
  });

  test('the binary was built from this version', () => {
    expect(addon().version).toBe(manifest.version);
  });
});

describe('finding a binary', () => {
  test('the loader requires every platform by a literal path that its key names', () => {
    const cases = [...text('src/prebuilds.cjs').matchAll(/case '([\w-]+)(?:\.(\w+))?': return require\('([^']+)'\)/g)];
    expect(cases.length).toBeGreaterThanOrEqual(8);
    for (const [, folder, libc, path] of cases) expect(path).toBe(`../prebuilds/${folder}/flambeau${libc ? `.${libc}` : ''}.node`);
    if (process.platform !== 'freebsd') expect(cases.map(([, folder, libc]) => (libc ? `${folder}.${libc}` : folder))).toContain(platformKey());
  });

  test('a complete file has no damage', () => {
    expect(findDamage(process.execPath)).toBeUndefined();
    const work = mkdtempSync(join(tmpdir(), 'flambeau-damage-'));
    try {
      writeFileSync(join(work, 'short'), 'x');
      expect(findDamage(join(work, 'short'))).toBe('the file is truncated (1 bytes)');
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  test.each([
    ['/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38\' not found', /another C library/],
    ['Cannot load native addon because loading addons is disabled.', /--no-addons/],
    ['the file is truncated (12 of 400 bytes)', /damaged or old/],
    ['the binary is of version 0.0.1, the package of 0.1.0', /damaged or old/],
    ['there is no such file', /npx flambeau build/],
  ])('the hint for "%s"', (reason, hint) => {
    expect(hintFor([{ path: 'x.node', reason }])).toMatch(hint);
  });
});
