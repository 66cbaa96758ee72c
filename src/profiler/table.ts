/** The profiler's table as text, with the columns and the look of PyTorch's. */
import type { EventAverage } from './averages.ts';
import { bytesText, flopsUnit, shareText, timeText } from './units.ts';

export interface TableColumns {
  readonly memory: boolean;
  readonly flops: boolean;
  readonly shapes: boolean;
  readonly modules: boolean;
  readonly stacks: boolean;
}

interface Widths {
  readonly header: string | null;
  /** Longest names, shapes and source locations. */
  readonly name: number;
  readonly shapes: number;
  readonly source: number;
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly least: number;
}

const SPACING = '  ';
const LEAST = 12;

const cut = (text: string, width: number): string => (width > 3 && text.length > width ? `${text.slice(0, width - 3)}...` : text);

const shapeText = (value: unknown): string => (Array.isArray(value) ? `[${value.map(shapeText).join(', ')}]` : String(value));

export function tableText(rows: readonly EventAverage[], total: number, columns: TableColumns, widths: Widths): string {
  if (rows.length === 0) return '';
  const column = (title: string, cell: (row: EventAverage) => string, least = LEAST): Column => ({ title, cells: rows.map(cell), least });
  const { scale, name: unit } = flopsUnit(rows.map(({ flops }) => flops));
  const all: Column[] = [
    column('Name', ({ key }) => cut(key, widths.name)),
    column('Self CPU %', ({ selfCpuTimeTotal }) => shareText(selfCpuTimeTotal, total)),
    column('Self CPU', ({ selfCpuTimeTotal }) => timeText(selfCpuTimeTotal)),
    column('Kernels', ({ kernelTimeTotal }) => timeText(kernelTimeTotal)),
    column('CPU total %', ({ cpuTimeTotal }) => shareText(cpuTimeTotal, total)),
    column('CPU total', ({ cpuTimeTotal }) => timeText(cpuTimeTotal)),
    column('CPU time avg', ({ cpuTime }) => timeText(cpuTime)),
    ...(columns.memory ? [column('CPU Mem', ({ cpuMemoryUsage }) => bytesText(cpuMemoryUsage)), column('Self CPU Mem', ({ selfCpuMemoryUsage }) => bytesText(selfCpuMemoryUsage))] : []),
    column('# of Calls', ({ count }) => String(count)),
    ...(columns.modules ? [column('Module', ({ module }) => cut(module ?? '--', widths.name))] : []),
    ...(columns.shapes ? [column('Input Shapes', ({ inputShapes }) => cut(inputShapes === null ? '[]' : shapeText(inputShapes), widths.shapes))] : []),
    ...(columns.stacks ? [column('Source Location', ({ stack }) => cut(stack?.[0]?.trim() ?? '', widths.source))] : []),
    ...(columns.flops ? [column(`Total ${unit}`, ({ flops }) => (flops === 0 ? '--' : (flops / scale).toFixed(3)))] : []),
  ];
  const sizes = all.map(({ title, cells, least }) => Math.max(least, title.length, ...cells.map(({ length }) => length)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(sizes[i])).join(SPACING);
  const rule = sizes.map((size) => '-'.repeat(size)).join(SPACING), full = '='.repeat(rule.length);
  return [
    ...(widths.header === null ? [] : [full, widths.header]),
    rule, line(all.map(({ title }) => title)), rule, ...rows.map((_, r) => line(all.map(({ cells }) => cells[r]))), rule,
    `Self CPU time total: ${timeText(total)}`, '',
  ].join('\n');
}
