/** One span that the profiler has seen. Times are in microseconds from the start of the profile. */

/** op: an operation, or a kernel that none called. kernel: a call of the backend inside of an operation. */
export type Category = 'op' | 'kernel' | 'node' | 'backward' | 'module' | 'user' | 'step';

/** The shape of a tensor argument, [] for other arguments; a list of tensors has a list of shapes. */
export type ArgumentShape = readonly number[] | readonly ArgumentShape[];

export class ProfilerEvent {
  readonly id: number;
  readonly name: string;
  readonly category: Category;
  readonly start: number;
  end = Number.NaN;
  readonly parent: ProfilerEvent | null;
  /** In operations and derivatives below. */
  childTime = 0;
  /** In kernels that this event itself has called. */
  kernelTime = 0;
  /** Allocated by the event itself, and with all below it. */
  selfBytes = 0;
  bytes = 0;
  /** Of kernels that this event itself has called. */
  flops = 0;
  /** The path of the module in which it ran; in backward, of the module that ran the forward. */
  module: string | null = null;
  inputShapes: readonly ArgumentShape[] | null = null;
  inputTypes: readonly string[] | null = null;
  /** Frames of the caller, innermost first. */
  stack: readonly string[] | null = null;
  /** Of derivatives: the graph node's number, and what has recorded it. */
  sequence: number | null = null;
  forward: ProfilerEvent | null = null;
  /** A call of the backend. */
  isKernel = false;
  /** It ended after the call that began it had returned. */
  async = false;

  constructor(id: number, name: string, category: Category, start: number, parent: ProfilerEvent | null) {
    this.id = id;
    this.name = name;
    this.category = category;
    this.start = start;
    this.parent = parent;
  }

  /** PyTorch's `cpu_time_total`. */
  get duration(): number {
    return this.end - this.start;
  }

  /** PyTorch's `self_cpu_time_total`: without what ran below, but with the kernels. */
  get selfTime(): number {
    return Math.max(0, this.duration - this.childTime);
  }
}
