// The elementwise rows: one vector expression per op, over V<T>. Names and order are the contract with
// src/ops/elementwise.ts, whose meanings these are; op_names.h makes the lists of names and knows those of the other families.
//
// ROW(name, types, expression) over `x` (unary) or `a`, `b`, `c`, and the parameters `p0`, `p1`; all are V<T>. An
// expression that gives a Mask makes the op a predicate. T runs over the compute dtypes that `types` names:
//   real: f32 f64    number: f32 f64 i64 i32    same: number and bool    bits: i64 i32 bool
//   whole: i64 i32    math, slow: as real and number, for long expressions, whose loops are not unrolled
// Bools are computed as int32 0 and 1, and stored as `!= 0`. Helpers are in simd/math.h and kernels/row_math.inc.
#pragma once

#define FLAMBEAU_UNARY_ROWS(ROW)                                             \
  ROW(neg, number, -x)                                                       \
  ROW(abs, number, abs(x))                                                   \
  ROW(sign, same, sign(x))                                                   \
  ROW(square, same, x * x)                                                   \
  ROW(sqrt, real, sqrt(x))                                                   \
  ROW(rsqrt, real, T(1) / sqrt(x))                                           \
  ROW(reciprocal, real, T(1) / x)                                            \
  ROW(exp, math, exp(x))                                                     \
  ROW(exp2, math, exp2(x))                                                   \
  ROW(expm1, math, expm1(x))                                                 \
  ROW(log, math, log(x))                                                     \
  ROW(log2, math, log2(x))                                                   \
  ROW(log10, math, log10(x))                                                 \
  ROW(log1p, math, log1p(x))                                                 \
  ROW(sin, math, sin(x))                                                     \
  ROW(cos, math, cos(x))                                                     \
  ROW(tan, math, tan(x))                                                     \
  ROW(asin, math, asin(x))                                                   \
  ROW(acos, math, acos(x))                                                   \
  ROW(atan, math, atan(x))                                                   \
  ROW(sinh, math, sinh(x))                                                   \
  ROW(cosh, math, cosh(x))                                                   \
  ROW(tanh, math, tanh(x))                                                   \
  ROW(asinh, math, asinh(x))                                                 \
  ROW(acosh, math, acosh(x))                                                 \
  ROW(atanh, math, atanh(x))                                                 \
  ROW(erf, math, erf(x))                                                     \
  ROW(erfc, math, erfc(x))                                                   \
  ROW(sigmoid, math, sigmoid(x))                                             \
  ROW(relu, number, select(x <= T(0), V<T>::zero(), x))                      \
  ROW(silu, math, silu(x))                                                   \
  ROW(softplus, math, select(p0 * x > p1, x, softplus(p0 * x) * (T(1) / p0))) \
  ROW(logsigmoid, math, min(x, V<T>::zero()) - log1p_exp(abs(x)))            \
  ROW(mish, math, mish(x))                                                   \
  ROW(gelu, math, gelu(x))                                                   \
  ROW(geluTanh, math, gelu_tanh(x))                                          \
  ROW(floor, number, round_down(x))                                          \
  ROW(ceil, number, round_up(x))                                             \
  ROW(trunc, number, round_to_zero(x))                                       \
  ROW(round, number, round_half_even(x))                                     \
  ROW(isnan, same, x != x)                                                   \
  ROW(isinf, same, is_infinite(x))                                           \
  ROW(isfinite, same, x - x == T(0))                                         \
  ROW(logicalNot, same, x == T(0))                                           \
  ROW(bitwiseNot, bits, ~x)                                                  \
  ROW(clampScalar, number, min(p1, max(p0, x)))                              \
  ROW(leakyRelu, real, select(x > T(0), x, p0 * x))                          \
  ROW(hardtanh, number, min(p1, max(p0, x)))                                 \
  ROW(hardsigmoid, real, min(V<T>(T(6)), max(V<T>::zero(), x + T(3))) * T(0.16666666666666667)) \
  ROW(hardswish, real, x * (min(V<T>(T(6)), max(V<T>::zero(), x + T(3))) * T(0.16666666666666667))) \
  ROW(softshrink, real, x - min(p0, max(-p0, x)))                            \
  ROW(hardshrink, real, select(abs(x) <= p0, V<T>::zero(), x))               \
  ROW(threshold, number, select(x <= p0, p1, x))                             \
  ROW(elu, math, select(x <= T(0), p0 * expm1(p1 * x), x))                   \
  ROW(selu, math, T(kSeluScale) * select(x <= T(0), T(kSeluAlpha) * expm1(x), x)) \
  ROW(frac, real, x - trunc(x))                                              \
  ROW(signbit, same, has_sign(x))                                            \
  ROW(isneginf, same, is_same_infinity(x, -1))                               \
  ROW(isposinf, same, is_same_infinity(x, 1))                                \
  ROW(angle, real, angle(x))                                                 \
  ROW(deg2rad, real, x * T(0.017453292519943295))                            \
  ROW(rad2deg, real, x * T(57.29577951308232))                               \
  ROW(sinc, math, sinc(x))                                                   \
  ROW(logit, math, logit(x))                                                 \
  ROW(entr, math, entropy(x))                                                \
  ROW(erfcx, math, erfcx(x))                                                 \
  ROW(ndtr, math, ndtr(x))                                                   \
  ROW(logNdtr, math, log_ndtr(x))                                            \
  ROW(ndtri, math, ndtri(x))                                                 \
  ROW(erfinv, math, erfinv(x))                                               \
  ROW(lgamma, math, lgamma(x))                                               \
  ROW(digamma, math, digamma(x))                                             \
  ROW(i0, math, i0(x))                                                       \
  ROW(i0e, math, i0e(x))                                                     \
  ROW(i1, math, i1(x))                                                       \
  ROW(i1e, math, i1e(x))

