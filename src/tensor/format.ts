/** Printing as PyTorch prints: the text of `repr(tensor)`, character by character. */
import { BF16, BOOL, F16, F32, I64, isFloating } from '../core/dtype.ts';
import { bind, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { elementOffset } from '../core/plan.ts';
import { rawCast } from './dispatch.ts';
import { fixed, scientific } from './print-number.ts';
import { defaultDTypeCode } from './promotion.ts';
import type { TensorCore } from './core.ts';
import type { Node } from './graph.ts';

export interface PrintOptions {
  /** Digits after the point. Default 4. */
  readonly precision?: number | null;
  /** Tensors with more elements are summarized. Default 1000. */
  readonly threshold?: number | null;
  /** Elements shown at each end of a summarized dimension. Default 3. */
  readonly edgeitems?: number | null;
  /** Characters per line. Default 80. */
  readonly linewidth?: number | null;
  /** Sets all of the above. */
  readonly profile?: 'default' | 'short' | 'full' | null;
  /** Scientific notation: always, never, or where the values ask for it (null). */
  readonly sciMode?: boolean | null;
}

const PROFILES = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Infinity, edgeitems: 3, linewidth: 80 },
} as const;

interface Settings {
  readonly precision: number;
  readonly threshold: number;
  readonly edgeitems: number;
  readonly linewidth: number;
  readonly sciMode: boolean | null;
}

let settings: Settings = { ...PROFILES.default, sciMode: null };

const SET_PRINTOPTIONS = signature('setPrintoptions(precision?, threshold?, edgeitems?, linewidth?, profile?, sciMode?)');

function countArg(name: string, value: unknown, least: number): number {
  if (typeof value !== 'number' || !(value >= least) || (Number.isFinite(value) && !Number.isInteger(value))) {
    throw new ArgumentError('setPrintoptions', name, `must be an integer of at least ${least}, got ${show(value)}`);
  }
  return value;
}

/** PyTorch's `torch.set_printoptions`. */
export function setPrintoptions(...args: readonly unknown[]): void {
  const bound = bind(SET_PRINTOPTIONS, args);
  const profile = bound.profile === undefined ? settings : PROFILES[stringArg('setPrintoptions', 'profile', bound.profile, ['default', 'short', 'full'] as const)];
  const { sciMode } = bound;
  if (sciMode !== undefined && typeof sciMode !== 'boolean') throw new ArgumentError('setPrintoptions', 'sciMode', `must be a boolean or null, got ${show(sciMode)}`);
  const precision = countArg('precision', bound.precision ?? profile.precision, 0);
  if (precision > 70) throw new ArgumentError('setPrintoptions', 'precision', `must be at most 70, got ${precision}`);
  settings = {
    precision,
    threshold: countArg('threshold', bound.threshold ?? profile.threshold, 0),
    edgeitems: countArg('edgeitems', bound.edgeitems ?? profile.edgeitems, 0),
    linewidth: countArg('linewidth', bound.linewidth ?? profile.linewidth, 1),
    sciMode: sciMode ?? null,
  };
}

/** The settings in force. */
export const getPrintoptions = (): Settings => settings;

/** The elements that are shown: nested like the tensor, null where `...` stands. */
type Shown = number | bigint | null | readonly Shown[];

function shownElements(x: TensorCore, summarize: boolean): Shown {
  const { shape, strides } = x.layout;
  const elements = x.storage.slab.view(x.dtypeCode);
  const edge = settings.edgeitems;
  const visit = (dim: number, at: number): Shown => {
    if (dim === shape.length) return elements[at];
    const size = shape[dim];
    const cutting = summarize && (edge === 0 || size > 2 * edge);
    const rows: Shown[] = [];
    for (let i = 0; i < (cutting ? edge : size); i++) rows.push(visit(dim + 1, at + i * strides[dim]));
    if (cutting) {
      rows.push(null);
      for (let i = size - edge; i < size; i++) rows.push(visit(dim + 1, at + i * strides[dim]));
    }
    return rows;
  };
  return visit(0, elementOffset(x.storage, x.dtypeCode) + x.layout.offset);
}

function flatten(shown: Shown, into: (number | bigint)[]): (number | bigint)[] {
  if (Array.isArray(shown)) for (const row of shown as readonly Shown[]) flatten(row, into);
  else if (shown !== null) into.push(shown as number | bigint);
  return into;
}

