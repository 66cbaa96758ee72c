/** PyTorch's printed representation: Python's literals and the indented tree of modules. */

/** A Python float literal: integral values keep their `.0`. */
export function pyFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e');
    const sign = exponent[0] === '-' ? '-' : '+';
    return `${digits}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

export const pyBool = (value: boolean): string => (value ? 'True' : 'False');

/** A Python tuple of integers. */
export const pyTuple = (values: readonly number[]): string => `(${values.join(', ')}${values.length === 1 ? ',' : ''})`;

const indent = (text: string): string => text.replaceAll('\n', '\n  ');

/** `Name(extra)` on one line, or the extra representation and the children each on their own. */
export function reprTree(name: string, extra: string, children: readonly (readonly [string, string])[]): string {
  const extraLines = extra === '' ? [] : extra.split('\n');
  if (children.length === 0 && extraLines.length <= 1) return `${name}(${extra})`;
  const lines = [...extraLines, ...children.map(([key, repr]) => `(${key}): ${indent(repr)}`)];
  return `${name}(\n  ${lines.join('\n  ')}\n)`;
}

/** Consecutive children of equal representation under one key: `(0-2): 3 x Linear(...)`, as ModuleList prints. */
export function groupRepeats(children: readonly (readonly [string, string])[]): [string, string][] {
  const grouped: [string, string][] = [];
  for (let start = 0; start < children.length;) {
    const [key, repr] = children[start];
    let end = start + 1;
    while (end < children.length && children[end][1] === repr) end++;
    const count = end - start;
    grouped.push(count === 1 ? [key, repr] : [`${key}-${children[end - 1][0]}`, `${count} x ${repr}`]);
    start = end;
  }
  return grouped;
}
