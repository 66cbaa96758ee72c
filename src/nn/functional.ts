/** `nn.functional`: what the layers compute, as plain functions. */
export * from './functional-activation.ts';
export * from './functional-layers.ts';
export * from './functional-attention.ts';
export * from './functional-loss.ts';
export * from './functional-loss-margin.ts';
export * from './functional-norm.ts';
export * from './functional-random.ts';
export * from './functional-interpolate.ts';
export * from './functional-pad.ts';
export * from './functional-fold.ts';
export * from './functional-shuffle.ts';
export * from './functional-distance.ts';
export * from './functional-embedding.ts';
export * from './functional-pdist.ts';
export * from './functional-conv.ts';
export * from './functional-fractional.ts';
export * from './functional-pool.ts';
