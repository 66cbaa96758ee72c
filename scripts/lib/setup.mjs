/** From a bare clone to a runnable one: dependencies, generated kernels, native addon. Each step only redoes what changed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const packagesOf = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined);

/** Whether node_modules holds what package-lock.json asks for; packages of other platforms may be absent. */
function dependenciesAreCurrent() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined) throw new Error('package-lock.json is missing');
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional, peer, link }]) =>
    path === '' || link || present[path]?.version === version || ((optional || peer) && present[path] === undefined));
}

/** npm of the running Node, without a shell where possible. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  return spawnSync(command, [...before, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' && !cli }).status === 0;
}

/**
 * Returns whether the native addon is there. Prints a line per step that had something to do.
 *
 * @param {{ native?: boolean, log?: (line: string) => void }} [options] native: false skips the compiler
 * @returns {Promise<{ native: boolean }>}
 */
export async function setUp({ native = true, log = console.log } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`flambeau needs Node 20.19 or later, this is ${process.version}`);
  if (!dependenciesAreCurrent()) {
    log('installing dependencies (npm ci)');
    if (!npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'])) throw new Error('npm ci failed');
  }
  // These need what was just installed.
  const { generateJsKernels } = await import('../generate-js-kernels.mjs');
  await generateJsKernels();
  if (!native) return { native: false };
  const { buildNative } = await import('./native.mjs');
  log('native: compiling what changed (two minutes the first time)');
  const built = await buildNative({ quiet: true });
  log(built.summary);
  return { native: built.ok };
}
