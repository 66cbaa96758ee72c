// The claim pool. One job at a time is published in `ticket`: (job number | chunks that nobody has claimed). A thread
// takes a chunk by counting the ticket down with a compare-and-swap, so
// - a success proves that the job's fields, read just before, belong to the ticket's job: they are only written while
//   no chunk is left, and the job number makes every ticket unique;
// - the caller waits for claimed chunks only. A worker that the scheduler holds back costs nothing.
// A woken worker often lands on the CPU of its waker and then never helps; after `kPatience` jobs without help the
// workers are moved off that CPU.
//
// Workers are never joined and nothing here has a destructor: threads may outlive every environment that used them
// (the module is linked with -z nodelete).
#include "parallel.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "cores.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <pthread.h>
#include <signal.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#endif

namespace flambeau {
namespace {

constexpr int kMaxWorkers = 255;
constexpr int kChunkBits = 24;
constexpr uint64_t kChunkMask = (uint64_t{1} << kChunkBits) - 1;
// Estimated times (ns) from which help pays: a spinning worker starts within ~0.3 us, a parked one costs its waker ~15 us.
constexpr double kWorthSharing = 2e3, kWorthWaking = 5e4;
constexpr auto kSpin = std::chrono::microseconds(500);
constexpr int kPatience = 8, kMaxPatience = 4096;

struct alignas(128) Worker {
  std::atomic<uint32_t> parked;  // 1 while it sleeps or is about to
  std::atomic<long> thread;      // 0 until it has started
};

struct alignas(128) Pool {
  std::atomic<uint64_t> ticket;
  alignas(128) std::atomic<int32_t> unfinished;  // claims of the current job that have not returned
  alignas(128) std::atomic<bool> busy;           // a caller owns the fields below
  std::atomic<void (*)(void*, int64_t)> body;
  std::atomic<void*> context;
  std::atomic<int64_t> chunks, group, claims;    // a claim is `group` consecutive chunks
  alignas(128) std::atomic<int> awake;           // workers that are spinning or working
  std::atomic<int> limit;                        // threads that may take part, 0 = not decided yet
  int started;                                   // workers created; guarded by busy
  int patience, alone;                           // guarded by busy
};

constinit Pool pool{};
constinit Worker workers[kMaxWorkers]{};

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#endif
}


// Runs claims of the current job until none is left; returns how many.
int32_t work() {
  int32_t done = 0;
  uint64_t ticket = pool.ticket.load(std::memory_order_acquire);
  while ((ticket & kChunkMask) != 0) {
    const auto body = pool.body.load(std::memory_order_relaxed);
    void* const context = pool.context.load(std::memory_order_relaxed);
    const int64_t chunks = pool.chunks.load(std::memory_order_relaxed);
    const int64_t group = pool.group.load(std::memory_order_relaxed);
    const int64_t claims = pool.claims.load(std::memory_order_relaxed);
    if (!pool.ticket.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    const int64_t first = (claims - static_cast<int64_t>(ticket & kChunkMask)) * group;
    const int64_t end = first + group < chunks ? first + group : chunks;
    for (int64_t chunk = first; chunk < end; ++chunk) body(context, chunk);
    ++done;
    ticket = pool.ticket.load(std::memory_order_acquire);
  }
  return done;
}

bool work_left() { return (pool.ticket.load(std::memory_order_seq_cst) & kChunkMask) != 0; }

bool wake_one_after(int index) {
  const int last = pool.limit.load(std::memory_order_relaxed) - 1;
  for (int i = index; i < last && i < kMaxWorkers; ++i) {
    if (workers[i].parked.load(std::memory_order_seq_cst) == 1 && workers[i].parked.exchange(0) == 1) {
      workers[i].parked.notify_one();
      return true;
    }
  }
  return false;
}

[[noreturn]] void worker_main(int index) {
  Worker& self = workers[index];
  self.thread.store(current_thread_id(), std::memory_order_release);
  for (;;) {
    uint64_t seen = pool.ticket.load(std::memory_order_relaxed) >> kChunkBits;
    auto deadline = std::chrono::steady_clock::now() + kSpin;
    for (int turn = 0;; ++turn) {
      const bool allowed = index < pool.limit.load(std::memory_order_relaxed) - 1;
      if (allowed && work_left()) {
        const int32_t done = work();
        if (done != 0 && pool.unfinished.fetch_sub(done, std::memory_order_acq_rel) == done) pool.unfinished.notify_one();
      }
      relax();
      if ((turn & 63) != 63) continue;
      const uint64_t job = pool.ticket.load(std::memory_order_relaxed) >> kChunkBits;
      const auto now = std::chrono::steady_clock::now();
      if (allowed && job != seen) {
        seen = job;
        deadline = now + kSpin;
      } else if (now > deadline) {
        break;
      }
    }
    // Parked first, then a last look: either this sees the new ticket or its publisher sees `parked`.
    pool.awake.fetch_sub(1, std::memory_order_seq_cst);
    self.parked.store(1, std::memory_order_seq_cst);
    if (work_left() && index < pool.limit.load(std::memory_order_relaxed) - 1) self.parked.store(0);
    while (self.parked.load(std::memory_order_acquire) == 1) self.parked.wait(1, std::memory_order_acquire);
    pool.awake.fetch_add(1, std::memory_order_seq_cst);
    // The caller pays for one wake only; the woken pass it on.
    if (work_left()) wake_one_after(index + 1);
  }
}

#if defined(_WIN32)
DWORD WINAPI thread_main(void* index) { worker_main(static_cast<int>(reinterpret_cast<intptr_t>(index))); }

bool start_thread(int index) {
  HANDLE thread = CreateThread(nullptr, 0, thread_main, reinterpret_cast<void*>(static_cast<intptr_t>(index)), 0, nullptr);
  if (thread == nullptr) return false;
  CloseHandle(thread);
  return true;
}
#else
void* thread_main(void* index) { worker_main(static_cast<int>(reinterpret_cast<intptr_t>(index))); }

bool start_thread(int index) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, size_t{2} << 20);  // musl's default of 128 KB is too small for kernels' tiles
  // Signals belong to the threads of Node.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool ok = pthread_create(&thread, &attributes, thread_main, reinterpret_cast<void*>(static_cast<intptr_t>(index))) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return ok;
}
#endif

