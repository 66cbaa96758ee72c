/**
 * PyTorch's .pt and .pth files: a zip archive of a pickle, `data.pkl`, and one entry `data/<key>` per storage. Loading is
 * PyTorch's `weights_only=True`: names outside of the list below are refused, and nothing is executed.
 */
import { BOOL, DTYPES, dtypeCode, ITEM_SIZE, type DTypeCode } from '../core/dtype.ts';
import { checkShape, Layout } from '../core/layout.ts';
import type { Slab, Storage } from '../core/storage.ts';
import { PlainTensor, Tensor } from '../tensor/tensor.ts';
import { readStorage, storageBytes } from './elements.ts';
import { Pickler } from './pickle-writer.ts';
import { Callable, Dict, Opaque, unpickle } from './pickle.ts';
import type { Fail, Source } from './source.ts';
import type { Saveable } from './tree.ts';
import { encodeZip, readEntry, readEntryInto, type ZipEntry, type ZipFile } from './zip.ts';

/** Names of the classes of storages, in the order of DTYPES. */
const STORAGES = ['Float', 'Double', 'Long', 'Int', 'Bool', 'Short', 'Char', 'Byte', 'Half', 'BFloat16'] as const satisfies Readonly<Record<number, string>> & { readonly length: (typeof DTYPES)['length'] };
const UNTYPED = -1;
/** PyTorch's own, so that files can be mapped. */
const ALIGNMENT = 64;
const ROOT = 'archive';

class StorageType extends Opaque {
  readonly code: DTypeCode;
  constructor(code: DTypeCode) {
    super();
    this.code = code;
  }
}

/** A storage of a file: read when the first tensor asks for it. */
class FileStorage extends Opaque {
  readonly code: DTypeCode;
  readonly bytes: number;
  readonly entry: ZipEntry;
  constructor(code: DTypeCode, bytes: number, entry: ZipEntry) {
    super();
    this.code = code;
    this.bytes = bytes;
    this.entry = entry;
  }
}

/** The value of an archive whose entries have been read. */
export function decodePyTorch(source: Source, entries: ReadonlyMap<string, ZipEntry>, fail: Fail): Saveable {
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) return fail('is a zip archive without data.pkl: not a file of torch.save');
  const root = pickle.slice(0, -'data.pkl'.length), entry = (name: string): ZipEntry | undefined => entries.get(root + name);
  const order = entry('byteorder'), bigEndian = order !== undefined && new TextDecoder().decode(readEntry(source, order, fail)) === 'big';
  const loaded = new Map<string, Storage>();
  /** The memory of a storage, the same for all tensors over it. */
  const memory = (storage: FileStorage, code: DTypeCode): Storage => {
    const known = loaded.get(storage.entry.name);
    if (known !== undefined) return known;
    const made = readStorage(storage.bytes, code, `storage '${storage.entry.name}'`, (target) => readEntryInto(source, storage.entry, target, fail), fail, bigEndian);
    loaded.set(storage.entry.name, made);
    return made;
  };
  const persistent = (id: unknown): FileStorage => {
    if (!Array.isArray(id) || id.length !== 5 || id[0] !== 'storage' || !(id[1] instanceof StorageType) || typeof id[2] !== 'string') return fail('the pickle has a malformed storage');
    const [, type, key, , count] = id as [string, StorageType, string, unknown, unknown];
    const found = entry(`data/${key}`) ?? fail(`storage '${key}' is not in the archive`);
    const bytes = type.code === UNTYPED ? Number(count) : Number(count) * ITEM_SIZE[type.code];
    if (bytes !== found.size) fail(`storage '${key}' needs ${bytes} bytes but has ${found.size}`);
    return new FileStorage(type.code, bytes, found);
  };
  return unpickle(readEntry(source, entries.get(pickle) as ZipEntry, fail), { globals: allowed(memory, fail), persistent }, fail) as Saveable;
}

