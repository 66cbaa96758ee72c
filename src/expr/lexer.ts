/** Tokens of an `expr` template. Positions are columns of its text with every hole written as `${...}`. */
import { ExpressionError } from '../core/errors.ts';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'hole'; readonly index: number; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const HOLE = '${...}';
const TOKEN = /\s+|(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<symbol>\*\*|\/\/|<=|>=|==|!=|[-+*/%@<>&|~(),])/y;

/** What people write instead, and what they mean. */
const HINTS: Readonly<Record<string, string>> = {
  '^': "'^' is not a power: write ** for that, or logicalXor(a, b)",
  '=': "'=' cannot assign here: write == to compare",
  '!': "'!' is not an operator: write ~",
  '?': "there is no '?:': write where(condition, a, b)",
};

export function sourceText(strings: readonly string[]): string {
  return strings.map((part) => part.replace(/\s/g, ' ')).join(HOLE);
}

export function tokenize(strings: readonly (string | undefined)[], source: string): Token[] {
  const tokens: Token[] = [];
  let base = 0;
  strings.forEach((part, index) => {
    if (index > 0) {
      tokens.push({ kind: 'hole', index: index - 1, at: base });
      base += HOLE.length;
    }
    if (part === undefined) throw new ExpressionError('the template has an invalid escape', source, base);
    tokenizePart(part, base, source, tokens);
    base += part.length;
  });
  tokens.push({ kind: 'end', at: base });
  return tokens;
}

function tokenizePart(part: string, base: number, source: string, tokens: Token[]): void {
  let position = 0;
  while (position < part.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(part);
    const at = base + position;
    if (match === null) throw new ExpressionError(HINTS[part[position]] ?? `unexpected character '${part[position]}'`, source, at);
    position += match[0].length;
    const { number, name, symbol } = match.groups as Record<string, string | undefined>;
    if (number !== undefined) {
      if (/[A-Za-z_]/.test(part[position] ?? '')) throw new ExpressionError(`a number cannot be followed by '${part[position]}'`, source, base + position);
      tokens.push({ kind: 'number', value: Number(number.replaceAll('_', '')), at });
    } else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, at });
  }
}
