/** Parameters: tensors that a module trains. */
import type { DTypeCode } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { boolArg, bind, show, signature, type CallArgs } from '../core/args.ts';
import type { Layout } from '../core/layout.ts';
import type { Storage } from '../core/storage.ts';
import { Tensor } from '../tensor/tensor.ts';

const PARAMETER = signature('Parameter(data, requiresGrad?)');

/** A leaf tensor over the memory of `data`; as a property of a Module it is one of its `parameters()`. */
export class Parameter extends Tensor {
  constructor(data: Tensor, ...args: CallArgs<[requiresGrad: boolean], { requiresGrad?: boolean }>) {
    if (!(data instanceof Tensor)) throw new ArgumentError('Parameter', 'data', `must be a Tensor, got ${show(data)}`);
    super(data.storage, data.layout, data.dtypeCode);
    this.requiresGrad = boolArg('Parameter', 'requiresGrad', bind(PARAMETER, [data, ...args]).requiresGrad, true);
  }

  /** @internal Results of operations are plain tensors. */
  override wrap(storage: Storage, layout: Layout, dtypeCode: DTypeCode): Tensor {
    return new Tensor(storage, layout, dtypeCode);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
