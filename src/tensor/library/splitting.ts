/** Tensors cut into views along a dim. */
import { show } from '../../core/args.ts';
import { I64 } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { normalizeDim } from '../../core/layout.ts';
import { TensorCore } from '../core.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** A number of sections, or the indices where sections begin: a number, an array, or an int64 tensor of either. */
function sectionsArg(op: string, value: unknown): number | readonly number[] {
  let given = value;
  if (given instanceof TensorCore) {
    if (given.dtypeCode !== I64 || given.ndim > 1) throw new DTypeError(op, given.dtype, `indicesOrSections must be an int64 Tensor of at most 1 dimension, got ${given.dtype} of shape [${given.shape.join(', ')}]`);
    given = (given as Tensor).tolist();
  }
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const item of list) if (typeof item !== 'number' || !Number.isSafeInteger(item)) throw new ArgumentError(op, 'indicesOrSections', `must be an integer or an array of integers, got ${show(value)}`);
  return given as number | readonly number[];
}

function cut(x: Tensor, sections: number | readonly number[], dim: number): Tensor[] {
  const size = x.shape[dim];
  if (typeof sections !== 'number') {
    return [...sections, size].map((to, i) => x.slice(dim, i === 0 ? 0 : sections[i - 1], to));
  }
  const small = Math.floor(size / sections), larger = size % sections;
  return Array.from({ length: sections }, (_, i) => x.narrow(dim, i * small + Math.min(i, larger), small + (i < larger ? 1 : 0)));
}

/**
 * Views along a dim: as many sections as a number says, nearly equal, the larger ones first; or cut at the indices of an
 * array, Python's slice rules. An int64 tensor stands for either. PyTorch's `torch.tensor_split`.
 */
export const tensorSplit = operation('tensorSplit(input: Tensor, indicesOrSections: any, dim: int = 0)', (input, indicesOrSections, dim): Tensor[] => {
  if (input.ndim === 0) throw new ShapeError('tensorSplit', 'a 0-d tensor cannot be split');
  const at = normalizeDim('tensorSplit', dim, input.ndim);
  const sections = sectionsArg('tensorSplit', indicesOrSections);
  if (typeof sections === 'number' && sections <= 0) throw new ArgumentError('tensorSplit', 'indicesOrSections', `must be positive, got ${sections}`);
  return cut(input, sections, at);
});

function splitAlong(op: string, input: Tensor, indicesOrSections: unknown, least: number, dim: number): Tensor[] {
  if (input.ndim < least) throw new ShapeError(op, `expected at least ${least} ${least === 1 ? 'dimension' : 'dimensions'}, got shape [${input.shape.join(', ')}]`);
  const sections = sectionsArg(op, indicesOrSections);
  if (typeof sections === 'number' && (sections <= 0 || input.shape[dim] % sections !== 0)) {
    throw new ShapeError(op, `dimension ${dim} of size ${input.shape[dim]} cannot be split into ${sections} equal sections`);
  }
  return cut(input, sections, dim);
}

/** Views along dim 1 (dim 0 of a vector): equal sections, or cut at indices. PyTorch's `torch.hsplit`. */
export const hsplit = operation('hsplit(input: Tensor, indicesOrSections: any)', (input, sections): Tensor[] => splitAlong('hsplit', input, sections, 1, input.ndim === 1 ? 0 : 1));
/** Views along dim 0 of at least a matrix: equal sections, or cut at indices. PyTorch's `torch.vsplit`. */
export const vsplit = operation('vsplit(input: Tensor, indicesOrSections: any)', (input, sections): Tensor[] => splitAlong('vsplit', input, sections, 2, 0));
/** Views along dim 2: equal sections, or cut at indices. PyTorch's `torch.dsplit`. */
export const dsplit = operation('dsplit(input: Tensor, indicesOrSections: any)', (input, sections): Tensor[] => splitAlong('dsplit', input, sections, 3, 2));

/** Views of the given sizes, which add up to the dim's. PyTorch's `torch.split_with_sizes`. */
export const splitWithSizes = operation('splitWithSizes(input: Tensor, splitSizes: ints, dim: int = 0)', (input, splitSizes, dim): Tensor[] => {
  const at = normalizeDim('splitWithSizes', dim, input.ndim);
  const size = input.shape[at] ?? 1;
  if (splitSizes.some((each) => each < 0) || splitSizes.reduce((a, b) => a + b, 0) !== size) {
    throw new ShapeError('splitWithSizes', `splitSizes [${splitSizes.join(', ')}] must not be negative and add up to ${size}, the size of dimension ${at}`);
  }
  let start = 0;
  return splitSizes.map((length) => input.narrow(at, (start += length) - length, length));
});

export const SPLITTING_METHODS = { tensorSplit, hsplit, vsplit, dsplit, splitWithSizes };

declare module '../tensor.ts' {
  interface Tensor {
    tensorSplit: Method<typeof tensorSplit>;
    hsplit: Method<typeof hsplit>;
    vsplit: Method<typeof vsplit>;
    dsplit: Method<typeof dsplit>;
    splitWithSizes: Method<typeof splitWithSizes>;
  }
}
