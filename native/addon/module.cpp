// Exports of the addon; src/backend/native/addon.ts is the typed view of them.
#include <napi.h>

#include <cstring>
#include <memory>
#include <string>

#include "env.h"
#include "parallel.h"

#if !defined(_MSC_VER)  // cl keeps __cplusplus at 199711
static_assert(__cplusplus >= 202002L, "C++20 is required: check where -std stands among the flags");
#endif

namespace flambeau {
namespace {

// Changes whenever the frame, the families or the exports change their meaning: an addon of another number is not used.
constexpr int kAbi = 9;

Napi::Value isa(const Napi::CallbackInfo& info) {
  const Env& self = *static_cast<Env*>(info.Data());
  return Napi::String::New(info.Env(), self.levels.tables[self.level]->isa);
}

// setIsa(name): any level the CPU can run; "" is the highest.
void set_isa(const Napi::CallbackInfo& info) {
  Env& self = *static_cast<Env*>(info.Data());
  const std::string name = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "?";
  if (name.empty()) return self.set_level(self.levels.count - 1);
  for (int i = 0; i < self.levels.count; ++i)
    if (name == self.levels.tables[i]->isa) return self.set_level(i);
  Napi::RangeError::New(info.Env(), "setIsa: this CPU or this binary has no level " + name).ThrowAsJavaScriptException();
}

Napi::Value get_threads(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), num_threads()); }

// setNumThreads(threads, own): for the process, or with `own` for the calling environment's thread.
void set_threads(const Napi::CallbackInfo& info) {
  const double threads = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(threads >= 1 && threads <= 4096)) {
    Napi::RangeError::New(info.Env(), "setNumThreads: expected a number of threads from 1").ThrowAsJavaScriptException();
    return;
  }
  const bool own = info[1].IsBoolean() && info[1].As<Napi::Boolean>().Value();
  if (own) set_this_threads_limit(static_cast<int>(threads));
  else set_num_threads(static_cast<int>(threads));
}

Napi::Array list(Napi::Env env, Names names) {
  Napi::Array array = Napi::Array::New(env, static_cast<size_t>(names.count));
  for (int i = 0; i < names.count; ++i) array[static_cast<uint32_t>(i)] = names.names[i];
  return array;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto owner = std::make_unique<Env>();
  Env* self = owner.get();
  env.SetInstanceData(owner.release());

  Napi::Object ops = Napi::Object::New(env);
  Napi::Array coverage = Napi::Array::New(env);
  for (Entry& entry : self->entry) {
    const char* name = family_name(entry.family);
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call_family, &entry, &function) != napi_ok) return exports;
    exports.Set(name, function);
    const Names names = op_names(entry.family);
    if (names.count > 0) ops.Set(name, list(env, names));
    if (entry.kernel != nullptr) coverage[coverage.Length()] = name;
  }
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {{"setFrame", set_frame}, {"place", place}, {"watch", watch}, {"collected", collected}};
  for (const auto& each : functions) {
    napi_value function = nullptr;
    if (napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.callback, self, &function) != napi_ok) return exports;
    exports.Set(each.name, function);
  }

  Napi::Array levels = Napi::Array::New(env);
  for (int i = 0; i < self->levels.count; ++i) levels[static_cast<uint32_t>(i)] = self->levels.tables[i]->isa;
  exports.Set("abi", kAbi);
  exports.Set("version", FLAMBEAU_VERSION);
  exports.Set("ops", ops);
  exports.Set("coverage", coverage);
  exports.Set("levels", levels);
  exports.Set("isa", Napi::Function::New(env, isa, "isa", self));
  exports.Set("setIsa", Napi::Function::New(env, set_isa, "setIsa", self));
  exports.Set("numThreads", Napi::Function::New(env, get_threads, "numThreads"));
  exports.Set("setNumThreads", Napi::Function::New(env, set_threads, "setNumThreads"));
  return exports;
}

}  // namespace
}  // namespace flambeau

static Napi::Object init_module(Napi::Env env, Napi::Object exports) { return flambeau::init(env, exports); }
NODE_API_MODULE(flambeau, init_module)
