/** Padding layers: margins around the last one, two or three dims, as (before, after) of the last dim first. */
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { pyFloat, pyTuple } from './repr.ts';

const PADDING = declared('(padding: ints)');
const CONSTANT = declared('(padding: ints, value: float)');
type Mode = 'constant' | 'reflect' | 'replicate' | 'circular';

abstract class Pad extends Module {
  readonly padding: readonly number[];

  /** How many dims are padded. */
  protected abstract dims(): number;

  constructor(padding: readonly number[]) {
    super();
    const count = 2 * this.dims();
    if (padding.length !== 1 && padding.length !== count) throw new ArgumentError(new.target.name, 'padding', `must be an integer or ${count} of them, got [${padding.join(', ')}]`);
    this.padding = padding.length === 1 ? new Array<number>(count).fill(padding[0]) : padding;
  }

  protected abstract get mode(): Mode;

  forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, this.mode);
  }

  override extraRepr(): string {
    return pyTuple(this.padding);
  }
}

abstract class ModePad extends Pad {
  constructor(...args: ArgsOf<typeof PADDING>) {
    super(PADDING(new.target.name, args)[0]);
  }
}

abstract class ZeroPad extends ModePad {
  protected get mode(): Mode {
    return 'constant';
  }
}
abstract class ReflectionPad extends ModePad {
  protected get mode(): Mode {
    return 'reflect';
  }
}
abstract class ReplicationPad extends ModePad {
  protected get mode(): Mode {
    return 'replicate';
  }
}
abstract class CircularPad extends ModePad {
  protected get mode(): Mode {
    return 'circular';
  }
}

abstract class ConstantPad extends Pad {
  readonly value: number;

  constructor(...args: ArgsOf<typeof CONSTANT>) {
    const [padding, value] = CONSTANT(new.target.name, args);
    super(padding);
    this.value = value;
  }

  protected get mode(): Mode {
    return 'constant';
  }

  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, 'constant', this.value);
  }

  override extraRepr(): string {
    return `padding=${pyTuple(this.padding)}, value=${pyFloat(this.value)}`;
  }
}

/** Zeros. */
export class ZeroPad1d extends ZeroPad {
  protected dims(): number {
    return 1;
  }
}
/** Zeros. */
export class ZeroPad2d extends ZeroPad {
  protected dims(): number {
    return 2;
  }
}
/** Zeros. */
export class ZeroPad3d extends ZeroPad {
  protected dims(): number {
    return 3;
  }
}
/** One value. */
export class ConstantPad1d extends ConstantPad {
  protected dims(): number {
    return 1;
  }
}
/** One value. */
export class ConstantPad2d extends ConstantPad {
  protected dims(): number {
    return 2;
  }
}
/** One value. */
export class ConstantPad3d extends ConstantPad {
  protected dims(): number {
    return 3;
  }
}
/** Mirrors, without the border element. */
export class ReflectionPad1d extends ReflectionPad {
  protected dims(): number {
    return 1;
  }
}
/** Mirrors, without the border element. */
export class ReflectionPad2d extends ReflectionPad {
  protected dims(): number {
    return 2;
  }
}
/** Mirrors, without the border element. */
export class ReflectionPad3d extends ReflectionPad {
  protected dims(): number {
    return 3;
  }
}
/** Repeats the border element. */
export class ReplicationPad1d extends ReplicationPad {
  protected dims(): number {
    return 1;
  }
}
/** Repeats the border element. */
export class ReplicationPad2d extends ReplicationPad {
  protected dims(): number {
    return 2;
  }
}
/** Repeats the border element. */
export class ReplicationPad3d extends ReplicationPad {
  protected dims(): number {
    return 3;
  }
}
/** Wraps around. */
export class CircularPad1d extends CircularPad {
  protected dims(): number {
    return 1;
  }
}
/** Wraps around. */
export class CircularPad2d extends CircularPad {
  protected dims(): number {
    return 2;
  }
}
/** Wraps around. */
export class CircularPad3d extends CircularPad {
  protected dims(): number {
    return 3;
  }
}
