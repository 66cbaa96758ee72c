/** Predictions and targets of the three tasks of classification as plain numbers, checked. */
import { bind, intArg, numberArg, show, signature, stringArg, type Bound } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { numbersOf, tensorArg } from './metric.ts';

/** One label of two, one class of several, several labels of two each. */
export type Task = 'binary' | 'multiclass' | 'multilabel';

export interface TaskOptions {
  /** 'multiclass' where `numClasses` is given, 'multilabel' where `numLabels` is, else 'binary'. */
  readonly task?: Task | null;
  readonly numClasses?: number | null;
  readonly numLabels?: number | null;
  /** Targets of this value are left out, and so are the predictions for them. */
  readonly ignoreIndex?: number | null;
}

export interface Labels {
  readonly op: string;
  readonly task: Task;
  /** Classes, or labels; 1 for the binary task. */
  readonly size: number;
  readonly ignoreIndex: number | undefined;
}

const TASKS: readonly Task[] = ['binary', 'multiclass', 'multilabel'];

/** Binds the arguments of a metric of classification: the task by position or name, the rest by name. */
export function bindTask(op: string, names: string, args: readonly unknown[]): readonly [Labels, Bound] {
  const given = bind(signature(`${op}(task?, *, numClasses?, numLabels?, ignoreIndex?${names})`), args);
  const task = stringArg(op, 'task', given.task, TASKS, given.numClasses !== undefined ? 'multiclass' : given.numLabels !== undefined ? 'multilabel' : 'binary');
  const size = (name: string, least: number): number => {
    if (given[name] === undefined) throw new ArgumentError(op, name, `is missing: the ${task} task needs it`);
    const count = intArg(op, name, given[name]);
    if (count < least) throw new ArgumentError(op, name, `must be at least ${least}, got ${count}`);
    return count;
  };
  const other = task === 'multiclass' ? 'numLabels' : 'numClasses';
  if (given[other] !== undefined && !(task === 'binary' && given[other] === 2)) throw new ArgumentError(op, other, `does not belong to the ${task} task`);
  return [{
    op, task,
    size: task === 'multiclass' ? size('numClasses', 2) : task === 'multilabel' ? size('numLabels', 1) : 1,
    ignoreIndex: given.ignoreIndex === undefined ? undefined : intArg(op, 'ignoreIndex', given.ignoreIndex),
  }, given];
}

export function thresholdArg(op: string, value: unknown): number {
  const threshold = numberArg(op, 'threshold', value, 0.5);
  if (!(threshold >= 0 && threshold <= 1)) throw new ArgumentError(op, 'threshold', `must be from 0 to 1, got ${threshold}`);
  return threshold;
}

const shape = (x: Tensor): string => `[${x.shape.join(', ')}]`;

/** The classes along dimension 1 moved to rows: [N, C, ...] to numbers of [N * ..., C]. */
function rows(x: Tensor, classes: number): Float64Array {
  return numbersOf(x.ndim <= 2 ? x : x.movedim(1, -1).reshape([-1, classes]));
}

const outsideOfUnit = (values: Float64Array): boolean => values.some((value) => value < 0 || value > 1);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Class indices of the target. */
function classes({ op, size, ignoreIndex }: Labels, target: Tensor, name: string): Float64Array {
  if (target.isFloatingPoint()) throw new DTypeError(op, target.dtype, `${name} must be class indices of an integer dtype, got ${target.dtype}: write .to('int64')`);
  const values = numbersOf(target);
  for (const value of values) if (value !== ignoreIndex && !(value >= 0 && value < size)) throw new ArgumentError(op, name, `must be classes below ${size}, got ${value}`);
  return values;
}

/** Zeros and ones of the target. */
function bits({ op, ignoreIndex }: Labels, target: Tensor, name: string): Float64Array {
  const values = numbersOf(target);
  for (const value of values) if (value !== 0 && value !== 1 && value !== ignoreIndex) throw new ArgumentError(op, name, `must be 0 or 1, got ${value}`);
  return values;
}

export interface Scores {
  /** Row-major, `size` scores to a sample. */
  readonly scores: Float64Array;
  /** One class index to a sample, or for the other tasks one bit to a score. */
  readonly target: Float64Array;
}

function checkBinary(labels: Labels, preds: Tensor, target: Tensor): void {
  const { op, task, size } = labels;
  if (preds.shape.join() !== target.shape.join()) throw new ShapeError(op, `preds and target must have one shape, got ${shape(preds)} and ${shape(target)}`);
  if (task === 'multilabel' && (preds.ndim < 2 || preds.shape[1] !== size)) throw new ShapeError(op, `preds must have shape [N, ${size}, ...], got ${shape(preds)}`);
}

