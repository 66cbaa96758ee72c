/** Settings of PyTorch that scripts make and read back. There is one device, one precision and one order of every sum. */
import { ArgumentError } from '../core/errors.ts';
import { operation } from './operation.ts';

type Precision = 'highest' | 'high' | 'medium';
let precision: Precision = 'highest', deterministic = false, warnOnly = false, interopThreads = 1;

/** What `setFloat32MatmulPrecision` was given. PyTorch's `torch.get_float32_matmul_precision`. */
export const getFloat32MatmulPrecision = (): Precision => precision;
/** Kept and without effect: float32 matrices are multiplied in float32. PyTorch's `torch.set_float32_matmul_precision`. */
export const setFloat32MatmulPrecision = operation("setFloat32MatmulPrecision(precision: 'highest'|'high'|'medium')", (given): void => void (precision = given));

/** Kept and without effect: results are the same bits for any number of threads. PyTorch's `torch.use_deterministic_algorithms`. */
export const useDeterministicAlgorithms = operation('useDeterministicAlgorithms(mode: bool, *, warnOnly: bool = false)', (mode, only): void => {
  deterministic = mode;
  warnOnly = mode && only;
});
/** What `useDeterministicAlgorithms` was given. PyTorch's `torch.are_deterministic_algorithms_enabled`. */
export const areDeterministicAlgorithmsEnabled = (): boolean => deterministic;
/** What `useDeterministicAlgorithms` was given as `warnOnly`. PyTorch's `torch.is_deterministic_algorithms_warn_only_enabled`. */
export const isDeterministicAlgorithmsWarnOnlyEnabled = (): boolean => warnOnly;

/** Kept and without effect: operations run one after the other; their own threads are `setNumThreads`. PyTorch's `torch.set_num_interop_threads`. */
export const setNumInteropThreads = operation('setNumInteropThreads(threads: int)', (threads): void => {
  if (threads < 1) throw new ArgumentError('setNumInteropThreads', 'threads', `must be positive, got ${threads}`);
  interopThreads = threads;
});
/** What `setNumInteropThreads` was given, at first 1. PyTorch's `torch.get_num_interop_threads`. */
export const getNumInteropThreads = (): number => interopThreads;

/** Takes 'cpu' (or null) and refuses the rest. PyTorch's `torch.set_default_device`. */
export const setDefaultDevice = operation('setDefaultDevice(device: string?)', (device): void => {
  if (device !== undefined && device !== 'cpu') throw new ArgumentError('setDefaultDevice', 'device', `must be 'cpu', the only device of this library, got ${JSON.stringify(device)}`);
});
/** 'cpu'. PyTorch's `torch.get_default_device`. */
export const getDefaultDevice = (): 'cpu' => 'cpu';

/** False: denormal numbers are computed with; JavaScript cannot turn that off. PyTorch's `torch.set_flush_denormal`. */
export const setFlushDenormal = operation('setFlushDenormal(mode: bool)', (_mode): boolean => false);
