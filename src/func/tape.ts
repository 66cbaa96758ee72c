/**
 * Levels of differentiation on the one tape.
 *
 * A transform gives its function fresh inputs: aliases whose nodes mark the level and lead on to the caller's tensors.
 * Gradients are asked for at these very nodes, so nested transforms cannot confuse whose derivative they take. When the
 * level ends its marks lead nowhere else, and a result that reaches nothing outside is detached.
 */
import { levelsOf } from '../core/batch.ts';
import { isFloating } from '../core/dtype.ts';
import { DTypeError } from '../core/errors.ts';
import { enableGrad, gradEnabled } from '../tensor/grad-mode.ts';
import { AccumulateGrad, Node, edgeOf, runBackward, wantsGrad } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The node of a transform's input. */
class Mark extends Node {
  readonly level: TapeLevel;

  constructor(input: Tensor, level: TapeLevel) {
    super('FuncInput', (g) => g, [gradEnabled ? edgeOf(input) : null], [input.slot], null, input.layout, input.dtypeCode);
    this.level = level;
    this.batch = levelsOf(input.storage);
    this.foreign = true;
  }
}

export class TapeLevel {
  readonly op: string;
  /** Whether the caller records: only then can results lead anywhere. */
  readonly recording = gradEnabled;
  running = true;

  constructor(op: string) {
    this.op = op;
  }

  /** The tensor as an input of this level. */
  input(x: Tensor): Tensor {
    if (!isFloating(x.dtypeCode)) throw new DTypeError(this.op, x.dtype, `can only differentiate with respect to floating point tensors, got ${x.dtype}`);
    const alias = x.wrap(x.storage, x.layout, x.dtypeCode);
    alias.node = new Mark(x, this);
    alias.needsGrad = true;
    return alias;
  }

  /** An input as the function is given it, which may write into it: the input stays what is differentiated for. */
  given(input: Tensor): Tensor {
    const alias = input.wrap(input.storage, input.layout, input.dtypeCode);
    alias.node = input.node;
    alias.needsGrad = true;
    return alias;
  }

  /** Runs the user's function with recording on. */
  record<T>(fn: () => T): T {
    return enableGrad(fn);
  }

  end(): void {
    this.running = false;
  }

  /** A result as the caller sees it: detached unless it leads to something of the caller's. After {@link end}. */
  release(x: Tensor): Tensor {
    return wantsGrad(x) && !this.leadsOut([x]) ? x.detach() : x;
  }

  /** Whether a derivative of these tensors must be recorded: the caller records, and something of the caller's is behind them. */
  leadsOut(tensors: readonly Tensor[]): boolean {
    return this.recording && leadsOut(tensors);
  }
}

/** Whether a leaf that requires grad, or an input of a running level, is behind any of the tensors. */
export function leadsOut(tensors: readonly Tensor[]): boolean {
  const seen = new Set<Node>(), stack: Node[] = [];
  const visit = (node: Node | null): void => {
    if (node === null || seen.has(node)) return;
    seen.add(node);
    stack.push(node);
  };
  for (const x of tensors) visit(edgeOf(x));
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node instanceof AccumulateGrad && node.variable.needsGrad) return true;
    if (node instanceof Mark && node.level.running) return true;
    for (const next of node.next) visit(next);
  }
  return false;
}

/** Gradients of `outputs` (with the given gradients) at `inputs`; null where an input was not used. */
export function pull(outputs: readonly Tensor[], cotangents: readonly Tensor[], inputs: readonly Tensor[], createGraph: boolean, retainGraph: boolean): (Tensor | null)[] {
  const used = outputs.map((x, i) => ({ x, g: cotangents[i] })).filter(({ x }) => wantsGrad(x));
  if (used.length === 0) return inputs.map(() => null);
  const captures = new Map<Node, { slot: number; index: number }[]>();
  inputs.forEach((x, index) => {
    const node = edgeOf(x) as Node, entry = { slot: x.slot, index };
    captures.set(node, [...(captures.get(node) ?? []), entry]);
  });
  const found = runBackward(used.map(({ x }) => edgeOf(x) as Node), used.map(({ x }) => x.slot), used.map(({ g }) => g), { retainGraph: retainGraph || createGraph, createGraph, captures });
  return inputs.map((_, i) => found[i] ?? null);
}
