/** Events of one name summed up: the rows of the table. */
import { bind, boolArg, intArg, isOptions, signature, stringArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { ArgumentShape, ProfilerEvent } from './event.ts';
import { tableText, type TableColumns } from './table.ts';

const FIGURES = ['count', 'cpuTimeTotal', 'selfCpuTimeTotal', 'kernelTimeTotal', 'cpuMemoryUsage', 'selfCpuMemoryUsage', 'flops'] as const;

/** PyTorch's `FunctionEventAvg`. Times are in microseconds, memory in bytes. */
export class EventAverage {
  readonly key: string;
  readonly category: ProfilerEvent['category'];
  readonly inputShapes: readonly ArgumentShape[] | null;
  readonly module: string | null;
  readonly stack: readonly string[] | null;
  count = 0;
  /** With what ran below; an operation inside of one of its own name counts once. */
  cpuTimeTotal = 0;
  selfCpuTimeTotal = 0;
  /** In kernels that it called itself: the rest of `selfCpuTimeTotal` is what TypeScript adds. */
  kernelTimeTotal = 0;
  /** Allocated, with what ran below; nothing is subtracted for what was given back. */
  cpuMemoryUsage = 0;
  selfCpuMemoryUsage = 0;
  /** By the conventions of `FlopCounterMode`. */
  flops = 0;

  constructor(key: string, like: Pick<ProfilerEvent, 'category' | 'inputShapes' | 'module' | 'stack'>) {
    this.key = key;
    this.category = like.category;
    this.inputShapes = like.inputShapes;
    this.module = like.module;
    this.stack = like.stack;
  }

  /** Adds another row's figures. */
  addRow(row: EventAverage): void {
    for (const figure of FIGURES) this[figure] += row[figure];
  }

  /** The average time of a call. */
  get cpuTime(): number {
    return this.count === 0 ? 0 : this.cpuTimeTotal / this.count;
  }

  add(event: ProfilerEvent, nested: boolean): void {
    this.count++;
    if (!nested) {
      this.cpuTimeTotal += event.duration;
      this.cpuMemoryUsage += event.bytes;
    }
    this.selfCpuTimeTotal += event.selfTime;
    this.kernelTimeTotal += event.kernelTime;
    this.selfCpuMemoryUsage += event.selfBytes;
    this.flops += event.flops;
  }
}

export interface GroupOptions {
  /** A row for each combination of shapes; needs `recordShapes`. */
  readonly groupByInputShape?: boolean;
  /** A row for each of the innermost n frames of the callers; needs `withStack`. */
  readonly groupByStackN?: number;
  /** A row for each module. */
  readonly groupByModule?: boolean;
}

const SORT = ['cpuTime', 'cpuTimeTotal', 'selfCpuTimeTotal', 'kernelTimeTotal', 'cpuMemoryUsage', 'selfCpuMemoryUsage', 'count', 'flops'] as const;
export type SortBy = (typeof SORT)[number];

export interface TableOptions {
  /** Largest first; without it, the rows are in the order in which they first ran. */
  readonly sortBy?: SortBy | null;
  /** Default: 100. A negative one shows all. */
  readonly rowLimit?: number;
  readonly maxNameColumnWidth?: number;
  readonly maxShapesColumnWidth?: number;
  readonly maxSrcColumnWidth?: number;
  /** A line above the table. */
  readonly header?: string | null;
  /** Only what no other operation has called. */
  readonly topLevelEventsOnly?: boolean;
}

const TABLE = signature('table(sortBy?, rowLimit?, maxSrcColumnWidth?, maxNameColumnWidth?, maxShapesColumnWidth?, header?, topLevelEventsOnly?)');
const GROUP = signature('keyAverages(groupByInputShape?, groupByStackN?, *, groupByModule?)');

/** Rows of a profile. PyTorch's `EventList` as `key_averages()` gives it. */
export class EventList implements Iterable<EventAverage> {
  private readonly rows: readonly EventAverage[];
  private readonly topLevel: ReadonlySet<EventAverage>;
  private readonly columns: TableColumns;

  constructor(rows: readonly EventAverage[], topLevel: ReadonlySet<EventAverage>, columns: TableColumns) {
    this.rows = rows;
    this.topLevel = topLevel;
    this.columns = columns;
  }

  [Symbol.iterator](): Iterator<EventAverage> {
    return this.rows[Symbol.iterator]();
  }

  get length(): number {
    return this.rows.length;
  }

  /** The first row of a name. */
  get(key: string): EventAverage | undefined {
    return this.rows.find((row) => row.key === key);
  }

  /** What all operations took, in microseconds: the whole of the table's shares. */
  get selfCpuTimeTotal(): number {
    return this.rows.reduce((sum, row) => sum + row.selfCpuTimeTotal, 0);
  }

  /** The sum of all rows. PyTorch's `total_average()`. */
  totalAverage(): EventAverage {
    const total = new EventAverage('Total', { category: 'op', inputShapes: null, module: null, stack: null });
    for (const row of this.rows) total.addRow(row);
    return total;
  }

  /** The table as text, as PyTorch prints it: times, shares, calls, and what was asked for of memory, shapes and FLOPs. */
  table(options: TableOptions = {}): string {
    if (!isOptions(options)) throw new ArgumentError('table', 'options', 'must be an object { sortBy, rowLimit, ... }');
    const bound = bind(TABLE, [options]), width = (name: string, fallback: number): number => intArg('table', name, bound[name], fallback);
    const sortBy = bound.sortBy === undefined ? null : stringArg('table', 'sortBy', bound.sortBy, SORT);
    const header = bound.header === undefined ? null : String(bound.header);
    const limit = width('rowLimit', 100), shown = boolArg('table', 'topLevelEventsOnly', bound.topLevelEventsOnly) ? this.rows.filter((row) => this.topLevel.has(row)) : this.rows;
    const sorted = sortBy === null ? shown : [...shown].sort((a, b) => b[sortBy] - a[sortBy]);
    return tableText(limit < 0 ? sorted : sorted.slice(0, limit), this.selfCpuTimeTotal, this.columns, {
      header, name: width('maxNameColumnWidth', 55), shapes: width('maxShapesColumnWidth', 80), source: width('maxSrcColumnWidth', 75),
    });
  }

  toString(): string {
    return this.table();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Whether an event is a row of the table at all. */
const counts = (event: ProfilerEvent): boolean => event.category !== 'kernel' && event.category !== 'module';

function within(event: ProfilerEvent, wanted: (outer: ProfilerEvent) => boolean): boolean {
  for (let outer = event.parent; outer !== null; outer = outer.parent) if (wanted(outer)) return true;
  return false;
}

export function averagesOf(events: readonly ProfilerEvent[], shown: Pick<TableColumns, 'memory' | 'flops'>, ...args: readonly unknown[]): EventList {
  const bound = bind(GROUP, args);
  const byShape = boolArg('keyAverages', 'groupByInputShape', bound.groupByInputShape), byModule = boolArg('keyAverages', 'groupByModule', bound.groupByModule);
  const frames = intArg('keyAverages', 'groupByStackN', bound.groupByStackN, 0);
  const keys = new Map<ProfilerEvent, string>();
  const keyOf = (event: ProfilerEvent): string => {
    let key = keys.get(event);
    if (key === undefined) keys.set(event, key = makeKey(event));
    return key;
  };
  const makeKey = (event: ProfilerEvent): string =>
    [event.name, byShape ? JSON.stringify(event.inputShapes) : '', byModule ? event.module ?? '' : '', frames > 0 ? event.stack?.slice(0, frames).join() ?? '' : ''].join('\0');
  const rows = new Map<string, EventAverage>(), topLevel = new Set<EventAverage>();
  for (const event of events) {
    if (!counts(event)) continue;
    const key = keyOf(event);
    let row = rows.get(key);
    if (row === undefined) {
      rows.set(key, row = new EventAverage(event.name, {
        category: event.category, inputShapes: byShape ? event.inputShapes : null, module: byModule ? event.module : null, stack: frames > 0 ? event.stack?.slice(0, frames) ?? null : null,
      }));
    }
    row.add(event, within(event, (outer) => counts(outer) && keyOf(outer) === key));
    if (!within(event, counts)) topLevel.add(row);
  }
  return new EventList([...rows.values()], topLevel, { ...shown, shapes: byShape, modules: byModule, stacks: frames > 0 });
}
