import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { DTypeError, canCast, finfo, iinfo, ones, promoteTypes, resultType, setBackend, tensor, type DType, type Tensor } from 'flambeau';
import { camel } from './fixtures/conformance.ts';
import { BACKENDS } from './fixtures/backends.ts';

type Kind = 'tensor' | 'zerodim' | 'scalar';
interface Rows {
  readonly result_type: readonly (readonly [Kind, string, Kind, string, DType])[];
  readonly can_cast: readonly (readonly [DType, DType, boolean])[];
  readonly promote_types: readonly (readonly [DType, DType, DType])[];
  readonly binary_op_dtype: readonly (readonly [string, DType, Kind, string, string])[];
  readonly unary_op_dtype: readonly (readonly [string, DType, string])[];
  readonly tensor_infer_dtype: readonly (readonly [string, DType])[];
  readonly finfo: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly iinfo: Readonly<Record<string, { readonly max: string; readonly min: string }>>;
}

const rows = JSON.parse(readFileSync(new URL('./conformance/type_promotion.json', import.meta.url), 'utf8')) as Rows;

const SCALARS: Readonly<Record<string, number | boolean>> = { bool: true, int: 1, float: 1.5 };
type Other = Tensor | number | boolean;
function operand(kind: Kind, type: string, vector: readonly number[] = [2]): Other {
  if (kind === 'scalar') return SCALARS[type];
  return ones(kind === 'tensor' ? [...vector] : [], { dtype: type as DType });
}

/** The dtype of a result, or 'error' for an error of ours. */
function outcome(fn: () => unknown): string {
  try {
    return (fn() as Tensor).dtype;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof torch.BackendError || error instanceof torch.AutogradError) return 'error';
    throw error;
  }
}
const expected = (result: string): string => (result.startsWith('error:') ? 'error' : result);

describe('dtypes by themselves', () => {
  test.each(rows.promote_types)('promoteTypes(%s, %s) is %s', (a, b, result) => {
    expect(promoteTypes(a, b)).toBe(result);
  });
  test.each(rows.can_cast)('canCast(%s, %s) is %s', (a, b, result) => {
    expect(canCast(a, b)).toBe(result);
  });
  test.each(rows.result_type)('resultType(%s %s, %s %s) is %s', (kindA, a, kindB, b, result) => {
    expect(resultType(operand(kindA, a), operand(kindB, b))).toBe(result);
  });
  test.each(Object.entries(rows.finfo))('finfo(%s)', (dtype, info) => {
    expect(finfo(dtype as DType)).toMatchObject(info);
  });
  test.each(Object.entries(rows.iinfo))('iinfo(%s)', (dtype, { max, min }) => {
    expect([iinfo(dtype as DType).max, iinfo(dtype as DType).min]).toEqual([Number(max), Number(min)]);
  });
});

describe('dtypes that follow from data', () => {
  // A JS number is a float, a bigint an int64: the only rows that differ are those with Python ints.
  test.each<[string, unknown, DType]>([
    ['True', true, 'bool'], ['1.5', 1.5, 'float32'], ['[True, False]', [true, false], 'bool'], ['[[1], [2.0]]', [[1], [2]], 'float32'], ['[True, 2]', [true, 2n], 'int64'],
  ])('tensor(%s)', (source, data, dtype) => {
    expect(tensor(data as number).dtype).toBe(dtype);
    expect(rows.tensor_infer_dtype).toContainEqual([source, dtype]);
  });
});

// PyTorch takes only tensors here; a number on either side is our API rule.
const NUMBER_ALLOWED = new Set(['maximum', 'minimum', 'logical_and', 'atan2', 'hypot']);

// Of 2346.
const DIFFERENT_ROWS: Readonly<Record<string, number>> = {
  'a number may stand on either side of a binary function': 93,
  'integers are promoted where PyTorch has no kernel': 40,
  'no power of bools, with a boolean as with a bool tensor': 1,
};

const SQUARE: readonly number[] = [2, 2];
const fresh = (dtype: DType): Tensor => ones([...SQUARE], { dtype });
const mask = (): Tensor => tensor([[true, false], [false, true]]);
const EXPRESSIONS: Readonly<Record<string, (t: Tensor) => unknown>> = {
  'softmax(dim=0)': (t) => t.softmax(0), 'cumsum(dim=0)': (t) => t.cumsum(0), 'cumprod(dim=0)': (t) => t.cumprod(0), 'sum(dim=0)': (t) => t.sum(0),
  'clamp(0,1)': (t) => t.clamp(0, 1), 'clamp(0.5)': (t) => t.clamp(0.5), 'max(dim=0).values': (t) => t.max(0).values, 'max(dim=0).indices': (t) => t.max(0).indices,
  'pow(2)': (t) => t.pow(2), 'pow(0.5)': (t) => t.pow(0.5), 'pow(-1)': (t) => t.pow(-1), '2**t': (t) => torch.pow(2, t), '1/t': (t) => torch.div(1, t),
  't//2': (t) => t.floorDivide(2), 't%2': (t) => t.remainder(2), '-t': (t) => t.neg(), '~t': (t) => t.bitwiseNot(), '1-t': (t) => torch.sub(1, t),
  'matmul(t,t)': (t) => t.matmul(t), 'logsumexp(dim=0)': (t) => t.logsumexp(0), 'cat([t,float32])': (t) => torch.cat([t, fresh('float32')]),
  'stack([t,int64])': (t) => torch.stack([t, fresh('int64')]), 'where(c,t,1.5)': (t) => torch.where(mask(), t, 1.5), 'where(c,t,2)': (t) => torch.where(mask(), t, 2),
  'masked_fill(m,1.5)': (t) => t.maskedFill(mask(), 1.5), 't.add_(1.5)': (t) => t.add_(1.5), 't.mul_(float32)': (t) => t.mul_(fresh('float32')), 't.div_(2)': (t) => t.div_(2),
  'full_like(1.5)': (t) => torch.fullLike(t, 1.5), one_hot: (t) => torch.nn.functional.oneHot(t), 'lerp(t,t,0.5)': (t) => t.lerp(t, 0.5), addcmul: (t) => t.addcmul(t, t),
  sort: (t) => t.sort().values, bincount: (t) => t.flatten().bincount(),
  index_select: (t) => t.indexSelect(0, tensor([0], { dtype: 'int64' })), index_by_t: (t) => ones(2, 2, 2).index(t),
};

