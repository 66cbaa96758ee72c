/** PyTorch's module `torch.utils`, without `data`, which is a package entry of its own. */
export * as checkpoint from './tensor/checkpoint.ts';