/** Everything that a pickle may ask for, under its name in Python. */
function allowed(memory: (storage: FileStorage, code: DTypeCode) => Storage, fail: Fail): ReadonlyMap<string, unknown> {
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const tensorOf = (storage: unknown, offset: unknown, shape: unknown, strides: unknown, requiresGrad: unknown, code: DTypeCode, metadata: unknown): Tensor => {
    if (!(storage instanceof FileStorage)) return fail('the pickle has a tensor without a storage');
    if (!isSize(offset) || !Array.isArray(shape) || !Array.isArray(strides) || shape.length !== strides.length || ![...shape, ...strides].every(isSize)) return fail('the pickle has a tensor with a malformed shape, strides or offset');
    if (metadata instanceof Dict && [...metadata.items.values()].some((flag) => flag === true)) return fail('has a conjugated or negated view, which flambeau does not know');
    try {
      checkShape('load', shape as number[]);
    } catch (error) {
      return fail(`has a tensor that is too large: ${error instanceof Error ? error.message : ''}`);
    }
    const layout = new Layout(Object.freeze([...shape as number[]]), Object.freeze([...strides as number[]]), offset);
    const last = layout.numel === 0 ? -1 : layout.shape.reduce((sum, size, i) => sum + (size - 1) * layout.strides[i], offset);
    const items = Math.floor(storage.bytes / ITEM_SIZE[code]);
    if (last >= items) return fail(`has a tensor of shape [${shape.join(', ')}] that reaches element ${last} of ${items} in storage '${storage.entry.name}'`);
    const data = memory(storage, code);
    if (code === BOOL && storageBytes(data).some((byte) => byte > 1)) return fail(`storage '${storage.entry.name}' of bools has other bytes than 0 and 1`);
    const tensor = new PlainTensor(data, layout, code);
    return requiresGrad === true ? requiringGrad(tensor) : tensor;
  };
  const requiringGrad = (tensor: Tensor): Tensor => (tensor.isFloatingPoint() ? tensor.requiresGrad_() : fail('has an integer tensor that requires gradients'));
  const typed = (storage: unknown): DTypeCode => (storage instanceof FileStorage && storage.code !== UNTYPED ? storage.code : fail('the pickle has a tensor without a dtype'));
  const dtype = (name: unknown): DTypeCode => (typeof name === 'string' && dtypeCode(name) >= 0 ? dtypeCode(name) : fail('the pickle has a tensor without a dtype'));
  const parameter = ([data, requiresGrad]: readonly unknown[]): Tensor => {
    if (!(data instanceof Tensor)) return fail('the pickle has a parameter without its data');
    return requiresGrad === true ? requiringGrad(data) : data;
  };
  const dict = ([items = []]: readonly unknown[]): Dict => {
    const made = new Dict();
    if (!Array.isArray(items)) return fail('the pickle has a malformed OrderedDict');
    for (const pair of items) {
      if (!Array.isArray(pair) || pair.length !== 2) return fail('the pickle has a malformed OrderedDict');
      made.items.set(pair[0], pair[1]);
    }
    return made;
  };
  const list = ([items = []]: readonly unknown[]): unknown[] => (Array.isArray(items) ? [...items as unknown[]] : fail('the pickle has a malformed set'));
  const bytes = ([text, encoding = 'latin1']: readonly unknown[]): Uint8Array =>
    text === undefined ? new Uint8Array(0) : text instanceof Uint8Array ? text : typeof text === 'string' && encoding === 'latin1' ? new Uint8Array(Buffer.from(text, 'latin1')) : fail('the pickle has malformed bytes');
  const globals = new Map<string, unknown>([
    ['torch._utils._rebuild_tensor', new Callable(([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides, false, typed(storage), null))],
    ['torch._utils._rebuild_tensor_v2', new Callable(([storage, offset, shape, strides, requiresGrad, , metadata]) => tensorOf(storage, offset, shape, strides, requiresGrad, typed(storage), metadata))],
    ['torch._utils._rebuild_tensor_v3', new Callable(([storage, offset, shape, strides, requiresGrad, , type, metadata]) => tensorOf(storage, offset, shape, strides, requiresGrad, dtype(type), metadata))],
    ['torch._utils._rebuild_parameter', new Callable(parameter)],
    ['torch._utils._rebuild_parameter_with_state', new Callable(parameter)],
    // A tensor with attributes of its own, which are dropped.
    ['torch._tensor._rebuild_from_type_v2', new Callable(([rebuild, , args]) => (rebuild instanceof Callable && Array.isArray(args) ? rebuild.call(args) : fail('the pickle has a malformed tensor')))],
    ['torch.Tensor', new Opaque()],
    ['torch.nn.parameter.Parameter', new Opaque()],
    ['torch.Size', new Callable(list)],
    ['torch.device', new Callable((parts) => parts.join(':'))],
    ['collections.OrderedDict', new Callable(dict)],
    ['builtins.set', new Callable(list)],
    ['builtins.bytes', new Callable(bytes)],
    ['builtins.bytearray', new Callable(bytes)],
    ['_codecs.encode', new Callable(bytes)],
    ['torch.storage.UntypedStorage', new StorageType(UNTYPED)],
  ]);
  STORAGES.forEach((name, code) => globals.set(`torch.${name}Storage`, new StorageType(code)));
  for (const name of DTYPES) globals.set(`torch.${name}`, name);
  return globals;
}

/** The file of a value, part by part, without copying the tensors. Tensors over one memory share a storage in it, too. */
export function encodePyTorch(value: unknown): Iterable<Uint8Array> {
  const files: ZipFile[] = [], keys = new Map<Slab, Map<string, string>>();
  const add = (data: Uint8Array): string => {
    const key = String(files.length);
    files.push({ name: `${ROOT}/data/${key}`, data: [data] });
    return key;
  };
  const storageKey = ({ slab, byteOffset, byteLength }: Storage, bytes: Uint8Array, code: DTypeCode): string => {
    const known = keys.get(slab) ?? new Map<string, string>(), place = `${byteOffset}:${byteLength}:${code}`;
    keys.set(slab, known);
    const key = known.get(place) ?? add(bytes);
    known.set(place, key);
    return key;
  };
  const pickler = new Pickler((to, tensor) => {
    const { layout, dtypeCode: code, storage } = tensor.detach();
    const items = Math.floor(storage.byteLength / ITEM_SIZE[code]), bytes = storageBytes(storage, items * ITEM_SIZE[code]);
    to.global('torch._utils', '_rebuild_tensor_v2');
    to.op(0x28, 0x28);
    to.string('storage');
    to.global('torch', `${STORAGES[code]}Storage`);
    to.string(storageKey(storage, bytes, code));
    to.string('cpu');
    to.integer(items);
    to.op(0x74, 0x51);
    to.integer(layout.offset);
    to.integers(layout.shape);
    to.integers(layout.strides);
    to.op(tensor.requiresGrad ? 0x88 : 0x89);
    to.global('collections', 'OrderedDict');
    to.op(0x29, 0x52, 0x74, 0x52);
  });
  const pickle = pickler.finish(value), text = (content: string): Uint8Array[] => [new TextEncoder().encode(content)];
  return encodeZip([
    { name: `${ROOT}/data.pkl`, data: [pickle] },
    { name: `${ROOT}/.format_version`, data: text('1') },
    { name: `${ROOT}/.storage_alignment`, data: text(String(ALIGNMENT)) },
    { name: `${ROOT}/byteorder`, data: text('little') },
    ...files,
    { name: `${ROOT}/version`, data: text('3\n') },
  ], { align: ALIGNMENT });
}
