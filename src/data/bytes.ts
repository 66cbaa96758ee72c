/** Where readers take bytes from: a file, an address, a stream or memory; gzip is recognised by its first bytes. */
import { createReadStream } from 'node:fs';
import { Readable, pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { FileFormatError } from '../io/errors.ts';

/** A file name, a `file:` or `http(s):` address, bytes, or anything that gives bytes piece by piece (a Node or web stream). */
export type DataSource = string | URL | Uint8Array | AsyncIterable<Uint8Array | string>;

const CHUNK_BYTES = 1 << 18;
const isAddress = (text: string): boolean => /^https?:\/\//i.test(text);

/** How a source is called in errors. */
export function sourceName(source: DataSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  return source instanceof Uint8Array ? 'the given bytes' : 'the given stream';
}

export function sourceArg(op: string, source: unknown): DataSource {
  const streams = typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
  if (!((typeof source === 'string' && source !== '') || source instanceof URL || source instanceof Uint8Array || streams)) {
    throw new ArgumentError(op, 'source', `must be a file name, a URL, bytes or a stream, got ${show(source)}`);
  }
  return source as DataSource;
}

/** The error of a reader: its name and that of its source come before the problem. */
export const failing = (op: string, source: DataSource) => (problem: string): never => {
  throw new FileFormatError(op, sourceName(source), problem);
};

async function* download(op: string, url: URL | string): AsyncGenerator<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new FileFormatError(op, String(url), `answered ${response.status} ${response.statusText}`);
  yield* response.body;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

function rawChunks(op: string, source: DataSource): AsyncIterable<Uint8Array | string> {
  if (source instanceof Uint8Array) return pieces(source);
  if (source instanceof URL) return source.protocol === 'file:' ? createReadStream(fileURLToPath(source), { highWaterMark: CHUNK_BYTES }) : download(op, source);
  if (typeof source === 'string') return isAddress(source) ? download(op, source) : createReadStream(source, { highWaterMark: CHUNK_BYTES });
  return source;
}

const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The bytes of a source, decompressed where they are gzipped. */
export async function* readChunks(op: string, source: DataSource): AsyncGenerator<Uint8Array> {
  const iterator = rawChunks(op, source)[Symbol.asyncIterator]();
  let start: Uint8Array = new Uint8Array(0), ended = false;
  const next = async (): Promise<Uint8Array | null> => {
    const { value, done } = await iterator.next();
    if (done === true) return null;
    const chunk: unknown = typeof value === 'string' ? Buffer.from(value) : value;
    if (!(chunk instanceof Uint8Array)) throw new ArgumentError(op, 'source', `must give bytes, got ${show(chunk)}`);
    return chunk;
  };
  try {
    while (start.length < 2 && !ended) {
      const chunk = await next();
      if (chunk === null) ended = true;
      else start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    }
    const rest = async function* (): AsyncGenerator<Uint8Array> {
      yield start;
      for (let chunk = ended ? null : await next(); chunk !== null; chunk = await next()) yield chunk;
    };
    yield* isGzip(start) ? gunzip(op, source, rest()) : rest();
  } finally {
    await iterator.return?.();
  }
}

async function* gunzip(op: string, source: DataSource, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  // Errors of either side arrive in the loop below.
  pipeline(Readable.from(packed), stream, () => {});
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) throw new FileFormatError(op, sourceName(source), `cannot be decompressed: ${message}`);
    throw error;
  }
}

/** The text of a source, in pieces; bytes that are not of the encoding throw. */
export async function* readText(op: string, source: DataSource, encoding = 'utf-8'): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new ArgumentError(op, 'encoding', `must be an encoding that TextDecoder knows, got ${show(encoding)}`);
  }
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new FileFormatError(op, sourceName(source), `has bytes that are not ${decoder.encoding}`);
    }
  };
  for await (const chunk of readChunks(op, source)) yield decode(chunk);
  yield decode();
}
