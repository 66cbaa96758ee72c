// Which objects the garbage collector has taken: the allocator's pool keeps memory and asks whether anyone still holds
// it. FinalizationRegistry cannot say so inside a synchronous loop, nor WeakRef, which keeps its target until the end of
// the job; a weak reference of Node-API is cleared by the collection itself.
#include "env.h"

namespace flambeau {

Watch::~Watch() { delete[] entries; }

bool Watch::grow() {
  const int32_t larger = capacity == 0 ? 64 : 2 * capacity;
  Watched* const next = new (std::nothrow) Watched[size_t(larger)];
  if (next == nullptr) return false;
  for (int32_t i = 0; i < capacity; ++i) next[i] = entries[i];
  for (int32_t i = capacity; i < larger; ++i) next[i] = {nullptr, i + 1};
  free = capacity;
  delete[] entries;
  entries = next;
  capacity = larger;
  return true;
}

napi_value watch(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object, number = nullptr;
  void* data;
  if (napi_get_cb_info(env, info, &count, &object, nullptr, &data) != napi_ok) return nullptr;
  Watch& self = static_cast<Env*>(data)->watch;
  napi_valuetype type = napi_undefined;
  if (count < 1 || napi_typeof(env, object, &type) != napi_ok || type != napi_object) {
    napi_throw_type_error(env, "BAD_CALL", "watch: expected an object");
    return nullptr;
  }
  napi_ref reference;
  if ((self.free == self.capacity && !self.grow()) || napi_create_reference(env, object, 0, &reference) != napi_ok) {
    napi_throw_error(env, "BAD_CALL", "watch: no memory for another reference");
    return nullptr;
  }
  const int32_t at = self.free;
  self.free = self.entries[at].next;
  self.entries[at].reference = reference;
  napi_create_int32(env, at, &number);
  return number;
}

napi_value collected(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value array, number = nullptr;
  void *data, *bytes = nullptr;
  napi_typedarray_type type = napi_int8_array;
  bool is_array = false;
  if (napi_get_cb_info(env, info, &count, &array, nullptr, &data) != napi_ok) return nullptr;
  if (count < 1 || napi_is_typedarray(env, array, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(env, array, &type, &length, &bytes, nullptr, nullptr) != napi_ok || type != napi_int32_array) {
    napi_throw_type_error(env, "BAD_CALL", "collected: expected an Int32Array");
    return nullptr;
  }
  Watch& self = static_cast<Env*>(data)->watch;
  int32_t* const out = static_cast<int32_t*>(bytes);
  size_t found = 0;
  // A handle per object that is alive: given back by the hundred, for a scope costs as much as a look.
  constexpr int32_t handles = 128;
  for (int32_t begin = 0; begin < self.capacity && found < length; begin += handles) {
    const int32_t end = self.capacity - begin < handles ? self.capacity : begin + handles;
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) break;
    for (int32_t i = begin; i < end && found < length; ++i) {
      Watched& each = self.entries[i];
      napi_value value = nullptr;
      if (each.reference == nullptr || napi_get_reference_value(env, each.reference, &value) != napi_ok || value != nullptr) continue;
      napi_delete_reference(env, each.reference);
      each = {nullptr, self.free};
      self.free = i;
      out[found++] = i;
    }
    napi_close_handle_scope(env, scope);
  }
  napi_create_int32(env, static_cast<int32_t>(found), &number);
  return number;
}

}  // namespace flambeau
