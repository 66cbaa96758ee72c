/** Newline-delimited JSON: one value per line. */
import { bind, intArg, signature } from '../core/args.ts';
import { failing, readText, sourceArg, type DataSource } from './bytes.ts';

export interface NdjsonOptions {
  readonly maxRows?: number;
}

const READ = signature('readNdjson(source, *, maxRows?)'), STREAM = signature('streamNdjson(source, *, maxRows?)');

async function* values(op: string, source: DataSource, maxRows: number): AsyncGenerator<unknown> {
  let rest: string[] = [], line = 0, count = 0;
  const fail = failing(op, source);
  const parse = (text: string): unknown => {
    line++;
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      return fail(`line ${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  for await (const part of readText(op, source)) {
    const lines = part.split('\n');
    if (lines.length > 1) {
      lines[0] = rest.join('') + lines[0];
      rest = [];
    }
    rest.push(lines.pop() as string);
    for (const text of lines) {
      if (count >= maxRows) return;
      const value = parse(text);
      if (value === undefined) continue;
      count++;
      yield value;
    }
  }
  const value = count < maxRows ? parse(rest.join('')) : undefined;
  if (value !== undefined) yield value;
}

/**
 * The values of a file of newline-delimited JSON as they are read; empty lines are left out. `source` is a file name, a
 * URL, bytes or a stream, gzipped or not. A line that is not JSON throws a FileFormatError that names it.
 *
 *     for await (const { text, label } of streamNdjson<{ text: string; label: number }>('reviews.jsonl.gz')) ...
 */
export function streamNdjson<T = unknown>(...args: readonly [source: DataSource, options?: NdjsonOptions]): AsyncIterable<T> {
  const given = bind(STREAM, args), source = sourceArg('streamNdjson', given.source), maxRows = maxRowsArg('streamNdjson', given.maxRows);
  return { [Symbol.asyncIterator]: () => values('streamNdjson', source, maxRows) as AsyncGenerator<T> };
}

/** All values of a file of newline-delimited JSON: {@link streamNdjson} as an array. */
export async function readNdjson<T = unknown>(...args: readonly [source: DataSource, options?: NdjsonOptions]): Promise<T[]> {
  const given = bind(READ, args), result: T[] = [];
  for await (const value of values('readNdjson', sourceArg('readNdjson', given.source), maxRowsArg('readNdjson', given.maxRows))) result.push(value as T);
  return result;
}

const maxRowsArg = (op: string, value: unknown): number => (value === undefined || value === Infinity ? Infinity : intArg(op, 'maxRows', value));
