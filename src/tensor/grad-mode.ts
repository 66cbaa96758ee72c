/** Whether operations are recorded for backward. Scopes are callbacks and disposables: `noGrad(fn)`, `using _ = noGrad()`. */
import { ArgumentError } from '../core/errors.ts';

/** A live binding, so that the hot paths read a plain variable. */
export let gradEnabled = true;

export function setGradEnabledRaw(enabled: boolean): boolean {
  const previous = gradEnabled;
  gradEnabled = enabled;
  return previous;
}

/** PyTorch's `torch.is_grad_enabled()`. */
export const isGradEnabled = (): boolean => gradEnabled;

class GradScope implements Disposable {
  private readonly previous: boolean;
  constructor(enabled: boolean) {
    this.previous = setGradEnabledRaw(enabled);
  }
  [Symbol.dispose](): void {
    gradEnabled = this.previous;
  }
}

function scope<T>(name: string, enabled: boolean, fn: (() => T) | undefined): T | GradScope {
  if (fn === undefined) return new GradScope(enabled);
  const previous = setGradEnabledRaw(enabled);
  try {
    const result = fn();
    if (result instanceof Promise) throw new ArgumentError(name, 'fn', 'must be synchronous: the mode would end at its first await, got an async function');
    return result;
  } finally {
    gradEnabled = previous;
  }
}

/** PyTorch's `torch.no_grad`: nothing is recorded in the scope. Throws for an async function. */
export function noGrad(): Disposable;
export function noGrad<T>(fn: () => T): T;
export function noGrad<T>(fn?: () => T): T | Disposable {
  return scope('noGrad', false, fn);
}

let inferring = false;

/** PyTorch's `torch.is_inference_mode_enabled`. */
export const isInferenceModeEnabled = (): boolean => inferring;

class InferenceScope extends GradScope {
  private readonly before = inferring;
  constructor(mode: boolean) {
    super(mode ? false : gradEnabled);
    inferring = mode;
  }
  override [Symbol.dispose](): void {
    inferring = this.before;
    super[Symbol.dispose]();
  }
}

/**
 * PyTorch's `torch.inference_mode`: `inferenceMode(fn)` and `using _ = inferenceMode()`. As `noGrad`: there is no
 * bookkeeping beyond that to leave out, so tensors made inside may be used in recorded computations later.
 */
export function inferenceMode(mode?: boolean): Disposable;
export function inferenceMode<T>(fn: () => T): T;
export function inferenceMode<T>(mode: boolean, fn: () => T): T;
export function inferenceMode<T>(first: boolean | (() => T) = true, second?: () => T): T | Disposable {
  const fn = typeof first === 'function' ? first : second, mode = typeof first === 'function' || first;
  if (typeof mode !== 'boolean') throw new ArgumentError('inferenceMode', 'mode', `must be a boolean or a function, got ${String(mode)}`);
  const entered = new InferenceScope(mode);
  if (fn === undefined) return entered;
  try {
    const result = fn();
    if (result instanceof Promise) throw new ArgumentError('inferenceMode', 'fn', 'must be synchronous: the mode would end at its first await, got an async function');
    return result;
  } finally {
    entered[Symbol.dispose]();
  }
}

/** PyTorch's `torch.enable_grad`: records in the scope, inside of `noGrad` too. */
export function enableGrad(): Disposable;
export function enableGrad<T>(fn: () => T): T;
export function enableGrad<T>(fn?: () => T): T | Disposable {
  return scope('enableGrad', true, fn);
}

/** PyTorch's `torch.set_grad_enabled`: takes effect at once; a returned scope restores the mode. */
export function setGradEnabled(enabled: boolean): Disposable;
export function setGradEnabled<T>(enabled: boolean, fn: () => T): T;
export function setGradEnabled<T>(enabled: boolean, fn?: () => T): T | Disposable {
  if (typeof enabled !== 'boolean') throw new ArgumentError('setGradEnabled', 'enabled', `must be a boolean, got ${String(enabled)}`);
  return scope('setGradEnabled', enabled, fn);
}
