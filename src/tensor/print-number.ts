/** Numbers as Python's `%.4f` and `%.4e` print them: correctly rounded from the exact value, ties to even. */

/** JS rounds ties up; digits beyond the last one kept tell a tie, since a double near one differs within 25 digits. */
function roundedUpTie(digits: (count: number) => string, precision: number): boolean {
  const next = digits(precision + 1);
  if (!next.endsWith('5')) return false;
  const exact = digits(Math.min(precision + 30, 100));
  const kept = exact.length - (Math.min(precision + 30, 100) - precision);
  const before = exact[kept - 1] === '.' ? exact[kept - 2] : exact[kept - 1];
  return /^50*$/.test(exact.slice(kept)) && Number(before) % 2 === 0;
}

function special(x: number): string | null {
  if (Number.isNaN(x)) return 'nan';
  return Number.isFinite(x) ? null : x > 0 ? 'inf' : '-inf';
}

/** Digits of |x| cut after `precision`, where rounding up would break a tie the wrong way. */
const cut = (digits: string): string => digits.slice(0, -1).replace(/\.$/, '');

/** `%.{precision}f`. */
export function fixed(x: number, precision: number): string {
  const named = special(x);
  if (named !== null) return named;
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  const abs = Math.abs(x);
  // Beyond 1e21 toFixed would switch to an exponent; such a double is an integer.
  if (abs >= 1e21) return sign + BigInt(abs).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  const digits = (count: number): string => abs.toFixed(count);
  return sign + (roundedUpTie(digits, precision) ? cut(digits(precision + 1)) : digits(precision));
}

/** `%.{precision}e`: at least two digits of exponent. */
export function scientific(x: number, precision: number): string {
  const named = special(x);
  if (named !== null) return named;
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  const abs = Math.abs(x);
  const mantissa = (count: number): string => abs.toExponential(count).split('e')[0];
  const tie = roundedUpTie(mantissa, precision);
  const [digits, exponent] = abs.toExponential(tie ? precision + 1 : precision).split('e');
  return `${sign}${tie ? cut(digits) : digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
