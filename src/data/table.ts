/** Tables: what the readers of CSV and Parquet files give. */
import { bind, show, signature } from '../core/args.ts';
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import type { DType } from '../core/dtype.ts';
import { tensor } from '../tensor/create.ts';
import { stack } from '../tensor/composite.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { cellOf, columnTensor, sliceColumn, type Cell, type Column, type ColumnType } from './columns.ts';
import { Dataset, IterableDataset } from './dataset.ts';
import { LIBRARY, portable } from './portable.ts';

/** Values by the name of their column. */
export type Row = Record<string, Cell>;

const TO_TENSOR = signature('Table.toTensor(columns?, *, dtype?)'), TENSOR = signature('Table.tensor(column, *, dtype?)');

/**
 * Columns of one length. A table is a dataset of its rows, `{ name: value }`, so a DataLoader batches it by column.
 *
 *     const table = await readCsv('iris.csv');
 *     const x = table.toTensor(['sepal_length', 'sepal_width']);   // [N, 2] float32
 *     const { codes, categories } = table.factorize('species');    // [N] int64
 */
export class Table extends Dataset<Row> {
  readonly length: number;
  private readonly byName: ReadonlyMap<string, Column>;

  constructor(columns: ReadonlyMap<string, Column>) {
    super();
    this.byName = columns;
    const lengths = [...columns.values()].map(({ values }) => values.length);
    this.length = lengths[0] ?? 0;
    if (lengths.some((length) => length !== this.length)) throw new ShapeError('Table', `columns must have one length: ${lengths.join(', ')}`);
  }

  /** Names of the columns, in the order of the file. */
  get columns(): string[] {
    return [...this.byName.keys()];
  }

  /** Types by the names of the columns. */
  get types(): Record<string, ColumnType> {
    return Object.fromEntries([...this.byName].map(([name, { type }]) => [name, type]));
  }

  /** Row `index` as an object. */
  get(index: number): Row {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError('Table.get', index, this.length);
    const row: Row = {};
    for (const [name, column] of this.byName) row[name] = cellOf(column, index);
    return row;
  }

  /** The values of a column: a typed array of numbers (booleans as 0 and 1), or an array of strings. Not a copy. */
  column(name: string): Column['values'] {
    return this.columnOf('Table.column', name).values;
  }

  /** A column of numbers as a tensor `[N]`, of the column's dtype unless another is given. */
  tensor(...args: readonly [column: string, options?: { readonly dtype?: DType }]): Tensor {
    const given = bind(TENSOR, args);
    return columnTensor('Table.tensor', String(given.column), this.columnOf('Table.tensor', given.column), given.dtype as DType | undefined);
  }

  /** Columns of numbers side by side as `[N, columns]`, float32 unless a dtype is given; all that are not text or objects if none are named. */
  toTensor(...args: readonly [columns?: readonly string[] | null, options?: { readonly dtype?: DType }] | readonly [options: { readonly columns?: readonly string[]; readonly dtype?: DType }]): Tensor {
    const given = bind(TO_TENSOR, args);
    const names = given.columns ?? this.columns.filter((name) => !['string', 'object'].includes(this.types[name]));
    if (!Array.isArray(names) || names.length === 0) throw new ArgumentError('Table.toTensor', 'columns', `must be names of columns, got ${show(names)}`);
    const dtype = (given.dtype ?? 'float32') as DType;
    return stack(names.map((name: unknown) => columnTensor('Table.toTensor', String(name), this.columnOf('Table.toTensor', name), dtype)), 1);
  }

  /** Classes of a column: `codes` `[N]` int64 number its distinct values in order of appearance, a missing one is -1. pandas' `factorize`. */
  factorize(name: string): { readonly codes: Tensor; readonly categories: Cell[] } {
    const column = this.columnOf('Table.factorize', name);
    const numbers = new Map<Cell, number>(), codes = new BigInt64Array(this.length);
    for (let i = 0; i < this.length; i++) {
      const value = cellOf(column, i);
      if (value === null || Number.isNaN(value)) codes[i] = -1n;
      else {
        let code = numbers.get(value);
        if (code === undefined) numbers.set(value, code = numbers.size);
        codes[i] = BigInt(code);
      }
    }
    return { codes: tensor(codes), categories: [...numbers.keys()] };
  }

  /** A table of some of the columns, in the order given. */
  select(names: readonly string[]): Table {
    return new Table(new Map(names.map((name) => [name, this.columnOf('Table.select', name)])));
  }

  /** Rows from `start` to before `end`, as `Array.slice` counts. */
  slice(start = 0, end = this.length): Table {
    return new Table(new Map([...this.byName].map(([name, column]) => [name, sliceColumn(column, start, end)])));
  }

  private columnOf(op: string, name: unknown): Column {
    const column = typeof name === 'string' ? this.byName.get(name) : undefined;
    if (column === undefined) throw new ArgumentError(op, 'column', `must be one of ${this.columns.map(show).join(', ')}, got ${show(name)}`);
    return column;
  }
}

/** A table that is read piece by piece: `for await` gives rows, `chunks()` tables. A file is opened anew by each loop. */
export class TableStream extends IterableDataset<Row> {
  private readonly tables: () => AsyncIterable<Table>;

  constructor(tables: () => AsyncIterable<Table>) {
    super();
    this.tables = tables;
  }

  /** Tables of `chunkSize` rows (of Parquet: the row groups), never all of them in memory. */
  chunks(): AsyncIterable<Table> {
    return this.tables();
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const table of this.tables()) yield* table;
  }
}

portable(LIBRARY, { Table });
