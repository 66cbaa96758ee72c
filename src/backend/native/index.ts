/**
 * The native backend: passes each distinct slab of a call once, with the geometry already in the shared frame.
 * A call makes no garbage. An op and dtype without a native kernel runs on the backend that `fallback` gives, on the same memory.
 */
import { isMainThread } from 'node:worker_threads';
import { ARG, DTYPE, OP, OPERAND, OPERAND_SIZE, frame } from '../../core/frame.ts';
import { dtypeName } from '../../core/dtype.ts';
import { ArgumentError, BackendError, IndexRangeError } from '../../core/errors.ts';
import type { Slab, Storage } from '../../core/storage.ts';
import type { Backend, Family } from '../backend.ts';
import type { Addon, NativeKernel } from './addon.ts';
import { nativeCodes, nativeCount, opName } from './op-codes.ts';

type Operand = Storage | null;

const ARG_0 = OPERAND + ARG, ARG_1 = ARG_0 + OPERAND_SIZE, ARG_2 = ARG_1 + OPERAND_SIZE, ARG_3 = ARG_2 + OPERAND_SIZE;

interface NativeError extends Error {
  readonly code?: string;
  readonly index?: number;
  readonly size?: number;
}

/** The library's error for what the addon threw. */
function translate(error: NativeError, family: Family, operands: readonly Operand[]): Error {
  const name = opName(family, frame[OP]);
  switch (error.code) {
    case 'INDEX_RANGE': return new IndexRangeError(name, error.index ?? 0, error.size ?? 0);
    case 'DIVISION_BY_ZERO': return new ArgumentError(name, 'other', 'must not be zero for integer dtypes');
    case 'BAD_CALL':
      if (operands.some((each) => each !== null && each.slab.bytes.byteLength === 0 && each.byteLength > 0))
        return new BackendError(`${name}: the memory of a tensor is gone, its ArrayBuffer was detached`);
      return new BackendError(`${name}: the native backend refuses the call (${error.message})`);
    default: return error;
  }
}

export class NativeBackend implements Backend {
  readonly name = 'native';
  readonly addon: Addon;
  /** `family.op dtype` of the calls that had no native kernel. */
  readonly fellBack = new Set<string>();
  private readonly fallback: () => Backend;

  readonly copy: Backend['copy'];
  readonly join: Backend['join'];
  readonly unary: Backend['unary'];
  readonly binary: Backend['binary'];
  readonly ternary: Backend['ternary'];
  readonly reduce: Backend['reduce'];
  readonly argReduce: Backend['argReduce'];
  readonly scan: Backend['scan'];
  readonly polyval: Backend['polyval'];
  readonly moments: Backend['moments'];
  readonly matmul: Backend['matmul'];
  readonly gather: Backend['gather'];
  readonly scatter: Backend['scatter'];
  readonly nonzero: Backend['nonzero'];
  readonly sort: Backend['sort'];
  readonly select: Backend['select'];
  readonly argScan: Backend['argScan'];
  readonly searchSorted: Backend['searchSorted'];
  readonly softmax: Backend['softmax'];
  readonly softmaxGrad: Backend['softmaxGrad'];
  readonly crossEntropy: Backend['crossEntropy'];
  readonly crossEntropyGrad: Backend['crossEntropyGrad'];
  readonly norm: Backend['norm'];
  readonly normGrad: Backend['normGrad'];
  readonly recurrence: Backend['recurrence'];
  readonly recurrenceGrad: Backend['recurrenceGrad'];
  readonly attention: Backend['attention'];
  readonly attentionGrad: Backend['attentionGrad'];
  readonly conv: Backend['conv'];
  readonly pool: Backend['pool'];
  readonly taps: Backend['taps'];
  readonly distance: Backend['distance'];
  readonly distanceGrad: Backend['distanceGrad'];
  readonly triangular: Backend['triangular'];
  readonly factor: Backend['factor'];
  readonly orthogonal: Backend['orthogonal'];
  readonly random: Backend['random'];
  readonly optimStep: Backend['optimStep'];