void start_workers(int wanted) {
  while (pool.started < wanted && pool.started < kMaxWorkers) {
    pool.awake.fetch_add(1, std::memory_order_seq_cst);
    if (!start_thread(pool.started)) {
      pool.awake.fetch_sub(1, std::memory_order_seq_cst);
      pool.limit.store(pool.started + 1, std::memory_order_relaxed);  // do with the threads there are
      return;
    }
    ++pool.started;
  }
}

// Called by the owner of the pool after each job. The patience doubles when moving did not help: then another process
// has the CPU, and moving again is only a cost.
void heal(bool helped) {
  if (pool.patience == 0) pool.patience = kPatience;
  if (helped) {
    pool.alone = 0;
    pool.patience = kPatience;
    return;
  }
  if (++pool.alone < pool.patience) return;
  pool.alone = 0;
  if (pool.patience < kMaxPatience) pool.patience *= 2;
  for (int i = 0; i < pool.started; ++i) {
    const long id = workers[i].thread.load(std::memory_order_acquire);
    if (id != 0 && !move_off_this_cpu(id)) return;
  }
}

void run_inline(int64_t chunks, void (*body)(void*, int64_t), void* context) {
  for (int64_t chunk = 0; chunk < chunks; ++chunk) body(context, chunk);
}

struct Scratch {
  static constexpr int kSlots = 8;
  struct Slot {
    void* data;
    int64_t bytes;
  } slot[kSlots] = {};

  ~Scratch() {
    for (Slot& each : slot) release(each.data);
  }
  static void release(void* data) { ::operator delete(data, std::align_val_t{64}, std::nothrow); }
};
thread_local Scratch thread_scratch;

