/** Parquet files, read by hyparquet: the columns and rows that are asked for, and no others. */
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DecodedArray, FileMetaData, ParquetParsers, RowGroup, SchemaElement } from 'hyparquet';
import type { SchemaTree } from 'hyparquet/src/types.js';
import { bind, intArg, show, signature } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { Fail } from '../../io/source.ts';
import { failing, readChunks, sourceArg, type DataSource } from '../bytes.ts';
import type { Cell, Column, ColumnType } from '../columns.ts';
import { Table, TableStream } from '../table.ts';
import { checkThrift } from './thrift.ts';

export interface ParquetOptions {
  /** Which columns to read, by name, in this order. */
  readonly columns?: readonly string[];
  /** The first row to read, and the one behind the last. */
  readonly rowStart?: number;
  readonly rowEnd?: number;
}

const OPEN = signature('openParquet(source)'), READ = signature('readParquet(source, *, columns?, rowStart?, rowEnd?)'), STREAM = signature('streamParquet(source, *, columns?, rowStart?, rowEnd?)');
const FILE_READ = signature('ParquetFile.read(*, columns?, rowStart?, rowEnd?)'), FILE_STREAM = signature('ParquetFile.stream(*, columns?, rowStart?, rowEnd?)');

/** Reads ranges, which have been checked, of a file or of memory. */
interface Ranges {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

async function rangesOf(op: string, source: DataSource, fail: Fail): Promise<Ranges> {
  const local = source instanceof URL ? (source.protocol === 'file:' ? fileURLToPath(source) : undefined) : typeof source === 'string' && !/^https?:\/\//i.test(source) ? source : undefined;
  if (local !== undefined) {
    return {
      size: (await stat(local)).size,
      async read(start, end) {
        const file = await open(local, 'r');
        try {
          const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
          return bytesRead === end - start ? buffer : fail('ended while it was read');
        } finally {
          await file.close();
        }
      },
    };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(op, source)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { size: bytes.length, read: (start, end) => Promise.resolve(Uint8Array.from(bytes.subarray(start, end))) };
}

/** `PAR1` at both ends; before the last one the length of the footer. */
const MAGIC = 0x31524150, TAIL_BYTES = 8;
const MAX_SCHEMA_DEPTH = 64;

/** Everything of the library that is used, loaded at the first file. */
async function library() {
  const [parquet, { assembleNested }, { DEFAULT_PARSERS }, { getTreePath }, pages] = await Promise.all([
    import('hyparquet'), import('hyparquet/src/assemble.js'), import('hyparquet/src/convert.js'), import('hyparquet/src/schema.js'), import('./pages.ts'),
  ]);
  return { ...parquet, assembleNested, getTreePath, ...pages, parsers: DEFAULT_PARSERS as ParquetParsers };
}
type Library = Awaited<ReturnType<typeof library>>;

/** The schema is a tree written flat: how deep it is has to be known before it is walked. */
function checkSchema(schema: readonly SchemaElement[], fail: Fail): void {
  const left: number[] = [1];
  for (const { num_children: children = 0, name } of schema) {
    while (left.length > 0 && left[left.length - 1] === 0) left.pop();
    if (left.length === 0 || typeof name !== 'string' || !(children >= 0)) fail('has a malformed schema');
    left[left.length - 1]--;
    if (children > 0) left.push(children);
    if (left.length > MAX_SCHEMA_DEPTH) fail('has a schema that is nested too deep');
  }
  if (left.some((count) => count > 0)) fail('has a schema that ends too early');
}

/** Row groups whose rows add up, and whose columns lie in the file. */
function checkGroups({ row_groups: groups, num_rows: rows }: FileMetaData, size: number, fail: Fail): void {
  let total = 0, bytes = 0;
  for (const { num_rows: count, columns } of groups) {
    if (typeof count !== 'bigint' || count < 0n) fail('has a malformed row group');
    total += Number(count);
    for (const { meta_data: meta, file_path: path } of columns) {
      if (path !== undefined && path !== '') fail('has columns in other files');
      if (meta === undefined) return fail('has a column without its metadata, or an encrypted one');
      const [start, end] = chunkRange(meta);
      if (!(start >= 4 && end >= start && end <= size - TAIL_BYTES)) fail(`has a column at bytes ${start} to ${end} of ${size}`);
      bytes += end - start;
      if (meta.path_in_schema.length === 0 || meta.type === undefined || meta.codec === undefined || typeof meta.num_values !== 'bigint' || meta.num_values < 0n) fail('has a malformed column');
    }
  }
  if (Number(rows) !== total) fail(`has ${total} rows in its row groups where its footer says ${String(rows)}`);
  if (bytes > size) fail('has columns that overlap');
}

function chunkRange(meta: NonNullable<RowGroup['columns'][number]['meta_data']>): [number, number] {
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  return [start, start + Number(meta.total_compressed_size)];
}

/**
 * An open Parquet file: its footer has been read, and nothing else. {@link openParquet} gives it.
 */
export class ParquetFile {
  /** All rows of the file. */
  readonly length: number;
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Rows of each row group, which is what a stream reads at a time. */
  readonly rowGroups: readonly number[];
  private readonly metadata: FileMetaData;
  private readonly ranges: Ranges;
  private readonly fail: Fail;
  private readonly tree: SchemaTree;
  private readonly lib: Library;

  /** @internal */
  constructor(metadata: FileMetaData, tree: SchemaTree, ranges: Ranges, lib: Library, fail: Fail) {
    this.metadata = metadata;
    this.tree = tree;
    this.ranges = ranges;
    this.lib = lib;
    this.fail = fail;
    this.length = Number(metadata.num_rows);
    this.columns = tree.children.map(({ element }) => element.name);
    this.rowGroups = metadata.row_groups.map((group) => Number(group.num_rows));
  }

  /** Columns and rows as a {@link Table}: `file.read({ columns: ['x', 'y'], rowStart: 1000, rowEnd: 2000 })`. */
  async read(...args: readonly [options?: ParquetOptions]): Promise<Table> {
    const selection = this.selectionOf(FILE_READ, bind(FILE_READ, args)), tables: ReadonlyMap<string, Column>[] = [];
    for await (const columns of this.groups(selection)) tables.push(columns);
    return new Table(new Map(selection.names.map((name) => [name, joined(tables.map((columns) => columns.get(name) as Column), this.typeOf(name))])));
  }

  /** The same row group by row group: `for await` gives rows, `.chunks()` tables. */
  stream(...args: readonly [options?: ParquetOptions]): TableStream {
    const selection = this.selectionOf(FILE_STREAM, bind(FILE_STREAM, args)), groups = (): AsyncGenerator<ReadonlyMap<string, Column>> => this.groups(selection);
    return new TableStream(async function* () {
      for await (const columns of groups()) yield new Table(columns);
    });
  }

  private selectionOf({ name: op }: { readonly name: string }, given: Readonly<Record<string, unknown>>): { readonly names: readonly string[]; readonly start: number; readonly end: number } {
    const names = (given.columns ?? this.columns) as readonly string[];
    if (!Array.isArray(names) || new Set(names).size !== names.length) throw new ArgumentError(op, 'columns', `must be different names of columns, got ${show(names)}`);
    const unknown: unknown = names.find((name: unknown) => !this.columns.includes(name as string));
    if (unknown !== undefined) throw new ArgumentError(op, 'columns', `must be of ${this.columns.map(show).join(', ')}, got ${show(unknown)}`);
    const start = intArg(op, 'rowStart', given.rowStart, 0), end = intArg(op, 'rowEnd', given.rowEnd, this.length);
    if (start < 0 || end < start) throw new ArgumentError(op, 'rowStart', `and rowEnd must be a range of rows, got ${start} and ${end}`);
    return { names, start, end: Math.min(end, this.length) };
  }

  private async *groups({ names, start, end }: { readonly names: readonly string[]; readonly start: number; readonly end: number }): AsyncGenerator<ReadonlyMap<string, Column>> {
    let first = 0;
    for (const group of this.metadata.row_groups) {
      const rows = Number(group.num_rows), from = Math.max(start - first, 0), to = Math.min(end - first, rows);
      first += rows;
      if (to <= from) continue;
      const columns = new Map<string, Column>();
      for (const name of names) {
        const values = await this.column(group, name, rows);
        columns.set(name, typed(values.slice(from, to), this.typeOf(name), this.fail));
      }
      yield columns;
    }
  }

  private node(name: string): SchemaTree {
    return this.tree.children.find(({ element }) => element.name === name) as SchemaTree;
  }

  private typeOf(name: string): ColumnType {
    const { element, children } = this.node(name);
    return children.length > 0 || element.repetition_type === 'REPEATED' ? 'object' : columnType(element);
  }

  /** The values of a column in a row group: of a nested one put together from those of its leaves. */
  private async column(group: RowGroup, name: string, rows: number): Promise<Values> {
    const { fail, lib } = this, leaves = new Map<string, DecodedArray>();
    for (const { meta_data: meta } of group.columns) {
      if (meta === undefined || meta.path_in_schema[0] !== name) continue;
      const bytes = await this.ranges.read(...chunkRange(meta));
      guarded(fail, () => {
        const schemaPath = lib.getTreePath(this.tree, meta.path_in_schema);
        if (schemaPath[schemaPath.length - 1].element.type !== meta.type) fail(`has column ${show(name)} of another type than its schema`);
        leaves.set(meta.path_in_schema.join('.'), lib.flatten(lib.readChunk(bytes, { meta, schemaPath, parsers: lib.parsers, rows }, fail)));
      });
    }
    const values = guarded(fail, () => {
      const node = this.node(name);
      if (node.children.length > 0) lib.assembleNested(leaves, node, lib.parsers);
      return leaves.get(name);
    });
    if (values === undefined || values.length !== rows) return fail(`has ${values?.length ?? 'no'} values in column ${show(name)} of a row group of ${rows} rows`);
    return values as Values;
  }
}

type Values = Exclude<DecodedArray, readonly unknown[]> | readonly unknown[];

/** Whatever hyparquet throws is about the file. */
function guarded<T>(fail: Fail, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && error.name === 'FileFormatError') throw error;
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** The type of a column by its physical and logical type. */
function columnType({ type, converted_type: converted, logical_type: logical }: SchemaElement): ColumnType {
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return 'float64';
  if (logical?.type === 'FLOAT16') return 'float32';
  if (converted === 'UTF8' || converted === 'ENUM' || logical?.type === 'STRING' || logical?.type === 'ENUM' || logical?.type === 'UUID') return 'string';
  const plain = converted === undefined || /^U?INT_/.test(converted);
  if (!plain || (logical !== undefined && logical.type !== 'INTEGER')) return 'object';
  const unsigned = converted === 'UINT_32' || converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned && logical.bitWidth >= 32);
  switch (type) {
    case 'BOOLEAN': return 'bool';
    case 'INT32': return unsigned ? 'int64' : 'int32';
    case 'INT64': return 'int64';
    case 'FLOAT': return 'float32';
    case 'DOUBLE': return 'float64';
    default: return 'object';
  }
}

/** Values as the column of a type; missing ones make floats of integers, and objects of booleans. */
function typed(values: Values, type: ColumnType, fail: Fail): Column {
  if (type === 'object') return { type, values: Array.from(values as ArrayLike<Cell | undefined>, (value) => value ?? null) };
  let missing = false;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === undefined) fail('has a value that its dictionary does not have');
    missing = missing || values[i] === null;
  }
  if (type === 'string') return { type, values: values as readonly Cell[] };
  if (type === 'bool') return missing ? { type: 'object', values: values as readonly Cell[] } : { type, values: Uint8Array.from(values as ArrayLike<number>, Number) };
  const numbers = (): number[] => Array.from(values as ArrayLike<number | bigint | null>, (value) => (value === null ? NaN : Number(value)));
  if (type === 'float64' || (missing && type !== 'float32')) return { type: 'float64', values: values instanceof Float64Array ? values : Float64Array.from(numbers()) };
  if (type === 'float32') return { type, values: values instanceof Float32Array ? values : Float32Array.from(numbers()) };
  if (type === 'int32') return { type, values: values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>) };
  const whole = values instanceof BigInt64Array ? values : BigInt64Array.from(values as unknown as ArrayLike<bigint>, BigInt);
  // Unsigned numbers of more than 63 bits are in no typed array of ours.
  return values instanceof BigUint64Array && values.some((value) => value >= 1n << 63n) ? { type: 'object', values: [...values] } : { type, values: whole };
}

