/** `flambeau/io`: tensors, and structures of tensors such as state dicts, in files. */
export { loadCheckpoint, saveCheckpoint, type Run, type Stateful } from './checkpoint.ts';
export { FileFormatError } from './errors.ts';
export { deserialize, load, save, serialize, type Format, type SaveOptions } from './file.ts';
export { safeOpen, saveSharded, type SafeTensors, type ShardOptions, type TensorInfo } from './safetensors-file.ts';
export type { Metadata } from './safetensors.ts';
export type { Saveable } from './tree.ts';
