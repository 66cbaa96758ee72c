/** Parameters: tensors that a module trains. */
import { ArgumentError } from '../core/errors.ts';
import { boolArg, bind, show, signature, type CallArgs } from '../core/args.ts';
import { outlive } from '../core/scope.ts';
import { Tensor } from '../tensor/tensor.ts';

const PARAMETER = signature('Parameter(data, requiresGrad?)');

/** A leaf tensor over the memory of `data`; as a property of a Module it is one of its `parameters()`. */
export class Parameter extends Tensor {
  constructor(data: Tensor, ...args: CallArgs<[requiresGrad: boolean], { requiresGrad?: boolean }>) {
    if (!(data instanceof Tensor)) throw new ArgumentError('Parameter', 'data', `must be a Tensor, got ${show(data)}`);
    super(data.storage, data.layout, data.dtypeCode);
    outlive(data.storage);
    this.requiresGrad = boolArg('Parameter', 'requiresGrad', bind(PARAMETER, [data, ...args]).requiresGrad, true);
  }

  /** @internal Takes over the memory and the dtype of another tensor; the identity, and so an optimizer's hold on it, stays. */
  replace(data: Tensor): void {
    const self = this as { -readonly [K in 'storage' | 'layout' | 'dtypeCode']: Tensor[K] };
    self.storage = data.storage;
    outlive(data.storage);
    self.layout = data.layout;
    self.dtypeCode = data.dtypeCode;
    this.node = null;
    this.gradient = null;
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
