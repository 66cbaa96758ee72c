/** Fewer points for the same picture. */

/**
 * Indices of the points of a line that are worth drawing, given their pixel positions: of each run that stays in
 * one pixel column the first, the lowest, the highest and the last, so that no extreme is lost. Gaps (NaN) stay.
 * Returns undefined where there are too few points to bother.
 */
export function visibleOfLine(x: Float64Array, y: Float64Array, pixels: number): readonly number[] | undefined {
  if (x.length <= 4 * pixels) return undefined;
  const kept: number[] = [];
  for (let start = 0; start < x.length; ) {
    const column = Math.floor(x[start]);
    if (Number.isNaN(x[start]) || Number.isNaN(y[start])) {
      kept.push(start);
      start++;
      while (start < x.length && (Number.isNaN(x[start]) || Number.isNaN(y[start]))) start++;
      continue;
    }
    let [low, high, end] = [start, start, start];
    while (end + 1 < x.length && Math.floor(x[end + 1]) === column && !Number.isNaN(y[end + 1])) {
      end++;
      if (y[end] < y[low]) low = end;
      if (y[end] > y[high]) high = end;
    }
    const [near, far] = low < high ? [low, high] : [high, low];
    for (const i of [start, near, far, end]) if (kept.at(-1) !== i) kept.push(i);
    start = end + 1;
  }
  return kept;
}

/** Indices of markers of which no two fall on the same half pixel, once there are more than four per pixel. */
export function visibleOfCloud(x: Float64Array, y: Float64Array, pixels: number): readonly number[] | undefined {
  if (x.length <= 4 * pixels) return undefined;
  const taken = new Map<number, number>();
  // 24 bits per coordinate, so that two fit into one number; what is further away is outside of any page.
  const half = (v: number): number => Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, Math.round(2 * v)));
  // The last one stays, for it is drawn over the others.
  for (let i = 0; i < x.length; i++) taken.set(half(x[i]) * 2 ** 24 + half(y[i]), i);
  return [...taken.values()].sort((a, b) => a - b);
}
