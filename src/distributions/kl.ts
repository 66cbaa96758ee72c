/** `klDivergence` and its register of pairs of families. */
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Distribution } from './distribution.ts';
import { NotImplementedError } from './errors.ts';

/** A family: a class of distributions. */
export type Family<D extends Distribution = Distribution> = NewableFunction & { readonly prototype: D };
type Divergence<P extends Distribution, Q extends Distribution> = (p: P, q: Q) => Tensor;

interface Entry {
  readonly p: Family;
  readonly q: Family;
  readonly fn: Divergence<Distribution, Distribution>;
}

const entries: Entry[] = [];

const isFamily = (value: unknown): boolean => typeof value === 'function' && (value === Distribution || value.prototype instanceof Distribution);
const extends_ = (type: Family, base: Family): boolean => type === base || type.prototype instanceof base;

/**
 * PyTorch's decorator `register_kl(type_p, type_q)`: `registerKl(P, Q)((p, q) => ...)`. It holds for subclasses too, unless a
 * pair nearer to them is registered; a later one of the same pair replaces the earlier.
 */
export function registerKl<P extends Distribution, Q extends Distribution>(typeP: Family<P>, typeQ: Family<Q>): (fn: Divergence<P, Q>) => Divergence<P, Q> {
  for (const [name, type] of [['typeP', typeP], ['typeQ', typeQ]] as const) if (!isFamily(type)) throw new ArgumentError('registerKl', name, 'must be a class of distributions');
  return (fn) => {
    if (typeof fn !== 'function') throw new ArgumentError('registerKl', 'fn', 'must be a function');
    const at = entries.findIndex(({ p, q }) => p === typeP && q === typeQ), entry = { p: typeP, q: typeQ, fn: fn as unknown as Entry['fn'] };
    if (at < 0) entries.push(entry);
    else entries[at] = entry;
    return fn;
  };
}

/** Whether `a` is nearer to the types asked for than `b`: in `p`, or in `q` where those are the same. */
const isNearer = (a: Entry, b: Entry): boolean => (a.p === b.p ? extends_(a.q, b.q) : extends_(a.p, b.p));

/**
 * The Kullback-Leibler divergence KL(p || q), of the batch shape. PyTorch's `kl_divergence`; throws a
 * {@link NotImplementedError} for pairs that are not registered.
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  for (const [name, value] of [['p', p], ['q', q]] as const) if (!(value instanceof Distribution)) throw new ArgumentError('klDivergence', name, 'must be a Distribution');
  const fitting = entries.filter((entry) => p instanceof entry.p && q instanceof entry.q);
  if (fitting.length === 0) throw new NotImplementedError(`klDivergence: no KL(p || q) is registered for p of ${p.constructor.name} and q of ${q.constructor.name}`);
  return fitting.reduce((best, entry) => (isNearer(entry, best) ? entry : best)).fn(p, q);
}
