/** Which backend is chosen, what is reported, and what happens when the binary cannot be used. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { BackendError } from '../src/core/errors.ts';
import { active, backend, backendInfo, setBackend, setNumThreads, withBackend, type BackendInfo } from '../src/backend/select.ts';
import { loadAddon } from '../src/backend/native/load.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'flambeau-select-'));
const select = join(work, 'select.mjs');
let binary: string;

beforeAll(async () => {
  const { from, tried } = loadAddon(undefined);
  if (from === null) throw new Error(`no addon: ${JSON.stringify(tried)}`);
  binary = from;
  // Children run the sources as one plain module, away from every build: it finds only the binary that a test names.
  const { build } = await import('esbuild');
  await build({ entryPoints: [join(root, 'src/backend/select.ts')], outfile: select, bundle: true, format: 'esm', platform: 'node',
    banner: { js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(${JSON.stringify(join(root, 'package.json'))}), __dirname = ${JSON.stringify(join(work, 'src'))};` },
    external: ['../prebuilds/*', './js-backend.cjs'], logLevel: 'error' });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Child {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs code with `s` = the module select.ts in a process of its own. */
function child(code: string, env: Readonly<Record<string, string>> = {}, nodeOptions: readonly string[] = []): Child {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FLAMBEAU_') && name !== 'NODE_OPTIONS'));
  const script = `const s = await import(${JSON.stringify(`file://${select}`)});\n${code}`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, '--input-type=module', '-e', script], { encoding: 'utf8', env: { ...clean, ...env } });
  return { status, signal, stdout, stderr };
}

function infoOf(env: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []): BackendInfo & { readonly stderr: string } {
  const { stdout, stderr, status, signal } = child('console.log(JSON.stringify(s.backendInfo()))', env, nodeOptions);
  if (status !== 0) throw new Error(`the child failed (${String(status ?? signal)}): ${stderr}`);
  return { ...(JSON.parse(stdout) as BackendInfo), stderr };
}

