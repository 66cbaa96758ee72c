/** PyTorch's module `torch.autograd`. */
export * from './tensor/autograd.ts';
export * as functional from './func/functional.ts';
