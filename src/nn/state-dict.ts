/** Loading a state dict: everything is checked and reported at once, and only then is anything written. */
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Module } from './module.ts';

/** Tensors by dotted name, in PyTorch's order and with PyTorch's keys. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** What a loaded state dict lacked and what it had too much; prints as PyTorch's. */
export class LoadReport {
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];

  constructor(missingKeys: string[], unexpectedKeys: string[]) {
    this.missingKeys = missingKeys;
    this.unexpectedKeys = unexpectedKeys;
  }

  toString(): string {
    const { missingKeys, unexpectedKeys } = this;
    if (missingKeys.length + unexpectedKeys.length === 0) return '<All keys matched successfully>';
    const list = (keys: readonly string[]): string => `[${keys.map((key) => `'${key}'`).join(', ')}]`;
    return `_IncompatibleKeys(missing_keys=${list(missingKeys)}, unexpected_keys=${list(unexpectedKeys)})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A state dict that does not fit the module. */
export class StateDictError extends ArgumentError {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
  readonly mismatches: readonly string[];

  constructor(module: string, missing: readonly string[], unexpected: readonly string[], mismatches: readonly string[]) {
    const problems = [
      ...(missing.length ? [`missing keys: ${missing.join(', ')}`] : []),
      ...(unexpected.length ? [`unexpected keys: ${unexpected.join(', ')}`] : []),
      ...mismatches,
    ];
    super('loadStateDict', 'stateDict', `does not fit ${module}:\n  ${problems.join('\n  ')}`);
    this.missingKeys = missing;
    this.unexpectedKeys = unexpected;
    this.mismatches = mismatches;
  }
}

type Loadable = Pick<Module, 'namedState' | 'stateHooks'>;

export function loadStateDict(module: Loadable, given: StateDict, strict: boolean): LoadReport {
  const stateDict = prepared(module, given, strict);
  const missingKeys: string[] = [], mismatches: string[] = [];
  const copies: [Tensor, Tensor][] = [];
  const known = new Set<string>();
  for (const [name, target, mayLack] of module.namedState()) {
    known.add(name);
    if (!Object.hasOwn(stateDict, name)) {
      if (!mayLack) missingKeys.push(name);
      continue;
    }
    const source: unknown = stateDict[name];
    if (!(source instanceof Tensor)) mismatches.push(`${name}: expected a Tensor, got ${source === null ? 'null' : typeof source}`);
    else if (source.shape.join() !== target.shape.join()) mismatches.push(`${name}: shape [${source.shape.join(', ')}] in the state dict, [${target.shape.join(', ')}] in the module`);
    else copies.push([target, source]);
  }
  const report = new LoadReport(missingKeys, Object.keys(stateDict).filter((name) => !known.has(name)));
  const refuse = (): void => {
    const { missingKeys: missing, unexpectedKeys: unexpected } = strict ? report : NO_KEYS;
    if (mismatches.length + missing.length + unexpected.length > 0) throw new StateDictError(module.constructor.name, missing, unexpected, mismatches);
  };
  const hooks = [...module.stateHooks('loadPost')];
  if (hooks.length === 0 || mismatches.length > 0) refuse();
  // Hooks may forgive keys, and want to see what was loaded: if they do not forgive, it is taken back.
  const before = hooks.length === 0 ? [] : copies.map(([target]) => target.detach().clone());
  const write = (sources: readonly Tensor[]): void => noGrad(() => copies.forEach(([target], i) => target.copy_(sources[i])));
  write(copies.map(([, source]) => source));
  try {
    for (const [, owner, hook] of hooks) hook(owner, report);
    refuse();
  } catch (error) {
    write(before);
    throw error;
  }
  return report;
}

const NO_KEYS = new LoadReport([], []);

/** What the hooks of the modules make of a state dict. */
function prepared(module: Loadable, given: StateDict, strict: boolean): StateDict {
  if (typeof given !== 'object' || given === null || given instanceof Tensor) throw new ArgumentError('loadStateDict', 'stateDict', 'must be an object of tensors by name');
  const hooks = [...module.stateHooks('loadPre')];
  if (hooks.length === 0) return given;
  const stateDict = { ...given }, errors: string[] = [];
  for (const [prefix, owner, hook] of hooks) hook(owner, stateDict, prefix, strict, errors);
  if (errors.length > 0) throw new StateDictError(module.constructor.name, [], [], errors);
  return stateDict;
}
