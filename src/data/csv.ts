/** CSV files, parsed by papaparse: typed columns at once, or rows as they come. */
import type { Parser, ParseResult } from 'papaparse';
import { bind, boolArg, intArg, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Fail } from '../io/source.ts';
import { failing, readText, sourceArg, type DataSource } from './bytes.ts';
import { COLUMN_TYPES, ColumnBuilder, fillValue, inferType, type Cell, type Column, type ColumnType, type TextType } from './columns.ts';
import { Table, TableStream } from './table.ts';

export interface CsvOptions {
  /** One character. */
  readonly delimiter?: string;
  /** False if the first row is data. */
  readonly header?: boolean;
  /** Names for all columns of the file, instead of those of its header (or where it has none: 'column_0', ...). */
  readonly names?: readonly string[];
  /** Which columns to keep, by name, in this order. */
  readonly columns?: readonly string[];
  /** Types by column; the others are inferred. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** Texts that stand for a missing value, instead of the usual ones. */
  readonly naValues?: readonly string[];
  /** 'nan' (in text null), or 'error'. */
  readonly missing?: 'nan' | 'error';
  /** What to put for missing values, for all columns or by column. */
  readonly fill?: Cell | Readonly<Record<string, Cell>>;
  readonly quote?: string;
  /** Lines that begin with this are left out. */
  readonly comment?: string;
  readonly skipRows?: number;
  readonly maxRows?: number;
  readonly encoding?: string;
  /** How many rows decide about the types that are not given. */
  readonly inferRows?: number;
  /** Rows per table of a stream. */
  readonly chunkSize?: number;
}

const PARAMETERS = 'source, *, delimiter?, header?, names?, columns?, types?, naValues?, missing?, fill?, quote?, comment?, skipRows?, maxRows?, encoding?, inferRows?, chunkSize?';
const READ = signature(`readCsv(${PARAMETERS})`), STREAM = signature(`streamCsv(${PARAMETERS})`);

/** Those of pandas, without the ones that only Excel writes. */
const NA_VALUES = ['', 'NA', 'N/A', 'n/a', 'NaN', 'nan', '-NaN', '-nan', 'null', 'NULL', 'None', '<NA>'];

interface Settings {
  readonly op: string;
  readonly source: DataSource;
  readonly fail: Fail;
  readonly delimiter: string;
  readonly header: boolean;
  readonly names: readonly string[] | undefined;
  readonly columns: readonly string[] | undefined;
  readonly types: Readonly<Record<string, ColumnType>>;
  readonly na: ReadonlySet<string>;
  readonly required: boolean;
  readonly fill: unknown;
  readonly quote: string;
  readonly comment: string | undefined;
  readonly skipRows: number;
  readonly maxRows: number;
  readonly encoding: string | undefined;
  readonly inferRows: number;
  readonly chunkSize: number;
}

function settingsOf(sig: typeof READ, args: readonly unknown[]): Settings {
  const given = bind(sig, args), op = sig.name;
  const wrong = (name: string, expected: string): never => {
    throw new ArgumentError(op, name, `must be ${expected}, got ${show(given[name])}`);
  };
  const character = (name: string, fallback: string): string => {
    const value = given[name] ?? fallback;
    return typeof value === 'string' && value.length === 1 && !/[\r\n\ufeff]/.test(value) ? value : wrong(name, 'one character');
  };
  const strings = (name: string): readonly string[] | undefined => {
    const value = given[name];
    if (value !== undefined && !(Array.isArray(value) && value.every((item) => typeof item === 'string') && new Set(value).size === value.length)) wrong(name, 'an array of different strings');
    return value as readonly string[] | undefined;
  };
  const count = (name: string, fallback: number, least: number): number => {
    const value = given[name] === Infinity ? Infinity : intArg(op, name, given[name], fallback);
    return value >= least ? value : wrong(name, `at least ${least}`);
  };
  const types = (given.types ?? {}) as Readonly<Record<string, ColumnType>>;
  if (typeof types !== 'object' || !Object.values(types).every((type) => type !== 'object' && COLUMN_TYPES.includes(type))) wrong('types', `types by column, of ${COLUMN_TYPES.slice(0, -1).join(', ')}`);
  if (given.missing !== undefined && given.missing !== 'nan' && given.missing !== 'error') wrong('missing', "'nan' or 'error'");
  if (given.comment !== undefined && (typeof given.comment !== 'string' || given.comment === '')) wrong('comment', 'a string');
  if (given.encoding !== undefined && typeof given.encoding !== 'string') wrong('encoding', 'a string');
  const delimiter = character('delimiter', ','), quote = character('quote', '"');
  if (delimiter === quote) wrong('quote', 'another character than the delimiter');
  const source = sourceArg(op, given.source);
  return {
    op, source, fail: failing(op, source), delimiter, quote, types,
    header: boolArg(op, 'header', given.header, true),
    names: strings('names'), columns: strings('columns'), na: new Set(strings('naValues') ?? NA_VALUES),
    required: given.missing === 'error', fill: given.fill, comment: given.comment as string | undefined, encoding: given.encoding as string | undefined,
    skipRows: count('skipRows', 0, 0), maxRows: count('maxRows', Infinity, 0), inferRows: count('inferRows', 10_000, 1), chunkSize: count('chunkSize', 4096, 1),
  };
}