// The calling thread's own limit; 0 where it has none and the process's counts.
thread_local int thread_limit = 0;

int clamp_threads(int threads) { return threads < 1 ? 1 : threads > kMaxWorkers ? kMaxWorkers : threads; }

}  // namespace

int num_threads() {
  if (thread_limit != 0) return thread_limit;
  int limit = pool.limit.load(std::memory_order_relaxed);
  if (limit != 0) return limit;
  // Two threads may both count; only the first answer stays, so a set_num_threads in between is not lost.
  const int cores = allowed_cores();
  return pool.limit.compare_exchange_strong(limit, cores < kMaxWorkers ? cores : kMaxWorkers) ? cores : limit;
}

void set_num_threads(int threads) { pool.limit.store(clamp_threads(threads), std::memory_order_relaxed); }

void set_this_threads_limit(int threads) { thread_limit = clamp_threads(threads); }

void parallel_for(int64_t chunks, double nanoseconds, void (*body)(void* context, int64_t chunk), void* context) {
  const int threads = chunks > 1 && nanoseconds > kWorthSharing ? num_threads() : 1;
  if (threads == 1) return run_inline(chunks, body, context);
  const bool wake = nanoseconds > kWorthWaking;
  if (!wake && pool.awake.load(std::memory_order_relaxed) == 0) return run_inline(chunks, body, context);
  if (pool.busy.load(std::memory_order_relaxed) || pool.busy.exchange(true, std::memory_order_acquire))
    return run_inline(chunks, body, context);

  if (wake && pool.started < threads - 1) start_workers(threads - 1);
  const int64_t most = static_cast<int64_t>(kChunkMask);
  const int64_t group = (chunks + most - 1) / most, claims = (chunks + group - 1) / group;
  pool.body.store(body, std::memory_order_relaxed);
  pool.context.store(context, std::memory_order_relaxed);
  pool.chunks.store(chunks, std::memory_order_relaxed);
  pool.group.store(group, std::memory_order_relaxed);
  pool.claims.store(claims, std::memory_order_relaxed);
  pool.unfinished.store(static_cast<int32_t>(claims), std::memory_order_relaxed);
  const uint64_t job = (pool.ticket.load(std::memory_order_relaxed) >> kChunkBits) + 1;
  pool.ticket.store(job << kChunkBits | static_cast<uint64_t>(claims), std::memory_order_seq_cst);
  if (wake && pool.awake.load(std::memory_order_seq_cst) < threads - 1) wake_one_after(0);

  const int32_t own = work();
  int32_t left = pool.unfinished.fetch_sub(own, std::memory_order_acq_rel) - own;
  // Chunks are short: spin, and sleep only if a worker lost its CPU in the middle of one.
  for (int turn = 0; left != 0; ++turn) {
    if (turn < 4096) relax();
    else pool.unfinished.wait(left, std::memory_order_acquire);
    left = pool.unfinished.load(std::memory_order_acquire);
  }
  heal(own != claims);
  pool.busy.store(false, std::memory_order_release);
}

void* scratch(int slot, int64_t bytes) {
  Scratch::Slot& mine = thread_scratch.slot[slot];
  if (mine.bytes >= bytes) return mine.data;
  int64_t size = mine.bytes * 2 > bytes ? mine.bytes * 2 : bytes;
  size = (size + 4095) & ~int64_t{4095};
  Scratch::release(mine.data);
  mine.data = ::operator new(static_cast<size_t>(size), std::align_val_t{64}, std::nothrow);
  if (mine.data == nullptr) {
    // Kernels have no way to go on, and Node itself ends the process when memory is exhausted.
    std::fprintf(stderr, "flambeau: out of memory (%lld bytes of scratch)\n", static_cast<long long>(size));
    std::abort();
  }
  mine.bytes = size;
  return mine.data;
}

void trim_scratch(int slot, int64_t bytes) {
  Scratch::Slot& mine = thread_scratch.slot[slot];
  if (mine.bytes <= bytes) return;
  Scratch::release(mine.data);
  mine = {};
}

}  // namespace flambeau
