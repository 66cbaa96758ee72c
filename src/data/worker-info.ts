/** What a dataset can know about the worker that it is in. */

/** PyTorch's `WorkerInfo`. */
export interface WorkerInfo {
  /** From 0 to `numWorkers - 1`. */
  readonly id: number;
  readonly numWorkers: number;
  /** The seed that this worker's default generator was started with: the loader's seed plus `id`. */
  readonly seed: bigint;
  /** This worker's copy of the dataset. */
  readonly dataset: unknown;
}

let info: WorkerInfo | null = null;

/**
 * The worker that runs this code, or null outside of a {@link DataLoader}'s workers: PyTorch's `get_worker_info`. A stream
 * reads its share by it:
 *
 * ```ts
 * override *[Symbol.iterator]() {
 *   const worker = getWorkerInfo();
 *   for (let i = worker?.id ?? 0; i < this.end; i += worker?.numWorkers ?? 1) yield i;
 * }
 * ```
 */
export const getWorkerInfo = (): WorkerInfo | null => info;

export function setWorkerInfo(present: WorkerInfo): void {
  info = present;
}
