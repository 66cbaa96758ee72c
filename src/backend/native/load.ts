/** Finds and loads the addon: an explicit path, else a local build, else the package's prebuilt binary. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as prebuilds from '../../prebuilds.cjs';
import { ABI, type Addon } from './addon.ts';
import { findDamage, platformKey } from './binary-file.ts';

/** A place where a binary was looked for, and why it was not used. */
export interface Attempt {
  readonly path: string;
  readonly reason: string;
}

export interface Loaded {
  readonly addon: Addon | null;
  /** The file the addon came from. */
  readonly from: string | null;
  readonly tried: readonly Attempt[];
}

const LOCAL_BUILDS = [['build', 'Release'], ['native', 'build', 'Release']] as const;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function packageVersion(): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(prebuilds.root, 'package.json'), 'utf8')) as { version?: string }).version;
  } catch {
    return undefined; // bundled away from its package.json: nothing to compare with
  }
}

function isAddon(value: unknown): value is Addon {
  return typeof value === 'object' && value !== null && (value as Partial<Addon>).abi === ABI;
}

/** Why the loaded module is not this version's addon, or undefined. */
function mismatch(module: unknown): string | undefined {
  if (!isAddon(module)) return 'the binary has another interface: it was built from another version';
  const version = packageVersion();
  if (version !== undefined && module.version !== version) return `the binary is of version ${module.version}, the package of ${version}`;
  return undefined;
}

/** What is used of the untyped package `bindings`: the path of the first file that exists. */
type FindBinding = (options: {
  readonly bindings: string;
  readonly module_root: string;
  readonly path: true;
  /** Path segments; names of options stand for their values. */
  readonly try: readonly (readonly string[])[];
}) => string;

const nodeRequire = createRequire(import.meta.url);

/** The local build, as `bindings` finds it. Release only: a Debug build left behind must not win. */
function localBuild(): string | undefined {
  try {
    // Required here: importing a CommonJS package costs 3 ms, and a bundle of an application has no local build.
    const bindings = nodeRequire('bindings') as FindBinding;
    return bindings({
      bindings: 'flambeau', module_root: prebuilds.root, path: true,
      try: LOCAL_BUILDS.map((folder) => ['module_root', ...folder, 'bindings']),
    });
  } catch {
    return undefined;
  }
}

function attempt(path: string, load: () => unknown): Addon | Attempt {
  try {
    const reason = existsSync(path) ? findDamage(path) : undefined;
    if (reason !== undefined) return { path, reason };
    const module = load();
    if (module === undefined) return { path, reason: `there is no prebuilt binary for ${platformKey()}` };
    const problem = mismatch(module);
    return problem === undefined ? (module as Addon) : { path, reason: problem };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' && !existsSync(path);
    return { path, reason: missing ? 'there is no such file' : message(error).split('\n')[0] };
  }
}

/** Tries every place in turn. `explicit` (FLAMBEAU_NATIVE_PATH) is the only one when it is given. */
export function loadAddon(explicit: string | undefined): Loaded {
  const tried: Attempt[] = [];
  const key = platformKey();
  const [folder, libc] = key.split('.');
  const prebuilt = join(prebuilds.root, 'prebuilds', folder, libc ? `flambeau.${libc}.node` : 'flambeau.node');
  const local = explicit ?? localBuild();
  const candidates: readonly (readonly [string, () => unknown])[] = [
    ...(local === undefined ? [] : [[local, () => nodeRequire(local) as unknown] as const]),
    ...(explicit === undefined ? [[prebuilt, () => prebuilds.load(key)] as const] : []),
  ];
  if (local === undefined) tried.push({ path: join(prebuilds.root, ...LOCAL_BUILDS[0], 'flambeau.node'), reason: 'there is no local build' });
  for (const [path, load] of candidates) {
    const result = attempt(path, load);
    if (isAddon(result)) return { addon: result, from: path, tried };
    tried.push(result);
  }
  return { addon: null, from: null, tried };
}

/** What the user can do about it. */
export function hintFor(tried: readonly Attempt[]): string {
  const reasons = tried.map((each) => each.reason).join('\n');
  if (/loading addons is disabled/i.test(reasons)) return 'native addons are switched off: run Node without --no-addons, or with --allow-addons under --permission';
  if (/GLIBC_|GLIBCXX_|ld-musl|libc\.musl/.test(reasons)) return 'the binary needs another C library: build it here with "npx flambeau build"';
  if (/truncated|version|interface/.test(reasons)) return 'the binary is damaged or old: reinstall the package, or build it with "npx flambeau build"';
  return 'build it with "npx flambeau build" (needs a C++20 compiler, make and Python 3)';
}
