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

/** More markers than this are not told apart, and make files that nothing opens. */
const mostMarkers = 40_000;

/**
 * Indices of markers of which no two fall on the same half pixel, once there are more than four per pixel of the width;
 * where too many are left, no two on the same pixel, or on the same square of two.
 */
export function visibleOfCloud(x: Float64Array, y: Float64Array, pixels: number): readonly number[] | undefined {
  if (x.length <= 4 * pixels) return undefined;
  // 24 bits per coordinate, so that two fit into one number; what is further away is outside of any page.
  const rounded = (v: number): number => Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, Math.round(v)));
  for (let perPixel = 2; ; perPixel /= 2) {
    const taken = new Map<number, number>();
    // The last one stays, for it is drawn over the others.
    for (let i = 0; i < x.length; i++) taken.set(rounded(perPixel * x[i]) * 2 ** 24 + rounded(perPixel * y[i]), i);
    if (taken.size <= mostMarkers || perPixel < 1) return [...taken.values()].sort((a, b) => a - b);
  }
}
