// What the allocator of src/core/allocator.ts wants of new memory and JavaScript cannot do.
#include "env.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace flambeau {
namespace {

// From where on page faults and misses of the translation buffer cost more than a page's worth of memory at each end.
constexpr size_t kLarge = size_t{2} << 20;
constexpr uintptr_t kHugePage = uintptr_t{2} << 20;

// Where the system gives huge pages to those who ask ("madvise" in /sys/kernel/mm/transparent_hugepage/enabled, the
// usual setting). Only whole ones inside of the block: it takes no more memory. Elsewhere, and on failure, nothing changes.
void ask_for_huge_pages(uintptr_t begin, size_t length) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage, end = (begin + length) / kHugePage * kHugePage;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#else
  (void)begin, (void)length;
#endif
}

}  // namespace

napi_value place(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value view, number = nullptr;
  void* bytes = nullptr;
  bool is_view = false;
  if (napi_get_cb_info(env, info, &count, &view, nullptr, nullptr) != napi_ok) return nullptr;
  if (count < 1 || napi_is_buffer(env, view, &is_view) != napi_ok || !is_view ||
      napi_get_buffer_info(env, view, &bytes, &length) != napi_ok) {
    napi_throw_type_error(env, "BAD_CALL", "place: expected a Uint8Array");
    return nullptr;
  }
  const uintptr_t address = reinterpret_cast<uintptr_t>(bytes);
  if (length >= kLarge) ask_for_huge_pages(address, length);
  napi_create_uint32(env, static_cast<uint32_t>(address % 64), &number);
  return number;
}

}  // namespace flambeau
