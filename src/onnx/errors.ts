/** What cannot be exported: the operation, where in the model it runs, and why. */
export class OnnxExporterError extends Error {
  override readonly name = 'OnnxExporterError';
  /** The operation, empty where none is at fault. */
  readonly op: string;
  /** The path of the module in which it runs, as in `namedModules()`; empty for the model itself. */
  readonly path: string;

  constructor(op: string, path: string, problem: string) {
    super(`onnx.export: ${op === '' ? '' : `${op} `}${path === '' ? '' : `in module '${path}' `}${problem}`);
    this.op = op;
    this.path = path;
  }
}
