// The process-wide thread pool, as kernels see it. Plain functions: ISA builds must not instantiate shared templates.
#pragma once
#include <cstdint>

namespace flambeau {

// Runs body(context, chunk) for every chunk in [0, chunks), on the caller and on whichever workers are free.
// Returns when all chunks have run. Chunks are claimed, so no order and no thread may be assumed; the caller never
// waits for a worker that has not started a chunk. Nested calls and concurrent callers are allowed (they run inline
// when the pool is busy). `nanoseconds` is the estimated single-threaded time of the whole job: short jobs run inline.
void parallel_for(int64_t chunks, double nanoseconds, void (*body)(void* context, int64_t chunk), void* context);

// How many threads may take part in a job now (>= 1). Kernels may use it to choose how outputs are split, never how
// a reduced dimension is split: results must be the same bits for any number of threads.
int num_threads();
void set_num_threads(int threads);
// The same for jobs that the calling thread starts, whatever the process's number is.
void set_this_threads_limit(int threads);

// 64-byte aligned scratch owned by the calling thread, at least `bytes` large, valid until the thread's next call
// with the same slot. Slots keep nested users apart (0 matmul A, 1 matmul B, 2 reductions, 3 free use).
void* scratch(int slot, int64_t bytes);

// Gives the calling thread's slot back when it is larger than `bytes`: for kernels whose scratch grows with the data.
void trim_scratch(int slot, int64_t bytes);

}  // namespace flambeau
