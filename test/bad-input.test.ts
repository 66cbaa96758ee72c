/** Every kind of wrong argument throws an error of ours, in one format, before anything is written. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import {
  ArgumentError, AutogradError, DTypeError, ExpressionError, IndexRangeError, ShapeError, arange, cat, expr, full, linspace, nn, noGrad, ones, optim, rand, randint, randn, setBackend,
  stack, tensor, where, zeros, type DType, type Tensor,
} from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';

type Wrong = readonly [name: string, fn: () => unknown, error: new (...args: never[]) => Error, message: RegExp];

const any = (value: unknown): never => value as never;
const long = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'int64' });
const leaf = (): Tensor => tensor([1, 2], { requiresGrad: true });

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(16);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function detachedView(): Float32Array {
  const view = new Float32Array(4);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

afterAll(() => setBackend(BACKENDS[BACKENDS.length - 1]));

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  const groups: Readonly<Record<string, readonly Wrong[]>> = {
    'shapes that do not broadcast or multiply': [
      ['add', () => ones(3, 4).add(ones(5)), ShapeError, /^add: shapes \[3, 4\] and \[5\] do not broadcast: 4 against 5 in dimension -1$/],
      ['mul in the middle', () => ones(2, 3, 4).mul(ones(2, 1)), ShapeError, /3 against 2 in dimension -2/],
      ['maximum', () => ones(2).maximum(ones(3)), ShapeError, /^maximum: shapes/],
      ['a comparison', () => ones(2).eq(ones(3)), ShapeError, /^eq: shapes/],
      ['where', () => where(ones([2], { dtype: 'bool' }), ones(3), 0), ShapeError, /^where: /],
      ['lerp', () => ones(2).lerp(ones(3), 0.5), ShapeError, /^lerp: /],
      ['in place, where the result is larger', () => ones(3).add_(ones(2, 3)), ShapeError, /^add_: output with shape \[3\] does not match the broadcast shape \[2, 3\]/],
      ['copy_', () => ones(3).copy_(ones(2)), ShapeError, /^copy_: /],
      ['expand', () => ones(3).expand(2), ShapeError, /^expand: /],
      ['matmul', () => ones(2, 3).matmul(ones(4, 2)), ShapeError, /^matmul: shapes \[2, 3\] and \[4, 2\] cannot be multiplied: 3 against 4/],
      ['matmul in batches', () => ones(2, 2, 3).matmul(ones(3, 3, 2)), ShapeError, /^matmul: /],
      ['matmul of a 0-d tensor', () => ones(2).matmul(tensor(1)), ShapeError, /^matmul: /],
      ['mm of vectors', () => ones(2).mm(ones(2)), ShapeError, /^mm: /],
      ['dot', () => ones(2).dot(ones(3)), ShapeError, /^dot: /],
      ['linear', () => nn.functional.linear(ones(2, 3), ones(4, 5)), ShapeError, /^linear: /],
      ['cat', () => cat([ones(2, 2), ones(2, 3)]), ShapeError, /^cat: /],
      ['stack', () => stack([ones(2), ones(3)]), ShapeError, /^stack: /],
      ['view', () => ones(4).view(3), ShapeError, /^view: shape \[3\] is invalid for 4 elements/],
      ['view of a transposed tensor', () => ones(2, 3).t().view(6), ShapeError, /^view: .*use reshape\(\)/],
      ['two unknown sizes', () => ones(4).view(-1, -1), ShapeError, /^view: only one size can be -1/],
      ['a gradient of another shape', () => leaf().backward(ones(3)), ShapeError, /^backward: /],
      ['asStrided beyond the storage', () => ones(4).asStrided([3], [2], 0), ShapeError, /^asStrided: /],
      ['split sizes that do not add up', () => ones(4).split([1, 2]), ShapeError, /^split: /],
    ],
    'a dtype that an op does not take': [
      ['neg of bool', () => ones([2], { dtype: 'bool' }).neg(), DTypeError, /^neg: expected a number dtype, got bool/],
      ['bitwiseNot of floats', () => ones(2).bitwiseNot(), DTypeError, /^bitwiseNot: expected an integer or bool dtype, got float32/],
      ['sub of bools', () => ones([2], { dtype: 'bool' }).sub(true), DTypeError, /^sub: /],
      ['a mean of integers', () => ones([2], { dtype: 'int64' }).mean(), DTypeError, /^mean: /],
      ['matmul of two dtypes', () => ones(2, 2).matmul(ones([2, 2], { dtype: 'float64' })), DTypeError, /^matmul: /],
      ['an in-place result of a higher category', () => ones([2], { dtype: 'int64' }).add_(0.5), DTypeError, /^add_: result type float32 can't be cast to the desired output type int64/],
      ['a gradient of integers', () => ones([2], { dtype: 'int64', requiresGrad: true }), AutogradError, /only floating point tensors can require gradients/],
      ['a condition of numbers', () => where(any(ones(2)), 1, 2), ArgumentError, /^where: condition must have dtype bool/],
      ['random integers as normal numbers', () => randn([2], { dtype: 'int64' }), DTypeError, /^randn: /],
      ['a name that is no dtype', () => zeros([2], { dtype: any('float31') }), ArgumentError, /^zeros: .*dtype/],
      ['to a dtype that is none', () => ones(2).to(any('complex64')), ArgumentError, /^to: /],
      ['class targets as floats', () => nn.functional.crossEntropy(ones(2, 3), tensor([0, 1])), Error, /^crossEntropy: /],
    ],
    'dims out of range or repeated': [
      ['sum', () => ones(2, 3).sum(2), ShapeError, /^sum: dim must be in \[-2, 1\] for 2 dimensions, got 2/],
      ['negative', () => ones(2, 3).sum(-3), ShapeError, /^sum: dim must be in/],
      ['repeated', () => ones(2, 3).sum([0, -2]), ShapeError, /^sum: dim 0 appears twice in \[0, -2\]/],
      ['a fraction', () => ones(2, 3).amax(0.5), Error, /^amax: dim must be/],
      ['softmax', () => ones(2).softmax(1), ShapeError, /^softmax: dim must be in/],
      ['cumsum', () => ones(2).cumsum(3), ShapeError, /^cumsum: dim/],
      ['argmax', () => ones(2).argmax(1), ShapeError, /^argmax: dim/],
      ['unsqueeze', () => ones(2).unsqueeze(3), ShapeError, /^unsqueeze: dim must be in \[-2, 1\]/],
      ['permute twice', () => ones(2, 3).permute(0, 0), ShapeError, /^permute: dim 0 appears twice/],
      ['permute of too few', () => ones(2, 3).permute(0), ShapeError, /^permute: expected 2 dims, got 1/],
      ['transpose', () => ones(2).transpose(0, 1), ShapeError, /^transpose: dim1 must be in/],
      ['cat', () => cat([ones(2)], 1), ShapeError, /^cat: dim/],
      ['flatten', () => ones(2, 3).flatten(1, 0), ShapeError, /^flatten: startDim 1 comes after endDim 0/],
      ['size', () => ones(2).size(1), ShapeError, /^size: dim/],
    ],
    'ragged nested arrays': [
      ['a short row', () => tensor([[1, 2], [3]]), ShapeError, /^tensor: nested arrays must be regular: expected 2 items at depth 1, got 1 items/],
      ['a number beside a row', () => tensor([[1], 2]), ShapeError, /^tensor: nested arrays must be regular/],
      ['a row beside a number', () => tensor([1, [2]]), ShapeError, /^tensor: nested arrays must be regular/],
      ['FloatTensor', () => torch.FloatTensor(any([[1, 2], [3]])), ShapeError, /^FloatTensor: nested arrays must be regular/],
      ['a string inside', () => tensor(any([1, '2'])), ArgumentError, /^tensor: data must hold numbers, booleans or bigints, got "2"/],
      ['undefined inside', () => tensor(any([1, undefined])), ArgumentError, /^tensor: data must hold numbers/],
      ['an object', () => tensor(any({ length: 2 })), ArgumentError, /^tensor: data must be/],
    ],
    'NaN or huge or negative sizes': [
      ['NaN', () => zeros(NaN), Error, /^zeros: size must be an integer, got NaN/],
      ['negative', () => zeros(2, -1), ShapeError, /^zeros: sizes must be non-negative integers, got \[2, -1\]/],
      ['a fraction', () => ones(1.5), Error, /^ones: size must be an integer, got 1\.5/],
      ['infinite', () => rand(Infinity), Error, /^rand: size must be an integer, got Infinity/],
      ['huge', () => zeros(2 ** 31), ShapeError, /^zeros: shape \[2147483648\] has 2147483648 elements, at most 2147483647 are supported/],
      ['huge together', () => zeros(2 ** 16, 2 ** 16), ShapeError, /^zeros: .*at most/],
      ['more memory than there is', () => zeros([2 ** 30, 1], { dtype: 'float64' }).expand(-1, 2 ** 20), ShapeError, /^(allocate|expand): /],
      ['too many dimensions', () => zeros(new Array<number>(17).fill(1)), ShapeError, /^zeros: expected at most 16 dimensions, got 17/],
      ['a string', () => zeros(any('3')), Error, /^zeros: size must be an integer, got "3"/],
      ['expand to a negative size', () => ones(1).expand(-2), ShapeError, /^expand: /],
      ['reshape to a negative size', () => ones(4).reshape(-2, -2), ShapeError, /^reshape: /],
      ['linspace of a negative number of steps', () => linspace(0, 1, -1), Error, /^linspace: /],
      ['an endless arange', () => arange(0, Infinity), ArgumentError, /^arange: end must be finite/],
      ['arange in the wrong direction', () => arange(0, 3, -1), ArgumentError, /^arange: end must lie in the direction of step/],
      ['arange with step 0', () => arange(0, 3, 0), ArgumentError, /^arange: step must not be zero/],
      ['an empty range of random integers', () => randint(3, 3, [2]), ArgumentError, /^randint: high must be greater than low/],
      ['a module', () => new nn.Linear(-1, 2), Error, /^Linear: /],
    ],
    'detached ArrayBuffers': [
      ['a buffer', () => tensor(detached()), ArgumentError, /^tensor: data is backed by a detached ArrayBuffer/],
      ['a view', () => tensor(detachedView()), ArgumentError, /^tensor: data is backed by a detached ArrayBuffer/],
      ['fromArray', () => torch.fromArray(detachedView()), ArgumentError, /detached/],
    ],
    'indices out of bounds': [
      ['index', () => ones(3).index(3), IndexRangeError, /^index: index 3 is out of range for dimension 0 with size 3/],
      ['an index tensor', () => ones(3).index(long([0, -4])), IndexRangeError, /^index: index -4 is out of range for size 3/],
      ['select', () => ones(3).select(0, 3), ShapeError, /^select: index 3 is out of range/],
      ['gather', () => ones(2, 2).gather(0, long([[2, 0]])), IndexRangeError, /^gather: index 2 is out of range for size 2/],
      ['scatter_', () => ones(2, 2).scatter_(0, long([[0, 2]]), 1), IndexRangeError, /^scatter_: /],
      ['indexSelect', () => ones(2).indexSelect(0, long([-1])), IndexRangeError, /^indexSelect: /],
      ['embedding', () => nn.functional.embedding(long([5]), ones(3, 2)), IndexRangeError, /^embedding: /],
      ['narrow', () => ones(3).narrow(0, 2, 2), ShapeError, /^narrow: /],
      ['a class target', () => nn.functional.crossEntropy(ones(2, 3), long([0, 3])), IndexRangeError, /^crossEntropy: /],
      ['a negative class target', () => nn.functional.crossEntropy(ones(2, 3), long([0, -1])), IndexRangeError, /^crossEntropy: /],
    ],
    'misuse of autograd': [
      ['backward twice', () => {
        const y = leaf().square().sum();
        y.backward();
        y.backward();
      }, AutogradError, /backward through the graph a second time/],
      ['backward on a non-scalar', () => leaf().mul(2).backward(), AutogradError, /^backward: grad can be implicitly created only for scalar outputs, got shape \[2\]/],
      ['backward outside of any graph', () => ones(1).backward(), AutogradError, /does not require grad/],
      ['in place on a leaf', () => leaf().add_(1), AutogradError, /^add_: a leaf tensor that requires grad is being used in an in-place operation/],
      ['in place on a view of a leaf', () => leaf().select(0, 0).zero_(), AutogradError, /a view of a leaf tensor that requires grad/],
      ['random numbers into a leaf', () => leaf().normal_(), AutogradError, /^normal_: a leaf/],
      ['indexPut_ on a leaf', () => leaf().indexPut_([[0]], 1), AutogradError, /a leaf/],
      ['noGrad around an async function', () => noGrad(async () => undefined), ArgumentError, /^noGrad: fn must be synchronous/],
      ['grad of another shape', () => (leaf().grad = ones(3)), ArgumentError, /^grad: value must have shape \[2\] and dtype float32, got \[3\] and float32/],
    ],
    'reading back': [
      ['item() of many elements', () => ones(2).item(), ShapeError, /^item: expected a tensor with one element, got shape \[2\] with 2/],
      ['item() of none', () => zeros(0).item(), ShapeError, /^item: /],
      ['an int64 beyond 2^53', () => tensor(2n ** 60n + 1n).item(), RangeError, /itemBigInt/],
      ['iteration over a 0-d tensor', () => [...tensor(1)], ShapeError, /^iterator: a 0-d tensor cannot be iterated over/],
      ['the length of a 0-d tensor', () => tensor(1).length, ShapeError, /^length: /],
      ['arithmetic by JS operators', () => (ones(1) as unknown as number) * 2, TypeError, /a Tensor has no JS operators: write a\.mul\(b\)/],
    ],
    'a malformed expr': [
      ['no operand', () => expr`${ones(1)} + `, ExpressionError, /^expr: expected a value, got the end\n {2}\$\{\.\.\.\} \+ \n {11}\^$/],
      ['an unknown name', () => expr`x + 1`, ExpressionError, /^expr: unknown name 'x'/],
      ['a value that is no tensor', () => expr`${any({})} + 1`, ArgumentError, /^expr: value 1 must be a Tensor or a number/],
    ],
    'arguments of the wrong kind': [
      ['an unknown option', () => ones(2, 2).sum({ dims: 0 } as object), ArgumentError, /^sum: option 'dims' is unknown; expected one of dim, keepdim, dtype/],
      ['of a creation function', () => zeros(2, { type: 'int64' } as object), ArgumentError, /^zeros: option 'type' is unknown/],
      ['of an in-place function', () => ones(2).add_(1, { beta: 2 } as object), ArgumentError, /option 'beta' is unknown/],
      ['of a functional', () => nn.functional.dropout(ones(2), { rate: 0.5 } as object), ArgumentError, /^dropout: option 'rate' is unknown/],
      ['of a module', () => new nn.Linear(2, 2, { biases: false } as object), ArgumentError, /^Linear: option 'biases' is unknown/],
      ['of an optimizer', () => new optim.SGD([leaf()], { learningRate: 1 } as object), ArgumentError, /^SGD: option 'learningRate' is unknown/],
      ['a parameter given twice', () => ones(2, 2).sum(0, { dim: 1 } as object), ArgumentError, /^sum: parameter 'dim' is given twice/],
      ['too many arguments', () => (ones(2, 2).softmax as (...args: number[]) => unknown)(0, 1, 2, 3), Error, /^softmax: /],
      ['a missing argument', () => (full as (...args: unknown[]) => unknown)([2]), ArgumentError, /^full: /],
      ['a string for a tensor', () => torch.sum(any('x')), ArgumentError, /^sum: input must be a Tensor, got "x"/],
      ['an array for a tensor', () => ones(2).add(any([1, 2])), ArgumentError, /^add: other must be a Tensor or a number, got \[1, 2\]/],
      ['undefined for a tensor', () => ones(2).mul(any(undefined)), ArgumentError, /^mul: other must be a Tensor or a number, got undefined/],
      ['two numbers', () => torch.pow(1, 2), ArgumentError, /^pow: exponent must be a Tensor when input is a number/],
      ['a number for a boolean', () => ones(2, 2).sum(0, any(1)), ArgumentError, /^sum: keepdim must be a boolean, got 1/],
      ['another device', () => zeros([1], { device: any('cuda') }), ArgumentError, /^zeros: device must be 'cpu', got "cuda"/],
      ['clamp without bounds', () => ones(2).clamp(), ArgumentError, /^clamp: min and max are both absent/],
      ['a negative probability', () => zeros(2).bernoulli_(-0.1), ArgumentError, /^bernoulli_: p must be in \[0, 1\]/],
      ['an integer division by zero', () => ones([2], { dtype: 'int64' }).floorDivide(0), Error, /zero/],
      ['a backend that is none', () => setBackend(any('gpu')), torch.BackendError, /setBackend: name expected 'js' or 'native'/],
      ['a seed that is none', () => torch.manualSeed(1.5), ArgumentError, /^manualSeed: seed must be an integer/],
    ],
  };

  describe.each(Object.entries(groups))('%s', (_group, list) => {
    test.each(list.map(([name, ...rest]) => [name, ...rest] as const))('%s', (_name, fn, error, message) => {
      let thrown: unknown;
      try {
        fn();
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).message).toMatch(message);
    });
  });

  test('errors carry fields, and are RangeErrors or TypeErrors', () => {
    const caught = <E>(fn: () => unknown): E => {
      try {
        fn();
      } catch (error) {
        return error as E;
      }
      throw new Error('did not throw');
    };
    const range = caught<IndexRangeError>(() => ones(3).index([5]));
    expect([range.op, range.index, range.size, range instanceof RangeError]).toEqual(['index', 5, 3, true]);
    const shape = caught<ShapeError>(() => ones(2).add(ones(3)));
    expect([shape.op, shape.name, shape instanceof RangeError]).toEqual(['add', 'ShapeError', true]);
    const argument = caught<ArgumentError>(() => ones(2).add(any('1')));
    expect([argument.op, argument.argument, argument instanceof TypeError]).toEqual(['add', 'other', true]);
    const dtype = caught<DTypeError>(() => ones(2).bitwiseNot());
    expect([dtype.op, dtype.dtype, dtype instanceof TypeError]).toEqual(['bitwiseNot', 'float32', true]);
  });

  test('what is refused in place leaves everything as it was', () => {
    for (const dtype of ['float32', 'int64'] as const satisfies readonly DType[]) {
      const x = ones([2, 2], { dtype });
      const refused: (() => unknown)[] = [
        () => x.add_(ones([3], { dtype })), () => x.copy_(ones([3], { dtype })), () => x.indexPut_([[0, 9]], 0), () => x.scatter_(0, long([[0, 9]]), 0),
        () => x.indexFill_(0, long([0, 7]), 0), () => x.maskedFill_(tensor([true, false, true]), 0), () => x.indexAdd_(0, long([0, 5]), ones([2, 2], { dtype })),
        () => x.mul_(any('2')), () => x.fill_(ones(2)), () => x.expand(2, 2, 2).add_(1),
      ];
      for (const fn of refused) expect(fn).toThrow();
      expect(x.tolist()).toEqual([[1, 1], [1, 1]]);
      expect(x.version).toBe(0);
    }
  });
});
