/**
 * Parser and compiler in one pass: an expression becomes nested closures, and what holds no hole is computed at once.
 * Precedence, lowest first, is Python's: comparisons, |, &, + -, * / // % @, unary - + ~, ** (right-associative).
 */
import { ExpressionError } from '../core/errors.ts';
import type { Scalar } from '../tensor/promotion.ts';
import { release } from '../core/allocator.ts';
import { sourceText, tokenize, type Token } from './lexer.ts';
import { CONSTANTS, FUNCTIONS, OPERATORS, invert, negate, type BinaryOperator, type Code, type Value } from './operations.ts';

/** A compiled part; `constant` is its value where it holds no hole. */
interface Part {
  readonly run: Code;
  readonly constant?: Scalar;
  /** Its tensor was made by an operator of this expression: nobody else can see it. */
  readonly fresh?: boolean;
}

/** Gives an intermediate's memory to the next one, unless the graph keeps it or the result lies in it. */
function spend(x: Value, result: Value): void {
  if (typeof x === 'object' && !x.needsGrad && typeof result === 'object' && !result.needsGrad && result.storage !== x.storage) release(x.storage);
}

const COMPARISONS = new Set(['<', '<=', '>', '>=', '==', '!=']);
const LEVELS: readonly ReadonlySet<string>[] = [COMPARISONS, new Set(['|']), new Set(['&']), new Set(['+', '-']), new Set(['*', '/', '//', '%', '@'])];

const constant = (value: Scalar): Part => ({ run: () => value, constant: value });

function combine({ onTensors, onNumbers }: BinaryOperator, left: Part, right: Part): Part {
  const { run: a } = left, { run: b, constant: fixed } = right;
  if (left.constant !== undefined && fixed !== undefined) return constant(onNumbers(Number(left.constant), Number(fixed)));
  const spendLeft = left.fresh === true, spendRight = right.fresh === true;
  if (fixed !== undefined) {
    return {
      fresh: true,
      run: (holes) => {
        const x = a(holes);
        if (typeof x !== 'object') return onNumbers(Number(x), Number(fixed));
        const result = onTensors(x, fixed);
        if (spendLeft) spend(x, result);
        return result;
      },
    };
  }
  return {
    fresh: true,
    run: (holes) => {
      const x = a(holes), y = b(holes);
      if (typeof x !== 'object' && typeof y !== 'object') return onNumbers(Number(x), Number(y));
      const result = onTensors(x, y);
      if (spendLeft) spend(x, result);
      if (spendRight) spend(y, result);
      return result;
    },
  };
}