/** Rows in which we differ on purpose. */
function difference([expression, dtype]: readonly [string, DType, string]): string | undefined {
  if (expression === 'index_by_t' && ['int16', 'int8'].includes(dtype)) return 'indices may have any integer dtype';
  if (expression === 'one_hot' && dtype === 'int32') return 'classes may be int32';
  if (expression === 'lerp(t,t,0.5)' && !/float/.test(dtype)) return 'integers are promoted where PyTorch has no kernel';
  if (expression === 'trace' && dtype === 'bool') return 'bools are summed where PyTorch has no kernel';
  return undefined;
}

function binaryDifference([op, dtype, kind, other, result]: (typeof rows.binary_op_dtype)[number]): string | undefined {
  if (kind === 'scalar' && result === 'error:TypeError' && NUMBER_ALLOWED.has(op)) return 'a number may stand on either side of a binary function';
  if (op === 'hypot' && result === 'error:NotImplementedError') return 'integers are promoted where PyTorch has no kernel';
  if (op === 'pow' && dtype === 'bool' && kind === 'scalar' && other === 'bool') return 'no power of bools, with a boolean as with a bool tensor';
  return undefined;
}

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  describe('binary operations', () => {
    const byOp = new Map<string, (typeof rows.binary_op_dtype)[number][]>();
    for (const row of rows.binary_op_dtype) byOp.set(row[0], [...(byOp.get(row[0]) ?? []), row]);
    test.each([...byOp])('%s', (op, list) => {
      const fn = (torch as unknown as Record<string, (a: Tensor, b: Other) => Tensor>)[camel(op)];
      const wrong: string[] = [];
      for (const row of list) {
        const [, dtype, kind, other, result] = row;
        const reason = binaryDifference(row);
        const got = outcome(() => fn(ones(2, { dtype }), operand(kind, other)));
        if (reason === undefined ? got !== expected(result) : got === expected(result)) wrong.push(`${op}(${dtype}, ${kind} ${other}): ${got}, PyTorch ${result}`);
      }
      expect(wrong).toEqual([]);
    });

    test('differ from PyTorch in few rows, each for a reason', () => {
      const reasons: Record<string, number> = {};
      for (const row of rows.binary_op_dtype) {
        const reason = binaryDifference(row);
        if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
      }
      expect(reasons).toEqual(DIFFERENT_ROWS);
    });
  });

  describe('unary operations and expressions', () => {
    const byExpression = new Map<string, (typeof rows.unary_op_dtype)[number][]>();
    for (const row of rows.unary_op_dtype) byExpression.set(row[0], [...(byExpression.get(row[0]) ?? []), row]);
    test.each([...byExpression])('%s', (expression, list) => {
      const method = camel(expression);
      const run = EXPRESSIONS[expression] ?? ((t: Tensor) => (t as unknown as Record<string, () => unknown>)[method]());
      const wrong: string[] = [];
      for (const row of list) {
        const reason = difference(row);
        const got = outcome(() => run(fresh(row[1])));
        if (reason === undefined ? got !== expected(row[2]) : got === expected(row[2])) wrong.push(`${expression} of ${row[1]}: ${got}, PyTorch ${row[2]}`);
      }
      expect(wrong).toEqual([]);
    });
  });

  test('an operation that refuses a dtype throws a DTypeError that names both', () => {
    expect(() => ones([2], { dtype: 'bool' }).neg()).toThrow(DTypeError);
    expect(() => ones([2], { dtype: 'bool' }).neg()).toThrow(/^neg: .*bool/);
    expect(() => ones(2).bitwiseNot()).toThrow(/^bitwiseNot: .*float32/);
  });

  test('an integral number beside integers counts as an int, any other as a float', () => {
    const n = ones([2], { dtype: 'int32' });
    expect([n.add(2).dtype, n.add(2.5).dtype, n.mul(true).dtype, n.add(2n).dtype]).toEqual(['int32', 'float32', 'int32', 'int32']);
    expect(ones([2], { dtype: 'bool' }).add(1).dtype).toBe('int64');
  });
});

afterAll(() => setBackend(BACKENDS[BACKENDS.length - 1]));
