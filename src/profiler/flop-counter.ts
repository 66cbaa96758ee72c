/** Floating point operations of a part of a program, by module and by operation. */
import { bind, boolArg, intArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { nodeName } from '../tensor/format.ts';
import type { Node } from '../tensor/graph.ts';
import { ModulePath } from '../tensor/module-path.ts';
import type { Observer, Span } from '../tensor/observer.ts';
import { addObserver, publicName, removeObserver } from '../tensor/observing.ts';
import { kernelFlops } from './flops.ts';
import { flopsUnit, shareText } from './units.ts';

export interface FlopCounterOptions {
  /** How deep the table shows modules. Default: 2. */
  readonly depth?: number;
  /** Prints the table at the end. Default: true. */
  readonly display?: boolean;
}

const OPTIONS = signature('FlopCounterMode(*, depth?, display?)');
/** The row of everything, whatever module it runs in. */
const GLOBAL = 'Global';

/**
 * PyTorch's `torch.utils.flop_counter.FlopCounterMode`: counts the multiply-adds (each as 2) of matrix products and
 * convolutions, forward and backward, in the shapes that really run.
 *
 *     const counter = new FlopCounterMode({ display: false });
 *     counter.run(() => model(x).sum().backward());
 *     counter.getTotalFlops();
 */
export class FlopCounterMode implements Observer, Disposable {
  private readonly depth: number;
  private readonly display: boolean;
  private counts = new Map<string, Map<string, number>>();
  private readonly modules = new ModulePath();
  /** Modules of a node's forward. */
  private readonly origins = new WeakMap<Node, readonly string[]>();
  private readonly names: string[] = [];
  private readonly nodes: Node[] = [];

  constructor(options: FlopCounterOptions = {}) {
    if (!isOptions(options)) throw new ArgumentError('FlopCounterMode', 'options', `must be an object, got ${show(options)}`);
    const bound = bind(OPTIONS, [options]);
    this.depth = intArg('FlopCounterMode', 'depth', bound.depth, 2);
    this.display = boolArg('FlopCounterMode', 'display', bound.display, true);
  }

  /** Counts from here on, from 0. */
  start(): this {
    this.counts = new Map();
    addObserver(this);
    return this;
  }

  stop(): void {
    removeObserver(this);
    if (this.display) console.log(this.getTable());
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Counts what `fn` runs, and returns what it returns. */
  run<T>(fn: () => T): T {
    this.start();
    try {
      return fn();
    } finally {
      this.stop();
    }
  }

  getTotalFlops(): number {
    return this.totalOf(GLOBAL);
  }

  /** By module, and of each by operation; 'Global' has everything. */
  getFlopCounts(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries([...this.counts].map(([module, counts]) => [module, Object.fromEntries(counts)]));
  }

  /** A table of modules and their operations, down to a depth. */
  getTable(depth = this.depth): string {
    const total = this.getTotalFlops(), modules = [...this.counts.keys()].filter((module) => module !== GLOBAL).sort();
    const { scale, name } = flopsUnit([total]);
    const rows = [GLOBAL, ...modules].filter((module) => module.split('.').length <= depth).flatMap((module) => {
      const indent = ' '.repeat(module === GLOBAL ? 0 : module.split('.').length), cells = (label: string, flops: number): string[] => [label, `${(flops / scale).toFixed(3)}${name.slice(0, -5)}`, shareText(flops, total)];
      return [cells(`${indent}${module}`, this.totalOf(module)), ...[...this.counts.get(module) ?? []].map(([op, flops]) => cells(`${indent} - ${op}`, flops))];
    });
    const head = ['Module', 'FLOP', '% Total'], sizes = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c].length)));
    const line = (cells: readonly string[]): string => cells.map((cell, c) => (c === 0 ? cell.padEnd(sizes[c]) : cell.padStart(sizes[c]))).join('  ').trimEnd();
    return [line(head), sizes.map((size) => '-'.repeat(size)).join('  '), ...rows.map(line)].join('\n');
  }

  private totalOf(module: string): number {
    let sum = 0;
    for (const flops of this.counts.get(module)?.values() ?? []) sum += flops;
    return sum;
  }

  recorded(node: Node): void {
    this.origins.set(node, this.paths());
  }

  /** The running modules; in backward those of the forward. */
  private paths(): readonly string[] {
    const node = this.nodes.at(-1);
    return node === undefined ? this.modules.all.map(({ path }) => path) : this.origins.get(node) ?? [];
  }

  around<R>(span: Span, run: () => R): R {
    if (span.kind === 'module') return this.modules.within(span.subject, run);
    if (span.kind === 'kernel') this.count(span, kernelFlops(span.subject));
    if (span.kind !== 'op' && span.kind !== 'node') return run();
    const node = span.kind === 'node' ? span.subject as Node : null;
    this.names.push(node === null ? publicName(span.name) : nodeName(node));
    if (node !== null) this.nodes.push(node);
    try {
      return run();
    } finally {
      this.names.pop();
      if (node !== null) this.nodes.pop();
    }
  }

  private count(span: Span, flops: number): void {
    if (flops === 0) return;
    const op = this.names.at(-1) ?? span.name;
    for (const module of new Set([GLOBAL, ...this.paths()])) {
      let counts = this.counts.get(module);
      if (counts === undefined) this.counts.set(module, counts = new Map<string, number>());
      counts.set(op, (counts.get(op) ?? 0) + flops);
    }
  }
}
