/** Makes dist: one ESM bundle per entry of package.json's exports, shared chunks, and declarations. */
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
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
  // The program of a loader's worker threads, which src/data/worker-start.ts looks for beside its bundle.
  entries['data-worker'] = join(root, 'src/data/worker.ts');
  return entries;
}

/** The loader of binaries keeps its literal requires beside the bundles, where ../prebuilds is right. */
const keepPrebuilds = {
  name: 'keep-prebuilds',
  setup(build) {
    build.onResolve({ filter: /prebuilds\.cjs$/ }, () => ({ path: `./${PREBUILDS}`, external: true }));
  },
};

/**
 * Lets every entry import the main one, so that esbuild finds all of the library in reach of all of them and keeps it in
 * one file. Otherwise each part that some of them share is a file of its own: a tenth of the import time.
 */
const keepLibraryWhole = ({ index, ...others }) => ({
  name: 'keep-library-whole',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => (Object.values(others).includes(path)
      ? { contents: `import ${JSON.stringify(index)};\n${readFileSync(path, 'utf8')}`, loader: 'ts', resolveDir: dirname(path) } : undefined));
  },
});

/** A path below src, as imports write it. */
const inSources = (file) => relative(join(root, 'src'), file).replaceAll('\\', '/');

/**
 * Makes js-backend.cjs: a function of the modules that the js backend shares with the rest (frame, errors ...), of which
 * there must be one copy. Returns the plugin that lets its loader read it when it is first called.
 */
async function jsBackendApart(build) {
  const folder = join(root, 'src/backend/js'), shared = new Set();
  await build({
    ...COMMON, entryPoints: [join(folder, 'index.ts')], outfile: join(dist, 'js-backend.cjs'), format: 'cjs',
    banner: { js: 'module.exports=(shared)=>{const module={exports:{}},require=(path)=>shared[path];' },
    footer: { js: 'return module.exports.jsBackend};' },
    plugins: [{
      name: 'share',
      setup({ onResolve }) {
        onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) => {
          const file = join(resolveDir, path);
          if (kind === 'entry-point' || file.startsWith(folder)) return undefined;
          shared.add(file);
          return { path: inSources(file), external: true };
        });
      },
    }],
  });
  const names = [...shared].map(inSources);
  return {
    name: 'js-backend-apart',
    setup({ onLoad }) {
      onLoad({ filter: /backend[\\/]js[\\/]load\.ts$/ }, () => ({
        resolveDir: folder, loader: 'js',
        contents: `import { makeJsBackend } from '../../${PREBUILDS}';
${names.map((name, i) => `import * as s${i} from '../../${name}';`).join('\n')}
let made;
export const loadJsBackend = () => made ??= makeJsBackend({ ${names.map((name, i) => `'${name}': s${i}`).join(', ')} });`,
      }));
    },
  };
}

const COMMON = {
  bundle: true, platform: 'node', target: 'node20.19', packages: 'external', sourcemap: true, sourcesContent: false,
  // Half of the import time is parsing. Names stay: they are in error messages and in what modules print.
  minifyWhitespace: true, minifySyntax: true,
  // Modules that add methods to a class are imported for that effect alone.
  ignoreAnnotations: true, legalComments: 'none', logLevel: 'warning',
};

async function bundle(manifest) {
  const { build } = await import('esbuild');
  const entries = entryPoints(manifest), apart = await jsBackendApart(build);
  await build({
    ...COMMON, entryPoints: entries, outdir: dist, splitting: true, format: 'esm', chunkNames: 'chunk-[hash]',
    plugins: [keepPrebuilds, apart, keepLibraryWhole(entries)],
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
