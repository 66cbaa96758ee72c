/** The messages of onnx.proto that a model is made of, and their bytes. Field numbers: github.com/onnx/onnx, onnx/onnx.proto. */
import { PbfWriter } from 'pbf';
import type { DType } from '../core/dtype.ts';

/** TensorProto.DataType. */
export const DATA_TYPE: Readonly<Record<DType, number>> = {
  float32: 1, uint8: 2, int8: 3, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11, bfloat16: 16,
};

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: DType;
  /** Row-major and little-endian. */
  readonly data: Uint8Array;
}

/** A number is an int unless it is wrapped: protobuf tells 1 from 1.0. */
export type Attribute = number | bigint | string | readonly number[] | readonly string[] | { readonly float: number } | { readonly floats: readonly number[] } | TensorProto;

export interface NodeProto {
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Where in the model it comes from. */
  readonly origin: string;
}

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A name for a size that may vary. */
  readonly shape: readonly (number | string)[];
}

export interface ModelProto {
  readonly opset: number;
  readonly graphName: string;
  readonly docString: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** Where the data of large tensors stand, when not in the model itself. */
export interface External {
  readonly location: string;
  readonly offsets: ReadonlyMap<string, number>;
}

/** The IR version that came with an operator set (onnx/helper.py, OP_SET_ID_VERSION_MAP). */
const irVersion = (opset: number): number => (opset <= 18 ? 8 : opset <= 20 ? 9 : opset <= 22 ? 10 : 11);

const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

function writeTensor(tensor: TensorProto, pbf: PbfWriter, external: External | null = null): void {
  for (const dim of tensor.dims) pbf.writeVarintField(1, dim);
  pbf.writeVarintField(2, DATA_TYPE[tensor.dtype]);
  if (tensor.name !== '') pbf.writeStringField(8, tensor.name);
  const offset = external?.offsets.get(tensor.name);
  if (external === null || offset === undefined) {
    pbf.writeBytesField(9, tensor.data);
    return;
  }
  const entries = { location: external.location, offset: String(offset), length: String(tensor.data.length) };
  for (const entry of Object.entries(entries)) pbf.writeMessage(13, writeEntry, entry);
  pbf.writeVarintField(14, 1);
}

function writeAttribute([name, value]: readonly [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  const type = (code: number): void => pbf.writeVarintField(20, code);
  if (typeof value === 'number' || typeof value === 'bigint') {
    pbf.writeVarintField(3, Number(value));
    type(ATTRIBUTE.int);
  } else if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    type(ATTRIBUTE.string);
  } else if (Array.isArray(value)) {
    if (typeof value[0] === 'string') {
      for (const item of value as readonly string[]) pbf.writeStringField(9, item);
      type(ATTRIBUTE.strings);
    } else {
      for (const item of value as readonly number[]) pbf.writeVarintField(8, item);
      type(ATTRIBUTE.ints);
    }
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    type(ATTRIBUTE.float);
  } else if ('floats' in value) {
    for (const item of value.floats) pbf.writeFloatField(7, item);
    type(ATTRIBUTE.floats);
  } else {
    pbf.writeMessage(5, writeTensor, value as TensorProto);
    type(ATTRIBUTE.tensor);
  }
}

function writeNode(node: NodeProto, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.type);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  if (node.origin !== '') pbf.writeStringField(6, node.origin);
}

function writeDimension(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}

function writeShape(shape: ValueInfo['shape'], pbf: PbfWriter): void {
  for (const dim of shape) pbf.writeMessage(1, writeDimension, dim);
}

function writeTensorType({ dtype, shape }: ValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, DATA_TYPE[dtype]);
  pbf.writeMessage(2, writeShape, shape);
}

function writeValueInfo(info: ValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, (value: ValueInfo, type: PbfWriter) => type.writeMessage(1, writeTensorType, value), info);
}

function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

/** The bytes of a model; `external` keeps the tensors it names out of them. */
export function encodeModel(model: ModelProto, external: External | null): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion(model.opset));
  pbf.writeStringField(2, 'flambeau');
  if (model.docString !== '') pbf.writeStringField(6, model.docString);
  pbf.writeMessage(7, (graph: ModelProto, out: PbfWriter) => {
    for (const node of graph.nodes) out.writeMessage(1, writeNode, node);
    out.writeStringField(2, graph.graphName);
    for (const tensor of graph.initializers) out.writeMessage(5, (value: TensorProto, inner: PbfWriter) => writeTensor(value, inner, external), tensor);
    for (const input of graph.inputs) out.writeMessage(11, writeValueInfo, input);
    for (const output of graph.outputs) out.writeMessage(12, writeValueInfo, output);
  }, model);
  pbf.writeMessage(8, (opset: number, out: PbfWriter) => out.writeVarintField(2, opset), model.opset);
  for (const entry of Object.entries(model.metadata)) pbf.writeMessage(14, writeEntry, entry);
  return pbf.finish();
}
