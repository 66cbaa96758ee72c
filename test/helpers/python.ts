/** Evaluates the Python expressions of PyTorch's recorded cases with flambeau: calls, attributes, lists, tuples, numbers, `**`. */
import { camel } from '../fixtures/conformance.ts';

type Scope = Readonly<Record<string, unknown>>;
type Callable = (...args: unknown[]) => unknown;

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\*\*|[()[\],.=+\-*/]))/y;

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) throw new SyntaxError(`cannot read ${JSON.stringify(source.slice(at))}`);
    tokens.push(match[1] ?? match[2] ?? match[3]);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

const isClass = (value: unknown): value is new (...args: unknown[]) => unknown => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

class Evaluator {
  private readonly tokens: readonly string[];
  private readonly scope: Scope;
  private at = 0;

  constructor(source: string, scope: Scope) {
    this.tokens = tokenize(source);
    this.scope = scope;
  }

  run(): unknown {
    const value = this.sum();
    if (this.at < this.tokens.length) throw new SyntaxError(`unexpected ${this.tokens[this.at]}`);
    return value;
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private sum(): unknown {
    let value = this.product();
    for (;;) {
      if (this.take('+')) value = (value as number) + (this.product() as number);
      else if (this.take('-')) value = (value as number) - (this.product() as number);
      else return value;
    }
  }

  private product(): unknown {
    let value = this.unary();
    for (;;) {
      if (this.take('*')) value = (value as number) * (this.unary() as number);
      else if (this.take('/')) value = (value as number) / (this.unary() as number);
      else return value;
    }
  }

  private unary(): unknown {
    if (!this.take('-')) return this.power();
    const value = this.unary();
    return typeof value === 'number' ? -value : (value as { neg(): unknown }).neg();
  }

  private power(): unknown {
    const base = this.postfix();
    return this.take('**') ? (base as number) ** (this.unary() as number) : base;
  }

  private postfix(): unknown {
    let value = this.atom(), self: unknown;
    for (;;) {
      if (this.take('.')) {
        const name = camel(this.tokens[this.at++]);
        self = value;
        value = (value as Record<string, unknown>)[name];
        if (value === undefined) throw new ReferenceError(`no ${name}`);
      } else if (this.take('(')) {
        const args = this.args();
        value = isClass(value) ? new value(...args) : (value as Callable).apply(self, args);
      } else return value;
    }
  }

  /** Keyword arguments become the trailing options. */
  private args(): unknown[] {
    const positional: unknown[] = [], options: Record<string, unknown> = {};
    while (!this.take(')')) {
      if (this.tokens[this.at + 1] === '=') {
        const name = camel(this.tokens[this.at]);
        this.at += 2;
        options[name] = this.sum();
      } else positional.push(this.sum());
      this.take(',');
    }
    return Object.keys(options).length > 0 ? [...positional, options] : positional;
  }

  private list(close: string): unknown[] {
    const items: unknown[] = [];
    while (!this.take(close)) {
      items.push(this.sum());
      this.take(',');
    }
    return items;
  }

  private atom(): unknown {
    const token = this.tokens[this.at++];
    if (token === '[') return this.list(']');
    if (token === '(') {
      const first = this.sum();
      if (this.take(')')) return first;
      this.take(',');
      return [first, ...this.list(')')];
    }
    if (/^[\d.]/.test(token)) return Number(token);
    if (token === 'True' || token === 'False') return token === 'True';
    if (token === 'None') return null;
    if (!(token in this.scope)) throw new ReferenceError(`no ${token}`);
    return this.scope[token];
  }
}

export const evaluatePython = (source: string, scope: Scope): unknown => new Evaluator(source, scope).run();
