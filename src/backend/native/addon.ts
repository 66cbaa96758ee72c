/** What native/addon/module.cpp exports. */
import type { Family } from '../backend.ts';

/**
 * Runs a kernel on the call in the frame; the frame's ARG slots are positions among the arguments. Returns undefined when
 * it is done, false when there is no kernel for this op and dtype (then nothing was written). Throws a RangeError with
 * `code` BAD_CALL, INDEX_RANGE (with `index` and `size`) or DIVISION_BY_ZERO.
 */
export type NativeKernel = (...buffers: Uint8Array[]) => undefined | false;

/** Must be the number in native/addon/module.cpp. */
export const ABI = 9;

export interface Addon extends Readonly<Record<Family, NativeKernel>> {
  readonly abi: number;
  /** The package version that the binary was built from. */
  readonly version: string;
  /** Op names per family, in the order of the native codes. */
  readonly ops: Readonly<Partial<Record<Family, readonly string[]>>>;
  /** Families that have a kernel. */
  readonly coverage: readonly Family[];
  /** ISA levels that this CPU can run, lowest first. */
  readonly levels: readonly string[];

  /** Registers the call frame of this environment. */
  setFrame(frame: Int32Array): void;
  isa(): string;
  /** Chooses one of `levels`; the empty string is the highest. */
  setIsa(name: string): void;
  numThreads(): number;
  /** Of the process, or with `own` of the calling thread alone. */
  setNumThreads(threads: number, own?: boolean): void;
  /** How many bytes the first byte of a view is past a 64-byte boundary. Large memory, not yet written to, gets huge pages where the system has them. */
  place(bytes: Uint8Array): number;
  /** A number for an object, which does not keep it alive. */
  watch(object: object): number;
  /** Writes the numbers of watched objects that the garbage collector took, as many as fit; returns how many. They may be given again. */
  collected(numbers: Int32Array): number;
}
