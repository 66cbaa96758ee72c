/** Loading a state dict: everything is checked and reported at once, and only then is anything written. */
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { ArgumentError } from '../core/errors.ts';

/** Tensors by dotted name, in PyTorch's order and with PyTorch's keys. */
export type StateDict = Readonly<Record<string, Tensor>>;

export interface LoadReport {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
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

interface Loadable {
  namedState(): Iterable<[string, Tensor]>;
}

export function loadStateDict(module: Loadable, stateDict: StateDict, strict: boolean): LoadReport {
  if (typeof stateDict !== 'object' || stateDict === null || stateDict instanceof Tensor) throw new ArgumentError('loadStateDict', 'stateDict', 'must be an object of tensors by name');
  const missingKeys: string[] = [], mismatches: string[] = [];
  const copies: [Tensor, Tensor][] = [];
  const known = new Set<string>();
  for (const [name, target] of module.namedState()) {
    known.add(name);
    if (!Object.hasOwn(stateDict, name)) {
      missingKeys.push(name);
      continue;
    }
    const source: unknown = stateDict[name];
    if (!(source instanceof Tensor)) mismatches.push(`${name}: expected a Tensor, got ${source === null ? 'null' : typeof source}`);
    else if (source.shape.join() !== target.shape.join()) mismatches.push(`${name}: shape [${source.shape.join(', ')}] in the state dict, [${target.shape.join(', ')}] in the module`);
    else copies.push([target, source]);
  }
  const unexpectedKeys = Object.keys(stateDict).filter((name) => !known.has(name));
  if (mismatches.length > 0 || (strict && missingKeys.length + unexpectedKeys.length > 0)) {
    throw new StateDictError(module.constructor.name, strict ? missingKeys : [], strict ? unexpectedKeys : [], mismatches);
  }
  noGrad(() => {
    for (const [target, source] of copies) target.copy_(source);
  });
  return { missingKeys, unexpectedKeys };
}
