/** What a benchmark case is. */
import type { Tensor } from 'flambeau';

/** The same work in Python. `result` is an expression whose value must equal the case's own. */
export interface TorchCase {
  readonly setup: string;
  readonly run: string;
  readonly result: string;
}

/** The same work in TensorFlow.js on its plain cpu backend. */
export interface TfCase {
  /** `tf` is the namespace; returns the function to time (inside tf.tidy). */
  readonly make: (tf: TensorFlow) => () => unknown;
}

/** The few functions of TensorFlow.js that cases use. */
export interface TensorFlow {
  readonly [name: string]: (...args: readonly unknown[]) => unknown;
}

export interface Case {
  readonly name: string;
  readonly group: string;
  /** Makes the inputs; `run` is timed, `result` is compared between the contenders before. */
  readonly make: () => { readonly run: () => unknown; readonly result: () => Tensor | number };
  /** Relative tolerance of the comparison (of the largest magnitude). Default 1e-5. */
  readonly tolerance?: number;
  /** Leave the js backend out where it would take minutes. */
  readonly nativeOnly?: boolean;
  readonly torch?: TorchCase;
  /** A torch.compile variant, where the issue compares with the faster of both. */
  readonly torchCompiled?: TorchCase;
  readonly tf?: TfCase;
}
