/** Makes dist: one ESM bundle per entry of package.json's exports, shared chunks, and declarations. */
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { generateJsKernels } from '../generate-js-kernels.mjs';
import { hashOf, isCurrent, record } from './inputs.mjs';
import { root } from './native.mjs';

const dist = join(root, 'dist');
const PREBUILDS = 'prebuilds.cjs';

/** `{ index: 'src/index.ts', plot: 'src/plot/index.ts', ... }`, from the exports that point at bundles. */
function entryPoints(manifest) {
  const entries = {};
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target !== 'object') continue;
    const name = subpath === '.' ? 'index' : subpath.slice(2);
    entries[name] = join(root, 'src', subpath === '.' ? '' : name, 'index.ts');
  }
  return entries;
}

/** The loader of binaries keeps its literal requires beside the bundles, where ../prebuilds is right. */
const keepPrebuilds = {
  name: 'keep-prebuilds',
  setup(build) {
    build.onResolve({ filter: /prebuilds\.cjs$/ }, () => ({ path: `./${PREBUILDS}`, external: true }));
  },
};

async function bundle(manifest) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: entryPoints(manifest), outdir: dist, bundle: true, splitting: true, format: 'esm', platform: 'node',
    target: 'node20.19', packages: 'external', chunkNames: 'chunk-[hash]', sourcemap: true, sourcesContent: false,
    // Half of the import time is parsing. Names stay: they are in error messages and in what modules print.
    minifyWhitespace: true, minifySyntax: true,
    // Modules that add methods to a class are imported for that effect alone.
    ignoreAnnotations: true, legalComments: 'none', logLevel: 'warning', plugins: [keepPrebuilds],
  });
  copyFileSync(join(root, 'src', PREBUILDS), join(dist, PREBUILDS));
}

function declarations() {
  const tsc = createRequire(join(root, 'package.json')).resolve('typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { cwd: root, stdio: 'inherit' }).status === 0;
}

/**
 * @param {{ types?: boolean }} [options] without types only the bundles are made
 * @returns {Promise<{ ok: boolean, changed: boolean, summary: string }>}
 */
export async function buildTypeScript({ types = true } = {}) {
  const start = performance.now();
  await generateJsKernels();
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const hash = hashOf(['src', 'tsconfig.json', 'tsconfig.build.json', 'scripts/lib/typescript.mjs', 'package.json'].map((path) => join(root, path)));
  const bundles = join(dist, '.bundles'), declared = join(dist, '.declarations');
  const stale = !isCurrent(bundles, hash), undeclared = types && !isCurrent(declared, hash);
  if (!stale && !undeclared) return { ok: true, changed: false, summary: 'dist: up to date' };
  if (stale) {
    rmSync(dist, { recursive: true, force: true });
    await bundle(manifest);
    record(bundles, hash);
  }
  if (types) {
    if (!declarations()) return { ok: false, changed: true, summary: 'dist: the declarations have type errors' };
    if (existsSync(join(root, 'src/prebuilds.d.cts'))) copyFileSync(join(root, 'src/prebuilds.d.cts'), join(dist, 'prebuilds.d.cts'));
    record(declared, hash);
  }
  return { ok: true, changed: true, summary: `dist: built in ${((performance.now() - start) / 1000).toFixed(1)} s` };
}
