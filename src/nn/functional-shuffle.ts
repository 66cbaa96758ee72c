/** Rearrangements of channels: one copy each. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';

function dimsOf(op: string, input: Tensor, name: string, factor: number): [batch: readonly number[], channels: number, rest: readonly number[]] {
  if (input.ndim < 3) throw new ShapeError(op, `input must have at least 3 dimensions, got shape [${input.shape.join(', ')}]`);
  if (factor < 1) throw new ArgumentError(op, name, `must be positive, got ${factor}`);
  return [input.layout.shape.slice(0, -3), input.shape[input.ndim - 3], input.layout.shape.slice(-2)];
}

/** `[..., C r^2, H, W]` to `[..., C, H r, W r]`. PyTorch's `F.pixel_shuffle`. */
export const pixelShuffle = operation('pixelShuffle(input: Tensor, upscaleFactor: int)', (input, r): Tensor => {
  const [batch, channels, [height, width]] = dimsOf('pixelShuffle', input, 'upscaleFactor', r);
  if (channels % (r * r) !== 0) throw new ShapeError('pixelShuffle', `channels must be divisible by upscaleFactor^2 = ${r * r}, got ${channels} in shape [${input.shape.join(', ')}]`);
  const n = batch.length, kept = batch.map((_, i) => i), c = channels / (r * r);
  return input.reshape([...batch, c, r, r, height, width]).permute([...kept, n, n + 3, n + 1, n + 4, n + 2]).reshape([...batch, c, height * r, width * r]);
});

/** `[..., C, H r, W r]` to `[..., C r^2, H, W]`. PyTorch's `F.pixel_unshuffle`. */
export const pixelUnshuffle = operation('pixelUnshuffle(input: Tensor, downscaleFactor: int)', (input, r): Tensor => {
  const [batch, channels, [height, width]] = dimsOf('pixelUnshuffle', input, 'downscaleFactor', r);
  if (height % r !== 0 || width % r !== 0) throw new ShapeError('pixelUnshuffle', `height and width must be divisible by downscaleFactor ${r}, got shape [${input.shape.join(', ')}]`);
  const n = batch.length, kept = batch.map((_, i) => i), h = height / r, w = width / r;
  return input.reshape([...batch, channels, h, r, w, r]).permute([...kept, n, n + 2, n + 4, n + 1, n + 3]).reshape([...batch, channels * r * r, h, w]);
});

function shuffled(op: string, input: Tensor, groups: number): Tensor {
  if (input.ndim < 3) throw new ShapeError(op, `input must have at least 3 dimensions, got shape [${input.shape.join(', ')}]`);
  if (groups < 1) throw new ArgumentError(op, 'groups', `must be positive, got ${groups}`);
  const [batch, channels, ...rest] = input.shape;
  if (channels % groups !== 0) throw new ShapeError(op, `channels must be divisible by groups, got ${channels} and ${groups}`);
  return input.reshape([batch, groups, channels / groups, ...rest]).transpose(1, 2).reshape(input.shape);
}

/** Channels `[N, C, ...]` of `groups` groups interleaved. PyTorch's `F.channel_shuffle`. */
export const channelShuffle = operation('channelShuffle(input: Tensor, groups: int)', (input, groups): Tensor => shuffled('channelShuffle', input, groups));

/** {@link channelShuffle} under its other name. PyTorch's `F.native_channel_shuffle`. */
export const nativeChannelShuffle = operation('nativeChannelShuffle(input: Tensor, groups: int)', (input, groups): Tensor => shuffled('nativeChannelShuffle', input, groups));
