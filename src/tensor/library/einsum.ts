/** Einstein summation: pairs of operands are contracted one after the other, each by one batched matrix product over views. */
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { numelOf } from '../../core/layout.ts';
import { operation } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** An operand with a name per dim. Names of dims that an ellipsis stands for are '.0', '.1', ... counted from the right. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const fail = (message: string): ArgumentError => new ArgumentError('einsum', 'equation', message);

// Programs have few equations; emptied when they do not.
const parsed = new Map<string, Equation>();
const PARSED_KEPT = 256;

function equationOf(text: string, ranks: readonly number[]): Equation {
  const key = `${text} ${ranks.join()}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const equation = parse(text, ranks);
  if (parsed.size >= PARSED_KEPT) parsed.clear();
  parsed.set(key, equation);
  return equation;
}

function parse(equation: string, ranks: readonly number[]): Equation {
  const [left, right, more] = equation.replaceAll(' ', '').split('->');
  if (more !== undefined) throw fail(`must have one arrow at most, got ${JSON.stringify(equation)}`);
  const terms = left.split(',');
  if (terms.length !== ranks.length) throw fail(`names ${terms.length} operand${terms.length === 1 ? '' : 's'}, got ${ranks.length}`);
  const inputs = terms.map((term, i) => labelsOf(term, ranks[i], `operand ${i}`));
  const dots = inputs.flat().filter((label) => label.startsWith('.'));
  const hidden = Math.max(0, ...dots.map((label) => Number(label.slice(1)) + 1));
  const counts = new Map<string, number>();
  for (const label of inputs.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (right === undefined) {
    const once = [...counts.keys()].filter((label) => !label.startsWith('.') && counts.get(label) === 1).sort();
    return { inputs, output: [...ellipsis(hidden), ...once] };
  }
  const output = labelsOf(right, right.replace('...', '').length + (right.includes('...') ? hidden : 0), 'the output');
  output.forEach((label, i) => {
    if (output.indexOf(label) !== i) throw fail(`repeats ${label} in the output`);
    if (!counts.has(label) && !label.startsWith('.')) throw fail(`has ${label} in the output, which no operand has`);
  });
  return { inputs, output };
}

const ellipsis = (count: number): string[] => Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);

function labelsOf(term: string, rank: number, what: string): string[] {
  const [before, after, more] = term.split('...');
  const named = [...before, ...(after ?? '')];
  if (more !== undefined || named.some((label) => !/[a-zA-Z]/.test(label))) throw fail(`must name dims by letters and at most one ellipsis, got ${JSON.stringify(term)} for ${what}`);
  const rest = rank - named.length;
  if (rest < 0 || (rest > 0 && after === undefined)) throw fail(`names ${named.length} dims of ${what}, which has ${rank}`);
  return [...before, ...ellipsis(rest), ...(after ?? '')];
}

/** The sizes by label; dims of size 1 broadcast, as in PyTorch. */
function sizesOf(terms: readonly Term[]): Map<string, number> {
  const sizes = new Map<string, number>();
  terms.forEach(({ x, labels }, k) => labels.forEach((label, i) => {
    const size = x.shape[i], known = sizes.get(label) ?? 1;
    if (size !== known && size !== 1 && known !== 1) throw new ShapeError('einsum', `operand ${k} has size ${size} in ${label.startsWith('.') ? 'the ellipsis' : label}, others have ${known}`);
    sizes.set(label, known === 1 ? size : known);
  }));
  return sizes;
}

/** Repeated labels become a diagonal. */
function withoutRepeats({ x, labels }: Term): Term {
  const at = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (at < 0) return { x, labels };
  const first = labels.indexOf(labels[at]);
  if (x.shape[first] !== x.shape[at]) throw new ShapeError('einsum', `${labels[at]} is repeated for dims of sizes ${x.shape[first]} and ${x.shape[at]}`);
  return withoutRepeats({ x: x.diagonal(0, first, at), labels: [...labels.filter((_, i) => i !== first && i !== at), labels[at]] });
}

/** Sums the dims that nothing else needs. */
function summed({ x, labels }: Term, needed: ReadonlySet<string>): Term {
  const dims = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]));
  return dims.length === 0 ? { x, labels } : { x: x.sum(dims, { dtype: x.dtype }), labels: labels.filter((label) => needed.has(label)) };
}

/** Dims of size 1 that the other operand has in full add nothing. */
function withoutOnes(term: Term, other: Term, drop: (label: string) => boolean): Term {
  const dims = term.labels.flatMap((label, i) => (term.x.shape[i] === 1 && drop(label) && other.labels.includes(label) && other.x.shape[other.labels.indexOf(label)] !== 1 ? [i] : []));
  return dims.length === 0 ? term : { x: term.x.squeeze(dims), labels: term.labels.filter((_, i) => !dims.includes(i)) };
}

/** A view with the dims in the order of `labels`; those that it lacks have size 1. */
function arranged({ x, labels }: Term, order: readonly string[]): Tensor {
  const present = order.filter((label) => labels.includes(label));
  let view = x.permute(present.map((label) => labels.indexOf(label)));
  order.forEach((label, i) => {
    if (!labels.includes(label)) view = view.unsqueeze(i);
  });
  return view;
}

const product = (x: Tensor, from: number, to: number): number => numelOf(x.layout.shape.slice(from, to));

/** The product of two operands, summed over what `needed` does not name. */
function contract(first: Term, second: Term, needed: ReadonlySet<string>): Term {
  const keep = (mine: Term, other: Term): Term => summed(mine, new Set([...needed, ...other.labels]));
  const ones = (label: string): boolean => !needed.has(label);
  let a = withoutOnes(first, second, ones), b = withoutOnes(second, first, ones);
  a = keep(a, b);
  b = keep(b, a);
  const both = a.labels.filter((label) => b.labels.includes(label));
  const inner = both.filter((label) => !needed.has(label)), batch = both.filter((label) => needed.has(label));
  const left = a.labels.filter((label) => !both.includes(label)), right = b.labels.filter((label) => !both.includes(label));
  const labels = [...batch, ...left, ...right];
  if (inner.length === 0) return { x: arranged(a, labels).mul(arranged(b, labels)), labels };
  const nb = batch.length;
  const x = arranged(a, [...batch, ...left, ...inner]), y = arranged(b, [...batch, ...inner, ...right]);
  const k = product(x, nb + left.length, x.ndim);
  // Groups of one dim stay views; larger ones are merged, which copies only where their strides ask for it.
  const rows = left.length === 1 && inner.length === 1 ? x : x.reshape([...x.layout.shape.slice(0, nb), product(x, nb, nb + left.length), k]);
  const cols = right.length === 1 && inner.length === 1 ? y : y.reshape([...y.layout.shape.slice(0, nb), k, product(y, nb + inner.length, y.ndim)]);
  const out = rows.matmul(cols);
  if (left.length === 1 && right.length === 1) return { x: out, labels };
  return { x: out.reshape([...out.layout.shape.slice(0, nb), ...x.layout.shape.slice(nb, nb + left.length), ...y.layout.shape.slice(nb + inner.length)]), labels };
}

/** Which two operands to contract next: those whose product is smallest against what it replaces (the greedy path of opt_einsum). */
function nextPair(terms: readonly Term[], output: readonly string[], sizes: ReadonlyMap<string, number>): [number, number] {
  if (terms.length === 2) return [0, 1];
  let best: [number, number] = [0, 1], least = Infinity;
  const count = (labels: Iterable<string>): number => [...labels].reduce((n, label) => n * (sizes.get(label) ?? 1), 1);
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const needed = new Set([...output, ...terms.filter((_, k) => k !== i && k !== j).flatMap(({ labels }) => labels)]);
      const kept = new Set([...terms[i].labels, ...terms[j].labels].filter((label) => needed.has(label)));
      const cost = count(kept) - count(terms[i].labels) - count(terms[j].labels);
      if (cost < least) {
        least = cost;
        best = [i, j];
      }
    }
  }
  return best;
}

/**
 * Products of the operands' elements, summed over every label that the output does not name: `einsum('bhid,bhjd->bhij', q, k)`.
 * Letters name dims, a repeated letter takes the diagonal, `...` stands for dims that broadcast; without `->` the output is the
 * ellipsis and the letters that occur once, in order. Operands have one dtype. PyTorch's `torch.einsum`.
 */
export const einsum = operation('einsum(equation: string, ...operands: Tensors)', (equation, operands): Tensor => {
  if (operands.length === 0) throw new ArgumentError('einsum', 'operands', 'must be at least one Tensor');
  for (const x of operands) if (x.dtypeCode !== operands[0].dtypeCode) throw new DTypeError('einsum', x.dtype, `all operands must have one dtype, got ${operands[0].dtype} and ${x.dtype}`);
  const { inputs, output } = equationOf(equation, operands.map((x) => x.ndim));
  let terms: Term[] = operands.map((x, i) => withoutRepeats({ x, labels: inputs[i] }));
  const sizes = sizesOf(terms);
  while (terms.length > 1) {
    const [i, j] = nextPair(terms, output, sizes);
    const rest = terms.filter((_, k) => k !== i && k !== j);
    terms = [contract(terms[i], terms[j], new Set([...output, ...rest.flatMap(({ labels }) => labels)])), ...rest];
  }
  return arranged(summed(terms[0], new Set(output)), output);
});

/**
 * Sums of products over the last `dims` dims of a and the first of b, or over the two lists of dims given. PyTorch's `torch.tensordot`.
 */
export const tensordot = operation('tensordot(a: Tensor, b: Tensor, dims: any = 2, *, out: Tensor?)', (a, b, dims): Tensor => {
  const [da, db] = contractedDims(a, b, dims);
  da.forEach((dim, i) => {
    if (a.shape[dim] !== b.shape[db[i]] && a.shape[dim] !== 1 && b.shape[db[i]] !== 1) {
      throw new ShapeError('tensordot', `dimension ${dim} of a and ${db[i]} of b must have the same size, got ${a.shape[dim]} and ${b.shape[db[i]]}`);
    }
  });
  if (a.dtypeCode !== b.dtypeCode) throw new DTypeError('tensordot', b.dtype, `both operands must have one dtype, got ${a.dtype} and ${b.dtype}`);
  const la = a.shape.map((_, i) => `a${i}`), lb = b.shape.map((_, i) => (db.includes(i) ? `a${da[db.indexOf(i)]}` : `b${i}`));
  const output = [...la.filter((_, i) => !da.includes(i)), ...lb.filter((_, i) => !db.includes(i))];
  return arranged(contract({ x: a, labels: la }, { x: b, labels: lb }, new Set(output)), output);
});

function contractedDims(a: Tensor, b: Tensor, dims: unknown): [number[], number[]] {
  const wrong = (): ArgumentError => new ArgumentError('tensordot', 'dims', 'must be a number of dims or two lists of dims of one length');
  if (typeof dims === 'number' || typeof dims === 'bigint') {
    const n = Number(dims);
    if (!Number.isInteger(n) || n < 0 || n > a.ndim || n > b.ndim) throw wrong();
    return [a.shape.map((_, i) => i).slice(a.ndim - n), b.shape.map((_, i) => i).slice(0, n)];
  }
  if (!Array.isArray(dims) || dims.length !== 2) throw wrong();
  const lists = (dims as unknown[]).map((list, k) => {
    const ndim = k === 0 ? a.ndim : b.ndim;
    return (Array.isArray(list) ? list as unknown[] : [list]).map((dim) => {
      const at = Number(dim) < 0 ? Number(dim) + ndim : Number(dim);
      if (!Number.isInteger(at) || at < 0 || at >= ndim) throw wrong();
      return at;
    });
  });
  if (lists[0].length !== lists[1].length || lists.some((list) => new Set(list).size !== list.length)) throw wrong();
  return [lists[0], lists[1]];
}
