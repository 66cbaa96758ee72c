/** Event files read back: of SummaryWriter here, in PyTorch and in TensorFlow. */
import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PbfReader } from 'pbf';
import { bind, boolArg, show, signature } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { FileFormatError } from '../../io/errors.ts';
import { fileSource, memorySource, type Fail } from '../../io/source.ts';
import { DT_DOUBLE, DT_FLOAT, DT_STRING, type EncodedImage, type EventHead, type Histogram } from './events.ts';
import { readRecords } from './records.ts';

/** A value of a run: what SummaryWriter adds; whatever else a plugin has is 'other', as it stands in the file. */
export type EventValue = { readonly tag: string } & (
  | { readonly kind: 'scalar'; readonly value: number }
  | ({ readonly kind: 'histogram' } & Histogram)
  | ({ readonly kind: 'image' } & EncodedImage)
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'other'; readonly plugin: string; readonly content: Uint8Array }
);

export interface TensorBoardEvent extends EventHead {
  /** Of the first event: 'brain.Event:2'. */
  readonly fileVersion?: string;
  /** The run started anew here: values of this step and later ones in older files are void. */
  readonly restart?: true;
  readonly values: readonly EventValue[];
}

export interface ReadEventsOptions {
  /** Fails where a file ends inside of an event, as it does while it is written; otherwise that is its end. */
  readonly strict?: boolean | null;
}

const OPTIONS = signature('readEvents(path, *, strict?)');

/**
 * The events of a file, or of all event files of a directory in the order of their names; the bytes of a file may also be
 * given. Damaged ones throw a {@link FileFormatError} after the events before.
 *
 *     for (const { step, values } of readEvents('runs/mnist')) for (const each of values) if (each.kind === 'scalar') console.log(step, each.tag, each.value);
 */
export function readEvents(path: string | Uint8Array, options: ReadEventsOptions = {}): Generator<TensorBoardEvent> {
  const op = 'readEvents', strict = boolArg(op, 'strict', bind(OPTIONS, [path, options]).strict);
  if (path instanceof Uint8Array) return ofSource(memorySource(path), failure('the given bytes'), strict);
  if (typeof path !== 'string' || path === '') throw new ArgumentError(op, 'path', `must be a file or directory name, or bytes, got ${show(path)}`);
  return ofFiles(statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.includes('tfevents')).sort().map((name) => join(path, name)) : [path], strict);
}

const failure = (file: string): Fail => (problem) => {
  throw new FileFormatError('readEvents', file, problem);
};

function* ofFiles(paths: readonly string[], strict: boolean): Generator<TensorBoardEvent> {
  for (const path of paths) {
    const file = openSync(path, 'r'), fail = failure(path);
    try {
      yield* ofSource(fileSource(file, fail), fail, strict);
    } finally {
      closeSync(file);
    }
  }
}

function* ofSource(source: ReturnType<typeof memorySource>, fail: Fail, strict: boolean): Generator<TensorBoardEvent> {
  for (const record of readRecords(source, fail, strict)) yield decodeEvent(record, fail);
}

/** Wire types of protocol buffers. */
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;
const MALFORMED = 'holds an event that is no protocol buffer';

/** Every field of a message; `visit` reads those it knows. pbf trusts lengths, so that nothing is read without a check. */
function fields(bytes: Uint8Array, fail: Fail, visit: (field: number, value: Field) => void): void {
  const pbf = new PbfReader(bytes), field = new Field(pbf, fail);
  try {
    for (let number = pbf.nextField(); number !== 0; number = pbf.nextField()) visit(number, field);
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    fail(MALFORMED);
  }
  // Field 0 does not exist, and nothing may end beyond the message.
  if (pbf.pos !== bytes.length) fail(MALFORMED);
}

class Field {
  private readonly pbf: PbfReader;
  private readonly fail: Fail;

  constructor(pbf: PbfReader, fail: Fail) {
    this.pbf = pbf;
    this.fail = fail;
  }

  private checked<T>(type: number, read: () => T): T {
    if (this.pbf.type !== type) this.fail(MALFORMED);
    const value = read();
    return this.pbf.pos > this.pbf.length ? this.fail(MALFORMED) : value;
  }

  get int(): number {
    return this.checked(VARINT, () => this.pbf.readVarint(true));
  }

  get float(): number {
    return this.checked(FIXED32, () => this.pbf.readFloat());
  }

  get double(): number {
    return this.checked(FIXED64, () => this.pbf.readDouble());
  }

