// What the addon keeps for one JavaScript environment (the main thread or a worker). Nothing is shared between them but
// the thread pool, so an environment can come and go at any time.
#pragma once
#include <node_api.h>

#include <new>

#include "call.h"
#include "dispatch.h"

namespace flambeau {

struct Env;

// The `data` of a family's function: saves the instance-data lookup of every call.
struct Entry {
  Env* env;
  Family family;
  Decoder decode;
  Kernel kernel;  // at the chosen level; null when no level has one
};

// Weak references by number. A free entry links to the next one.
struct Watched {
  napi_ref reference;
  int32_t next;
};
struct Watch {
  Watched* entries = nullptr;
  int32_t capacity = 0;
  int32_t free = 0;  // first free entry; `capacity` when there is none

  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();
  bool grow();
};

struct Env {
  const int32_t* frame = nullptr;  // shared memory: it is never moved, detached or freed while frame_ref holds it
  napi_ref frame_ref = nullptr;
  Levels levels = isa_levels();
  int level = 0;
  Entry entry[kFamilies];
  Watch watch;

  Env();
  void set_level(int to);
};

// fn(...buffers): runs the family on the call in the frame. Undefined when done, false when there is no kernel for the
// op and dtype (nothing has been written); throws otherwise.
napi_value call_family(napi_env env, napi_callback_info info);

// setFrame(Int32Array on a SharedArrayBuffer)
napi_value set_frame(napi_env env, napi_callback_info info);

// place(Uint8Array): how far its first byte is from a 64-byte boundary. Large memory, not yet written to, gets huge pages
// where the system has them.
napi_value place(napi_env env, napi_callback_info info);

// watch(object): a number for it, which does not keep it alive.
napi_value watch(napi_env env, napi_callback_info info);

// collected(Int32Array): writes the numbers of watched objects that the garbage collector has taken, as many as fit, and
// gives their count. Those numbers may be given again.
napi_value collected(napi_env env, napi_callback_info info);

}  // namespace flambeau