/** The columns of several row groups as one: of the widest type among them. */
function joined(parts: readonly Column[], fallback: ColumnType): Column {
  if (parts.length === 1) return parts[0];
  const type = parts.find((part) => part.type === 'object')?.type ?? parts.find((part) => part.type === 'float64')?.type ?? parts[0]?.type ?? fallback;
  const length = parts.reduce((sum, { values }) => sum + values.length, 0);
  if (type === 'object' || type === 'string') return { type, values: parts.flatMap((part) => (part.type === 'bool' ? Array.from(part.values, (value) => value === 1) : [...(part.values as Iterable<Cell>)])) };
  const make = { float64: Float64Array, float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array }[type], all = new make(length);
  let at = 0;
  for (const { type: own, values } of parts) {
    all.set((own === type ? values : Float64Array.from(values as ArrayLike<number>, Number)) as never, at);
    at += values.length;
  }
  return { type, values: all };
}

async function openFile(op: string, given: unknown): Promise<ParquetFile> {
  const source = sourceArg(op, given), fail = failing(op, source), ranges = await rangesOf(op, source, fail), { size } = ranges;
  if (size < 4 + TAIL_BYTES) fail(`has ${size} bytes, too few for a Parquet file`);
  const tail = new DataView((await ranges.read(size - TAIL_BYTES, size)).buffer);
  if (tail.getUint32(4, true) !== MAGIC) fail('does not end as a Parquet file does');
  const length = tail.getUint32(0, true);
  if (length > size - TAIL_BYTES - 4) fail(`has a footer of ${length} bytes in a file of ${size}`);
  const footer = await ranges.read(size - TAIL_BYTES - length, size), lib = await library();
  if (checkThrift(footer.subarray(0, length), 0, fail) > length) fail('has a footer that does not end');
  const [metadata, tree] = guarded(fail, () => {
    const read = lib.parquetMetadata(footer, { geoparquet: false });
    checkSchema(read.schema, fail);
    checkGroups(read, size, fail);
    return [read, lib.parquetSchema(read)] as const;
  });
  const names = tree.children.map(({ element }) => element.name);
  if (new Set(names).size !== names.length || names.includes('__proto__')) fail('has columns of one name');
  return new ParquetFile(metadata, tree, ranges, lib, fail);
}

