/** Quantities as PyTorch's profiler prints them. */

/** Microseconds. */
export const timeText = (us: number): string => (us >= 1e6 ? `${(us / 1e6).toFixed(3)}s` : us >= 1e3 ? `${(us / 1e3).toFixed(3)}ms` : `${us.toFixed(3)}us`);

export function bytesText(bytes: number): string {
  const size = Math.abs(bytes), units = ['KB', 'MB', 'GB'];
  if (size < 1024) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log2(size) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power - 1]}`;
}

export const shareText = (part: number, whole: number): string => `${whole === 0 ? '0.00' : ((part / whole) * 100).toFixed(2)}%`;

const FLOPS = ['FLOPs', 'KFLOPs', 'MFLOPs', 'GFLOPs', 'TFLOPs', 'PFLOPs'];

/** The unit in which the smallest of some counts has at least one digit before the point. */
export function flopsUnit(counts: readonly number[]): { readonly scale: number; readonly name: string } {
  const least = Math.min(...counts.filter((count) => count > 0));
  const power = Number.isFinite(least) ? Math.max(0, Math.min(Math.floor(Math.log10(least) / 3), FLOPS.length - 1)) : 0;
  return { scale: 1000 ** power, name: FLOPS[power] };
}