/** The end of a line, as the first one of the text shows it: papaparse takes a single kind. */
function newlineOf(text: string): '\r\n' | '\n' | '\r' {
  const at = text.search(/[\r\n]/);
  return at < 0 || text[at] === '\n' ? '\n' : text[at + 1] === '\n' ? '\r\n' : '\r';
}

/** The least that is parsed at once; what is left of a row is parsed again with the next piece. */
const PIECE_CHARS = 1 << 16;

/** Rows of texts, without empty lines. */
async function* csvRows(settings: Settings): AsyncGenerator<string[][]> {
  const { default: Papa } = await import('papaparse');
  const { op, source, encoding, fail, delimiter, quote, comment } = settings;
  let text = '', parser: Parser | null = null, piece = PIECE_CHARS, records = 0;
  const rowsOf = (last: boolean): string[][] => {
    if (parser === null && text.endsWith('\r') && !last) return [];
    parser ??= new Papa.Parser({ delimiter, newline: newlineOf(text), quoteChar: quote, escapeChar: quote, comments: comment ?? false });
    const { data, errors, meta } = parser.parse(text, 0, !last) as ParseResult<string[]>;
    if (errors.length > 0) fail(`record ${records + (errors[0].row ?? 0) + 1} (a header counts): ${errors[0].message}`);
    records += data.length;
    text = last ? '' : text.slice(meta.cursor);
    // A row longer than the piece is not parsed again for each piece of it.
    piece = data.length === 0 ? Math.max(piece, text.length * 2) : PIECE_CHARS;
    return data.filter((row) => row.length > 1 || row[0] !== '');
  };
  for await (const part of readText(op, source, encoding)) {
    text += part;
    if (text.length < piece) continue;
    const rows = rowsOf(false);
    if (rows.length > 0) yield rows;
  }
  if (text !== '') yield rowsOf(true);
}

interface Header {
  readonly names: readonly string[];
  readonly width: number;
  /** Positions of the kept columns. */
  readonly kept: readonly number[];
}

