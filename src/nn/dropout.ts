/** Dropout: in training, elements are zeroed at random and the rest scaled up; in eval mode the identity. */
import { bind, boolArg, signature, type CallArgs } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { probabilityArg } from './args.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { pyBool, pyFloat } from './repr.ts';

const DROPOUT = signature('Dropout(p?, inplace?)');

/** Zeroes each element with probability `p` (default 0.5). */
export class Dropout extends Module {
  readonly p: number;
  readonly inplace: boolean;

  constructor(...args: CallArgs<[p: number, inplace: boolean], { readonly p?: number; readonly inplace?: boolean }>) {
    super();
    const given = bind(DROPOUT, args);
    this.p = probabilityArg('Dropout', 'p', given.p, 0.5);
    this.inplace = boolArg('Dropout', 'inplace', given.inplace);
  }

  forward(input: Tensor): Tensor {
    return F.dropout(input, this.p, this.training, this.inplace);
  }

  override extraRepr(): string {
    return `p=${pyFloat(this.p)}, inplace=${pyBool(this.inplace)}`;
  }
}
