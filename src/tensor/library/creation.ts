/** Tensors from buffers and ranges, and what PyTorch has beside `tensor`. */
import { BOOL, ITEM_SIZE, dtypeCode, isFloating } from '../../core/dtype.ts';
import { show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { checkShape } from '../../core/layout.ts';
import { TensorCore } from '../core.ts';
import { emptyTensor, finish, fromData } from '../create.ts';
import { operation } from '../operation.ts';
import { getDefaultDtype } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

/**
 * A tensor as it is where nothing has to change, else one made of the data. `copy: true` always copies, `copy: false` throws
 * where a copy is needed, as it is for everything but tensors. PyTorch's `torch.asarray`.
 */
export const asarray = operation('asarray(obj: any, *, dtype: dtype?, device: string?, copy: bool?, requiresGrad: bool?)', (obj, dtype, device, copy, requiresGrad): Tensor => {
  if (obj instanceof TensorCore && copy !== true && (dtype === undefined || dtype === obj.dtype)) {
    const given = obj as Tensor, kept = given.gradFn !== null && requiresGrad === false ? given.detach() : given;
    finish('asarray', kept, { device });
    if (requiresGrad !== undefined) kept.requiresGrad = requiresGrad;
    return kept;
  }
  if (copy === false) throw new ArgumentError('asarray', 'copy', `must not be false for ${show(obj)}${obj instanceof TensorCore ? ` of dtype ${obj.dtype} as ${String(dtype)}` : ''}: it has to be copied`);
  const code = dtype === undefined ? undefined : dtypeCode(dtype);
  if (obj instanceof TensorCore && requiresGrad === undefined) {
    finish('asarray', obj as Tensor, { device });
    return copy === true && (code ?? obj.dtypeCode) === obj.dtypeCode ? (obj as Tensor).clone() : (obj as Tensor).castTo(code ?? obj.dtypeCode);
  }
  if (obj === undefined || typeof obj === 'string') throw new ArgumentError('asarray', 'obj', `must be a Tensor, numbers, nested arrays or a typed array, got ${show(obj)}`);
  return finish('asarray', fromData('asarray', obj, code), { requiresGrad, device });
});

/** The bytes of a buffer or of a view of one. */
function bytesOf(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) return buffer.byteLength === 0 ? new Uint8Array(0) : new Uint8Array(buffer);
  throw new ArgumentError('frombuffer', 'buffer', `must be an ArrayBuffer or a typed array, got ${show(buffer)}`);
}

/**
 * The raw elements of a buffer from byte `offset` on, `count` of them or, if that is negative, all; a copy, where PyTorch shares
 * the memory. PyTorch's `torch.frombuffer`.
 */
export const frombuffer = operation('frombuffer(buffer: any, *, dtype: dtype, count: int = -1, offset: int = 0, requiresGrad: bool = false)', (buffer, dtype, count, offset, requiresGrad): Tensor => {
  const op = 'frombuffer', bytes = bytesOf(buffer), code = dtypeCode(dtype), item = ITEM_SIZE[code], rest = bytes.byteLength - offset;
  if (bytes.byteLength === 0) throw new ArgumentError(op, 'buffer', 'must not be empty, nor detached');
  if (count === 0) throw new ArgumentError(op, 'count', 'must not be 0');
  if (offset < 0 || rest <= 0) throw new ArgumentError(op, 'offset', `must be within the ${bytes.byteLength} bytes of buffer, got ${offset}`);
  if (count < 0 && rest % item !== 0) throw new ArgumentError(op, 'buffer', `must hold a multiple of ${item} bytes after offset ${offset}, got ${rest}`);
  const n = count < 0 ? rest / item : count;
  if (n * item > rest) throw new ArgumentError(op, 'count', `must be at most ${Math.floor(rest / item)}, what buffer holds after offset ${offset}, got ${count}`);
  checkShape(op, [n]);
  const out = emptyTensor([n], code), { slab, byteOffset } = out.storage, raw = bytes.subarray(offset, offset + n * item);
  slab.bytes.set(code === BOOL ? raw.map((byte) => (byte === 0 ? 0 : 1)) : raw, byteOffset);
  return finish(op, out, { requiresGrad });
});

/** Numbers from start to end, which is included, by step, in the default float dtype unless given; deprecated there for `arange`. PyTorch's `torch.range`. */
export const range = operation('range(start: float, end: float, step: float = 1, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (start, end, step, dtype, requiresGrad, device): Tensor => {
  const code = dtypeCode(dtype ?? getDefaultDtype()), given = { start, end, step };
  for (const [name, value] of Object.entries(given)) if (!Number.isFinite(value)) throw new ArgumentError('range', name, `must be finite, got ${value}`);
  const [first, last, by] = isFloating(code) ? [start, end, step] : [start, end, step].map(Math.trunc);
  if (by === 0) throw new ArgumentError('range', 'step', `must not be ${step === 0 ? 'zero' : `less than 1 for ${String(dtype)}, got ${step}`}`);
  if ((last - first) * by < 0) throw new ArgumentError('range', 'end', `must lie in the direction of step, got start ${start}, end ${end}, step ${step}`);
  const n = Math.floor((last - first) / by + 1);
  checkShape('range', [n]);
  return finish('range', fromData('range', Float64Array.from({ length: n }, (_, i) => first + i * by), code), { requiresGrad, device });
});
