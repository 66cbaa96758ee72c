/**
 * Sizes that follow dynamic axes. A size in JS is a plain number, so what follows from a dynamic axis is found by running
 * the model with several sizes: a number that is not the same in every run is a {@link Sym}, the list of what it was.
 */

/** A whole number that was different between the runs. */
export class Sym {
  readonly samples: readonly number[];

  constructor(samples: readonly number[]) {
    this.samples = samples;
  }

  get key(): string {
    return this.samples.join();
  }
}

export type Size = number | Sym;

/** A plain number where all samples agree. */
export function sizeOf(samples: readonly number[]): Size {
  return samples.every((n) => n === samples[0]) ? samples[0] : new Sym(samples);
}

export const sameSize = (a: Size, b: Size): boolean => (typeof a === 'number' || typeof b === 'number' ? a === b : a.key === b.key);
export const isStatic = (shape: readonly Size[]): shape is readonly number[] => shape.every((size) => typeof size === 'number');
/** What the size was in the first run, with the inputs that the caller gave. */
export const example = (size: Size): number => (typeof size === 'number' ? size : size.samples[0]);
const samplesOf = (size: Size, count: number): readonly number[] => (typeof size === 'number' ? new Array<number>(count).fill(size) : size.samples);

/** The product of sizes. */
export function productOf(sizes: readonly Size[]): Size {
  const dynamic = sizes.find((size) => typeof size !== 'number');
  if (dynamic === undefined) return (sizes as readonly number[]).reduce((a, b) => a * b, 1);
  const count = (dynamic as Sym).samples.length;
  return sizeOf(sizes.map((size) => samplesOf(size, count)).reduce((a, b) => a.map((n, i) => n * b[i])));
}

/** `a + factor * b`. */
export function plus(a: Size, b: Size, factor = 1): Size {
  if (typeof a === 'number' && typeof b === 'number') return a + factor * b;
  const count = (typeof a === 'number' ? b as Sym : a).samples.length, y = samplesOf(b, count);
  return sizeOf(samplesOf(a, count).map((n, i) => n + factor * y[i]));
}

/** `(s1 * s2 * ... * times + add) / by`: a size as whole-number arithmetic on sizes that can be read from a shape. */
export interface Formula {
  readonly factors: readonly Sym[];
  readonly times: number;
  readonly add: number;
  readonly by: number;
}

const whole = Number.isInteger;

/** `times * x + add`, or `(x + add) / by`, through all samples. */
function affine(wanted: readonly number[], x: readonly number[]): Omit<Formula, 'factors'> | null {
  const j = x.findIndex((n) => n !== x[0]);
  if (j < 0) return null;
  const slope = (wanted[j] - wanted[0]) / (x[j] - x[0]);
  if (slope === 0) return null;
  const candidate = whole(slope) ? { times: slope, add: wanted[0] - slope * x[0], by: 1 } : { times: 1, add: Math.round(wanted[0] / slope) - x[0], by: Math.round(1 / slope) };
  const value = (n: number): number => (n * candidate.times + candidate.add) / candidate.by;
  return x.every((n, i) => value(n) === wanted[i]) ? candidate : null;
}

/** The simplest formula over the given sizes that has the wanted samples: the size itself, a sum, a multiple, a product of two. */
export function formulaFor({ samples }: Sym, sizes: readonly Sym[]): Formula | null {
  const alone = sizes.map((size) => ({ factors: [size], found: affine(samples, size.samples) }));
  const pairs = sizes.flatMap((a, i) => sizes.slice(i).map((b) => ({ factors: [a, b], found: affine(samples, a.samples.map((n, k) => n * b.samples[k])) })));
  const formulas = [...alone, ...pairs].flatMap(({ factors, found }) => (found === null ? [] : [{ factors, ...found }]));
  const weight = ({ factors, times, add, by }: Formula): number => factors.length * 4 + (times === 1 ? 0 : 2) + (by === 1 ? 0 : 2) + (add === 0 ? 0 : 1);
  return formulas.length === 0 ? null : formulas.reduce((best, next) => (weight(next) < weight(best) ? next : best));
}

/**
 * By how much dynamic axis 0, 1, 2, ... differs in the two runs after the first. The quotients of a pair are all different:
 * samples of one axis are then no multiple and sum of another's, and a size can be told from which axis it follows.
 */
const STEPS: readonly (readonly [number, number])[] = [[1, 2], [1, 4], [2, 3], [1, 3], [2, 5], [1, 5], [3, 4], [2, 7], [1, 6], [3, 5]];

/**
 * Ways to choose other sizes of an axis, since a model may only take multiples (patches, windows) or no larger sizes (a
 * table of positions): the sizes of the two runs after the first.
 */
export function variationsOf(size: number, axis: number): readonly (readonly [number, number])[] {
  const [a, b] = STEPS[axis % STEPS.length];
  const ways = [[size * (1 + a), size * (1 + b)], [size + a, size + b], [size - a, size - b], [Math.ceil(size / 2), Math.ceil(size / 4)]] as const;
  return ways.filter(([first, second]) => second >= 1 && first >= 1 && first !== second && first !== size && second !== size);
}
