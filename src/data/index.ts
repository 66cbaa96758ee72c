/** `flambeau/data`: datasets, samplers, loaders and readers of data files. */
export { Dataset, Subset, TensorDataset, type BatchedDataset } from './dataset.ts';
export { BatchSampler, RandomSampler, SequentialSampler, type Sampler } from './sampler.ts';
export { collate, DataLoader, type Collated, type DataLoaderOptions, type Source } from './loader.ts';
export { readIdx, readMnist } from './idx.ts';
