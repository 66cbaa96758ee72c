/** What scripts ask a tensor: about its memory, its dtype and where it is. */
import { BOOL, ITEM_SIZE, U8 } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { sameShape } from '../../core/layout.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** Whether the only element is not zero; NaN is not. PyTorch's `torch.is_nonzero`. */
export const isNonzero = operation('isNonzero(input: Tensor)', (input): boolean => {
  if (input.numel() !== 1) throw new ShapeError('isNonzero', `expected a tensor with one element, got shape [${input.shape.join(', ')}] with ${input.numel()}`);
  return input.ne(0).item() as unknown as boolean;
});
/** Whether two tensors have one shape. PyTorch's `torch.is_same_size`. */
export const isSameSize = operation('isSameSize(input: Tensor, other: Tensor)', (input, other): boolean => sameShape(input.shape, other.shape));
/** Whether the dtype has negative numbers. PyTorch's `torch.is_signed`. */
export const isSigned = operation('isSigned(input: Tensor)', (input): boolean => input.dtypeCode !== BOOL && input.dtypeCode !== U8);
/** False: there are no complex dtypes. PyTorch's `torch.is_complex`. */
export const isComplex = operation('isComplex(input: Tensor)', (_input): boolean => false);
/** False: conjugation is never pending. PyTorch's `torch.is_conj`. */
export const isConj = operation('isConj(input: Tensor)', (_input): boolean => false);
/** False: negation is never pending. PyTorch's `torch.is_neg`. */
export const isNeg = operation('isNeg(input: Tensor)', (_input): boolean => false);
/** False: `inferenceMode` makes ordinary tensors. PyTorch's `torch.is_inference`. */
export const isInference = operation('isInference(input: Tensor)', (_input): boolean => false);
/** -1, the CPU. PyTorch's `torch.get_device`. */
export const getDevice = operation('getDevice(input: Tensor)', (_input): number => -1);

const elementSize = operation('elementSize(input: Tensor)', (input): number => ITEM_SIZE[input.dtypeCode]);
const nelement = operation('nelement(input: Tensor)', (input): number => input.numel());
const ndimension = operation('ndimension(input: Tensor)', (input): number => input.ndim);
const cuda = operation('cuda(input: Tensor, device: any?, nonBlocking: bool = false)', (_input, _device, _nonBlocking): Tensor => {
  throw new ArgumentError('cuda', 'device', "must be 'cpu', the only device of this library; leave the call out");
});

export const FACTS_METHODS = { isNonzero, isSameSize, isSigned, isComplex, isConj, isNeg, isInference, getDevice, elementSize, nelement, ndimension, cuda };
/** Read without a call. */
export const FACTS_PROPERTIES = {
  itemsize: (x: Tensor): number => ITEM_SIZE[x.dtypeCode],
  nbytes: (x: Tensor): number => x.numel() * ITEM_SIZE[x.dtypeCode],
  isCpu: (): boolean => true,
  isCuda: (): boolean => false,
};

declare module '../tensor.ts' {
  interface Tensor {
    isNonzero: Method<typeof isNonzero>;
    isSameSize: Method<typeof isSameSize>;
    isSigned: Method<typeof isSigned>;
    isComplex: Method<typeof isComplex>;
    isConj: Method<typeof isConj>;
    isNeg: Method<typeof isNeg>;
    isInference: Method<typeof isInference>;
    getDevice: Method<typeof getDevice>;
    /** Bytes of one element. PyTorch's `Tensor.element_size`. */
    elementSize: Method<typeof elementSize>;
    /** As `numel`. PyTorch's `Tensor.nelement`. */
    nelement: Method<typeof nelement>;
    /** As `dim`. PyTorch's `Tensor.ndimension`. */
    ndimension: Method<typeof ndimension>;
    /** Throws an {@link ArgumentError}, as `to('cuda')` does. */
    cuda: Method<typeof cuda>;
    /** Bytes of one element. */
    readonly itemsize: number;
    /** Bytes of all elements. */
    readonly nbytes: number;
    /** Always true. */
    readonly isCpu: boolean;
    /** Always false. */
    readonly isCuda: boolean;
  }
}
