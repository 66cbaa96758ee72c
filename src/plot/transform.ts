/** The symlog scale of matplotlib: linear between -linthresh and linthresh, which take as much room as one decade, logarithmic beyond. */
export function symlog(linthresh: number): { readonly forward: (value: number) => number; readonly back: (value: number) => number } {
  // matplotlib's SymmetricalLogTransform for base 10 and linscale 1.
  const linear = 1 / (1 - 1 / 10);
  return {
    forward: (v) => (Math.abs(v) <= linthresh ? v * linear / linthresh : Math.sign(v) * (linear + Math.log10(Math.abs(v) / linthresh))),
    back: (t) => (Math.abs(t) <= linear ? t * linthresh / linear : Math.sign(t) * linthresh * 10 ** (Math.abs(t) - linear)),
  };
}
