// Numbers in place of an operand: the frame's float64, or 64-bit integer, in the operand's dtype.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels.h"

namespace flambeau {

inline uint16_t half_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const uint32_t sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (rest >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
  // Below the smallest normal half the mantissa is shifted by hand; both branches round to nearest, ties to even.
  if (rest < 0x38800000u) {
    const uint32_t shift = 126u - (rest >> 23);
    if (shift > 24u) return static_cast<uint16_t>(sign);
    const uint32_t mantissa = (rest & 0x7fffffu) | 0x800000u, half = 1u << (shift - 1);
    uint32_t result = mantissa >> shift;
    const uint32_t lost = mantissa & ((1u << shift) - 1);
    result += lost > half || (lost == half && (result & 1u));
    return static_cast<uint16_t>(sign | result);
  }
  const uint32_t rounded = rest + 0xfffu + (rest >> 13 & 1u);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

inline uint16_t bfloat_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// Out of range becomes 0, as JavaScript's own conversions of NaN and infinities do.
inline int64_t to_int64(double value) { return value > -9.3e18 && value < 9.2e18 ? static_cast<int64_t>(value) : 0; }

inline void store_immediate(char* slot, DType dtype, const int32_t* words) {
  int64_t raw;
  double value;
  std::memcpy(&raw, words, 8);
  std::memcpy(&value, &raw, 8);
  const auto put = [slot](auto v) { std::memcpy(slot, &v, sizeof v); };
  switch (dtype) {
    case DType::f32: return put(static_cast<float>(value));
    case DType::f64: return put(value);
    case DType::i64: return put(raw);
    case DType::i32: return put(static_cast<int32_t>(to_int64(value)));
    case DType::boolean: return put(static_cast<uint8_t>(value != 0));
    case DType::i16: return put(static_cast<int16_t>(to_int64(value)));
    case DType::i8: return put(static_cast<int8_t>(to_int64(value)));
    case DType::u8: return put(static_cast<uint8_t>(to_int64(value)));
    case DType::f16: return put(half_bits(static_cast<float>(value)));
    case DType::bf16: return put(bfloat_bits(static_cast<float>(value)));
  }
}

}  // namespace flambeau
