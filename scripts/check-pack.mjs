/**
 * Packs the package as it would be published, checks what is in it, installs it with --ignore-scripts in an empty
 * directory, and runs a script there against the installed package.
 *
 * usage: node scripts/check-pack.mjs [--run <script.mjs>] [--node <other node binary>]... [--keep]
 *
 * dist and the prebuilt binary of this platform must have been built (npm run build:ts, npm run prebuild:make).
 * A script is copied next to the installed package, so `import 'flambeau'` is the packed one. Without --run, the
 * package is imported and `flambeau info` and `flambeau bench` are called.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/native.mjs';

const MAX_PACKED = 8e6, MAX_UNPACKED = 24e6;  // bytes

const { values } = parseArgs({
  options: {
    run: { type: 'string', multiple: true, default: [] },
    node: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
  },
});

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function call(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, shell: process.platform === 'win32', ...options });
  check(result.status === 0, `${command} ${args.join(' ')} failed\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  return result.stdout;
}

function checkManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  check(manifest.gypfile === false, 'package.json: "gypfile" must be false, or npm publish adds an install script');
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
    check(!(script in (manifest.scripts ?? {})), `package.json: a ${script} script is blocked by npm 12 and fails pnpm 11`);
  for (const name of ['node-addon-api', 'bindings'])
    check(name in manifest.dependencies, `package.json: ${name} must be a dependency, source builds need it`);
  return manifest;
}

function checkFiles(packed) {
  const files = new Set(packed.files.map(({ path }) => path));
  const present = (path) => check(files.has(path), `the package lacks ${path}`);
  check(!files.has('binding.gyp'), 'a root binding.gyp makes npm compile at install');
  for (const path of files) check(!/^(src|test|bench|native\/(tests|build))\//.test(path), `the package must not contain ${path}`);
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/prebuilds.cjs', 'dist/js-backend.cjs', 'bin/flambeau.mjs', 'native/binding.gyp',
    'native/addon.gypi', 'native/sources.json', 'scripts/build-native.mjs', 'scripts/lib/native.mjs', 'scripts/lib/inputs.mjs', 'LICENSE', 'README.md']) present(path);
  const sources = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8'));
  for (const path of [...sources.core, ...sources.addon, ...Object.keys(sources.isa).flatMap((isa) => sources.parts.map((part) => `isa/${isa}/${part}.cpp`))]) present(`native/${path}`);
  const prefix = `prebuilds/${process.platform}-${process.arch}/`;
  check([...files].some((path) => path.startsWith(prefix) && path.endsWith('.node')), `the package has no binary in ${prefix}`);
  check(packed.size < MAX_PACKED, `the package is ${packed.size} bytes, the budget ${MAX_PACKED}`);
  check(packed.unpackedSize < MAX_UNPACKED, `the package unpacks to ${packed.unpackedSize} bytes, the budget ${MAX_UNPACKED}`);
}

const PROBE = `
import { backendInfo } from 'flambeau';
const info = backendInfo();
if (info.backend !== 'native' || !info.from.includes('prebuilds')) { console.error(info); process.exit(1); }
`;

const work = mkdtempSync(join(tmpdir(), 'flambeau-pack-'));
try {
  const manifest = checkManifest();
  const [packed] = JSON.parse(call('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] }));
  checkFiles(packed);
  console.log(`${packed.filename}: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(2)} MB, unpacked ${(packed.unpackedSize / 1e6).toFixed(2)} MB`);

  const app = mkdtempSync(join(work, 'app-'));
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  call('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', join(work, packed.filename)], { cwd: app });
  check(!existsSync(join(app, 'node_modules', manifest.name, 'binding.gyp')), 'the installed package has a root binding.gyp');

  writeFileSync(join(app, 'probe.mjs'), PROBE);
  const scripts = ['probe.mjs'];
  for (const script of values.run) {
    copyFileSync(resolve(script), join(app, basename(script)));
    scripts.push(basename(script));
  }
  const env = { ...process.env };
  for (const name of ['FLAMBEAU_BACKEND', 'FLAMBEAU_NATIVE_PATH', 'NODE_OPTIONS', 'NODE_PATH']) delete env[name];
  for (const node of [process.execPath, ...values.node.map((path) => resolve(path))]) {
    const version = call(node, ['--version']).trim();
    for (const script of scripts) {
      const output = call(node, [script], { cwd: app, env });
      console.log(`${version} ${script}: ok${output.trim() === '' ? '' : `\n${output.trimEnd()}`}`);
    }
    const cli = join(app, 'node_modules', manifest.name, 'bin/flambeau.mjs');
    for (const command of values.run.length === 0 ? ['info', 'bench'] : ['info'])
      console.log(`${version} flambeau ${command}\n${call(node, [cli, command], { cwd: app, env }).trimEnd()}`);
  }
} finally {
  if (values.keep) console.log(`kept ${work}`);
  else rmSync(work, { recursive: true, force: true });
}
