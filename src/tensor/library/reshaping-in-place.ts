/** Views in place: the tensor itself continues with other sizes and strides over the same memory. */
import { checkInPlace } from '../dispatch.ts';
import { enableGrad } from '../grad-mode.ts';
import { recording } from '../graph.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

type Geometry = { -readonly [K in 'layout']: Tensor[K] };

/** `self` becomes the view that `of` makes of it, in the graph too. What was saved of it for backward is stale, as in PyTorch. */
function become(op: string, self: Tensor, of: (x: Tensor) => Tensor): Tensor {
  if (recording(self)) checkInPlace(op, self);
  const attached = self.gradFn !== null;
  const view = attached ? enableGrad(() => of(self)) : of(self);
  (self as Geometry).layout = view.layout;
  self.storage.version++;
  self.viewVersion = self.storage.version;
  if (attached) self.node = view.node;
  // A leaf collects its gradient in its new shape from now on.
  else if (self.node !== null) self.node.layout = view.layout;
  self.slot = 0;
  return self;
}

/** `unsqueeze` in place. PyTorch's `Tensor.unsqueeze_`. */
export const unsqueeze_ = operation('unsqueeze_(input: Tensor, dim: int)', (input, dim): Tensor => become('unsqueeze_', input, (x) => x.unsqueeze(dim)));
/** `squeeze` in place. PyTorch's `Tensor.squeeze_`. */
export const squeeze_ = operation('squeeze_(input: Tensor, dim: ints?)', (input, dim): Tensor => become('squeeze_', input, (x) => x.squeeze(dim ?? null)));
/** `t` in place. PyTorch's `Tensor.t_`. */
export const t_ = operation('t_(input: Tensor)', (input): Tensor => become('t_', input, (x) => x.t()));
/** `transpose` in place. PyTorch's `Tensor.transpose_`. */
export const transpose_ = operation('transpose_(input: Tensor, dim0: int, dim1: int)', (input, dim0, dim1): Tensor => become('transpose_', input, (x) => x.transpose(dim0, dim1)));
/** `transpose` in place. PyTorch's `Tensor.swapaxes_`. */
export const swapaxes_ = operation('swapaxes_(input: Tensor, axis0: int, axis1: int)', (input, axis0, axis1): Tensor => become('swapaxes_', input, (x) => x.transpose(axis0, axis1)));
/** `transpose` in place. PyTorch's `Tensor.swapdims_`. */
export const swapdims_ = operation('swapdims_(input: Tensor, dim0: int, dim1: int)', (input, dim0, dim1): Tensor => become('swapdims_', input, (x) => x.transpose(dim0, dim1)));
/** `asStrided` in place. PyTorch's `Tensor.as_strided_`. */
export const asStrided_ = operation('asStrided_(input: Tensor, size: ints, stride: ints, storageOffset: int?)', (input, size, stride, storageOffset): Tensor =>
  become('asStrided_', input, (x) => x.asStrided(size, stride, storageOffset ?? null)));

export const RESHAPING_METHODS = { unsqueeze_, squeeze_, t_, transpose_, swapaxes_, swapdims_, asStrided_ };

declare module '../tensor.ts' {
  interface Tensor {
    unsqueeze_: Method<typeof unsqueeze_>;
    squeeze_: Method<typeof squeeze_>;
    t_: Method<typeof t_>;
    transpose_: Method<typeof transpose_>;
    swapaxes_: Method<typeof swapaxes_>;
    swapdims_: Method<typeof swapdims_>;
    asStrided_: Method<typeof asStrided_>;
  }
}