function checkClasses({ op, size }: Labels, preds: Tensor, target: Tensor): void {
  const expected = [target.shape[0], size, ...target.shape.slice(1)];
  if (target.ndim === 0 || preds.shape.join() !== expected.join()) {
    throw new ShapeError(op, `preds must have shape [N, ${size}, ...] and target [N, ...] of class indices, got ${shape(preds)} and ${shape(target)}`);
  }
}

/** Scores by which samples are ranked: for classes probabilities (logits go through softmax), else as they are. */
export function readScores(labels: Labels, predsArg: unknown, targetArg: unknown): Scores {
  const { op, task, size } = labels, preds = tensorArg(op, 'preds', predsArg), target = tensorArg(op, 'target', targetArg);
  if (!preds.isFloatingPoint()) throw new DTypeError(op, preds.dtype, `preds must be scores of a floating-point dtype, got ${preds.dtype}`);
  if (task !== 'multiclass') {
    checkBinary(labels, preds, target);
    const scores = rows(preds, size);
    return notNaN(op, { scores, target: bits(labels, task === 'multilabel' && target.ndim > 2 ? target.movedim(1, -1) : target, 'target') });
  }
  checkClasses(labels, preds, target);
  const raw = rows(preds, size);
  const scores = outsideOfUnit(raw) ? rows(preds.detach().to('float64').softmax(1), size) : raw;
  return notNaN(op, { scores, target: classes(labels, target, 'target') });
}

function notNaN(op: string, read: Scores): Scores {
  if (read.scores.some(Number.isNaN)) throw new ArgumentError(op, 'preds', 'must not hold NaN: it has no rank');
  return read;
}

export interface Decisions {
  /** What was decided: class indices, or bits. */
  readonly preds: Float64Array;
  readonly target: Float64Array;
}

/**
 * What predictions decide: classes by the largest score, bits by the threshold on probabilities; scores outside of [0, 1]
 * are logits. With `topK` a class among the k largest scores counts as the decision.
 */
export function readDecisions(labels: Labels, predsArg: unknown, targetArg: unknown, threshold: number, topK = 1): Decisions {
  const { op, task, size } = labels, preds = tensorArg(op, 'preds', predsArg), target = tensorArg(op, 'target', targetArg);
  if (task === 'multiclass') {
    if (!preds.isFloatingPoint()) {
      if (preds.shape.join() !== target.shape.join()) throw new ShapeError(op, `preds of class indices must have the shape of target, got ${shape(preds)} and ${shape(target)}`);
      if (topK > 1) throw new DTypeError(op, preds.dtype, `preds must be scores for topK, got ${preds.dtype}`);
      return { preds: classes({ ...labels, ignoreIndex: undefined }, preds, 'preds'), target: classes(labels, target, 'target') };
    }
    checkClasses(labels, preds, target);
    const truth = classes(labels, target, 'target');
    return { preds: topK > 1 ? amongTop(rows(preds, size), truth, size, topK) : numbersOf(preds.detach().argmax(1)), target: truth };
  }
  checkBinary(labels, preds, target);
  const truth = bits(labels, target, 'target');
  if (!preds.isFloatingPoint()) return { preds: bits({ ...labels, ignoreIndex: undefined }, preds, 'preds'), target: truth };
  const scores = numbersOf(preds), logits = outsideOfUnit(scores);
  return { preds: scores.map((score) => Number((logits ? sigmoid(score) : score) > threshold)), target: truth };
}

/** The true class where it is among the k largest scores, else the class of the largest; of equals the first is larger, NaN is largest. */
function amongTop(scores: Float64Array, target: Float64Array, size: number, topK: number): Float64Array {
  return target.map((truth, i) => {
    const row = scores.subarray(i * size, (i + 1) * size), own = row[truth] ?? NaN;
    let rank = 0, best = 0;
    row.forEach((score, j) => {
      if (isLarger(score, own) || (!isLarger(own, score) && j < truth)) rank++;
      if (isLarger(score, row[best])) best = j;
    });
    return rank < topK ? truth : best;
  });
}

const isLarger = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));

export function topKArg({ op, task, size }: Labels, value: unknown): number {
  const k = intArg(op, 'topK', value, 1);
  if (k < 1 || (task === 'multiclass' ? k > size : k > 1)) throw new ArgumentError(op, 'topK', `must be from 1 to ${task === 'multiclass' ? `the ${size} classes` : `1 for the ${task} task`}, got ${show(value)}`);
  return k;
}
