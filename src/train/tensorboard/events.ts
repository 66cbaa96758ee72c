/** Event protocol buffers, as far as SummaryWriter writes them (tensorboard/compat/proto/event.proto and summary.proto). */
import { PbfWriter } from 'pbf';

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper ends of the buckets. */
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

export interface EncodedImage {
  readonly height: number;
  readonly width: number;
  readonly png: Uint8Array;
}

/** What a value is, by the field of the message that holds it. */
export type Value =
  | { readonly simpleValue: number }
  | { readonly histogram: Histogram }
  | { readonly image: EncodedImage }
  | { readonly text: string }
  | { readonly float: number }
  | { readonly double: number }
  | { readonly floats: readonly number[]; readonly shape: readonly number[] }
  | { readonly none: true };

export interface Summary {
  readonly tag: string;
  /** The plugin of TensorBoard that shows the value, and what it is told. */
  readonly plugin?: { readonly name: string; readonly content?: Uint8Array };
  readonly value: Value;
}

export interface EventHead {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** DataType of tensor.proto. */
export const DT_FLOAT = 1, DT_DOUBLE = 2, DT_STRING = 7;
/** Colour space of an image. */
const RGBA = 4;

/** The bytes of a message; fields that are 0 or empty are left out, as proto3 does. */
export function message(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  write(pbf);
  // The writer's memory is larger than the message.
  return pbf.finish().slice();
}

function head(pbf: PbfWriter, { wallTime, step }: EventHead): void {
  pbf.writeDoubleField(1, wallTime);
  if (step !== 0) pbf.writeVarintField(2, step);
}

/** The first event of a file. */
export const versionEvent = (at: EventHead): Uint8Array => message((pbf) => {
  head(pbf, at);
  pbf.writeStringField(3, 'brain.Event:2');
  pbf.writeMessage(10, (writer: string, source) => source.writeStringField(1, writer), 'flambeau');
});

/** A run that starts anew at a step: TensorBoard hides what older files have from there on. */
export const restartEvent = (at: EventHead): Uint8Array => message((pbf) => {
  head(pbf, at);
  pbf.writeMessage(7, (status: number, log) => log.writeVarintField(1, status), 1);
});

export const summaryEvent = (at: EventHead, summary: Summary): Uint8Array => message((pbf) => {
  head(pbf, at);
  pbf.writeBytesField(5, message((values) => values.writeMessage(1, writeSummary, summary)));
});

function writeSummary({ tag, plugin, value }: Summary, pbf: PbfWriter): void {
  pbf.writeStringField(1, tag);
  if (plugin !== undefined) pbf.writeBytesField(9, message((metadata) => metadata.writeMessage(1, writePlugin, plugin)));
  if ('simpleValue' in value) pbf.writeFloatField(2, value.simpleValue);
  else if ('image' in value) pbf.writeMessage(4, writeImage, value.image);
  else if ('histogram' in value) pbf.writeMessage(5, writeHistogram, value.histogram);
  else if (!('none' in value)) pbf.writeMessage(8, writeTensor, value);
}

function writePlugin({ name, content }: NonNullable<Summary['plugin']>, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (content !== undefined && content.length > 0) pbf.writeBytesField(2, content);
}

function writeImage({ height, width, png }: EncodedImage, pbf: PbfWriter): void {
  pbf.writeVarintField(1, height);
  pbf.writeVarintField(2, width);
  pbf.writeVarintField(3, RGBA);
  pbf.writeBytesField(4, png);
}

function writeHistogram({ min, max, num, sum, sumSquares, bucketLimit, bucket }: Histogram, pbf: PbfWriter): void {
  [min, max, num, sum, sumSquares].forEach((value, i) => pbf.writeDoubleField(i + 1, value));
  pbf.writePackedDouble(6, [...bucketLimit]);
  pbf.writePackedDouble(7, [...bucket]);
}

function writeTensor(value: Exclude<Value, { simpleValue: number } | { histogram: Histogram } | { image: EncodedImage } | { none: true }>, pbf: PbfWriter): void {
  if ('text' in value) {
    pbf.writeVarintField(1, DT_STRING);
    writeShape([1], pbf);
    pbf.writeStringField(8, value.text);
  } else if ('double' in value) {
    pbf.writeVarintField(1, DT_DOUBLE);
    pbf.writePackedDouble(6, [value.double]);
  } else {
    pbf.writeVarintField(1, DT_FLOAT);
    if ('floats' in value) writeShape(value.shape, pbf);
    pbf.writePackedFloat(5, 'floats' in value ? [...value.floats] : [value.float]);
  }
}

function writeShape(sizes: readonly number[], pbf: PbfWriter): void {
  pbf.writeBytesField(2, message((shape) => sizes.forEach((size) => shape.writeMessage(2, (each: number, dim) => dim.writeVarintField(1, each), size))));
}