#define FLAMBEAU_BINARY_ROWS(ROW)                                            \
  ROW(add, same, a + b)                                                      \
  ROW(sub, number, a - b)                                                    \
  ROW(mul, same, a * b)                                                      \
  ROW(div, real, a / b)                                                      \
  ROW(addScaled, same, fma(p0, b, a))                                        \
  ROW(floorDivide, slow, floor_divide(a, b))                               \
  ROW(remainder, slow, remainder(a, b))                                    \
  ROW(fmod, slow, fmod(a, b))                                              \
  ROW(pow, slow, power(a, b))                                              \
  ROW(maximum, same, maximum(a, b))                                          \
  ROW(minimum, same, minimum(a, b))                                          \
  ROW(fmax, same, select(b != b, a, max(a, b)))                              \
  ROW(fmin, same, select(b != b, a, min(a, b)))                              \
  ROW(atan2, math, atan2(a, b))                                              \
  ROW(hypot, math, hypot(a, b))                                              \
  ROW(copysign, real, copysign(a, b))                                        \
  ROW(eq, same, a == b)                                                      \
  ROW(ne, same, a != b)                                                      \
  ROW(lt, same, a < b)                                                       \
  ROW(le, same, a <= b)                                                      \
  ROW(gt, same, a > b)                                                       \
  ROW(ge, same, a >= b)                                                      \
  ROW(logicalAnd, same, (a != T(0)) & (b != T(0)))                           \
  ROW(logicalOr, same, (a != T(0)) | (b != T(0)))                            \
  ROW(logicalXor, same, (a != T(0)) ^ (b != T(0)))                           \
  ROW(bitwiseAnd, bits, a & b)                                               \
  ROW(bitwiseOr, bits, a | b)                                                \
  ROW(bitwiseXor, bits, a ^ b)                                               \
  ROW(bitwiseLeftShift, bits, left_shift(a, b))                              \
  ROW(bitwiseRightShift, bits, right_shift(a, b))                            \
  ROW(reluGrad, real, select(b <= T(0), V<T>::zero(), a))                    \
  ROW(sigmoidGrad, real, (a * (T(1) - b)) * b)                               \
  ROW(tanhGrad, real, a * fnma(b, b, V<T>(T(1))))                            \
  ROW(geluGrad, math, a * gelu_slope(b))                                     \
  ROW(siluGrad, math, a * silu_slope(b))                                     \
  ROW(mishGrad, math, a * mish_slope(b))                                     \
  ROW(geluTanhGrad, math, a * gelu_tanh_slope(b))                            \
  ROW(softplusGrad, math, select(p0 * b > p1, a, a * sigmoid(p0 * b)))       \
  ROW(logsigmoidGrad, math, a * sigmoid(-b))                                 \
  ROW(eluGrad, math, select(b <= T(0), a * (p0 * p1 * exp(p1 * b)), a))      \
  ROW(seluGrad, math, a * select(b <= T(0), T(kSeluScale * kSeluAlpha) * exp(b), V<T>(T(kSeluScale)))) \
  ROW(leakyReluGrad, real, select(b > T(0), a, p0 * a))                      \
  ROW(hardsigmoidGrad, real, select_or_zero(abs(b) < T(3), a * T(0.16666666666666667))) \
  ROW(hardswishGrad, real, select(b <= T(-3), V<T>::zero(), select(b < T(3), a * ((b + T(1.5)) * T(0.33333333333333333)), a))) \
  ROW(clampGrad, real, select_or_zero((b >= p0) & (b <= p1), a))             \
  ROW(hardtanhGrad, real, select((b <= p0) | (b >= p1), V<T>::zero(), a))    \
  ROW(shrinkGrad, real, select(abs(b) <= p0, V<T>::zero(), a))               \
  ROW(thresholdGrad, real, select(b <= p0, V<T>::zero(), a))                 \
  ROW(mulScaled, real, p0 * a * b)                                           \
  ROW(glu, math, a * sigmoid(b))                                             \
  ROW(mse, number, (a - b) * (a - b))                                        \
  ROW(l1, number, abs(a - b))                                                \
  ROW(huber, real, huber(a - b, p0) * p1)                                    \
  ROW(bceWithLogits, math, (T(1) - b) * a - (min(a, V<T>::zero()) - log1p_exp(abs(a)))) \
  ROW(heaviside, same, select(a == T(0), b, select_or_zero(a > T(0), V<T>(T(1))))) \
  ROW(nextafter, real, next_after(a, b))                                     \
  ROW(logaddexp, math, logaddexp(a, b))                                      \
  ROW(logaddexp2, math, logaddexp2(a, b))                                    \
  ROW(xlogy, math, guarded_product(a, b, log(b)))                            \
  ROW(xlog1py, math, guarded_product(a, b, log1p(b)))                        \
  ROW(gcd, whole, gcd(a, b))                                                 \
  ROW(lcm, whole, lcm(a, b))

// `where` is not here: it moves whole elements of any of the ten dtypes (kernels/elementwise.inc).
#define FLAMBEAU_TERNARY_ROWS(ROW)                                           \
  ROW(clamp, number, minimum(maximum(a, b), c))                              \
  ROW(lerp, real, select(abs(c) < T(0.5), fma(c, b - a, a), fnma(b - a, T(1) - c, b))) \
  ROW(addcmul, number, fma(p0 * b, c, a))                                      \
  ROW(addcdiv, real, fma(p0, b / c, a))                                      \
  ROW(gluGrad, math, a * b * sigmoid_slope(c))                               \
  ROW(mseGrad, real, p0 * a * (b - c))                                       \
  ROW(l1Grad, real, p0 * a * sign(b - c))                                    \
  ROW(huberGrad, real, p1 * a * min(p0, max(-p0, b - c)))                    \
  ROW(bceWithLogitsGrad, math, a * (sigmoid(b) - c))                         \
  ROW(nanToNum, same, replace_nonfinite(a, b, c, p0))
