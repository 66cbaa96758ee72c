/** Methods that PyTorch has under a second name. */
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** The dtype of another tensor. PyTorch's `Tensor.type_as`. */
const typeAs = operation('typeAs(input: Tensor, other: Tensor)', (input, other): Tensor => input.castTo(other.dtypeCode));

/** As `outer`. PyTorch's `torch.ger`. */
export const ger = operation('ger(input: Tensor, vec2: Tensor, *, out: Tensor?)', (input, vec2): Tensor => input.outer(vec2));
/** As `chunk`, whose views are watched here as ever. PyTorch's `torch.unsafe_chunk`. */
export const unsafeChunk = operation('unsafeChunk(input: Tensor, chunks: int, dim: int = 0)', (input, chunks, dim): Tensor[] => input.chunk(chunks, dim));
/** As `split`, whose views are watched here as ever. PyTorch's `torch.unsafe_split`. */
export const unsafeSplit = operation('unsafeSplit(input: Tensor, splitSize: ints, dim: int = 0)', (input, splitSize, dim): Tensor[] => input.split(splitSize.length === 1 ? splitSize[0] : splitSize, dim));
/** As `splitWithSizes`, whose views are watched here as ever. PyTorch's `torch.unsafe_split_with_sizes`. */
export const unsafeSplitWithSizes = operation('unsafeSplitWithSizes(input: Tensor, splitSizes: ints, dim: int = 0)', (input, splitSizes, dim): Tensor[] => input.splitWithSizes(splitSizes, dim));

export const OTHER_NAMES_METHODS = { typeAs, ger, unsafeChunk, unsafeSplit, unsafeSplitWithSizes };

declare module '../tensor.ts' {
  interface Tensor {
    typeAs: Method<typeof typeAs>;
    ger: Method<typeof ger>;
    unsafeChunk: Method<typeof unsafeChunk>;
    unsafeSplit: Method<typeof unsafeSplit>;
    unsafeSplitWithSizes: Method<typeof unsafeSplitWithSizes>;
  }
}
