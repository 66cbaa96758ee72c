/** How a worker thread comes to run worker.ts and the modules of the user. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ArgumentError } from '../core/errors.ts';

/** The worker's program: beside this module in the sources, beside the bundles in the package. */
export const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './data-worker.js', import.meta.url).href;

/** Whether this is a copy of the library that a loader made for CommonJS, as tsx does for a program that is no ES module. */
export const IS_COMMON_JS = typeof module !== 'undefined';

const isTypeScript = (url: string): boolean => /\.[cm]?tsx?(\?|$)/.test(url);

/** The first TypeScript module among those a worker imports, where Node cannot read it by itself. */
export function foreignTypeScript(modules: readonly string[]): string | null {
  const { typescript } = process.features as { readonly typescript?: string | false };
  return typescript ? null : modules.find(isTypeScript) ?? null;
}

/** Where to look for tsx: where this process was started with it, from the module that needs it, from the working folder. */
export const tsxBases = (module: string): string[] => [
  ...process.execArgv.map((flag) => flag.replace(/^--(import|require|loader)=/, '')).filter((flag) => /^(file:|\/|[A-Za-z]:\\).*tsx/.test(flag)), module, pathToFileURL('./package.json').href,
];

/**
 * The first lines of every worker, as text, so that they need no file of their own and run as a script or as a module,
 * whatever flags the process was started with. Node without TypeScript gets tsx: its own hooks, which
 * `tsx train.ts` installs, reach the workers of newer versions of Node only.
 */
export const START = `
(async () => {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  if (workerData.typescript !== null) {
    const { createRequire } = process.getBuiltinModule('node:module'), { pathToFileURL } = process.getBuiltinModule('node:url');
    let from, manifest;
    for (const base of workerData.tsxBases) {
      try {
        from = createRequire(base);
        manifest = from.resolve('tsx/package.json');
        break;
      } catch {}
    }
    if (manifest === undefined) throw new Error('this version of Node does not read TypeScript: install tsx, use Node 22.18 or later, or compile ' + workerData.typescript);
    for (const kind of ['./cjs/api', './esm/api']) {
      const { import: path } = from(manifest).exports[kind];
      (await import(new URL(path.default ?? path, pathToFileURL(manifest)))).register();
    }
  }
  // The user's modules must meet the same instance of the library as the worker's program.
  if (workerData.commonJs) process.getBuiltinModule('node:module').createRequire(workerData.entry)(process.getBuiltinModule('node:url').fileURLToPath(workerData.entry));
  else await import(workerData.entry);
})();
`;

/** A worker that imported the main script would run it: the training, and its loops over workers, once more. */
export function refuseMainScript(modules: Iterable<string>): void {
  const [, script] = process.argv;
  if (script === undefined) return;
  let main: string;
  try {
    main = pathToFileURL(realpathSync(script)).href;
  } catch {
    return; // the process was started in another way
  }
  for (const module of modules) {
    if (module.replace(/[?#].*$/, '') !== main) continue;
    throw new ArgumentError('DataLoader', 'numWorkers', `needs what the workers use in a module of its own: ${module} is the program itself, and a worker that imports it would run it`);
  }
}
