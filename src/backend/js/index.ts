/** The backend in plain TypeScript: the same families, the same bounds, wherever JavaScript runs. */
import { I32 } from '../../core/dtype.ts';
import { INTS, NDIM, OP, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import { drawRandom } from '../../core/random-streams.ts';
import type { Storage } from '../../core/storage.ts';
import { RANDOM_OPS } from '../../ops/families.ts';
import type { Backend } from '../backend.ts';
import { attention, attentionGrad } from './attention.ts';
import { conv } from './conv.ts';
import { copy } from './copy.ts';
import { distance, distanceGrad } from './distance.ts';
import { join } from './join.ts';
import { binary, ternary, unary } from './elementwise.ts';
import { gather, nonzero, scatter } from './indexing.ts';
import { matmul } from './matmul.ts';
import { norm, normGrad } from './norm.ts';
import { optimStep } from './optim.ts';
import { argScan, searchSorted, select, sort } from './order.ts';
import { moments, polyval } from './polynomial.ts';
import { pool } from './pool.ts';
import { taps } from './taps.ts';
import { factor } from './linalg/factor.ts';
import { orthogonal } from './linalg/orthogonal.ts';
import { triangular } from './linalg/triangular.ts';
import { recurrence, recurrenceGrad } from './recurrence.ts';
import { argReduce, reduce } from './reduce.ts';
import { scan } from './scan.ts';
import { crossEntropy, crossEntropyGrad, softmax, softmaxGrad } from './softmax.ts';
import { dim, dtype, offset } from './space.ts';

const ints = frame.subarray(INTS, INTS + 16);

function random(out: Storage, state: Storage): void {
  const words = state.slab.view(I32) as Int32Array, at = offset(1);
  drawRandom(
    RANDOM_OPS[frame[OP]], out.slab.view(dtype(0)), offset(0), frame[NDIM] > 0 ? dim(0) : 1, words.subarray(at),
    frameFloats[PARAMS], frameFloats[PARAMS + 1], ints,
  );
}

export const jsBackend: Backend = {
  name: 'js',
  copy, join, unary, binary, ternary, reduce, argReduce, scan, polyval, moments, matmul, gather, scatter, nonzero,
  sort, select, argScan, searchSorted,
  softmax, softmaxGrad, crossEntropy, crossEntropyGrad, norm, normGrad, recurrence, recurrenceGrad, attention, attentionGrad, conv, pool, taps, distance, distanceGrad, triangular, factor, orthogonal, random, optimStep,
  // JavaScript runs on the calling thread.
  setNumThreads: () => undefined,
  numThreads: () => 1,
};
