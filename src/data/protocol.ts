/** What a loader's thread and its workers say to each other. */
import type { DType } from '../core/dtype.ts';
import type { BackendName } from '../backend/select.ts';
import type { Request } from './fetch.ts';
import type { Message } from './transport.ts';

/** Given to a worker when it starts. */
export interface WorkerData {
  /** The worker's program, and the modules that the plan refers to. */
  readonly entry: string;
  readonly commonJs: boolean;
  readonly modules: readonly string[];
  /** A module in TypeScript that Node cannot read by itself, and where tsx may be found then. */
  readonly typescript: string | null;
  readonly tsxBases: readonly string[];
  readonly id: number;
  readonly numWorkers: number;
  readonly seed: bigint;
  readonly backend: BackendName;
  readonly defaultDtype: DType;
  readonly plan: Message;
  /** One word: the loop that is running; requests of earlier ones are skipped. */
  readonly loop: Int32Array;
}

/** What the plan's message says. */
export interface WorkerPlan {
  readonly dataset: unknown;
  readonly batched: boolean;
  readonly dropLast: boolean;
  readonly collateFn: ((samples: never) => unknown) | null;
  readonly workerInitFn: ((workerId: number) => unknown) | null;
}

export type ToWorker =
  | { readonly kind: 'read'; readonly loop: number; readonly task: number; readonly length: number | null; readonly request: Request }
  | { readonly kind: 'back'; readonly block: number }
  | { readonly kind: 'end' };

/** An error as data: classes of the worker's own modules do not exist here. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The index that was being read. */
  readonly at: unknown;
  /** Before anything was read: its modules, its dataset or its `workerInitFn`. */
  readonly starting: boolean;
}

export type FromWorker =
  | { readonly kind: 'batch'; readonly loop: number; readonly task: number; readonly value: Message }
  | { readonly kind: 'ended'; readonly loop: number; readonly task: number }
  | { readonly kind: 'failed'; readonly loop: number; readonly task: number; readonly failure: Failure };
