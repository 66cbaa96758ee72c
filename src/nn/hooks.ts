/** Hooks of modules: around `forward`, around its backward pass, and around state dicts. */
import { ArgumentError, AutogradError } from '../core/errors.ts';
import { named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { isGradEnabled } from '../tensor/grad-mode.ts';
import { removable, Tensor, type RemovableHandle } from '../tensor/tensor.ts';
import type { ForwardResult, Module } from './module.ts';

// Declared as methods, whose parameters may be narrowed: a hook names the module's class and its tensors, as in PyTorch.
interface Signatures<M = Module> {
  forwardPre(module: M, args: readonly unknown[]): readonly unknown[] | void;
  forward(module: M, args: readonly unknown[], output: ForwardResult<M>): unknown;
  backwardPre(module: Module, gradOutput: Gradients): Gradients | void;
  backward(module: Module, gradInput: Gradients, gradOutput: Gradients): Gradients | void;
  statePre(module: Module, prefix: string, keepVars: boolean): void;
  statePost(module: Module, stateDict: Record<string, Tensor>, prefix: string): void;
  loadPre(module: Module, stateDict: Record<string, Tensor>, prefix: string, strict: boolean, errors: string[]): void;
  loadPost(module: Module, report: { readonly missingKeys: string[]; readonly unexpectedKeys: string[] }): void;
}

/** Runs before `forward`; a returned array replaces the arguments. */
export type ForwardPreHook<M = Module> = Signatures<M>['forwardPre'];
/** Runs after `forward`; a returned value other than undefined replaces the output. */
export type ForwardHook<M = Module> = Signatures<M>['forward'];

/** One per argument or output; null for what is no tensor or has no gradient. */
export type Gradients = readonly (Tensor | null)[];
/** Runs when the gradients of the outputs are known; returned ones replace them. */
export type BackwardPreHook = Signatures['backwardPre'];
/** Runs when the gradients of the arguments are known; returned ones replace them. */
export type BackwardHook = Signatures['backward'];

/** Runs before a module adds its members to a state dict. */
export type StateDictPreHook = Signatures['statePre'];
/** Runs when a module and those below it have added theirs; it may change the dict. */
export type StateDictPostHook = Signatures['statePost'];
/** Runs before anything is checked, on a copy of the dict that it may change; strings added to `errors` refuse the dict. */
export type LoadStateDictPreHook = Signatures['loadPre'];
/** Runs when the tensors are in place; keys that it takes from the report are no error. */
export type LoadStateDictPostHook = Signatures['loadPost'];

export type HookOptions = boolean | { readonly prepend?: boolean };

/** The hooks of one module, in the order in which they run. */
export class Hooks {
  readonly forwardPre = new Map<number, ForwardPreHook>();
  readonly forward = new Map<number, ForwardHook>();
  readonly backwardPre = new Map<number, BackwardPreHook>();
  readonly backward = new Map<number, BackwardHook>();
  readonly statePre = new Map<number, StateDictPreHook>();
  readonly statePost = new Map<number, StateDictPostHook>();
  readonly loadPre = new Map<number, LoadStateDictPreHook>();
  readonly loadPost = new Map<number, LoadStateDictPostHook>();

  /** Whether a call has anything to do but to run `forward`. */
  get aroundCalls(): boolean {
    return this.forwardPre.size + this.forward.size + this.backwardPre.size + this.backward.size > 0;
  }

  copy(): Hooks {
    return Object.assign(new Hooks(), Object.fromEntries(Object.entries(this).map(([kind, hooks]) => [kind, new Map(hooks as Map<number, unknown>)])));
  }
}

/** Adds a hook after the others, or before them. */
export function addHook<H>(hooks: Map<number, H>, hook: H, options: HookOptions = false): RemovableHandle {
  const before = (typeof options === 'boolean' ? options : options.prepend ?? false) ? [...hooks] : [];
  for (const [id] of before) hooks.delete(id);
  const handle = removable(hooks, hook);
  for (const [id, other] of before) hooks.set(id, other);
  return handle;
}

type AnyForward = (this: Module, ...args: readonly unknown[]) => unknown;

/** The computation of a module. */
export function forwardOf(module: Module): AnyForward {
  const { forward } = module as { forward?: AnyForward };
  if (forward === undefined) throw new ArgumentError(module.constructor.name, 'forward', 'does not exist: call the modules it holds, or its methods');
  return forward;
}

/** A call of `forward` with its hooks. */
export function runWithHooks(module: Module, hooks: Hooks, args: readonly unknown[]): unknown {
  let inputs = args;
  for (const hook of hooks.forwardPre.values()) inputs = hook(module, inputs) ?? inputs;
  const passage = hooks.backwardPre.size + hooks.backward.size > 0 && isGradEnabled() ? new Passage(module, hooks) : null;
  let output = forwardOf(module).apply(module, (passage?.enter(inputs) ?? inputs) as unknown[]);
  for (const hook of hooks.forward.values()) {
    const replaced = hook(module, inputs, output);
    if (replaced !== undefined) output = replaced;
  }
  return passage === null ? output : passage.leave(output);
}

const needsGrad = (value: unknown): value is Tensor => value instanceof Tensor && value.requiresGrad;

/**
 * One call of a module whose backward pass has hooks. Arguments and outputs go through nodes of their own, through which all
 * of their gradients come together.
 */
class Passage {
  private readonly module: Module;
  private readonly hooks: Hooks;
  /** Places of the arguments, and of the outputs, that have gradients. */
  private inputs: readonly number[] = [];
  private outputs: readonly number[] = [];
  private inputCount = 0;
  private outputCount = 0;
  /** Between the outputs and the inputs of one backward pass. */
  private gradOutput: Gradients | null = null;

  constructor(module: Module, hooks: Hooks) {
    this.module = module;
    this.hooks = hooks;
  }

  enter(args: readonly unknown[]): readonly unknown[] {
    this.inputs = args.flatMap((arg, i) => (needsGrad(arg) ? [i] : []));
    this.inputCount = args.length;
    return this.through(args, this.inputs, (grads) => this.atInputs(grads));
  }

  leave(output: unknown): unknown {
    const list: readonly unknown[] = Array.isArray(output) ? output : [output];
    this.outputs = list.flatMap((value, i) => (needsGrad(value) ? [i] : []));
    this.outputCount = list.length;
    const values = this.through(list, this.outputs, (grads) => this.atOutputs(grads));
    if (!Array.isArray(output)) return values[0];
    return named(Object.getOwnPropertyNames(output).filter((key) => key !== 'length' && !/^\d+$/.test(key)), values);
  }

  private through(values: readonly unknown[], places: readonly number[], at: (grads: Gradients) => Gradients): readonly unknown[] {
    if (places.length === 0) return values;
    const passed = Pass.apply(at, ...places.map((i) => values[i] as Tensor));
    const result = [...values];
    places.forEach((i, k) => { result[i] = passed[k]; });
    return result;
  }

  private atOutputs(grads: Gradients): Gradients {
    let gradOutput = spread(grads, this.outputs, this.outputCount);
    for (const hook of this.hooks.backwardPre.values()) gradOutput = replaced('a backward pre-hook', hook(this.module, gradOutput), gradOutput);
    // Where no argument has a gradient, nothing will come by the inputs.
    if (this.inputs.length === 0) {
      const none = spread([], [], this.inputCount);
      for (const hook of this.hooks.backward.values()) {
        if (hook(this.module, none, gradOutput)?.some((grad) => grad !== null)) throw new AutogradError(`${this.module.constructor.name}: a backward hook must not return gradients of arguments that have none`);
      }
    } else this.gradOutput = gradOutput;
    return this.outputs.map((i) => gradOutput[i]);
  }

  private atInputs(grads: Gradients): Gradients {
    const { gradOutput } = this;
    // A gradient that has not come through the outputs, such as one of a gradient, is none of the module's call.
    if (gradOutput === null) return grads;
    this.gradOutput = null;
    let gradInput = spread(grads, this.inputs, this.inputCount);
    for (const hook of this.hooks.backward.values()) gradInput = replaced('a backward hook', hook(this.module, gradInput, gradOutput), gradInput);
    return this.inputs.map((i) => gradInput[i]);
  }
}

const spread = (grads: Gradients, places: readonly number[], count: number): Gradients => {
  const all = new Array<Tensor | null>(count).fill(null);
  places.forEach((i, k) => { all[i] = grads[k]; });
  return all;
};

function replaced(what: string, given: Gradients | void, before: Gradients): Gradients {
  if (given === undefined || given === null) return before;
  if (!Array.isArray(given) || given.length !== before.length) throw new AutogradError(`${what} must return ${before.length} gradients, got ${Array.isArray(given) ? given.length : typeof given}`);
  return given;
}

/** Hands tensors on, and their gradients, all at once, to a function that may replace them. */
class Pass extends Function {
  static override forward(ctx: Context, at: (grads: Gradients) => Gradients, ...tensors: readonly Tensor[]): readonly Tensor[] {
    ctx.setMaterializeGrads(false);
    ctx.at = at;
    return tensors;
  }

  static override backward(ctx: Context, ...grads: readonly (Tensor | null)[]): Gradients {
    return [null, ...(ctx.at as (grads: Gradients) => Gradients)(grads)];
  }
}
