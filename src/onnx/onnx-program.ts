/** What an export gives: the model, to be kept, printed or saved. */
import { basename } from 'node:path';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { writeAtomic } from '../io/atomic.ts';
import { encodeModel, type External, type ModelProto, type TensorProto } from './proto.ts';

/** Tensors below this stay in the model when the others stand beside it. */
const SMALL = 1024;
/** Where tensors begin in the file beside the model, so that it can be mapped into memory. */
const PAGE = 4096;
/** Protobuf's limit of a message. */
const LARGEST = 2 ** 31 - 1;

/** One operation of the graph. */
export interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** PyTorch's `torch.onnx.ONNXProgram`. */
export class ONNXProgram {
  /** What of the model could not be followed; empty almost always. */
  readonly warnings: readonly string[];
  private readonly model: ModelProto;

  constructor(model: ModelProto, warnings: readonly string[]) {
    this.model = model;
    this.warnings = warnings;
  }

  /** The operator set. */
  get opsetVersion(): number {
    return this.model.opset;
  }

  get inputNames(): string[] {
    return this.model.inputs.map(({ name }) => name);
  }

  get outputNames(): string[] {
    return this.model.outputs.map(({ name }) => name);
  }

  get nodes(): OnnxNode[] {
    return this.model.nodes.map(({ type, name, inputs, outputs }) => ({ opType: type, name, inputs, outputs }));
  }

  /** The names of the tensors that are in the file. */
  get initializerNames(): string[] {
    return this.model.initializers.map(({ name }) => name);
  }

  /** The file's bytes, with all tensors in it. Throws a RangeError above 2 GiB. */
  get bytes(): Uint8Array {
    const size = this.model.initializers.reduce((sum, { data }) => sum + data.length, 0);
    if (size > LARGEST) throw new RangeError(`onnx.export: the tensors take ${size} bytes and a file may have ${LARGEST}; give { externalData: true }`);
    return encodeModel(this.model, null);
  }

  /** Writes the file, complete or not at all; with `externalData`, large tensors to `<path>.data`. */
  save(path: string, { externalData = false }: { readonly externalData?: boolean } = {}): void {
    if (typeof path !== 'string' || path === '') throw new ArgumentError('save', 'path', `must be a file name, got ${show(path)}`);
    if (!externalData) return writeAtomic(path, [this.bytes]);
    const large = this.model.initializers.filter(({ data }) => data.length >= SMALL), offsets = new Map<string, number>();
    let end = 0;
    for (const { name, data } of large) {
      offsets.set(name, end);
      end = Math.ceil((end + data.length) / PAGE) * PAGE;
    }
    const external: External = { location: `${basename(path)}.data`, offsets };
    writeAtomic(`${path}.data`, paged(large));
    writeAtomic(path, [encodeModel(this.model, external)]);
  }

  /** The graph as text: inputs, one line per node, outputs. */
  toString(): string {
    const info = ({ name, dtype, shape }: ModelProto['inputs'][number]): string => `${name}: ${dtype}[${shape.join(', ')}]`;
    const { inputs, outputs, nodes, opset } = this.model;
    return [
      `graph(${inputs.map(info).join(', ')}) { // opset ${opset}`,
      ...nodes.map((node) => `  ${node.outputs.join(', ')} = ${node.type}(${node.inputs.join(', ')})`),
      `  return ${outputs.map(info).join(', ')}`, '}',
    ].join('\n');
  }
}

function* paged(tensors: readonly TensorProto[]): Generator<Uint8Array> {
  for (const { data } of tensors) {
    yield data;
    const rest = data.length % PAGE;
    if (rest > 0) yield new Uint8Array(PAGE - rest);
  }
}
