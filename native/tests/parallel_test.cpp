// The pool: every chunk runs exactly once whatever the threads do, and the caller's data is visible after the call.
#include "parallel.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"

using namespace flambeau;

namespace {

constexpr double kLong = 1e6;  // ns: long enough to wake workers

struct Counts {
  std::vector<int> runs;  // not atomic on purpose: TSan sees two threads on one chunk, or a missing happens-before
};

void count(void* context, int64_t chunk) { ++static_cast<Counts*>(context)->runs[static_cast<size_t>(chunk)]; }

void every_chunk_runs_once() {
  for (int64_t chunks : {0, 1, 2, 3, 7, 64, 1000}) {
    Counts counts{std::vector<int>(static_cast<size_t>(chunks))};
    for (int round = 1; round <= 200; ++round) {
      parallel_for(chunks, kLong, count, &counts);
      for (int runs : counts.runs) CHECK(runs == round);
    }
  }
}

void more_chunks_than_a_ticket_holds() {
  const int64_t chunks = (int64_t{1} << 24) + 12345;
  struct Sum {
    std::atomic<int64_t> total{0}, calls{0};
  } sum;
  parallel_for(chunks, kLong, [](void* context, int64_t chunk) {
    auto& s = *static_cast<Sum*>(context);
    s.total.fetch_add(chunk, std::memory_order_relaxed);
    s.calls.fetch_add(1, std::memory_order_relaxed);
  }, &sum);
  CHECK(sum.calls == chunks);
  CHECK(sum.total == chunks * (chunks - 1) / 2);
}

void nested_calls_run() {
  struct Outer {
    std::atomic<int> inner{0};
  } outer;
  parallel_for(8, kLong, [](void* context, int64_t) {
    parallel_for(8, kLong, [](void* inside, int64_t) { static_cast<Outer*>(inside)->inner.fetch_add(1); }, context);
  }, &outer);
  CHECK(outer.inner == 64);
}

// Several JavaScript workers, each with its own jobs; one of them changes the number of threads all the time.
void concurrent_callers() {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([caller] {
      Counts counts{std::vector<int>(37)};
      for (int round = 1; round <= 2000; ++round) {
        if (caller == 0) set_num_threads(1 + round % 5);
        parallel_for(37, kLong, count, &counts);
        for (int runs : counts.runs) CHECK(runs == round);
        char* memory = static_cast<char*>(scratch(caller, 1000 + round));
        CHECK(reinterpret_cast<uintptr_t>(memory) % 64 == 0);
        std::memset(memory, caller, static_cast<size_t>(1000 + round));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

void workers_come_back_from_sleep() {
  Counts counts{std::vector<int>(16)};
  for (int round = 1; round <= 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    parallel_for(16, kLong, count, &counts);
    for (int runs : counts.runs) CHECK(runs == round);
  }
}

void workers_help() {
  // Sleeping chunks: with two threads on any machine some chunk runs elsewhere than on the caller, unless none helps.
  struct Helped {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<bool> elsewhere{false};
  } helped;
  for (int attempt = 0; attempt < 50 && !helped.elsewhere; ++attempt) {
    parallel_for(4, kLong, [](void* context, int64_t) {
      auto& h = *static_cast<Helped*>(context);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (std::this_thread::get_id() != h.caller) h.elsewhere = true;
    }, &helped);
  }
  CHECK(helped.elsewhere);
}

void short_jobs_stay_on_the_caller() {
  struct Where {
    std::thread::id caller = std::this_thread::get_id();
    bool moved = false;
  } where;
  parallel_for(64, 100, [](void* context, int64_t) {
    auto& w = *static_cast<Where*>(context);
    w.moved |= std::this_thread::get_id() != w.caller;
  }, &where);
  CHECK(!where.moved);
}

void scratch_grows_and_keeps_slots_apart() {
  char* first = static_cast<char*>(scratch(0, 100));
  char* second = static_cast<char*>(scratch(1, 100));
  std::memset(first, 1, 100);
  std::memset(second, 2, 100);
  CHECK(first[99] == 1 && scratch(0, 50) == first);
  char* grown = static_cast<char*>(scratch(0, 1 << 20));
  std::memset(grown, 3, 1 << 20);
  CHECK(second[0] == 2 && reinterpret_cast<uintptr_t>(grown) % 64 == 0);
}

void a_threads_own_limit_is_its_own() {
  set_num_threads(3);
  std::thread([] {
    set_this_threads_limit(1);
    CHECK(num_threads() == 1);
    set_num_threads(4);
    CHECK(num_threads() == 1);
  }).join();
  CHECK(num_threads() == 4);
}

}  // namespace

int main() {
  CHECK(num_threads() >= 1);
  scratch_grows_and_keeps_slots_apart();
  for (int threads : {1, 2, 4}) {
    set_num_threads(threads);
    CHECK(num_threads() == threads);
    every_chunk_runs_once();
    nested_calls_run();
  }
  set_num_threads(2);
  workers_help();
  workers_come_back_from_sleep();
  short_jobs_stay_on_the_caller();
  more_chunks_than_a_ticket_holds();
  concurrent_callers();
  set_num_threads(0);
  CHECK(num_threads() == 1);
  a_threads_own_limit_is_its_own();
  return 0;
}
