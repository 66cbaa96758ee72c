/** What went wrong in a worker thread of a loader. */

/** A worker of a DataLoader threw, ended or took too long. `cause` is the worker's own error, with its stack. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  /** Which worker, from 0; null where it is not one of them that failed. */
  readonly workerId: number | null;
  /** The index (or key) that was being read; null between samples, while collating, and in streams. */
  readonly index: unknown;

  constructor(message: string, workerId: number | null, index: unknown = null, cause?: Error) {
    super(message, cause === undefined ? undefined : { cause });
    this.workerId = workerId;
    this.index = index;
    // The worker's frames say where; those of this thread only that a message came.
    const frames = cause?.stack?.slice(cause.stack.search(/^\s+at /m));
    if (frames !== undefined) this.stack = `WorkerError: ${message}\n${frames}`;
  }
}
