/**
 * The loader, its worker program and the datasets of the tests, bundled as the package is: worker threads start in
 * milliseconds, and in every version of Node. What is loaded is another copy of the library than the test's own.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { backendInfo } from 'flambeau';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

export interface LoaderProgram {
  readonly url: string;
  readonly modules: typeof import('../fixtures/loader/main.ts');
  remove(): void;
}

export async function loaderProgram(): Promise<LoaderProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-loader-'));
  // Whatever package.json lies above does not decide what the chunks are.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  await build({
    entryPoints: { main: path('test/fixtures/loader/main.ts'), 'data-worker': path('src/data/worker.ts') },
    outdir: folder, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error', tsconfigRaw: '{}',
    plugins: [{ name: 'keep-prebuilds', setup: ({ onResolve }) => onResolve({ filter: /prebuilds\.cjs$/ }, () => ({ path: './prebuilds.cjs', external: true })) }],
    // Bundled CommonJS packages look for Node's own modules by this name.
    banner: { js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);" },
  });
  copyFileSync(path('src/prebuilds.cjs'), join(folder, 'prebuilds.cjs'));
  // Away from its package the copy does not find its binary.
  process.env.FLAMBEAU_NATIVE_PATH = backendInfo().from ?? '';
  const url = pathToFileURL(join(folder, 'main.js')).href;
  const modules = (await import(/* @vite-ignore */ url)) as LoaderProgram['modules'];
  return { url, modules, remove: () => rmSync(folder, { recursive: true }) };
}