/** `fn` makes a new tensor (negation, inversion). */
function apply(fn: (x: Value) => Value, operand: Part): Part {
  const { run } = operand;
  if (operand.constant !== undefined) return constant(fn(operand.constant) as Scalar);
  if (operand.fresh !== true) return { fresh: true, run: (holes) => fn(run(holes)) };
  return {
    fresh: true,
    run: (holes) => {
      const x = run(holes), result = fn(x);
      spend(x, result);
      return result;
    },
  };
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly source: string;
  private position = 0;

  constructor(tokens: readonly Token[], source: string) {
    this.tokens = tokens;
    this.source = source;
  }

  parse(): Part {
    const whole = this.level(0);
    const rest = this.peek();
    if (rest.kind !== 'end') this.fail(`expected an operator or the end, got ${this.describe(rest)}`, rest);
    return whole;
  }

  private peek(): Token {
    return this.tokens[this.position];
  }

  private fail(message: string, token: Token): never {
    throw new ExpressionError(message, this.source, token.at);
  }

  private describe(token: Token): string {
    switch (token.kind) {
      case 'end': return 'the end';
      case 'hole': return 'a value';
      case 'number': return `the number ${token.value}`;
      case 'name': return /^(and|or|not)$/.test(token.text) ? `'${token.text}' (write & | ~)` : `'${token.text}'`;
      case 'symbol': return `'${token.text}'`;
    }
  }

  /** The operator here if it is one of `symbols`; consumes it. */
  private take(symbols: ReadonlySet<string> | string): Extract<Token, { kind: 'symbol' }> | null {
    const token = this.peek();
    if (token.kind !== 'symbol' || !(typeof symbols === 'string' ? symbols === token.text : symbols.has(token.text))) return null;
    this.position++;
    return token;
  }

  /** Left-associative binary operators of one level and everything that binds tighter. */
  private level(depth: number): Part {
    if (depth === LEVELS.length) return this.unary();
    let left = this.level(depth + 1);
    for (let token = this.take(LEVELS[depth]); token !== null; token = this.take(LEVELS[depth])) {
      left = combine(OPERATORS[token.text], left, this.level(depth + 1));
      const next = this.peek();
      if (depth === 0 && next.kind === 'symbol' && COMPARISONS.has(next.text)) this.fail('comparisons cannot be chained: write (a < b) & (b < c)', next);
    }
    return left;
  }

  private unary(): Part {
    if (this.take('-')) return apply(negate, this.unary());
    if (this.take('+')) return this.unary();
    if (this.take('~')) return apply(invert, this.unary());
    return this.power();
  }

  /** `-x**2` is -(x**2), `2**-1` is allowed, `a**b**c` is a**(b**c). */
  private power(): Part {
    const base = this.atom();
    return this.take('**') ? combine(OPERATORS['**'], base, this.unary()) : base;
  }

  private atom(): Part {
    const token = this.peek();
    this.position++;
    switch (token.kind) {
      case 'number': return constant(token.value);
      case 'hole': {
        const { index } = token;
        return { run: (holes) => holes[index] };
      }
      case 'name': return this.named(token);
      case 'symbol':
        if (token.text === '(') {
          const inner = this.level(0);
          this.close(token);
          return inner;
        }
        return this.fail(`expected a value, got ${this.describe(token)}`, token);
      case 'end': return this.fail('expected a value, got the end', token);
    }
  }

  private close(open: Token): void {
    if (this.take(')')) return;
    const token = this.peek();
    if (token.kind === 'end') this.fail("'(' is never closed", open);
    this.fail(`expected ')', got ${this.describe(token)}`, token);
  }

  private named(token: Extract<Token, { kind: 'name' }>): Part {
    const { text } = token;
    const open = this.take('(');
    if (open === null) {
      if (Object.hasOwn(CONSTANTS, text)) return constant(CONSTANTS[text]);
      if (Object.hasOwn(FUNCTIONS, text)) this.fail(`'${text}' is a function: write ${text}(...)`, token);
      this.fail(/^(and|or|not)$/.test(text) ? `'${text}' is not an operator here: write & | ~` : `unknown name '${text}': write \${${text}} for a variable`, token);
    }
    if (!Object.hasOwn(FUNCTIONS, text)) this.fail(`unknown function '${text}'`, token);
    const row = FUNCTIONS[text];
    const args: Part[] = [];
    if (!this.take(')')) {
      do args.push(this.level(0)); while (this.take(','));
      this.close(open);
    }
    if (args.length < row.least || args.length > row.most) {
      const expected = row.least === row.most ? `${row.least}` : `${row.least} to ${row.most}`;
      this.fail(`${text} takes ${expected} argument${expected === '1' ? '' : 's'}, got ${args.length}`, token);
    }
    return this.call(row.call, args);
  }

  private call(fn: (args: readonly Value[]) => Value, args: readonly Part[]): Part {
    const values = args.map(({ constant: value }) => value);
    if (values.every((value): value is Scalar => value !== undefined)) return constant(fn(values) as Scalar);
    if (args.length === 1) {
      const { run } = args[0];
      return { run: (holes) => fn([run(holes)]) };
    }
    return { run: (holes) => fn(args.map(({ run }) => run(holes))) };
  }
}

export function compileExpression(strings: readonly (string | undefined)[]): Code {
  const source = sourceText(strings.map((part) => part ?? ''));
  return new Parser(tokenize(strings, source), source).parse().run;
}
