#include "isa.h"
#include "../parts/table.inc"

namespace flambeau {
namespace avx512 {
Status matmul_pairs(const Call&);
}
namespace {
constexpr Kernels with_pairs(Kernels k) {
  k.isa = "avx512bf16";
  k.matmul = avx512::matmul_pairs;
  return k;
}
}  // namespace

const Kernels kernels_avx512bf16 = with_pairs(table);

}  // namespace flambeau
