/**
 * From a tensor method to a kernel: promotion, the compute dtype, allocation, the call, and recording for backward.
 * One function per arity, in an allocating and an in-place form.
 */
import { release } from '../core/allocator.ts';
import { levelsOf, regions } from '../core/batch.ts';
import { BOOL, U8, dtypeName, isFloating, isIntegral, type DTypeCode } from '../core/dtype.ts';
import { SCALAR_LAYOUT, broadcastShapes, contiguousLayout, sameShape, type Layout } from '../core/layout.ts';
import { AutogradError, DTypeError, ShapeError } from '../core/errors.ts';
import { BINARY, BINARY_OPS, TERNARY, TERNARY_OPS, UNARY, UNARY_OPS, type BinaryOp, type Row, type RowTypes, type TernaryOp, type UnaryOp } from '../ops/elementwise.ts';
import { resultLayout, resultLayoutOf } from '../core/result-layout.ts';
import { binaryInto, copyInto, emptyLike, parameters, ternaryInto, unaryInto, type Input } from './kernels.ts';
import { gradEnabled } from './grad-mode.ts';
import { edgeOf, record, wantsGrad, Node } from './graph.ts';
import { observer } from './observer.ts';
import { canCastCode, computeType, floatType, resultType, resultTypeOf, type Scalar } from './promotion.ts';
import { A, B, BINARY_RULES, C, TERNARY_RULES, UNARY_RULES, X, Y, type BinaryRule, type Operand, type TernaryRule, type UnaryRule } from './rules.ts';
import { rebaseHistory } from './inplace.ts';
import type { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** What dispatch knows about a row: position, name, promotion and derivative. */
interface Entry<Rule> {
  readonly code: number;
  readonly name: string;
  readonly types: RowTypes;
  readonly rule: Rule;
  /** Refuses operands that the promoted dtype does not tell apart. */
  readonly check: ((a: Tensor | Scalar, b: Tensor | Scalar) => void) | null;
}

const isBool = (x: Tensor | Scalar): boolean => (typeof x === 'object' ? x.dtypeCode === BOOL : typeof x === 'boolean');

const CHECKS: Readonly<Partial<Record<string, Entry<unknown>['check']>>> = {
  heaviside(a, b) {
    if (typeof a === 'object' && typeof b === 'object' && a.dtypeCode !== b.dtypeCode) throw new DTypeError('heaviside', b.dtype, `input and values must have one dtype, got ${a.dtype} and ${b.dtype}`);
  },
  sub(a, b) {
    if (isBool(a) || isBool(b)) throw new DTypeError('sub', 'bool', 'subtraction with a bool is not supported: write logicalXor() or bitwiseNot(), or cast with .to(\'int64\')');
  },
  pow(a, b) {
    if (typeof b === 'number' && b < 0 && Number.isInteger(b) && typeof a === 'object' && (a.dtypeCode === BOOL || isIntegral(a.dtypeCode))) {
      throw new DTypeError('pow', a.dtype, `integers to negative integer powers are not allowed, got ${a.dtype} to the power of ${b}; cast with .float() first`);
    }
  },
};

function entries<K extends string, Rule>(ops: readonly K[], rows: Readonly<Record<K, Row>>, rules: Readonly<Record<K, Rule>>): Readonly<Record<K, Entry<Rule>>> {
  return Object.fromEntries(ops.map((name, code) => [name, { code, name, types: rows[name].types, rule: rules[name], check: CHECKS[name] ?? null }])) as unknown as Record<K, Entry<Rule>>;
}

export type UnaryEntry = Entry<UnaryRule | null>;
export type BinaryEntry = Entry<BinaryRule | null>;
export type TernaryEntry = Entry<TernaryRule | null>;
export const unaryEntries = entries<UnaryOp, UnaryRule | null>(UNARY_OPS, UNARY, UNARY_RULES);
export const binaryEntries = entries<BinaryOp, BinaryRule | null>(BINARY_OPS, BINARY, BINARY_RULES);
export const ternaryEntries = entries<TernaryOp, TernaryRule | null>(TERNARY_OPS, TERNARY, TERNARY_RULES);

/** Checks a row's dtype rule and gives the dtype in which the result is expressed (bool for predicates). */
function operandType(name: string, types: RowTypes, dtype: DTypeCode): DTypeCode {
  if (types === 'float') return floatType(dtype);
  if (types === 'real' && !isFloating(dtype)) throw new DTypeError(name, dtypeName(dtype), `expected a floating point dtype, got ${dtypeName(dtype)}; cast with .float() first`);
  if (types === 'integer' && !isIntegral(dtype)) throw new DTypeError(name, dtypeName(dtype), `expected an integer dtype, got ${dtypeName(dtype)}`);
  if (types === 'number' && dtype === BOOL) throw new DTypeError(name, 'bool', 'expected a number dtype, got bool; cast with .to(\'int64\') first');
  if (types === 'bits' && dtype !== BOOL && !isIntegral(dtype)) throw new DTypeError(name, dtypeName(dtype), `expected an integer or bool dtype, got ${dtypeName(dtype)}`);
  return dtype;
}

/** A copy in another dtype, outside of the graph; the tensor itself when nothing changes. */
export function rawCast(x: TensorCore, dtype: DTypeCode): TensorCore {
  if (x.dtypeCode === dtype) return x;
  const out = emptyLike(x, resultLayout(x.layout), dtype);
  copyInto(out, x);
  return out;
}

/** Numbers that every dtype holds but uint8, the negative ones, and bool. */
const SMALL = 127;

/** Rows that compute with a number, or a 0-d tensor, as it is: a factor, or what is divided by. */
const EXACT_LEFT = new Set(['mul']), EXACT_RIGHT = new Set(['mul', 'div', 'floorDivide']);

/**
 * An operand of a small dtype's row. PyTorch takes it in that dtype, so numbers are rounded or wrap first: a half float plus 0.1 is plus
 * 0.09998, and no uint8 is below -1. The kernels compute in wider types.
 */
function narrowed<T extends Tensor | Scalar>(x: T, type: DTypeCode, like: Tensor, exact: boolean): T | TensorCore {
  if (typeof x === 'object') return x.dtypeCode === type || (exact && x.layout.shape.length === 0 && isFloating(type)) ? x : rawCast(x, type);
  const value = Number(x);
  if ((Number.isInteger(value) && value >= (type === U8 ? 0 : -SMALL) && value <= SMALL) || (exact && isFloating(type))) return x;
  const scalar = emptyLike(like, SCALAR_LAYOUT, type);
  copyInto(scalar, x as Scalar);
  return scalar;
}

/**
 * Gives back the memory of a copy that was made of `of` for one kernel: nobody else has seen it, and the next temporary finds
 * it in a cache.
 */
export function spent(copy: TensorCore, of: TensorCore): void {
  if (copy.storage !== of.storage && observer === null) release(copy.storage);
}

/** What a kernel wrote in the dtype that it computes in, in `dtype`. */
export function rawResult(raw: Tensor, dtype: DTypeCode): Tensor {
  const out = rawCast(raw, dtype) as Tensor;
  spent(raw, out);
  return out;
}

/** What an elementwise kernel that computes in `compute` takes: small dtypes it widens itself. */
const kernelInput = <T extends Input>(x: T, compute: DTypeCode): T | TensorCore => (typeof x !== 'object' || computeType(x.dtypeCode) === compute ? x : rawCast(x, compute));

export function unary(entry: UnaryEntry, a: Tensor, p0 = 0, p1 = 0): Tensor {
  const type = operandType(entry.name, entry.types, a.dtypeCode);
  const input = kernelInput(a, computeType(type));
  const out = emptyLike(a, resultLayout(a.layout), entry.types === 'predicate' ? BOOL : type);
  parameters(p0, p1);
  unaryInto(entry.code, out, input);
  if (gradEnabled && wantsGrad(a) && entry.rule !== null) recordUnary(entry, a, out, p0, p1);
  return out;
}

interface Context<Rule> {
  readonly rule: Rule;
  readonly p0: number;
  readonly p1: number;
}

function recordUnary(entry: UnaryEntry, a: Tensor, out: Tensor, p0: number, p1: number): void {
  const rule = entry.rule as UnaryRule;
  const saved = rule.needs === 0 ? null : [rule.needs & X ? a : null, rule.needs & Y ? out : null];
  record(entry.name, out, [a], unaryBackward, saved, { rule, p0, p1 } satisfies Context<UnaryRule>);
}

function unaryBackward(g: Tensor, node: Node): Tensor | null {
  const { rule, p0, p1 } = node.context as Context<UnaryRule>;
  const x = rule.needs & X ? node.saved(0) : g;
  const y = rule.needs & Y ? node.saved(1) : g;
  return rule.grad(g, x, y, p0, p1);
}

/** `a` or `b` may be a number, not both. */
export function binary(entry: BinaryEntry, a: Tensor | Scalar, b: Tensor | Scalar, p0 = 0, p1 = 0): Tensor {
  if (entry.check !== null) entry.check(a, b);
  const ta = typeof a === 'object' ? a : null, tb = typeof b === 'object' ? b : null;
  const like = (ta ?? tb) as Tensor;
  const promoted = ta === null ? resultType(like, a as Scalar) : tb === null ? resultType(ta, b as Scalar) : ta.dtypeCode === tb.dtypeCode ? ta.dtypeCode : resultType(ta, tb);
  const type = operandType(entry.name, entry.types, promoted);
  const compute = computeType(type);
  const layout = ta === null || tb === null ? resultLayout(like.layout)
    : ta.layout === tb.layout ? resultLayout(ta.layout) : broadcastLayout(entry.name, ta.layout, tb.layout);
  const small = type > BOOL;
  const left = kernelInput(small ? narrowed(a, type, like, EXACT_LEFT.has(entry.name)) : a, compute);
  const right = kernelInput(small ? narrowed(b, type, like, EXACT_RIGHT.has(entry.name)) : b, compute);
  const out = emptyLike(like, layout, entry.types === 'predicate' ? BOOL : type);
  parameters(p0, p1);
  binaryInto(entry.code, out, left, right, compute);
  if (gradEnabled && entry.rule !== null && ((ta !== null && wantsGrad(ta)) || (tb !== null && wantsGrad(tb)))) recordBinary(entry, a, b, out, p0, p1);
  return out;
}

function broadcastLayout(name: string, a: Layout, b: Layout): Layout {
  return resultLayoutOf(broadcastShapes(name, a.shape, b.shape), [a, b]);
}

const asOperand = (x: Tensor | Scalar): Operand => (typeof x === 'object' ? x : Number(x));

function recordBinary(entry: BinaryEntry, a: Tensor | Scalar, b: Tensor | Scalar, out: Tensor, p0: number, p1: number): void {
  const ta = typeof a === 'object' && wantsGrad(a) && isFloating(a.dtypeCode) ? a : null;
  const tb = typeof b === 'object' && wantsGrad(b) && isFloating(b.dtypeCode) ? b : null;
  const rule = entry.rule as BinaryRule;
  const needs = (ta === null ? 0 : rule.a.needs) | (tb === null ? 0 : rule.b.needs);
  const saved = needs === 0 ? null : [needs & A ? asOperand(a) : null, needs & B ? asOperand(b) : null, needs & Y ? out : null];
  record(entry.name, out, [ta, tb], binaryBackward, saved, { rule, p0, p1 } satisfies Context<BinaryRule>);
}

function binaryBackward(g: Tensor, node: Node): (Tensor | null)[] {
  const { rule, p0, p1 } = node.context as Context<BinaryRule>;
  const wantA = node.needs(0), wantB = node.needs(1);
  const needs = (wantA ? rule.a.needs : 0) | (wantB ? rule.b.needs : 0);
  const a = needs & A ? node.saved<Operand>(0) : g, b = needs & B ? node.saved<Operand>(1) : g, y = needs & Y ? node.saved(2) : g;
  return [wantA ? rule.a.grad(g, a, b, y, p0, p1) : null, wantB ? rule.b.grad(g, a, b, y, p0, p1) : null];
}

export function ternary(entry: TernaryEntry, a: Tensor | Scalar, b: Tensor | Scalar, c: Tensor | Scalar, p0 = 0, p1 = 0): Tensor {
  const where = entry.name === 'where';
  const inputs = [a, b, c];
  const like = inputs.find((x): x is Tensor => typeof x === 'object') as Tensor;
  const type = operandType(entry.name, entry.types, resultTypeOf(where ? [b, c] : inputs));
  const compute = where ? type : computeType(type);
  let shape = like.layout.shape;
  const layouts: Layout[] = [];
  for (const x of inputs) {
    if (typeof x !== 'object') continue;
    shape = broadcastShapes(entry.name, shape, x.layout.shape);
    layouts.push(x.layout);
  }
  const operand = (x: Input): Input => (where && typeof x === 'object' ? rawCast(x, type) : kernelInput(x, compute));
  const first = where ? a : operand(a), second = operand(b), third = operand(c);
  const out = emptyLike(like, resultLayoutOf(shape, layouts), type);
  parameters(p0, p1);
  ternaryInto(entry.code, out, first, second, third, compute);
  if (gradEnabled && entry.rule !== null && inputs.some((x) => typeof x === 'object' && wantsGrad(x))) recordTernary(entry, inputs, out, p0, p1);
  return out;
}

function recordTernary(entry: TernaryEntry, inputs: readonly (Tensor | Scalar)[], out: Tensor, p0: number, p1: number): void {
  const rule = entry.rule as TernaryRule;
  const wanted = inputs.map((x) => (typeof x === 'object' && wantsGrad(x) && isFloating(x.dtypeCode) ? x : null));
  let needs = 0;
  for (let k = 0; k < 3; k++) if (wanted[k] !== null) needs |= rule.grads[k]?.needs ?? 0;
  const saved = needs === 0 ? null : inputs.map((x, k) => (needs & (A << k) ? asOperand(x) : null));
  record(entry.name, out, wanted, ternaryBackward, saved, { rule, p0, p1 } satisfies Context<TernaryRule>);
}

function ternaryBackward(g: Tensor, node: Node): (Tensor | null)[] {
  const { rule, p0, p1 } = node.context as Context<TernaryRule>;
  const needs = rule.grads.reduce((all, d, k) => (node.needs(k) && d !== null ? all | d.needs : all), 0);
  const a = needs & A ? node.saved<Operand>(0) : g, b = needs & B ? node.saved<Operand>(1) : g, c = needs & C ? node.saved<Operand>(2) : g;
  return rule.grads.map((d, k) => (node.needs(k) && d !== null ? d.grad(g, a, b, c, p0, p1) : null));
}

/** Refuses in-place writes that would change a leaf in the graph. */
export function checkInPlace(name: string, self: Tensor): void {
  if (!gradEnabled || !self.needsGrad) return;
  if (self.gradFn === null) throw new AutogradError(`${name}: a leaf tensor that requires grad is being used in an in-place operation; do it in noGrad()`);
  const base = self.base;
  if (base !== null && base.needsGrad && base.gradFn === null) {
    throw new AutogradError(`${name}: a view of a leaf tensor that requires grad is being used in an in-place operation; do it in noGrad()`);
  }
}

/** What is written in place must broadcast to, and be castable to, what is there. */
function checkTarget(name: string, self: Tensor, shape: readonly number[], type: DTypeCode): void {
  if (!sameShape(self.layout.shape, shape)) {
    throw new ShapeError(name, `output with shape [${self.layout.shape.join(', ')}] does not match the broadcast shape [${shape.join(', ')}]`);
  }
  if (!canCastCode(type, self.dtypeCode)) throw new DTypeError(name, self.dtype, `result type ${dtypeName(type)} can't be cast to the desired output type ${self.dtype}`);
  checkWritable(name, self);
}

/** Refuses to write several values to one place of an expanded tensor. */
export function checkWritable(name: string, { layout }: Tensor): void {
  for (let i = 0; i < layout.shape.length; i++) {
    if (layout.strides[i] === 0 && layout.shape[i] > 1) throw new ShapeError(name, 'unsupported operation: more than one element of the written-to tensor refers to a single memory location; clone() it first');
  }
}

/** An input that shares memory with the output in another layout must be read before it is overwritten. */
export function unaliased<T extends Input>(self: TensorCore, x: T): T | TensorCore {
  if (typeof x !== 'object' || x.storage.memory !== self.storage.memory || x.storage.byteOffset !== self.storage.byteOffset || x.layout === self.layout) return x;
  const same = sameShape(x.layout.shape, self.layout.shape) && x.layout.offset === self.layout.offset && sameShape(x.layout.strides, self.layout.strides);
  if (same) return x;
  const copy = emptyLike(x, contiguousLayout(x.layout.shape), x.dtypeCode);
  copyInto(copy, x);
  return copy;
}

/** The edges of an in-place operation's inputs. They must be taken before the write, which makes views stale. */
export interface Edges {
  readonly next: readonly (Node | null)[];
  readonly slots: readonly number[];
}

export const edgesBefore = (inputs: readonly (Tensor | null)[]): Edges => ({
  next: inputs.map((x) => (x === null ? null : edgeOf(x))),
  slots: inputs.map((x) => (x === null ? 0 : x.slot)),
});

/** Records an in-place operation after the write: `self` continues as the output of a node whose first input is its old self. */
export function recordInPlace(self: Tensor, name: string, { next, slots }: Edges, fn: (g: Tensor, node: Node) => Tensor | null | (Tensor | null)[],
  saved: readonly (Operand | null)[] | null, context: unknown): void {
  const node = new Node(name, fn, next, slots, saved, self.layout, self.dtypeCode);
  node.context = context;
  if (regions !== 0) node.batch = levelsOf(self.storage);
  rebaseHistory(self, node);
}

/** An operand as it must be saved: if the write changes it, a copy from before. */
const savedOperand = (self: Tensor, x: Tensor | Scalar): Operand => (typeof x === 'object' && x.storage === self.storage ? valueBefore(x) : asOperand(x));

export function unary_(entry: UnaryEntry, self: Tensor, p0 = 0, p1 = 0): Tensor {
  const name = `${entry.name}_`;
  const wants = gradEnabled && wantsGrad(self);
  if (wants) checkInPlace(name, self);
  const type = entry.types === 'predicate' ? BOOL : operandType(name, entry.types, self.dtypeCode);
  checkTarget(name, self, self.layout.shape, entry.types === 'predicate' ? self.dtypeCode : type);
  const rule = entry.rule;
  const saving = wants && rule !== null && (rule.needs & X) !== 0 ? valueBefore(self) : null;
  const edges = wants ? edgesBefore([self]) : null;
  const out = type === self.dtypeCode ? self : emptyLike(self, contiguousLayout(self.layout.shape), type);
  parameters(p0, p1);
  unaryInto(entry.code, out, self);
  if (out !== self) copyInto(self, out);
  self.storage.version++;
  if (edges !== null && rule !== null) {
    recordInPlace(self, name, edges, unaryBackward, rule.needs === 0 ? null : [saving, rule.needs & Y ? self : null], { rule, p0, p1 });
  }
  return self;
}

/** The value before a write, in its place in the graph. */
function valueBefore(self: Tensor): Tensor {
  const copy = emptyLike(self, contiguousLayout(self.layout.shape), self.dtypeCode);
  copyInto(copy, self);
  copy.node = edgeOf(self);
  copy.slot = self.slot;
  copy.needsGrad = self.needsGrad;
  return copy;
}

export function binary_(entry: BinaryEntry, self: Tensor, other: Tensor | Scalar, p0 = 0): Tensor {
  const name = `${entry.name}_`;
  const to = typeof other === 'object' ? other : null;
  const wants = gradEnabled && entry.rule !== null && (wantsGrad(self) || (to !== null && wantsGrad(to)));
  if (wants) checkInPlace(name, self);
  if (entry.check !== null) entry.check(self, other);
  const type = operandType(name, entry.types, resultType(self, other));
  checkTarget(name, self, to === null ? self.layout.shape : broadcastShapes(name, self.layout.shape, to.layout.shape), entry.types === 'predicate' ? BOOL : type);
  const rule = entry.rule as BinaryRule;
  const wantSelf = wants && self.needsGrad, wantOther = wants && to !== null && to.needsGrad && isFloating(to.dtypeCode);
  const needs = (wantSelf ? rule.a.needs : 0) | (wantOther ? rule.b.needs : 0);
  const old = needs & A ? valueBefore(self) : null, kept = needs & B ? savedOperand(self, other) : null;
  const edges = wants ? edgesBefore([wantSelf ? self : null, wantOther ? to : null]) : null;
  const compute = computeType(type);
  const source = type > BOOL ? narrowed(other, type, self, EXACT_RIGHT.has(entry.name)) : other;
  const input = typeof source !== 'object' ? source : kernelInput(unaliased(self, source) as TensorCore, compute);
  parameters(p0);
  if (computeType(self.dtypeCode) === compute && entry.types !== 'predicate') binaryInto(entry.code, self, self, input, compute);
  else {
    const out = emptyLike(self, contiguousLayout(self.layout.shape), entry.types === 'predicate' ? BOOL : compute);
    const left = kernelInput(self, compute);
    parameters(p0);
    binaryInto(entry.code, out, left, input, compute);
    copyInto(self, out);
  }
  self.storage.version++;
  if (edges !== null && (wantSelf || wantOther)) {
    recordInPlace(self, name, edges, binaryBackward, needs === 0 ? null : [old, kept, needs & Y ? self : null], { rule, p0, p1: 0 });
  }
  return self;
}

export function ternary_(entry: TernaryEntry, self: Tensor, b: Tensor | Scalar, c: Tensor | Scalar, p0 = 0): Tensor {
  const name = `${entry.name}_`;
  const inputs = [self, b, c];
  const wants = gradEnabled && inputs.some((x) => typeof x === 'object' && wantsGrad(x));
  if (wants) checkInPlace(name, self);
  const type = operandType(name, entry.types, resultTypeOf(inputs));
  let shape = self.layout.shape;
  for (const x of [b, c]) if (typeof x === 'object') shape = broadcastShapes(name, shape, x.layout.shape);
  checkTarget(name, self, shape, type);
  const rule = entry.rule as TernaryRule;
  const wanted = inputs.map((x) => (wants && typeof x === 'object' && x.needsGrad && isFloating(x.dtypeCode) ? x : null));
  const needs = rule.grads.reduce((all, d, k) => (wanted[k] !== null && d !== null ? all | d.needs : all), 0);
  const saved = needs === 0 ? null : [needs & A ? valueBefore(self) : null, needs & B ? savedOperand(self, b) : null, needs & C ? savedOperand(self, c) : null];
  const edges = wants ? edgesBefore(wanted) : null;
  const compute = computeType(type);
  const ib = kernelInput(unaliased(self, b) as Input, compute), ic = kernelInput(unaliased(self, c) as Input, compute);
  const direct = computeType(self.dtypeCode) === compute;
  const out = direct ? self : emptyLike(self, contiguousLayout(self.layout.shape), compute);
  const left = kernelInput(self, compute);
  parameters(p0);
  ternaryInto(entry.code, out, left, ib, ic, compute);
  if (!direct) copyInto(self, out);
  self.storage.version++;
  if (edges !== null && wanted.some((x) => x !== null)) recordInPlace(self, name, edges, ternaryBackward, saved, { rule, p0, p1: 0 });
  return self;
}

/** Runs a write of numbers that move with nothing over all of self: no gradient passes what it held. */
export function refill(name: string, self: Tensor, write: () => void): Tensor {
  const wants = gradEnabled && wantsGrad(self);
  if (wants) checkInPlace(name, self);
  const edges = wants ? edgesBefore([self]) : null;
  write();
  self.storage.version++;
  if (edges !== null) recordInPlace(self, name, edges, (g) => g.newZeros([...g.shape]), null, undefined);
  return self;
}

/** `src`, which broadcasts to self, in place of what self holds. */
export function overwrite(name: string, self: Tensor, src: Tensor | Scalar): Tensor {
  const tensor = typeof src === 'object' ? src : null, wantsSrc = tensor !== null && wantsGrad(tensor);
  const wants = gradEnabled && (wantsGrad(self) || wantsSrc);
  if (wants) checkInPlace(name, self);
  const edges = wants && isFloating(self.dtypeCode) ? edgesBefore([wantsGrad(self) ? self : null, wantsSrc ? tensor : null]) : null;
  copyInto(self, unaliased(self, src));
  self.storage.version++;
  if (edges !== null) recordInPlace(self, name, edges, (g, node) => [node.needs(0) ? g.newZeros([...g.shape]) : null, g], null, undefined);
  return self;
}