function headerOf({ fail, header, names: given, columns, op, types, fill }: Settings, first: readonly string[]): Header {
  const names = given ?? (header ? first.map((name) => name.trim()) : first.map((_, i) => `column_${i}`));
  if (names.length !== first.length) throw new ArgumentError(op, 'names', `must name all ${first.length} columns, got ${names.length}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(`has two columns ${show(twice)}: give names`);
  // An assignment to it would change the row's prototype.
  if (names.includes('__proto__')) fail("has a column '__proto__': give names");
  const known = (name: string): number => (names.includes(name) ? names.indexOf(name) : fail(`has no column ${show(name)}, but ${names.map(show).join(', ')}`));
  const kept = columns === undefined ? names.map((_, i) => i) : columns.map(known);
  for (const name of Object.keys(types)) known(name);
  if (isByColumn(fill)) for (const name of Object.keys(fill)) known(name);
  return { names: kept.map((i) => names[i]), width: names.length, kept };
}

const isByColumn = (fill: unknown): fill is Readonly<Record<string, Cell>> => typeof fill === 'object' && fill !== null;

/** Tables of `size` rows or, for Infinity, one of all. */
async function* csvTables(settings: Settings, size: number): AsyncGenerator<Table> {
  const { na, types, required, fail, maxRows, inferRows, fill } = settings;
  let header: Header | undefined, builders: readonly ColumnBuilder[] | undefined;
  let waiting: string[][] = [], skip = settings.skipRows, taken = 0, count = 0, built = 0;
  const textOf = (text: string): string | null => (na.has(text) ? null : text);
  const begin = ({ names, kept }: Header): readonly ColumnBuilder[] => names.map((name, k) => {
    const given = types[name] as TextType | undefined, value: unknown = isByColumn(fill) ? fill[name] : fill;
    const texts = given === undefined ? waiting.slice(0, inferRows).map((row) => textOf(row[kept[k]])) : [];
    const present = texts.filter((text) => text !== null), filled = given ?? inferType(present.length > 0 ? present : texts);
    const filler = value === undefined ? undefined : fillValue(filled, value);
    // One fill for all columns goes to those that can have it.
    if (filler === undefined && value !== undefined && isByColumn(fill)) fail(`column ${show(name)}: fill ${show(value)} is not of type ${filled}`);
    return new ColumnBuilder(given ?? (filler === undefined ? inferType(texts) : filled), { inferred: given === undefined, fill: filler, required });
  });
  const take = (): Table => {
    built = 0;
    const { names } = header as Header;
    return new Table(new Map((builders ?? begin(header as Header)).map((builder, k): [string, Column] => [names[k], builder.take()])));
  };
  const tables = function* (): Generator<Table> {
    const { names, kept } = header as Header;
    builders ??= begin(header as Header);
    for (const row of waiting) {
      taken++;
      for (let k = 0; k < kept.length; k++) {
        const problem = builders[k].add(textOf(row[kept[k]]));
        if (problem !== undefined) fail(`row ${taken}, column ${show(names[k])}: ${problem}${types[names[k]] === undefined && taken > inferRows ? ` (inferred from the first ${inferRows} rows: give its type)` : ''}`);
      }
      if (++built === size) yield take();
    }
    waiting = [];
  };
  for await (const rows of csvRows(settings)) {
    for (const row of rows) {
      if (skip > 0) {
        skip--;
        continue;
      }
      if (header === undefined) {
        header = headerOf(settings, row);
        if (settings.header) continue;
      }
      if (count >= maxRows) break;
      count++;
      if (row.length !== header.width) fail(`row ${count} has ${row.length} fields where the ${settings.header ? 'header' : 'first row'} has ${header.width}`);
      waiting.push(row);
    }
    if (header !== undefined && (builders !== undefined || count >= inferRows)) yield* tables();
    if (count >= maxRows) break;
  }
  if (header === undefined) return void fail('is empty');
  yield* tables();
  if (built > 0 || size === Infinity) yield take();
}

/**
 * Reads a CSV file as a {@link Table} of typed columns. `source` is a file name, a URL, bytes or a stream, gzipped or not.
 * Types that are not given are inferred from the first `inferRows` rows: bool, int64, float64 or string. A missing value is
 * NaN (null in text), makes an inferred column of integers one of float64 (as a fraction does), and may be filled or be an error.
 *
 *     const table = await readCsv('houses.csv', { columns: ['area', 'price'], types: { area: 'float32' }, fill: { area: 0 } });
 *
 * A malformed file throws a FileFormatError that names the row and the column.
 */
export async function readCsv(...args: readonly [source: DataSource, options?: CsvOptions]): Promise<Table> {
  for await (const table of csvTables(settingsOf(READ, args), Infinity)) return table;
  throw new ArgumentError('readCsv', 'source', 'gave no table');
}

/**
 * The rows of a CSV file as they are read, `for await (const row of streamCsv('big.csv'))`, or tables of `chunkSize` rows by
 * `.chunks()`. Options and errors are those of {@link readCsv}; memory does not grow with the file.
 */
export function streamCsv(...args: readonly [source: DataSource, options?: CsvOptions]): TableStream {
  const settings = settingsOf(STREAM, args);
  return new TableStream(() => csvTables(settings, settings.chunkSize));
}
