/**
 * Which backend runs the kernels. The only file that names both.
 *
 * Hot paths read the live binding `active`; nothing is decided (and no binary is loaded) before its first use.
 */
import { isMainThread } from 'node:worker_threads';
import { setPlacing } from '../core/allocator.ts';
import { setWatcher } from '../core/pool.ts';
import { BackendError } from '../core/errors.ts';
import { FAMILIES, type Backend, type BackendName, type Family } from './backend.ts';
import { IN_TYPESCRIPT } from '../ops/typescript.ts';
import { loadJsBackend } from './js/load.ts';
import { NativeBackend } from './native/index.ts';
import { hintFor, loadAddon, type Attempt } from './native/load.ts';

export type { BackendName } from './backend.ts';

export interface BackendInfo {
  readonly backend: BackendName;
  /** The instruction set the native kernels use; null on the js backend. */
  readonly isa: string | null;
  /** Instruction sets this CPU can run, lowest first. */
  readonly isaLevels: readonly string[];
  readonly threads: number;
  /** The file of the native binary, also when the js backend is active; null when there is none. */
  readonly from: string | null;
  /** Where a native binary was looked for, and why it was not used. */
  readonly tried: readonly Attempt[];
  /** What to do to get the native backend; null when it is there. */
  readonly hint: string | null;
  /** Kernel families that have native code; calls of the others run in TypeScript. */
  readonly coverage: readonly Family[];
  /** Operations that run in TypeScript on both backends, with the reason. */
  readonly typescript: Readonly<Record<string, string>>;
  /** Ops and dtypes that native calls had to leave to TypeScript so far. */
  readonly fellBack: readonly string[];
}

interface NativeState {
  readonly backend: NativeBackend | null;
  readonly from: string | null;
  readonly tried: readonly Attempt[];
}

let nativeState: NativeState | undefined;

/** Loads the addon once, whatever comes of it. Environment variables are read here, never in native code. */
function native(): NativeState {
  if (nativeState !== undefined) return nativeState;
  const { FLAMBEAU_NATIVE_PATH, FLAMBEAU_ISA, FLAMBEAU_NUM_THREADS } = process.env;
  const { addon, from, tried } = loadAddon(FLAMBEAU_NATIVE_PATH || undefined);
  if (addon === null) return (nativeState = { backend: null, from, tried });
  if (FLAMBEAU_ISA) {
    // A level above what the CPU has is no error: the variable may only lower.
    if (addon.levels.includes(FLAMBEAU_ISA)) addon.setIsa(FLAMBEAU_ISA);
  }
  const threads = Number(FLAMBEAU_NUM_THREADS);
  if (Number.isInteger(threads) && threads >= 1) addon.setNumThreads(threads, !isMainThread);
  setPlacing(addon.place);
  setWatcher(addon);
  return (nativeState = { backend: new NativeBackend(addon, loadJsBackend), from, tried });
}

const explain = ({ tried }: NativeState): string =>
  `${tried.map(({ path, reason }) => `  ${path}: ${reason}`).join('\n')}\n  ${hintFor(tried)}`;

function resolve(name: BackendName): Backend {
  const chosen = named(name);
  return watch === null ? chosen : watch(chosen);
}

function named(name: BackendName): Backend {
  if (name === 'js') return loadJsBackend();
  if (name !== 'native') throw new BackendError(`setBackend: name expected 'js' or 'native', got ${JSON.stringify(name)}`);
  const state = native();
  if (state.backend === null) throw new BackendError(`the native backend cannot be loaded:\n${explain(state)}`);
  return state.backend;
}

/** The automatic choice: FLAMBEAU_BACKEND, else native where it loads. */
function choose(): Backend {
  const wanted = process.env.FLAMBEAU_BACKEND;
  if (wanted === 'js' || wanted === 'native') return resolve(wanted);
  if (wanted) throw new BackendError(`FLAMBEAU_BACKEND: expected js or native, got ${JSON.stringify(wanted)}`);
  const state = native();
  if (state.backend !== null) return state.backend;
  const last = state.tried[state.tried.length - 1];
  process.stderr.write(`flambeau: no native kernels (${last.reason}), using TypeScript ones; "npx flambeau info" says more\n`);
  return loadJsBackend();
}

