/** Transforms against what torchvision 0.28 makes of the same images for the same seeds (fixtures/make-transforms.py). */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import { transforms } from 'flambeau/data';
import { onBackends } from './fixtures/backends.ts';
import { camel, readJson } from './fixtures/conformance.ts';
import { decode, encode } from '../src/data/transport.ts';

const { functional: F } = transforms;

interface Case {
  readonly name: string;
  readonly args: readonly unknown[] | Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly seed?: number;
  readonly output: { readonly dtype: torch.DType; readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly after?: number;
}
const CASES = readJson<readonly Case[]>('fixtures/data/transforms.json');

/** The formula of the script. */
function image(channels: number, height: number, width: number): torch.Tensor {
  const values = new Uint8Array(channels * height * width);
  for (let c = 0, i = 0; c < channels; c++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) values[i++] = (c * 67 + y * 31 + x * 17 + x * y * 7 + c * x * 5) % 256;
  return torch.tensor(values).view(channels, height, width);
}
const INPUTS: Readonly<Record<string, () => torch.Tensor>> = {
  bytes: () => image(3, 9, 7), floats: () => image(3, 9, 7).float().div(255), gray: () => image(1, 8, 8), square: () => image(3, 8, 8), large: () => image(3, 20, 24),
};

const groups = new Map<string, Case[]>();
for (const one of CASES) groups.set(one.name, [...(groups.get(one.name) ?? []), one]);

/** Floats agree to 2e-6, bytes are equal; those of colors, cut off from float32 sums, may be one apart. */
function expectClose(actual: torch.Tensor, { output, name, args, seed }: Case): void {
  const what = `${name}(${JSON.stringify(args)}) ${seed ?? ''}`;
  expect([actual.dtype, actual.shape], what).toEqual([output.dtype, output.shape]);
  const got = actual.flatten().tolist() as number[], floating = actual.isFloatingPoint();
  const off = got.map((value, i) => Math.abs(value - output.data[i]));
  expect(Math.max(...off), what).toBeLessThanOrEqual(floating ? 2e-6 * Math.max(1, ...output.data.map(Math.abs)) : /adjust|Jitter/.test(name) ? 1 : 0);
  if (!floating) expect(off.filter((difference) => difference > 0).length, what).toBeLessThanOrEqual(got.length * 0.02);
}

onBackends(() => {
  test.each([...groups])('%s gives what torchvision gives', (name, cases) => {
    for (const one of cases) {
      const input = INPUTS[one.input]();
      if (one.seed === undefined) {
        const run = (F as unknown as Record<string, (...args: readonly unknown[]) => torch.Tensor>)[camel(name)];
        expectClose(run(input, ...(one.args as readonly unknown[])), one);
      } else {
        const Transform = (transforms as unknown as Record<string, new (options: object) => transforms.Transform>)[name];
        const options = Object.fromEntries(Object.entries(one.args).map(([key, value]) => [camel(key), value]));
        const transform = new Transform(options);
        torch.manualSeed(one.seed);
        expectClose(transform(input), one);
        // As many draws as torchvision made: the next one is its next one too.
        expect(torch.rand(1).item(), `${name} ${JSON.stringify(one.args)} after`).toBeCloseTo(one.after as number, 6);
      }
    }
  });
});

describe('transforms', () => {
  const x = image(3, 9, 7);

  test('follow each other in a Compose, functions among them', () => {
    const transform = new transforms.Compose([new transforms.Resize([4, 4]), new transforms.ToTensor(), (image: torch.Tensor) => image.flatten(), new transforms.Lambda((flat) => flat.mul(2))]);
    expect(transform(x).equal(F.resize(x, [4, 4]).float().div(255).flatten().mul(2))).toBe(true);
    const label = new transforms.Compose<string>([(image: torch.Tensor) => image.shape.join('x')]);
    expect(label(x)).toBe('3x9x7');
  });

  test('are modules: nn.Sequential takes them, and they have nothing to train', () => {
    const model = new nn.Sequential(new transforms.ToDtype('float32', true), new transforms.Normalize([0.5], [0.25]), new nn.Flatten(0));
    expect(model(x).shape).toEqual([189]);
    expect([...model.parameters()]).toEqual([]);
  });

  test('print as torchvision\'s do', () => {
    expect(String(new transforms.Resize([4, 5]))).toBe("Resize(size=[4, 5], interpolation='bilinear', antialias=True)");
    expect(String(new transforms.Compose([new transforms.RandomHorizontalFlip(), new transforms.ToTensor()]))).toBe('Compose(\n  RandomHorizontalFlip(p=0.5)\n  ToTensor()\n)');
  });

  test('leave the image alone that they are given, unless they are told to change it', () => {
    const before = x.clone();
    for (const transform of [new transforms.RandomErasing({ p: 1 }), new transforms.ColorJitter(0.5), new transforms.RandomHorizontalFlip(1), new transforms.Pad([1])]) transform(x);
    expect(x.equal(before)).toBe(true);
    const floats = x.float(), same = new transforms.Normalize([0.5], [2], true)(floats);
    expect(same.equal(before.float().sub(0.5).div(2)) && floats.equal(same)).toBe(true);
  });

  test('take leading dims as a batch', () => {
    const batch = torch.stack([x, x.flip(-1)]), more = batch.unsqueeze(0);
    for (const run of [(i: torch.Tensor) => F.resize(i, [4, 4]), (i: torch.Tensor) => F.rotate(i, 20, 'bilinear'), (i: torch.Tensor) => F.pad(i, [2], [0], 'reflect'), (i: torch.Tensor) => F.adjustHue(i, 0.2), (i: torch.Tensor) => F.adjustContrast(i, 0.5), (i: torch.Tensor) => F.gaussianBlur(i, [3])]) {
      const each = run(batch);
      expect(each.select(0, 1).equal(run(x.flip(-1)))).toBe(true);
      expect(run(more).squeeze(0).equal(each)).toBe(true);
    }
  });

  test('apply all, one or a random order of others', () => {
    const add = (n: number) => (image: torch.Tensor): torch.Tensor => image.float().add(n), double = (image: torch.Tensor): torch.Tensor => image.float().mul(2);
    expect(new transforms.RandomApply([add(1), double], 1)(x).equal(x.float().add(1).mul(2))).toBe(true);
    expect(new transforms.RandomApply([add(1)], 0)(x)).toBe(x);
    expect(new transforms.RandomChoice([add(1), double], [0, 1])(x).equal(x.float().mul(2))).toBe(true);
    torch.manualSeed(0);
    const sums = new Set(Array.from({ length: 20 }, () => new transforms.RandomOrder([add(1), double])(torch.zeros(1, 1, 1)).item()));
    expect([...sums].sort()).toEqual([1, 2]);
  });

  test('go to worker threads with their options', () => {
    const transform = new transforms.Compose([new transforms.ColorJitter({ hue: [-0.1, 0.2], contrast: 0.3 }), new transforms.RandomCrop(4, { padding: 1 }), new transforms.RandomErasing({ p: 1, value: 'random' }), new transforms.Resize(7, { maxSize: 9 })]);
    const there = decode(structuredClone(encode('test', 'transform', transform))) as typeof transform;
    expect([String(there), there instanceof transforms.Compose]).toEqual([String(transform), true]);
    torch.manualSeed(3);
    const here = transform(x);
    torch.manualSeed(3);
    expect(there(x).equal(here)).toBe(true);
    expect(() => encode('test', 'transform', new transforms.Lambda((image) => image))).toThrow(/cannot go to another thread/);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['no size', () => new transforms.Resize({} as never), /Resize: size is missing/],
    ['three sizes', () => new transforms.Resize([1, 2, 3]), /Resize: size must be one or two positive integers, got \[1, 2, 3\]/],
    ['an unknown mode', () => new transforms.Resize(4, 'cubic' as never), /Resize: interpolation must be one of 'nearest'/],
    ['an unknown option', () => new transforms.Resize(4, { antialis: true } as never), /Resize: option 'antialis' is unknown/],
    ['a maxSize below the size', () => new transforms.Resize(4, 'bilinear', 3), /Resize: maxSize must be greater/],
    ['a crop larger than the image', () => new transforms.RandomCrop(20)(x), /RandomCrop: size \[20, 20\] is larger than the image \[9, 7\]/],
    ['no channels', () => F.resize(torch.ones(4, 4), [2, 2]), /resize: input must be an image \[\.\.\., C, H, W\], got shape \[4, 4\]/],
    ['three margins', () => new transforms.Pad([1, 2, 3]), /Pad: padding must be 1, 2 or 4 integers/],
    ['a std of 0', () => new transforms.Normalize([0], [0]), /Normalize: std must not be 0/],
    ['bytes to normalize', () => new transforms.Normalize([0], [1])(x), /normalize: input must be floating/],
    ['two means for three channels', () => F.normalize(x.float(), [0, 1], [1, 1]), /normalize: mean must have one value, or 3 for this image/],
    ['a negative strength', () => new transforms.ColorJitter(-1), /ColorJitter: brightness must be a number that is not negative/],
    ['too much hue', () => new transforms.ColorJitter({ hue: 0.7 }), /ColorJitter: hue must be .* from -0\.5 to 0\.5/],
    ['a probability above 1', () => new transforms.RandomHorizontalFlip(2), /RandomHorizontalFlip: p must be from 0 to 1, got 2/],
    ['an even kernel', () => new transforms.GaussianBlur(4), /GaussianBlur: kernelSize must be one or two odd/],
    ['no steps', () => new transforms.Compose([]), /Compose: transforms must be an array of at least one/],
    ['four channels in color', () => F.adjustHue(torch.ones(4, 2, 2), 0.1), /adjustHue: image must have 1 or 3 channels, got 4/],
    ['a shear of scales', () => F.toDtype(torch.ones(1, 2, 2), 'int64', true), /toDtype: float32 cannot be scaled to int64/],
  ])('refuse %s', (_, run, message) => expect(run).toThrow(message));
});
