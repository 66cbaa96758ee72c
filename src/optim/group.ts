/**
 * Parameter groups. The hyperparameters of a group live in one float64 tensor that the update kernel reads when it
 * runs: writing `group.lr = 0.1` writes that memory. A recorded training step therefore follows a schedule without
 * being recorded again.
 */
import { allocateOwn } from '../core/allocator.ts';
import { show } from '../core/args.ts';
import { F64 } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { PlainTensor, Tensor } from '../tensor/tensor.ts';

/** How a hyperparameter is stored: one float64, a 0 or 1, two float64s, or beside that memory as a plain value. */
export type HyperKind = 'number' | 'boolean' | 'pair' | 'value';

const WORDS: Readonly<Record<HyperKind, number>> = { number: 1, boolean: 1, pair: 2, value: 0 };

/** What schedules keep in a group, so that the optimizer's state dict carries it. */
export interface ScheduleFields {
  /** The learning rate at which a scheduler found the group. */
  initialLr?: number;
  maxLr?: number;
  minLr?: number;
  swaLr?: number;
  baseMomentum?: number;
  maxMomentum?: number;
}

export const SCHEDULE_FIELDS = ['initialLr', 'maxLr', 'minLr', 'swaLr', 'baseMomentum', 'maxMomentum'] as const satisfies readonly (keyof ScheduleFields)[];

/** Hyperparameters in the order of the kernel's `hyper` vector. */
export type HyperKinds<H> = Readonly<Record<keyof H & string, HyperKind>>;

export interface ParamGroup extends ScheduleFields {}

export class ParamGroup {
  readonly params: Tensor[];
  /** @internal The memory that the kernels read. */
  readonly hyper: Tensor;

  constructor(params: Tensor[], kinds: Readonly<Record<string, HyperKind>>, values: Readonly<Record<string, unknown>>) {
    this.params = params;
    const names = Object.keys(kinds);
    const length = names.reduce((n, name) => n + WORDS[kinds[name]], 0);
    this.hyper = new PlainTensor(allocateOwn(length * 8), contiguousLayout([length]), F64);
    Object.defineProperty(this, 'hyper', { enumerable: false });
    const { slab, byteOffset } = this.hyper.storage;
    const memory = slab.part(F64, byteOffset / 8, byteOffset / 8 + length) as Float64Array;
    let slot = 0;
    for (const name of names) {
      const kind = kinds[name];
      if (kind !== 'value') Object.defineProperty(this, name, accessor(this, name, kind, memory, slot));
      slot += WORDS[kind];
      (this as unknown as Record<string, unknown>)[name] = Array.isArray(values[name]) ? [...values[name]] : values[name];
    }
  }

  /** @internal A learning rate given as a tensor, which is read anew at every step. */
  lrTensor: Tensor | null = null;

  /** @internal Copies a tensor learning rate into the hyperparameters. */
  refresh(): void {
    if (this.lrTensor !== null) this.hyper.select(0, 0).copy_(this.lrTensor);
  }
}

function accessor(group: ParamGroup, name: string, kind: Exclude<HyperKind, 'value'>, memory: Float64Array, slot: number): PropertyDescriptor {
  const common = { enumerable: true, configurable: true };
  const fail = (expected: string, value: unknown): never => {
    throw new ArgumentError('optimizer', name, `must be ${expected}, got ${show(value)}`);
  };
  if (kind === 'boolean') {
    return {
      ...common,
      get: () => memory[slot] !== 0,
      set: (value: unknown) => { memory[slot] = typeof value === 'boolean' ? Number(value) : fail('a boolean', value); },
    };
  }
  if (kind === 'pair') {
    return {
      ...common,
      get: () => [memory[slot], memory[slot + 1]],
      set: (value: unknown) => {
        if (!Array.isArray(value) || value.length !== 2 || value.some((x) => typeof x !== 'number')) fail('two numbers', value);
        memory.set(value as [number, number], slot);
      },
    };
  }
  const setNumber = (value: unknown): void => { memory[slot] = typeof value === 'number' ? value : fail('a number', value); };
  if (name !== 'lr') return { ...common, get: () => memory[slot], set: setNumber };
  return {
    ...common,
    get: () => group.lrTensor ?? memory[slot],
    set: (value: unknown) => {
      if (!(value instanceof Tensor)) {
        group.lrTensor = null;
        setNumber(value);
        return;
      }
      if (value.numel() !== 1) fail('a number or a tensor of one element', value);
      group.lrTensor = value;
      memory[slot] = Number(value.item());
    },
  };
}
