/** The multiply-add of CPUs, which PyTorch's own loops are compiled to. */

/** 2**27 + 1, which splits a float64 into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;
const high = (x: number): number => {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
};

/** `x * y + z` in float64, rounded once: the rounding errors of product (Dekker) and sum (Knuth) are added at the end. */
export function fma(x: number, y: number, z: number): number {
  const product = x * y, sum = product + z;
  const xHigh = high(x), yHigh = high(y), xLow = x - xHigh, yLow = y - yHigh;
  const ofProduct = xHigh * yHigh - product + xHigh * yLow + xLow * yHigh + xLow * yLow;
  const added = sum - product, ofSum = product - (sum - added) + (z - added);
  const once = sum + (ofSum + ofProduct);
  // Beyond 1e300 the halves overflow.
  return Number.isNaN(once) ? sum : once;
}