/** One notation and width for all elements. */
interface Formatter {
  readonly width: number;
  readonly print: (value: number | bigint) => string;
}

function formatterFor(code: number, values: readonly (number | bigint)[]): Formatter {
  if (isFloating(code)) return floatFormatter(values as readonly number[]);
  return padded(code === BOOL ? (value) => (value ? 'True' : 'False') : String, values);
}

/** The widest of `measured` sets the width; other elements may exceed it. */
function padded(print: Formatter['print'], measured: readonly (number | bigint)[]): Formatter {
  const width = measured.reduce<number>((widest, value) => Math.max(widest, print(value).length), 1);
  return { width, print: (value) => print(value).padStart(width) };
}

/** Integers without decimals, a fixed point, or an exponent. Zeros, infinities and NaN do not count, not even for the width. */
function floatFormatter(values: readonly number[]): Formatter {
  const { precision, sciMode } = settings;
  const counted = values.filter((value) => Number.isFinite(value) && value !== 0);
  let smallest = Infinity, largest = 0;
  for (const value of counted) {
    smallest = Math.min(smallest, Math.abs(value));
    largest = Math.max(largest, Math.abs(value));
  }
  const exponent = counted.length > 0 && (sciMode ?? (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4));
  if (exponent) return padded((value) => scientific(Number(value), precision), counted);
  if (counted.every(Number.isInteger)) return padded((value) => `${fixed(Number(value), 0)}${Number.isFinite(value) ? '.' : ''}`, counted);
  return padded((value) => fixed(Number(value), precision), counted);
}

function render(shown: Shown, indent: number, format: Formatter, depth: number): string {
  if (!Array.isArray(shown)) return format.print(shown as number | bigint);
  const rows = shown as readonly Shown[];
  if (depth > 1) {
    const parts = rows.map((row) => (row === null ? '...' : render(row, indent + 1, format, depth - 1)));
    return `[${parts.join(`,${'\n'.repeat(depth - 1)}${' '.repeat(indent + 1)}`)}]`;
  }
  const texts = rows.map((value) => (value === null ? (rows.length === 1 ? '...' : ' ...') : format.print(value as number | bigint)));
  const perLine = Math.max(1, Math.floor((settings.linewidth - indent) / (format.width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < texts.length; i += perLine) lines.push(texts.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
}

/** The name PyTorch would print for the node that made a tensor: `AddBackward0`. */
export function nodeName(node: Node): string {
  const name = node.name.replace(/_$/, '');
  if (/Backward\d*$|^CopySlices$|^AccumulateGrad$/.test(name)) return name;
  return `${name[0].toUpperCase()}${name.slice(1)}Backward0`;
}

function suffixes(x: TensorCore): string[] {
  const parts: string[] = [];
  const empty = x.layout.numel === 0;
  // Where no elements are shown, they do not tell dtype and shape.
  if (empty ? x.shape.length !== 1 : settings.edgeitems === 0) parts.push(`size=(${x.shape.join(', ')}${x.shape.length === 1 ? ',' : ''})`);
  const implied = x.dtypeCode === defaultDTypeCode() || (!empty && (x.dtypeCode === I64 || x.dtypeCode === BOOL));
  if (!implied) parts.push(`dtype=torch.${x.dtype}`);
  const node = x.gradFn;
  if (node !== null) parts.push(`grad_fn=<${nodeName(node)}>`);
  else if (x.requiresGrad) parts.push('requires_grad=True');
  return parts;
}

const PREFIX = 'tensor(';

/** PyTorch's `repr` of a tensor. */
export function formatTensor(x: TensorCore): string {
  const values = x.dtypeCode === F16 || x.dtypeCode === BF16 ? rawCast(x, F32) : x;
  let body = '[]';
  if (x.layout.numel > 0) {
    const shown = shownElements(values, x.layout.numel > settings.threshold);
    body = render(shown, PREFIX.length, formatterFor(values.dtypeCode, flatten(shown, [])), x.shape.length);
  }
  let text = PREFIX + body;
  let line = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes(x)) {
    if (line + suffix.length + 2 > settings.linewidth) {
      text += `,\n${' '.repeat(PREFIX.length)}${suffix}`;
      line = PREFIX.length + suffix.length;
    } else {
      text += `, ${suffix}`;
      line += suffix.length + 2;
    }
  }
  return `${text})`;
}