  constructor(addon: Addon, fallback: () => Backend) {
    this.addon = addon;
    this.fallback = fallback;
    addon.setFrame(frame);
    this.copy = this.two('copy');
    this.join = this.each('join');
    this.unary = this.two('unary');
    this.binary = this.three('binary');
    this.ternary = this.four('ternary');
    this.reduce = this.two('reduce');
    this.argReduce = this.two('argReduce');
    this.scan = this.two('scan');
    this.polyval = this.three('polyval');
    this.moments = this.three('moments');
    this.matmul = this.four('matmul');
    this.gather = this.three('gather');
    this.scatter = this.three('scatter');
    this.nonzero = this.three('nonzero');
    this.sort = this.three('sort');
    this.select = this.three('select');
    this.argScan = this.three('argScan');
    this.searchSorted = this.three('searchSorted');
    this.softmax = this.two('softmax');
    this.softmaxGrad = this.three('softmaxGrad');
    this.crossEntropy = this.four('crossEntropy');
    this.crossEntropyGrad = this.four('crossEntropyGrad');
    this.norm = this.many('norm');
    this.normGrad = this.many('normGrad');
    this.recurrence = this.many('recurrence');
    this.recurrenceGrad = this.many('recurrenceGrad');
    this.attention = this.many('attention');
    this.attentionGrad = this.many('attentionGrad');
    this.conv = this.four('conv');
    this.pool = this.three('pool');
    this.taps = this.four('taps') as Backend['taps'];
    this.distance = this.three('distance') as Backend['distance'];
    this.distanceGrad = this.many('distanceGrad');
    this.triangular = this.two('triangular') as Backend['triangular'];
    this.factor = this.many('factor');
    this.orthogonal = this.many('orthogonal');
    this.random = this.two('random');
    this.optimStep = this.any('optimStep');
  }

  setNumThreads(threads: number): void {
    this.addon.setNumThreads(threads, !isMainThread);
  }

  numThreads(): number {
    return this.addon.numThreads();
  }

  // One closure per family, so that each call site stays monomorphic. The operand counts are written out: a loop over
  // an array costs more than the whole native call.

  private two(family: Family): (out: Storage, a: Operand) => void {
    const kernel = this.kernel(family), known = this.known(family);
    return (out, a) => {
      if (frame[OP] >= known) return this.fallBack(family, [out, a]);
      const first = out.slab;
      let done: undefined | false;
      frame[ARG_0] = 0;
      try {
        if (a === null) done = kernel(first.bytes);
        else if (a.slab === first) {
          frame[ARG_1] = 0;
          done = kernel(first.bytes);
        } else {
          frame[ARG_1] = 1;
          done = kernel(first.bytes, a.slab.bytes);
        }
      } catch (error) {
        throw translate(error as NativeError, family, [out, a]);
      }
      if (done === false) this.fallBack(family, [out, a]);
    };
  }

  private three(family: Family): (out: Storage, a: Operand, b: Operand) => void {
    const kernel = this.kernel(family), known = this.known(family);
    return (out, a, b) => {
      if (frame[OP] >= known) return this.fallBack(family, [out, a, b]);
      const first = out.slab;
      let second: Slab | null = null, third: Slab | null = null;
      frame[ARG_0] = 0;
      if (a !== null) {
        if (a.slab === first) frame[ARG_1] = 0;
        else {
          second = a.slab;
          frame[ARG_1] = 1;
        }
      }
      if (b !== null) {
        if (b.slab === first) frame[ARG_2] = 0;
        else if (second === null || b.slab === second) {
          second = b.slab;
          frame[ARG_2] = 1;
        } else {
          third = b.slab;
          frame[ARG_2] = 2;
        }
      }
      let done: undefined | false;
      try {
        done = second === null ? kernel(first.bytes)
          : third === null ? kernel(first.bytes, second.bytes)
          : kernel(first.bytes, second.bytes, third.bytes);
      } catch (error) {
        throw translate(error as NativeError, family, [out, a, b]);
      }
      if (done === false) this.fallBack(family, [out, a, b]);
    };
  }

