/**
 * Adds and removes observers (observer.ts). With the first one the kernels go behind a backend that tells of their calls,
 * and every tensor method that computes something is replaced by one that tells of itself; with the last one both are as
 * they were. So a program that nobody looks into runs the very same code as ever.
 */
import { observe } from '../backend/select.ts';
import { observed } from '../backend/observed.ts';
import { observer, setObservers, type Observer } from './observer.ts';
import { Tensor } from './tensor.ts';

/** Methods that compute nothing, and internal ones that say less than what they call. */
const SILENT: ReadonlySet<string> = new Set([
  'constructor', 'wrap', 'writeNumbers', 'requiresGrad_', 'backward', 'registerHook', 'registerPostAccumulateGradHook', 'retainGrad', 'type', 'dispose', 'toString',
  'size', 'dim', 'numel', 'stride', 'storageOffset', 'isContiguous', 'isFloatingPoint', 'unaryRow', 'binaryRow', 'ternaryRow', 'castBy', 'converted', 'broadcastable', 'makeNew', 'fillRandom',
]);
/** Internal methods and functions whose public name is another one. */
const PUBLIC: Readonly<Record<string, string>> = { castTo: 'to', choose: 'where', joined: 'cat', fusedCrossEntropy: 'crossEntropy' };

/** The name under which people know an operation. */
export const publicName = (name: string): string => (Object.hasOwn(PUBLIC, name) ? PUBLIC[name] : name);

type Method = (this: unknown, ...args: unknown[]) => unknown;

interface Replaced {
  readonly prototype: object;
  readonly name: string;
  readonly descriptor: PropertyDescriptor;
}

let replaced: readonly Replaced[] = [];

function replaceMethods(): void {
  const found = new Map<string, Replaced>();
  for (let prototype: object = Tensor.prototype; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype) as object) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      // Only the method that calls find, not those it overrides.
      if (typeof descriptor.value === 'function' && !SILENT.has(name) && !found.has(name)) found.set(name, { prototype, name, descriptor });
    }
  }
  replaced = [...found.values()];
  for (const { prototype, name, descriptor } of replaced) {
    const method = descriptor.value as Method;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      return observer === null ? method.apply(this, args) : observer.span('op', name, [this, ...args], null, () => method.apply(this, args));
    };
    Object.defineProperty(prototype, name, { ...descriptor, value });
  }
}

function restoreMethods(): void {
  for (const { prototype, name, descriptor } of replaced) Object.defineProperty(prototype, name, descriptor);
  replaced = [];
}

/** Makes an observer hear of what runs from now on. */
export function addObserver(added: Observer): void {
  const before = observer?.all ?? [];
  setObservers([...before, added]);
  if (before.length > 0) return;
  replaceMethods();
  observe((inner) => observed(inner, (family, name, operands, run) => (observer === null ? run() : observer.span('kernel', name, operands, family, run))));
}

/** The reverse of {@link addObserver}. What it has seen begin, it will still see end. */
export function removeObserver(removed: Observer): void {
  const before = observer?.all ?? [], after = before.filter((each) => each !== removed);
  if (after.length === before.length) return;
  setObservers(after);
  if (after.length > 0) return;
  restoreMethods();
  observe(null);
}
