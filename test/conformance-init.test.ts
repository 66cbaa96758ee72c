import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, type DType } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { camel, decode, decodeOptions, expectTensor, readJson, type TensorJson } from './fixtures/conformance.ts';

interface InitFile {
  readonly cases: readonly {
    readonly fn: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly args: readonly unknown[];
    readonly kwargs: Readonly<Record<string, unknown>>;
    readonly seed?: number;
    readonly output?: TensorJson;
    readonly error?: unknown;
  }[];
  readonly gains: readonly { readonly nonlinearity: nn.init.Nonlinearity; readonly param: number | null; readonly gain: number }[];
  readonly fans: readonly { readonly shape: readonly number[]; readonly fan_in: number; readonly fan_out: number }[];
}

const { cases, gains, fans } = readJson<InitFile>('conformance/init.json');
type AnyInit = (tensor: torch.Tensor, ...args: readonly unknown[]) => torch.Tensor;
const init = nn.init as unknown as Readonly<Record<string, AnyInit>>;

onBackends(() => {
  test.each(cases.map((one, i) => [`${i} ${one.fn.replace('torch.nn.init.', '')} [${one.shape}] seed ${one.seed}`, one] as const))('%s gives PyTorch\'s values', (_, one) => {
    const tensor = torch.full([...one.shape], 0.25, { dtype: one.dtype });
    if (one.seed !== undefined) torch.manualSeed(one.seed);
    const options = decodeOptions(one.kwargs, []);
    const call = (): torch.Tensor => init[camel(one.fn.replace('torch.nn.init.', ''))](tensor, ...(decode(one.args, []) as unknown[]), ...(Object.keys(options).length ? [options] : []));
    if (one.output === undefined) expect(call).toThrow(torch.ShapeError);
    else {
      expect(call()).toBe(tensor);
      expectTensor(tensor, one.output, { float32: { rtol: 1e-6, atol: 1e-6 } });
    }
  });
});

describe('gains and fans', () => {
  test.each(gains)('the gain of $nonlinearity ($param)', ({ nonlinearity, param, gain }) => {
    expect(nn.init.calculateGain(nonlinearity, param)).toBeCloseTo(gain, 12);
  });

  test.each(fans)('the fans of $shape', ({ shape, fan_in: fanIn, fan_out: fanOut }) => {
    expect(nn.init.calculateFanInAndFanOut(torch.zeros([...shape]))).toEqual([fanIn, fanOut]);
  });

  test('initialisers record no gradient and refuse wrong arguments', () => {
    const weight = new nn.Parameter(torch.zeros(2, 3));
    nn.init.xavierUniform_(weight);
    expect(weight.isLeaf).toBe(true);
    expect(() => nn.init.uniform_(weight, { lo: 1 } as object)).toThrow(/option 'lo' is unknown/);
    expect(() => nn.init.eye_(torch.zeros(3))).toThrow(torch.ShapeError);
    expect(() => nn.init.calculateGain('cubic' as 'relu')).toThrow(/nonlinearity must be one of/);
    expect(() => nn.init.kaimingUniform_(weight, 0, 'sideways' as 'fan_in')).toThrow(/mode must be one of/);
    expect(() => nn.init.normal_([1] as unknown as torch.Tensor)).toThrow(/must be a Tensor/);
  });
});