/**
 * Opens a Parquet file by reading its footer alone. Pages are read, checked and decoded when rows are asked for, one row
 * group after the other: uncompressed, Snappy, gzip, zstd, Brotli and LZ4.
 *
 *     const file = await openParquet('train.parquet');
 *     for await (const table of file.stream({ columns: ['text', 'label'] }).chunks()) ...
 */
export async function openParquet(...args: readonly [source: DataSource]): Promise<ParquetFile> {
  return openFile('openParquet', bind(OPEN, args).source);
}

/**
 * Reads columns and rows of a Parquet file as a {@link Table}. Integers with missing values become float64, nested values,
 * dates and bytes stay as they are. A malformed file throws a FileFormatError.
 *
 *     const table = await readParquet('train.parquet', { columns: ['x', 'y'], rowEnd: 1000 });
 */
export async function readParquet(...args: readonly [source: DataSource, options?: ParquetOptions]): Promise<Table> {
  const { source, ...options } = bind(READ, args);
  return (await openFile('readParquet', source)).read(options);
}

/** The rows of a Parquet file, row group by row group: {@link readParquet} as a stream, which is opened when it is read. */
export function streamParquet(...args: readonly [source: DataSource, options?: ParquetOptions]): TableStream {
  const { source, ...options } = bind(STREAM, args);
  sourceArg('streamParquet', source);
  return new TableStream(async function* () {
    yield* (await openFile('streamParquet', source)).stream(options).chunks();
  });
}
