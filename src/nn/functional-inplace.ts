/** Activations written into their input, which is returned: PyTorch's `F.relu_` and its relatives. */
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { celu, elu, hardtanh, leakyRelu, relu, selu, threshold } from './functional-activation.ts';
import { rrelu } from './functional-random.ts';

/** `relu` in place. PyTorch's `F.relu_`. */
export const relu_ = operation('relu_(input: Tensor)', (input): Tensor => relu(input, true));
/** `selu` in place. PyTorch's `F.selu_`. */
export const selu_ = operation('selu_(input: Tensor)', (input): Tensor => selu(input, true));
/** `elu` in place. PyTorch's `F.elu_`. */
export const elu_ = operation('elu_(input: Tensor, alpha: float = 1)', (input, alpha): Tensor => elu(input, alpha, true));
/** `celu` in place. PyTorch's `F.celu_`. */
export const celu_ = operation('celu_(input: Tensor, alpha: float = 1)', (input, alpha): Tensor => celu(input, alpha, true));
/** `leakyRelu` in place. PyTorch's `F.leaky_relu_`. */
export const leakyRelu_ = operation('leakyRelu_(input: Tensor, negativeSlope: float = 0.01)', (input, slope): Tensor => leakyRelu(input, slope, true));
/** `hardtanh` in place. PyTorch's `F.hardtanh_`. */
export const hardtanh_ = operation('hardtanh_(input: Tensor, minVal: float = -1, maxVal: float = 1)', (input, min, max): Tensor => hardtanh(input, min, max, true));
/** `threshold` in place. PyTorch's `F.threshold_`. */
export const threshold_ = operation('threshold_(input: Tensor, threshold: float, value: float)', (input, bound, value): Tensor => threshold(input, bound, value, true));
/** `rrelu` in place; PyTorch's draws. PyTorch's `F.rrelu_`. */
export const rrelu_ = operation('rrelu_(input: Tensor, lower: float = 0.125, upper: float = 0.3333333333333333, training: bool = false)',
  (input, lower, upper, training): Tensor => rrelu(input, lower, upper, training, true));