/** Stands in until the first kernel call, allocation or question, then is replaced by the real choice. */
function undecided(): Backend {
  const decide = (): Backend => (active === placeholder ? (active = choose()) : active);
  const methods = Object.fromEntries([...FAMILIES, 'setNumThreads', 'numThreads'].map((method) =>
    [method, (...args: readonly unknown[]): unknown => {
      const chosen = decide() as unknown as Readonly<Record<string, (...all: readonly unknown[]) => unknown>>;
      return chosen[method](...args);
    }]));
  const placeholder = { ...methods, get name() { return decide().name; } } as Backend;
  return placeholder;
}

const placeholder = undecided();

/** The backend in use: a live binding, so that a kernel call costs no lookup. */
export let active: Backend = placeholder;

// Slabs are aligned with the addon's help, so the first allocation decides too.
setPlacing((bytes) => {
  backend();
  return nativeState?.backend?.addon.place(bytes) ?? 0;
});

/** The backend in use, decided if it was not yet. */
export function backend(): Backend {
  void active.name;
  return active;
}

// While somebody looks inside, the kernels stand behind a backend that tells of their calls.
let watch: ((inner: Backend) => Backend) | null = null;

/** Puts a wrapper around the kernels of the backend in use and of those chosen from now on; null takes it away. */
export function observe(wrapper: ((inner: Backend) => Backend) | null): void {
  const { name } = backend();
  watch = wrapper;
  active = wrapped(resolve(name));
}

// While vmap runs, the backend in use stands behind one that knows hidden batch dims.
let around: ((inner: Backend) => Backend) | null = null;
let bare: Backend | null = null;

const wrapped = (chosen: Backend): Backend => {
  if (around === null) return chosen;
  bare = chosen;
  return around(chosen);
};

/** Puts a wrapper around the backend in use and those chosen from now on; null takes it away. */
export function intercept(wrapper: ((inner: Backend) => Backend) | null): void {
  if (wrapper === null) {
    active = bare ?? active;
    bare = around = null;
    return;
  }
  backend();
  around = wrapper;
  active = wrapped(active);
}

/** Makes `name` the backend of all later operations. Tensors work on either. */
export function setBackend(name: BackendName): void {
  active = wrapped(resolve(name));
}

/** Replaces the backend, e.g. by one that records; returns the one before. */
export function replaceBackend(next: Backend): Backend {
  const before = backend();
  active = next;
  return before;
}

/** Runs `fn` on the backend `name`; `fn` must not be asynchronous. */
export function withBackend<T>(name: BackendName, fn: () => T): T {
  const before = active, bareBefore = bare;
  active = wrapped(resolve(name));
  try {
    const result = fn();
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
      throw new BackendError('withBackend: fn must not be async, the backend would change back before it is done');
    return result;
  } finally {
    active = before;
    bare = bareBefore;
  }
}

/** Which backend runs, with which instruction set and threads, where it came from, what was tried and what to do. */
export function backendInfo(): BackendInfo {
  const { name } = backend(), state = native(), addon = state.backend?.addon;
  return {
    backend: name,
    isa: name === 'native' && addon !== undefined ? addon.isa() : null,
    isaLevels: addon?.levels ?? [],
    threads: active.numThreads(),
    from: state.from,
    tried: state.tried,
    hint: addon === undefined ? hintFor(state.tried) : null,
    coverage: addon?.coverage ?? [],
    typescript: IN_TYPESCRIPT,
    fellBack: [...(state.backend?.fellBack ?? [])],
  };
}

/** How many threads kernels may use. */
export const getNumThreads = (): number => backend().numThreads();

/** Sets how many threads kernels may use, in a worker thread those of its own calls; results do not depend on it. */
export function setNumThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1) throw new BackendError(`setNumThreads: threads expected a positive integer, got ${threads}`);
  backend().setNumThreads(threads);
}
