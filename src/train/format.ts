/** Numbers as Python's format mini-language writes them, which patterns of tqdm and of checkpoint names use. */

const stripped = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);

/** Exponents have two digits at least. */
const exponential = (mantissa: string, exponent: number): string => `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** Python's `format(value, '.<precision>g')`. */
export function general(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [mantissa, power] = value.toExponential(Math.max(precision, 1) - 1).split('e'), exponent = Number(power);
  return exponent < -4 || exponent >= Math.max(precision, 1) ? exponential(stripped(mantissa), exponent) : stripped(value.toFixed(Math.max(precision, 1) - 1 - exponent));
}

const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

const SPEC = /^(0?)(\d*)(?:\.(\d{1,2}))?([defg%]?)$/;

/** A value by a spec such as `02d`, `.3f` or `8.2e`; undefined for a spec that is none of numbers. */
export function formatSpec(value: number, spec: string): string | undefined {
  const match = SPEC.exec(spec);
  if (match === null || Number(match[2]) > 100) return undefined;
  const [, zero, width, precision, type] = match, digits = precision === undefined ? 6 : Number(precision);
  const pad = (text: string): string => (zero === '' ? text.padStart(Number(width)) : text.startsWith('-') ? `-${text.slice(1).padStart(Number(width) - 1, '0')}` : text.padStart(Number(width), '0'));
  if (!Number.isFinite(value)) return special(value).padStart(Number(width));
  switch (type) {
    case 'd': return pad(String(Math.trunc(value)));
    case 'f': return pad(value.toFixed(digits));
    case '%': return pad(`${(value * 100).toFixed(digits)}%`);
    case 'e': {
      const [mantissa, power] = value.toExponential(digits).split('e');
      return pad(exponential(mantissa, Number(power)));
    }
    case 'g': return pad(general(value, digits));
    default: return pad(precision === undefined ? String(value) : general(value, digits));
  }
}

/** Replaces `{name}` and `{name:spec}`; a name without a value, and a spec that is none, stay as they are. */
export function fill(pattern: string, value: (name: string) => number | string | undefined): string {
  return pattern.replace(/\{(\w[\w/.-]*)(?::([^{}]*))?\}/g, (whole, name: string, spec: string | undefined) => {
    const found = value(name);
    if (found === undefined) return whole;
    return typeof found === 'string' ? found : formatSpec(found, spec ?? '') ?? whole;
  });
}