describe('choosing a backend', () => {
  test('native is chosen where its binary loads, and says so', () => {
    const info = infoOf({ FLAMBEAU_NATIVE_PATH: binary });
    expect(info).toMatchObject({ backend: 'native', from: binary, hint: null, tried: [], stderr: '' });
    expect(info.isaLevels).toContain(info.isa);
    expect(info.threads).toBeGreaterThanOrEqual(1);
  });

  test('FLAMBEAU_BACKEND=js uses TypeScript and says nothing', () => {
    expect(infoOf({ FLAMBEAU_BACKEND: 'js', FLAMBEAU_NATIVE_PATH: binary })).toMatchObject({ backend: 'js', isa: null, stderr: '' });
  });

  test('FLAMBEAU_BACKEND=native throws and explains where the binary cannot load', () => {
    const { status, stderr } = child('s.backend()', { FLAMBEAU_BACKEND: 'native', FLAMBEAU_NATIVE_PATH: join(work, 'absent.node') });
    expect(status).toBe(1);
    expect(stderr).toMatch(/BackendError: the native backend cannot be loaded:\n.*absent\.node: there is no such file\n.*npx flambeau build/s);
  });

  test('another FLAMBEAU_BACKEND is refused', () => {
    expect(child('s.backend()', { FLAMBEAU_BACKEND: 'cuda' }).stderr).toMatch('FLAMBEAU_BACKEND: expected js or native, got "cuda"');
  });

  test('nothing is loaded or printed before the first use', () => {
    expect(child('', { FLAMBEAU_NATIVE_PATH: join(work, 'absent.node') })).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('the fallback prints one line, once', () => {
    const { status, stderr } = child('s.backend(); s.backendInfo(); s.backend(); s.active.numThreads();', { FLAMBEAU_NATIVE_PATH: join(work, 'absent.node') });
    expect(status).toBe(0);
    expect(stderr).toBe('flambeau: no native kernels (there is no such file), using TypeScript ones; "npx flambeau info" says more\n');
  });

  test('FLAMBEAU_ISA lowers the instruction set and never raises it', () => {
    const highest = infoOf({ FLAMBEAU_NATIVE_PATH: binary });
    expect(infoOf({ FLAMBEAU_NATIVE_PATH: binary, FLAMBEAU_ISA: highest.isaLevels[0] }).isa).toBe(highest.isaLevels[0]);
    expect(infoOf({ FLAMBEAU_NATIVE_PATH: binary, FLAMBEAU_ISA: 'avx1024' }).isa).toBe(highest.isa);
  });

  test('FLAMBEAU_NUM_THREADS sets the threads', () => {
    expect(infoOf({ FLAMBEAU_NATIVE_PATH: binary, FLAMBEAU_NUM_THREADS: '3' }).threads).toBe(3);
    expect(infoOf({ FLAMBEAU_NATIVE_PATH: binary, FLAMBEAU_NUM_THREADS: 'many' }).threads).toBeGreaterThanOrEqual(1);
  });
});

describe('a binary that cannot be used', () => {
  const broken = (name: string, bytes: Uint8Array): BackendInfo & { readonly stderr: string } => {
    const path = join(work, name);
    writeFileSync(path, bytes);
    const info = infoOf({ FLAMBEAU_NATIVE_PATH: path });
    expect(info.backend).toBe('js');
    expect(info.from).toBeNull();
    expect(info.tried).toHaveLength(1);
    expect(info.tried[0].path).toBe(path);
    expect(info.stderr.trim().split('\n')).toHaveLength(1);
    return info;
  };

  test.each([0, 40, 4096, 0.5, 0.97])('truncated to %d (bytes, or of its size): the fallback, with the reason', (length) => {
    const whole = readFileSync(binary);
    const info = broken(`truncated-${length}.node`, whole.subarray(0, length > 0 && length < 1 ? Math.floor(whole.length * length) : length));
    expect(info.tried[0].reason).toMatch(/^the file is truncated \(\d+/);
    expect(info.hint).toMatch('npx flambeau build');
  });

  test('of another version: the fallback, with both versions', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const patched = Buffer.from(readFileSync(binary));
    const at = patched.indexOf(`\0${version}\0`);
    expect(at).toBeGreaterThan(0);
    patched.write('9', at + 1);
    // In this process: the bundle of the children has no package.json beside it to compare with.
    const old = join(work, 'old.node');
    writeFileSync(old, patched);
    const { addon, tried } = loadAddon(old);
    expect(addon).toBeNull();
    expect(tried[0].reason).toBe(`the binary is of version 9${version.slice(1)}, the package of ${version}`);
  });

  test('not an addon at all: the fallback, with what the loader says', () => {
    expect(broken('text.node', Buffer.from('this is not a shared object'.repeat(10))).tried[0].reason).toMatch(/invalid ELF header|not a mach-o|not a valid/i);
  });

  test('a module with another interface: the fallback', () => {
    const other = join(work, 'other.cjs');
    writeFileSync(other, `module.exports = { abi: -1 }; // ${'padding '.repeat(20)}`);
    const info = infoOf({ FLAMBEAU_NATIVE_PATH: other });
    expect(info).toMatchObject({ backend: 'js', from: null, tried: [{ path: other, reason: 'the binary has another interface: it was built from another version' }] });
  });

  test('--no-addons: the fallback, and the hint names the flag', () => {
    const info = infoOf({ FLAMBEAU_NATIVE_PATH: binary }, ['--no-addons']);
    expect(info.backend).toBe('js');
    expect(info.hint).toMatch('--no-addons');
  });
});

describe('changing the backend', () => {
  test('withBackend changes it for a scope, also when the function throws', () => {
    setBackend('native');
    expect(withBackend('js', () => active.name)).toBe('js');
    expect(() => withBackend('js', () => { throw new Error('inside'); })).toThrow('inside');
    expect(backend().name).toBe('native');
  });

  test('withBackend refuses an async function', () => {
    expect(() => withBackend('js', async () => 1)).toThrow(BackendError);
    expect(backend().name).toBe('native');
  });

  test('an unknown name is refused', () => {
    expect(() => setBackend('gpu' as 'js')).toThrow(/expected 'js' or 'native', got "gpu"/);
  });

  test('setNumThreads takes whole numbers from 1', () => {
    const before = backendInfo().threads;
    setNumThreads(2);
    expect(backendInfo().threads).toBe(2);
    setNumThreads(before);
    for (const wrong of [0, -1, 1.5, NaN]) expect(() => setNumThreads(wrong)).toThrow(BackendError);
  });
});

test('loading the addon leaves denormal numbers alone', () => {
  backendInfo();
  expect(1e-310 * Number('1')).not.toBe(0);
  expect(child('s.backendInfo(); process.exit(1e-310 * Number("1") === 0 ? 1 : 0)', { FLAMBEAU_NATIVE_PATH: binary }).status).toBe(0);
});

test('what runs in TypeScript on both backends is named with the reason, and exists', () => {
  const { typescript } = torch.backendInfo();
  const scopes: readonly object[] = [torch, torch.special, torch.nn.functional, torch.Tensor.prototype];
  for (const [name, reason] of Object.entries(typescript)) {
    expect(reason, name).not.toBe('');
    const [scope, member] = name.includes('.') ? name.split('.') : ['', name];
    const found = scope === '' ? scopes.some((each) => member in each) : member in (torch as unknown as Record<string, object>)[scope];
    expect(found, name).toBe(true);
  }
});
