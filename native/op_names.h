// Names of the ops of every family, in the order of their codes, and the dtype each op gives.
#pragma once
#include <cstdint>

#include "ops.h"

namespace flambeau {

enum class ResultRule : uint8_t {
  same,     // the inputs' dtype
  boolean,
  int64,
  wide,     // int64 for integers and bools, else the inputs' dtype
};

constexpr bool same_name(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

template <int N>
constexpr bool is_one_of(const char* name, const char* const (&names)[N]) {
  for (const char* candidate : names)
    if (same_name(candidate, name)) return true;
  return false;
}

template <int N>
constexpr int index_of(const char* name, const char* const (&names)[N]) {
  for (int i = 0; i < N; ++i)
    if (same_name(names[i], name)) return i;
  return -1;
}

template <int N>
struct ResultRules {
  ResultRule rule[N];
  constexpr ResultRule operator[](int op) const { return rule[op]; }
};

template <int N, int M>
constexpr ResultRules<N> boolean_if_named(const char* const (&names)[N], const char* const (&predicates)[M]) {
  ResultRules<N> rules{};
  for (int i = 0; i < N; ++i)
    rules.rule[i] = is_one_of(names[i], predicates) ? ResultRule::boolean : ResultRule::same;
  return rules;
}

#define FLAMBEAU_NAME(name, types, expression) #name,
constexpr const char* unary_names[] = {FLAMBEAU_UNARY_ROWS(FLAMBEAU_NAME)};
constexpr const char* binary_names[] = {FLAMBEAU_BINARY_ROWS(FLAMBEAU_NAME)};
constexpr const char* ternary_names[] = {"where", FLAMBEAU_TERNARY_ROWS(FLAMBEAU_NAME)};
#undef FLAMBEAU_NAME

constexpr const char* reduce_names[] = {"sum", "mean", "prod", "amax", "amin", "any", "all", "sumSquares", "sumAbs",
                                        "countNonzero", "var", "std"};
constexpr const char* arg_reduce_names[] = {"argmax", "argmin"};
constexpr const char* scan_names[] = {"cumsum", "cumprod", "logcumsumexp"};
constexpr const char* sort_names[] = {"ascending", "descending"};
constexpr const char* norm_names[] = {"standard", "rootMeanSquare"};
constexpr const char* select_names[] = {"smallest", "largest", "kth", "median", "nanmedian"};
constexpr const char* arg_scan_names[] = {"cummax", "cummin"};
constexpr const char* search_names[] = {"left", "right"};
constexpr const char* scatter_names[] = {"set", "add", "mul", "amax", "amin"};
constexpr const char* softmax_names[] = {"softmax", "logSoftmax", "logSumExp"};
constexpr int kLogSumExp = 2;  // softmax_grad has those before it
constexpr const char* recurrence_names[] = {"lstm", "gru", "tanh", "relu"};
constexpr const char* conv_names[] = {"forward", "inputGrad", "weightGrad"};
constexpr const char* pool_names[] = {"max", "avg", "avgGrad"};
constexpr const char* taps_names[] = {"read", "spread", "weigh"};
constexpr const char* triangular_names[] = {"lower", "upper"};
constexpr const char* factor_names[] = {"cholesky", "lu", "solve", "inverse"};
constexpr const char* orthogonal_names[] = {"qr", "columns", "eigh", "svd"};
constexpr const char* random_names[] = {"uniform", "normal", "bernoulli", "randint", "exponential", "randperm"};
constexpr const char* optim_names[] = {"sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "rprop", "asgd"};
constexpr const char* activation_names[] = {"none", "relu", "sigmoid", "tanh", "gelu", "silu"};

template <int N>
constexpr int count_of(const char* const (&)[N]) {
  return N;
}
constexpr int unary_count = count_of(unary_names), binary_count = count_of(binary_names),
              ternary_count = count_of(ternary_names), reduce_count = count_of(reduce_names),
              arg_reduce_count = count_of(arg_reduce_names), scan_count = count_of(scan_names),
              sort_count = count_of(sort_names), select_count = count_of(select_names), norm_count = count_of(norm_names),
              arg_scan_count = count_of(arg_scan_names), search_count = count_of(search_names),
              scatter_count = count_of(scatter_names), softmax_count = count_of(softmax_names),
              conv_count = count_of(conv_names), recurrence_count = count_of(recurrence_names), pool_count = count_of(pool_names),
              taps_count = count_of(taps_names), triangular_count = count_of(triangular_names), factor_count = count_of(factor_names),
              orthogonal_count = count_of(orthogonal_names),
              random_count = count_of(random_names), optim_count = count_of(optim_names),
              activation_count = count_of(activation_names);

constexpr int kWhere = index_of("where", ternary_names);
constexpr int kSelectKth = index_of("kth", select_names);
constexpr int kConvForward = index_of("forward", conv_names), kConvInputGrad = index_of("inputGrad", conv_names),
              kConvWeightGrad = index_of("weightGrad", conv_names);
constexpr int kRecurrenceLstm = index_of("lstm", recurrence_names), kRecurrenceGru = index_of("gru", recurrence_names);
constexpr int kNormRootMeanSquare = index_of("rootMeanSquare", norm_names);
constexpr int kPoolMax = index_of("max", pool_names), kPoolAvgGrad = index_of("avgGrad", pool_names);
constexpr int kTapsRead = index_of("read", taps_names), kTapsSpread = index_of("spread", taps_names);
constexpr int kFactorCholesky = index_of("cholesky", factor_names), kFactorLu = index_of("lu", factor_names),
              kFactorSolve = index_of("solve", factor_names), kFactorInverse = index_of("inverse", factor_names);
constexpr int kOrthogonalQr = index_of("qr", orthogonal_names), kOrthogonalColumns = index_of("columns", orthogonal_names),
              kOrthogonalEigh = index_of("eigh", orthogonal_names), kOrthogonalSvd = index_of("svd", orthogonal_names);
constexpr int kRandint = index_of("randint", random_names);

constexpr const char* unary_predicates[] = {"isnan", "isinf", "isfinite", "logicalNot", "signbit", "isneginf", "isposinf"};
constexpr const char* binary_predicates[] = {"eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr", "logicalXor"};
constexpr auto unary_result = boolean_if_named(unary_names, unary_predicates);
constexpr auto binary_result = boolean_if_named(binary_names, binary_predicates);

constexpr const char* widening_reductions[] = {"sum", "prod"};
constexpr const char* boolean_reductions[] = {"any", "all"};
constexpr ResultRules<reduce_count> reduce_rules() {
  ResultRules<reduce_count> rules{};
  for (int i = 0; i < reduce_count; ++i) {
    const char* name = reduce_names[i];
    rules.rule[i] = is_one_of(name, widening_reductions)    ? ResultRule::wide
                    : is_one_of(name, boolean_reductions)   ? ResultRule::boolean
                    : same_name(name, "countNonzero")       ? ResultRule::int64
                                                            : ResultRule::same;
  }
  return rules;
}
constexpr auto reduce_result = reduce_rules();

// Reductions without an identity element.
constexpr const char* extremes[] = {"amax", "amin"};
struct ReduceFlags {
  bool flag[reduce_count];
  constexpr bool operator[](int op) const { return flag[op]; }
};
constexpr ReduceFlags flag_extremes() {
  ReduceFlags flags{};
  for (int i = 0; i < reduce_count; ++i) flags.flag[i] = is_one_of(reduce_names[i], extremes);
  return flags;
}
constexpr auto reduce_needs_elements = flag_extremes();

}  // namespace flambeau
