/** Convolutions: the functions of the `torch` namespace, which PyTorch's `F` repeats. */
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from '../tensor/library/convolution.ts';
