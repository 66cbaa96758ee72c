/** Images and a transform of some milliseconds each: what the workers of `npm run bench -- loader` read. In a module of its own, which they import. */
import * as torch from 'flambeau';
import { nn, type Tensor } from 'flambeau';
import { Dataset, portable } from 'flambeau/data';

/** Pictures of noise, transformed as photographs are: blurred, their colours turned pixel by pixel in TypeScript, scaled down, flipped at random, normalized. */
export class Pictures extends Dataset<[image: Tensor, label: bigint]> {
  readonly length: number;
  readonly kernel: Tensor = torch.ones(3, 1, 9, 9).div(81);

  constructor(length: number) {
    super();
    this.length = length;
  }

  get(index: number): [Tensor, bigint] {
    const { conv2d, interpolate } = nn.functional;
    const picture = torch.rand(1, 3, 256, 256, { generator: new torch.Generator().manualSeed(index) });
    const blurred = conv2d(picture, this.kernel, { padding: 4, groups: 3 });
    const small = interpolate(turnHue(blurred, torch.rand([]).item() * Math.PI), { size: [128, 128], mode: 'bicubic' }).squeeze(0);
    const flipped = torch.rand([]).item() < 0.5 ? small.flip([2]) : small;
    return [flipped.sub(flipped.mean()).div(flipped.std()), BigInt(index % 10)];
  }
}

/** Turns colours around the grey axis: the rotation of the hue circle, in its gamma-corrected cosine form, for every pixel. */
function turnHue(images: Tensor, angle: number): Tensor {
  const values = images.toTypedArray() as Float32Array, plane = values.length / 3;
  const c = Math.cos(angle), s = Math.sin(angle) / Math.sqrt(3), d = (1 - c) / 3;
  const linear = (x: number): number => x ** 2.2, gamma = (x: number): number => Math.max(x, 0) ** (1 / 2.2);
  for (let i = 0; i < plane; i++) {
    const r = linear(values[i]), g = linear(values[i + plane]), b = linear(values[i + 2 * plane]);
    values[i] = gamma((c + d) * r + (d - s) * g + (d + s) * b);
    values[i + plane] = gamma((d + s) * r + (c + d) * g + (d - s) * b);
    values[i + 2 * plane] = gamma((d - s) * r + (d + s) * g + (c + d) * b);
  }
  return torch.tensor(values).view(images.shape);
}

portable(import.meta.url, { Pictures });