  private four(family: Family): (out: Storage, a: Operand, b: Operand, c: Operand) => void {
    const kernel = this.kernel(family), known = this.known(family);
    return (out, a, b, c) => {
      if (frame[OP] >= known) return this.fallBack(family, [out, a, b, c]);
      // Passing the same bytes twice is harmless, so an absent operand repeats the first slab.
      const first = out.slab, second = a === null ? first : a.slab;
      const third = b === null ? first : b.slab, fourth = c === null ? first : c.slab;
      const inTwo = (third === first || third === second) && (fourth === first || fourth === second);
      frame[ARG_0] = 0;
      if (a !== null) frame[ARG_1] = second === first ? 0 : 1;
      if (b !== null) frame[ARG_2] = third === first ? 0 : third === second ? 1 : 2;
      if (c !== null) frame[ARG_3] = fourth === first ? 0 : fourth === second ? 1 : 3;
      let done: undefined | false;
      try {
        done = !inTwo ? kernel(first.bytes, second.bytes, third.bytes, fourth.bytes)
          : second === first ? kernel(first.bytes)
          : kernel(first.bytes, second.bytes);
      } catch (error) {
        throw translate(error as NativeError, family, [out, a, b, c]);
      }
      if (done === false) this.fallBack(family, [out, a, b, c]);
    };
  }

  /** An output and as many inputs as there are, every one an argument of its own. */
  private each(family: Family): (out: Storage, ...inputs: readonly Storage[]) => void {
    const kernel = this.kernel(family);
    return (out, ...inputs) => {
      for (let k = 0; k <= inputs.length; k++) frame[ARG_0 + k * OPERAND_SIZE] = k;
      let done: undefined | false;
      try {
        done = inputs.length === 2 ? kernel(out.slab.bytes, inputs[0].slab.bytes, inputs[1].slab.bytes)
          : kernel(out.slab.bytes, ...inputs.map(({ slab }) => slab.bytes));
      } catch (error) {
        throw translate(error as NativeError, family, [out, ...inputs]);
      }
      if (done === false) this.fallBack(family, [out, ...inputs]);
    };
  }

  private any(family: Family): (operands: readonly Operand[]) => void {
    const kernel = this.kernel(family);
    return (operands) => {
      const bytes: Uint8Array[] = [];
      for (let k = 0; k < operands.length; k++) {
        const storage = operands[k];
        if (storage === null) continue;
        let at = bytes.indexOf(storage.slab.bytes);
        if (at < 0) at = bytes.push(storage.slab.bytes) - 1;
        frame[ARG_0 + k * OPERAND_SIZE] = at;
      }
      let done: undefined | false;
      try {
        done = kernel(...bytes);
      } catch (error) {
        throw translate(error as NativeError, family, operands);
      }
      if (done === false) this.fallBack(family, operands);
    };
  }

  private many(family: Family): (...operands: readonly Operand[]) => void {
    const run = this.any(family);
    return (...operands) => run(operands);
  }

  /** The ops below this one have native code; the rows that never have stand last. */
  private known(family: Family): number {
    return nativeCodes(this.addon, family) === null ? nativeCount(this.addon, family) : Infinity;
  }

  /** The addon's function, behind a translation of op codes where the binary has others. */
  private kernel(family: Family): NativeKernel {
    const kernel = this.addon[family], codes = nativeCodes(this.addon, family);
    if (codes === null) return kernel;
    return (...buffers) => {
      const op = frame[OP];
      if (codes[op] < 0) return false;
      frame[OP] = codes[op];
      try {
        return kernel(...buffers);
      } finally {
        frame[OP] = op;
      }
    };
  }

  private fallBack(family: Family, operands: readonly Operand[]): void {
    const dtype = frame[OPERAND + DTYPE + (operands.length > 1 ? OPERAND_SIZE : 0)];
    this.fellBack.add(`${family}.${opName(family, frame[OP])} ${dtypeName(dtype)}`);
    const fallback = this.fallback();
    if (family === 'optimStep') fallback.optimStep(operands);
    else (fallback[family] as (...all: readonly Operand[]) => void)(...operands);
  }
}
