/**
 * Makes the release binary of this platform: cmake-js in Release, stripped, moved to prebuilds/<platform>-<arch>.
 *
 * usage: node scripts/make-prebuild.mjs [--arch <arch>] [--libc glibc|musl] [-- <further cmake-js options>]
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/native.mjs';

const { values, positionals } = parseArgs({
  options: { arch: { type: 'string', default: process.arch }, libc: { type: 'string' } }, allowPositionals: true,
});
const { platform } = process;

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} failed${error ? `: ${error.message}` : ''}`);
}

const detectLibc = () => (readFileSync('/proc/self/maps', 'utf8').includes('ld-musl-') ? 'musl' : 'glibc');

const out = join(root, 'build-cmake', `prebuild-${values.arch}`);
const cmakeJs = createRequire(join(root, 'package.json')).resolve('cmake-js/bin/cmake-js');
run(process.execPath, [cmakeJs, 'compile', '--out', out, '--arch', values.arch, '--CDFLAMBEAU_TESTS=OFF', ...positionals]);

const built = [join(out, 'Release/flambeau.node'), join(out, 'flambeau.node')].find(existsSync);
if (built === undefined) throw new Error(`cmake-js left no flambeau.node in ${out}`);

const folder = join(root, 'prebuilds', `${platform}-${values.arch}`);
const target = join(folder, platform === 'linux' ? `flambeau.${values.libc ?? detectLibc()}.node` : 'flambeau.node');
mkdirSync(folder, { recursive: true });
// Never write into a file that a process may have mapped: a half-written binary is a crash, not an error.
const fresh = `${target}.${process.pid}`;
copyFileSync(built, fresh);
if (platform === 'linux') run(process.env.STRIP ?? 'strip', ['--strip-unneeded', fresh]);
if (platform === 'darwin') run(process.env.STRIP ?? 'strip', ['-x', fresh]);
renameSync(fresh, target);
console.log(`${target} (${(statSync(target).size / 1024).toFixed(0)} KB)`);
