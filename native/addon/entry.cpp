// The hot path: raw Node-API, nothing allocated, no JavaScript value made when all is well.
#include <cstdio>

#include "env.h"

namespace flambeau {
namespace {

enum class ErrorKind { range, type };

napi_value make_string(napi_env env, const char* text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

napi_value make_error(napi_env env, ErrorKind kind, const char* code, const char* family, const char* why) {
  char message[160];
  std::snprintf(message, sizeof message, "%s: %s", family, why);
  napi_value error = nullptr;
  const auto create = kind == ErrorKind::range ? napi_create_range_error : napi_create_type_error;
  create(env, make_string(env, code), make_string(env, message), &error);
  return error;
}

void set_number(napi_env env, napi_value object, const char* name, int64_t number) {
  napi_value value = nullptr;
  if (napi_create_int64(env, number, &value) == napi_ok) napi_set_named_property(env, object, name, value);
}

napi_value refuse(napi_env env, Family family, const char* why) {
  napi_throw(env, make_error(env, ErrorKind::range, "BAD_CALL", family_name(family), why));
  return nullptr;
}

napi_value report(napi_env env, Family family, Status status, const Call& call) {
  switch (status) {
    case Status::ok:
      return nullptr;
    case Status::unsupported: {
      napi_value no = nullptr;
      napi_get_boolean(env, false, &no);
      return no;
    }
    case Status::index_range: {
      napi_value error = make_error(env, ErrorKind::range, "INDEX_RANGE", family_name(family), "an index is out of range");
      set_number(env, error, "index", call.detail[0]);
      set_number(env, error, "size", call.detail[1]);
      napi_throw(env, error);
      return nullptr;
    }
    case Status::division_by_zero:
      napi_throw(env, make_error(env, ErrorKind::range, "DIVISION_BY_ZERO", family_name(family), "integer division by zero"));
      return nullptr;
    case Status::bad_call:
      return refuse(env, family, "the kernel refuses the call");
  }
  return nullptr;
}

}  // namespace

Env::Env() {
  for (int f = 0; f < kFamilies; ++f) entry[f] = {this, static_cast<Family>(f), decoder_of(static_cast<Family>(f)), nullptr};
  set_level(levels.count - 1);
}

void Env::set_level(int to) {
  level = to;
  for (Entry& each : entry) {
    each.kernel = nullptr;
    for (int i = level; i >= 0 && each.kernel == nullptr; --i) each.kernel = family_kernel(*levels.tables[i], each.family);
  }
}

napi_value call_family(napi_env env, napi_callback_info info) {
  size_t count = kMaxOperands;
  napi_value values[kMaxOperands];
  void* data;
  if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
  const Entry& entry = *static_cast<const Entry*>(data);
  if (count > kMaxOperands) return refuse(env, entry.family, "too many buffers");
  const int32_t* frame = entry.env->frame;
  if (frame == nullptr) return refuse(env, entry.family, "setFrame has not been called");

  Buffer buffers[kMaxOperands];
  for (size_t i = 0; i < count; ++i) {
    bool is_view = false;
    void* bytes;
    size_t length;
    // napi_get_buffer_info aborts the process for anything but a view, and costs half of napi_get_typedarray_info.
    if (napi_is_buffer(env, values[i], &is_view) != napi_ok || !is_view ||
        napi_get_buffer_info(env, values[i], &bytes, &length) != napi_ok) {
      napi_throw(env, make_error(env, ErrorKind::type, "BAD_CALL", family_name(entry.family), "arguments must be Uint8Arrays"));
      return nullptr;
    }
    buffers[i] = {static_cast<char*>(bytes), static_cast<int64_t>(length)};
  }

  Call call;
  if (const char* why = entry.decode(frame, buffers, static_cast<int>(count), call))
    return refuse(env, entry.family, why);
  const Status status = entry.kernel == nullptr ? Status::unsupported : entry.kernel(call);
  return status == Status::ok ? nullptr : report(env, entry.family, status, call);
}

napi_value set_frame(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value, buffer, global, constructor;
  void *data, *bytes;
  napi_typedarray_type type;
  size_t length, offset;
  bool shared = false;
  if (napi_get_cb_info(env, info, &count, &value, nullptr, &data) != napi_ok) return nullptr;
  Env& self = *static_cast<Env*>(data);
  bool is_array = false;
  const bool fits = count == 1 && napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
                    napi_get_typedarray_info(env, value, &type, &length, &bytes, &buffer, &offset) == napi_ok &&
                    type == napi_int32_array && length >= frame_layout::length &&
                    // The doubles of the frame are at even positions.
                    reinterpret_cast<uintptr_t>(bytes) % 8 == 0 && napi_get_global(env, &global) == napi_ok &&
                    napi_get_named_property(env, global, "SharedArrayBuffer", &constructor) == napi_ok &&
                    napi_instanceof(env, buffer, constructor, &shared) == napi_ok && shared;
  if (!fits) {
    napi_throw_type_error(env, "BAD_CALL", "setFrame: expected an Int32Array of FRAME_LENGTH on a SharedArrayBuffer");
    return nullptr;
  }
  napi_ref reference;
  if (napi_create_reference(env, value, 1, &reference) != napi_ok) return nullptr;
  if (self.frame_ref != nullptr) napi_delete_reference(env, self.frame_ref);
  self.frame_ref = reference;
  self.frame = static_cast<const int32_t*>(bytes);
  return nullptr;
}

}  // namespace flambeau