  get bytes(): Uint8Array {
    return this.checked(BYTES, () => this.pbf.readBytes());
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** A repeated number, packed or one by one. */
  numbers(size: 4 | 8): number[] {
    if (this.pbf.type !== BYTES) return [size === 4 ? this.float : this.double];
    return numbersIn(this.bytes, size, this.fail);
  }
}

function numbersIn(bytes: Uint8Array, size: 4 | 8, fail: Fail): number[] {
  if (bytes.length % size !== 0) fail(MALFORMED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / size }, (_, i) => (size === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true)));
}

function decodeEvent(bytes: Uint8Array, fail: Fail): TensorBoardEvent {
  let wallTime = 0, step = 0, fileVersion: string | undefined, restart = false;
  const values: EventValue[] = [];
  fields(bytes, fail, (field, value) => {
    if (field === 1) wallTime = value.double;
    else if (field === 2) step = value.int;
    else if (field === 3) fileVersion = value.text;
    else if (field === 5) fields(value.bytes, fail, (inner, each) => void (inner === 1 && values.push(decodeValue(each.bytes, fail))));
    else if (field === 7) fields(value.bytes, fail, (inner, each) => void (inner === 1 && (restart = each.int === 1)));
  });
  return { wallTime, step, ...(fileVersion === undefined ? {} : { fileVersion }), ...(restart ? { restart } : {}), values };
}

function decodeValue(bytes: Uint8Array, fail: Fail): EventValue {
  let tag = '', plugin = '', content: Uint8Array = new Uint8Array(0);
  let scalar: number | undefined, image: EncodedImage | undefined, histogram: Histogram | undefined, tensor: string | number | undefined;
  fields(bytes, fail, (field, value) => {
    if (field === 1) tag = value.text;
    else if (field === 2) scalar = value.float;
    else if (field === 4) image = decodeImage(value.bytes, fail);
    else if (field === 5) histogram = decodeHistogram(value.bytes, fail);
    else if (field === 8) tensor = decodeTensor(value.bytes, fail);
    else if (field === 9) fields(value.bytes, fail, (inner, data) => void (inner === 1 && fields(data.bytes, fail, (part, each) => {
      if (part === 1) plugin = each.text;
      else if (part === 2) content = each.bytes.slice();
    })));
  });
  if (scalar === undefined && typeof tensor === 'number') scalar = tensor;
  if (scalar !== undefined) return { tag, kind: 'scalar', value: scalar };
  if (histogram !== undefined) return { tag, kind: 'histogram', ...histogram };
  if (image !== undefined) return { tag, kind: 'image', ...image };
  if (typeof tensor === 'string' && plugin === 'text') return { tag, kind: 'text', text: tensor };
  return { tag, kind: 'other', plugin, content };
}

function decodeImage(bytes: Uint8Array, fail: Fail): EncodedImage {
  let height = 0, width = 0, png: Uint8Array = new Uint8Array(0);
  fields(bytes, fail, (field, value) => {
    if (field === 1) height = value.int;
    else if (field === 2) width = value.int;
    else if (field === 4) png = value.bytes.slice();
  });
  return { height, width, png };
}

function decodeHistogram(bytes: Uint8Array, fail: Fail): Histogram {
  const numbers = [0, 0, 0, 0, 0], bucketLimit: number[] = [], bucket: number[] = [];
  fields(bytes, fail, (field, value) => {
    if (field >= 1 && field <= 5) numbers[field - 1] = value.double;
    else if (field === 6 || field === 7) for (const each of value.numbers(8)) (field === 6 ? bucketLimit : bucket).push(each);
  });
  const [min, max, num, sum, sumSquares] = numbers;
  return { min, max, num, sum, sumSquares, bucketLimit, bucket };
}

/** A tensor of one number or one string, which is what values are; anything else is undefined. */
function decodeTensor(bytes: Uint8Array, fail: Fail): string | number | undefined {
  let dtype = 0, content: Uint8Array | undefined;
  const numbers: number[] = [], texts: string[] = [];
  fields(bytes, fail, (field, value) => {
    if (field === 1) dtype = value.int;
    else if (field === 4) content = value.bytes;
    else if (field === 5 || field === 6) numbers.push(...value.numbers(field === 5 ? 4 : 8).slice(0, 2));
    else if (field === 8) texts.push(value.text);
  });
  if (dtype === DT_STRING) return texts.length === 1 ? texts[0] : undefined;
  if (dtype !== DT_FLOAT && dtype !== DT_DOUBLE) return undefined;
  const all = content === undefined ? numbers : numbersIn(content, dtype === DT_FLOAT ? 4 : 8, fail);
  return all.length === 1 ? all[0] : undefined;
}
