/** Safetensors on disk, tensor by tensor: single files, and models in several files under one index. */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { isOptions, show } from '../core/args.ts';
import { ITEM_SIZE, dtypeName, type DType } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { writeAtomic } from './atomic.ts';
import { FileFormatError } from './errors.ts';
import { checkMetadata, encodeTensors, isRecord, parseJSON, readEntryTensor, readHeader, type Header, type Metadata, type TensorEntry } from './safetensors.ts';
import { fileSource, type Fail, type Source } from './source.ts';

/** What a tensor of a file is, without reading it. */
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Tensors of one or several files, each read from the disk when it is asked for (`safe_open` of Python's safetensors). */
export interface SafeTensors extends Disposable {
  keys(): string[];
  /** The text beside the tensors. */
  metadata(): Metadata;
  info(name: string): TensorInfo;
  getTensor(name: string): Tensor;
  /** Closes the files; tensors that were read stay. */
  close(): void;
}

const failer = (op: string, path: string): Fail => (problem) => {
  throw new FileFormatError(op, path, problem);
};

class SingleFile implements SafeTensors {
  private readonly file: number;
  private readonly source: Source;
  private readonly header: Header;
  private readonly path: string;
  private closed = false;

  constructor(op: string, path: string) {
    this.path = path;
    this.file = openSync(path, 'r');
    try {
      this.source = fileSource(this.file, failer(op, path));
      this.header = readHeader(this.source, failer(op, path));
    } catch (error) {
      closeSync(this.file);
      throw error;
    }
  }

  has(name: string): boolean {
    return this.header.entries.has(name);
  }

  keys(): string[] {
    return [...this.header.entries.keys()];
  }

  metadata(): Metadata {
    return this.header.metadata;
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.entry('info', name);
    return { dtype: dtypeName(dtype), shape };
  }

  getTensor(name: string): Tensor {
    return this.read('getTensor', name);
  }

  /** {@link getTensor} in the name of another function. */
  read(op: string, name: string): Tensor {
    if (this.closed) throw new ArgumentError(op, 'file', `'${this.path}' was closed`);
    this.entry(op, name);
    return readEntryTensor(this.source, this.header, name, failer(op, this.path));
  }

  private entry(op: string, name: string): TensorEntry {
    return this.header.entries.get(name) ?? unknown(op, name, this.path);
  }

  close(): void {
    if (!this.closed) closeSync(this.file);
    this.closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function unknown(op: string, name: unknown, path: string): never {
  throw new ArgumentError(op, 'name', `${show(name)} is not a tensor of '${path}'`);
}

/** A model in several files; each is opened when its first tensor is asked for. */
class IndexedFiles implements SafeTensors {
  private readonly opened = new Map<string, SingleFile>();
  private readonly index: Index;
  private readonly path: string;

  constructor(op: string, path: string) {
    this.path = path;
    this.index = readIndex(path, failer(op, path));
  }

  keys(): string[] {
    return [...this.index.files.keys()];
  }

  metadata(): Metadata {
    return this.index.metadata;
  }

  info(name: string): TensorInfo {
    return this.open('info', name).info(name);
  }

  getTensor(name: string): Tensor {
    return this.read('getTensor', name);
  }

  /** {@link getTensor} in the name of another function. */
  read(op: string, name: string): Tensor {
    return this.open(op, name).read(op, name);
  }

  private open(op: string, name: string): SingleFile {
    const file = this.index.files.get(name) ?? unknown(op, name, this.path), fail = failer(op, this.path);
    const opened = this.opened.get(file) ?? this.openFile(op, file, fail);
    this.opened.set(file, opened);
    if (!opened.has(name)) fail(`tensor '${name}' is not in '${file}', where the index says`);
    return opened;
  }

  private openFile(op: string, file: string, fail: Fail): SingleFile {
    try {
      return new SingleFile(op, join(dirname(this.path), file));
    } catch (error) {
      if (error instanceof FileFormatError || !(error instanceof Error)) throw error;
      return fail(`'${file}' cannot be read: ${error.message}`);
    }
  }

  close(): void {
    for (const file of this.opened.values()) file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Index {
  /** The file of each tensor, beside the index. */
  readonly files: ReadonlyMap<string, string>;
  readonly metadata: Metadata;
}

export const isIndex = (path: string): boolean => path.endsWith('.index.json');

function readIndex(path: string, fail: Fail): Index {
  const index = parseJSON(readFileSync(path, 'utf8'), 'index', fail);
  if (!isRecord(index) || !isRecord(index.weight_map)) return fail('the index has no weight_map');
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(index.weight_map)) {
    if (typeof file !== 'string' || file === '' || file === '.' || file === '..' || /[/\\\0]/.test(file)) return fail(`tensor '${name}' lies in ${show(file)}, which is not a file beside the index`);
    files.set(name, file);
  }
  const metadata = isRecord(index.metadata) ? index.metadata : {};
  return { files, metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)])) };
}

