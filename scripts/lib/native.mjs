/** Running node-gyp: where its headers come from, when it must configure again. Used by scripts and by bin/flambeau. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone, hashOf, isCurrent, record } from './inputs.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Node's own headers, so that nothing has to be downloaded; undefined lets node-gyp fetch them. */
export function nodeDir() {
  const candidates = [process.env.npm_config_nodedir, resolve(process.execPath, '../..')];
  return candidates.find((dir) => dir && existsSync(join(dir, 'include/node/common.gypi')));
}

/** node-gyp of the project, else the one that ships with npm. */
function nodeGyp() {
  const npm = [
    resolve(process.execPath, '../../lib/node_modules/npm'), resolve(process.execPath, '../../share/nodejs/npm'),
    resolve(process.execPath, '../node_modules/npm'),
    ...(process.env.npm_execpath ? [resolve(process.env.npm_execpath, '../..')] : []),
  ];
  for (const from of [root, ...npm]) {
    try {
      return createRequire(join(from, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
    } catch {
      continue;
    }
  }
  return undefined;
}

function run(command, args, { cwd, quiet }) {
  return new Promise((done) => {
    const output = [];
    const child = spawn(command, args, { cwd, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => done({ code: 1, output: String(error) }));
    child.on('close', (code) => done({ code: code ?? 1, output: Buffer.concat(output).toString() }));
  });
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** make compares times and flags itself; configuring is needed when the lists or the toolchain's inputs changed. */
function configuration(gypDir) {
  const inputs = [join(gypDir, 'binding.gyp'), join(root, 'native/addon.gypi'), join(root, 'native/sources.json')];
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return hashOf(inputs, version, process.execPath, process.version, process.env.CXX ?? '', process.env.CXXFLAGS ?? '');
}

/**
 * @param {{ rebuild?: boolean, quiet?: boolean }} [options]
 * @returns {Promise<{ ok: boolean, changed: boolean, path: string, summary: string }>}
 */
export function buildNative(options = {}) {
  return alone(join(root, '.cache/native-build'), () => build(options));
}

async function build({ rebuild = false, quiet = false }) {
  const gypDir = existsSync(join(root, 'binding.gyp')) ? root : join(root, 'native');
  const path = join(gypDir, 'build/Release/flambeau.node');
  const gyp = nodeGyp();
  if (gyp === undefined)
    return { ok: false, changed: false, path, summary: 'node-gyp not found: npm install --no-save node-gyp' };
  const stamp = join(gypDir, 'build/flambeau.configuration');
  const wanted = configuration(gypDir);
  const configured = isCurrent(stamp, wanted);
  const before = modified(path), start = performance.now();
  const steps = rebuild ? ['rebuild'] : configured ? ['build'] : ['configure', 'build'];
  const dir = nodeDir();
  for (const step of steps) {
    const args = [gyp, step, '--release', ...(quiet ? ['--loglevel=error'] : []), '-j', String(availableParallelism()), ...(dir ? [`--nodedir=${dir}`] : [])];
    const { code, output } = await run(process.execPath, args, { cwd: gypDir, quiet });
    if (code !== 0) {
      if (quiet) process.stderr.write(output);
      return { ok: false, changed: false, path, summary: `node-gyp ${step} failed; a C++20 compiler, make and Python 3 are needed` };
    }
  }
  record(stamp, wanted);
  const changed = modified(path) !== before;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return { ok: true, changed, path, summary: changed ? `native: built ${path} in ${seconds} s` : 'native: up to date' };
}
