/** PyTorch's memory formats: the order in which a tensor's elements lie, whatever the order of its dims. */
import { ArgumentError, ShapeError } from './errors.ts';
import { show } from './args.ts';
import { contiguousLayout, type Layout, type Shape } from './layout.ts';
import { denseLayout, isDense, resultLayout } from './result-layout.ts';

/** Row-major. PyTorch's `torch.contiguous_format`. */
export const contiguousFormat = 'contiguousFormat';
/** As the input's elements lie, where they lie without gaps and overlaps. PyTorch's `torch.preserve_format`. */
export const preserveFormat = 'preserveFormat';
/** `[N, C, H, W]` with the channels innermost. PyTorch's `torch.channels_last`. */
export const channelsLast = 'channelsLast';
/** `[N, C, D, H, W]` with the channels innermost. PyTorch's `torch.channels_last_3d`. */
export const channelsLast3d = 'channelsLast3d';

const FORMATS = [contiguousFormat, preserveFormat, channelsLast, channelsLast3d] as const;
export type MemoryFormat = (typeof FORMATS)[number];

export interface FormatOption {
  readonly memoryFormat?: MemoryFormat | null;
}

export function formatArg(op: string, value: unknown): MemoryFormat | null {
  if (value === undefined || value === null) return null;
  if (!FORMATS.includes(value as MemoryFormat)) throw new ArgumentError(op, 'memoryFormat', `must be one of ${FORMATS.map((name) => `'${name}'`).join(', ')}, got ${show(value)}`);
  return value as MemoryFormat;
}

/** The dims from the innermost outwards. */
function order(op: string, ndim: number, format: typeof channelsLast | typeof channelsLast3d): readonly number[] {
  const expected = format === channelsLast ? 4 : 5;
  if (ndim !== expected) throw new ShapeError(op, `memoryFormat '${format}' needs ${expected} dimensions, got ${ndim}`);
  return format === channelsLast ? [1, 3, 2, 0] : [1, 4, 3, 2, 0];
}

/** A layout of its own memory for `shape` in a format; `like`, of that shape, is the input whose format is kept unless another is given. */
export function formatLayout(op: string, shape: Shape, format: MemoryFormat | null, like: Layout | null): Layout {
  if (format === channelsLast || format === channelsLast3d) return denseLayout(shape, order(op, shape.length, format));
  if (format === preserveFormat && like === null) throw new ArgumentError(op, 'memoryFormat', "must not be 'preserveFormat': there is no input whose format could be kept");
  return format === contiguousFormat || like === null ? contiguousLayout(shape) : resultLayout(like);
}

/** Whether a tensor's elements lie without gaps in the format's order; dims of size 1 do not matter. */
export function hasFormat(op: string, layout: Layout, format: MemoryFormat | null): boolean {
  if (format === null || format === contiguousFormat) return layout.contiguous;
  if (format === preserveFormat) throw new ArgumentError(op, 'memoryFormat', "must not be 'preserveFormat'");
  const inner = format === channelsLast ? [1, 3, 2, 0] : [1, 4, 3, 2, 0];
  return layout.shape.length === inner.length && (layout.numel === 0 || isDense(layout, inner));
}

/** A layout that `to` with 'contiguousFormat' changes: other strided tensors count as row-major there, as in PyTorch. */
export const channelsInnermost = (layout: Layout): boolean => [channelsLast, channelsLast3d].some((format) => hasFormat('to', layout, format as MemoryFormat));