/** Opens a safetensors file, or with a name that ends in `.index.json` a model in several, without reading any tensor. */
export function safeOpen(path: string): SafeTensors {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('safeOpen', 'path', `must be a file name, got ${show(path)}`);
  return isIndex(path) ? new IndexedFiles('safeOpen', path) : new SingleFile('safeOpen', path);
}

/** All tensors of a model in several files. */
export function loadIndexed(path: string): Record<string, Tensor> {
  const files = new IndexedFiles('load', path);
  try {
    return Object.fromEntries(files.keys().map((name) => [name, files.read('load', name)]));
  } finally {
    files.close();
  }
}

/** Options of {@link saveSharded}. */
export interface ShardOptions {
  /** Bytes of data per file; a larger tensor has a file of its own. 5 GB if not given. */
  readonly maxShardSize?: number;
  readonly metadata?: Metadata;
}

/**
 * Writes tensors by name (a state dict) as several safetensors files under one index, `<name>.safetensors.index.json`,
 * which is the last to be replaced: the model that was there stays whole until then, and its files go afterwards.
 */
export function saveSharded(tensors: Readonly<Record<string, Tensor>>, path: string, options: ShardOptions = {}): void {
  const ending = '.safetensors.index.json';
  if (typeof path !== 'string' || !path.endsWith(ending)) throw new ArgumentError('saveSharded', 'path', `must end in ${ending}, got ${show(path)}`);
  if (!isOptions(tensors)) throw new ArgumentError('saveSharded', 'tensors', `must be an object of tensors, got ${show(tensors)}`);
  const { maxShardSize = 5e9 } = options, metadata = checkMetadata(options.metadata);
  if (!(maxShardSize > 0)) throw new ArgumentError('saveSharded', 'maxShardSize', `must be positive, got ${show(maxShardSize)}`);
  const shards: Map<string, Tensor>[] = [];
  let room = 0, total = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!(tensor instanceof Tensor)) throw new ArgumentError('saveSharded', name, `must be a Tensor, got ${show(tensor)}`);
    if (name === '__metadata__') throw new ArgumentError('saveSharded', name, 'is a name that the format keeps to itself');
    const bytes = tensor.numel() * ITEM_SIZE[tensor.dtypeCode];
    if (bytes > room || shards.length === 0) {
      shards.push(new Map());
      room = maxShardSize;
    }
    shards[shards.length - 1].set(name, tensor);
    room -= bytes;
    total += bytes;
  }
  const stem = basename(path, ending), folder = dirname(path), before = filesOf(path);
  // Names of this version only: files of the version before are never written over.
  const version = randomBytes(4).toString('hex'), number = (n: number): string => String(n).padStart(5, '0');
  const map: Record<string, string> = {}, written: string[] = [];
  try {
    shards.forEach((shard, i) => {
      const file = `${stem}-${version}-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
      writeAtomic(join(folder, file), encodeTensors(shard, { format: 'pt', ...metadata }));
      written.push(file);
      for (const name of shard.keys()) Object.defineProperty(map, name, { value: file, enumerable: true });
    });
    writeAtomic(path, [new TextEncoder().encode(`${JSON.stringify({ metadata: { ...metadata, total_size: total }, weight_map: map }, null, 2)}\n`)]);
  } catch (error) {
    for (const file of written) rmSync(join(folder, file), { force: true });
    throw error;
  }
  for (const file of before) if (file.startsWith(`${stem}-`) && file.endsWith('.safetensors')) rmSync(join(folder, file), { force: true });
}

/** The files of the model that an index is about to replace; none where there is no readable one. */
function filesOf(path: string): ReadonlySet<string> {
  try {
    return new Set(readIndex(path, failer('saveSharded', path)).files.values());
  } catch {
    return new Set();
  }
}
