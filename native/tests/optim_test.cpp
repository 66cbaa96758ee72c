// optim_step against PyTorch's single-tensor formulas in float64, over several steps, on every ISA build: every option,
// lengths around the vector width, absent state.
#include <algorithm>
#include <type_traits>

#include "../op_names.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

constexpr int kSteps = 4;

template <class T>
struct Vectors {
  Guarded<T> param, grad, s1, s2, s3;
  Guarded<float> step{1, 0};
  std::vector<double> p, a, b, c;  // the reference's parameters and states

  explicit Vectors(int64_t n) : param(n), grad(n), s1(n), s2(n), s3(n), p(n), a(n), b(n), c(n) {}
  void check() const { param.check(), grad.check(), s1.check(), s2.check(), s3.check(), step.check(); }
};

template <class T>
bool close(T got, double want) {
  return std::fabs(static_cast<double>(got) - want) <= (std::is_same_v<T, float> ? 2e-6 : 1e-13) * (1 + std::fabs(want));
}

// step_call(v) runs one step; reference(v, i, t, g) updates the reference's element i in step t.
template <class T, class StepCall, class Reference>
void run(int64_t n, StepCall step_call, Reference reference) {
  Vectors<T> v(n);
  Numbers numbers;
  for (int64_t i = 0; i < n; ++i) {
    v.param[i] = static_cast<T>(numbers.uniform(-1, 1));
    v.p[static_cast<size_t>(i)] = static_cast<double>(v.param[i]);
    // Not read before the first step has written it.
    v.s1[i] = v.s2[i] = v.s3[i] = T(0);
  }
  for (int t = 1; t <= kSteps; ++t) {
    for (int64_t i = 0; i < n; ++i) v.grad[i] = static_cast<T>(numbers.uniform(-1, 1));
    step_call(v, n);
    for (int64_t i = 0; i < n; ++i) {
      reference(v, static_cast<size_t>(i), t, static_cast<double>(v.grad[i]));
      CHECK(close(v.param[i], v.p[static_cast<size_t>(i)]));
    }
    v.check();
  }
}

template <class T>
void sgd(const Kernels& kernels, int64_t n, double momentum, double dampening, double decay, bool nesterov, bool maximize) {
  Guarded<double> hyper(6);
  const double values[] = {0.1, momentum, dampening, decay, double(nesterov), double(maximize)};
  std::copy(values, values + 6, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    Frame f(index_of("sgd", optim_names), {size});
    f.operand(v.param.data(), {1}).operand(v.grad.data(), {1});
    if (momentum != 0) f.operand(v.s1.data(), {1}).operand(v.step.data(), {0});
    else f.absent().absent();
    f.operand(hyper.data(), {0});
    CHECK(kernels.optim_step(f.call()) == Status::ok);
    CHECK(momentum == 0 || v.step[0] > 0);
  }, [&](Vectors<T>& v, size_t i, int t, double g) {
    if (maximize) g = -g;
    g += decay * v.p[i];
    if (momentum != 0) {
      v.a[i] = t == 1 ? g : momentum * v.a[i] + (1 - dampening) * g;
      g = nesterov ? g + momentum * v.a[i] : v.a[i];
    }
    v.p[i] -= 0.1 * g;
  });
}

template <class T>
void adam(const Kernels& kernels, int64_t n, double beta1, double decay, bool amsgrad, bool maximize, bool decoupled) {
  Guarded<double> hyper(8);
  const double beta2 = 0.99, lr = 0.01, eps = 1e-8;
  const double values[] = {lr, beta1, beta2, eps, decay, double(amsgrad), double(maximize), double(decoupled)};
  std::copy(values, values + 8, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    const float before = v.step[0];
    Frame f(index_of("adam", optim_names), {size});
    f.operand(v.param.data(), {1}).operand(v.grad.data(), {1}).operand(v.s1.data(), {1}).operand(v.s2.data(), {1});
    if (amsgrad) f.operand(v.s3.data(), {1});
    else f.absent();
    f.operand(v.step.data(), {0}).operand(hyper.data(), {0});
    CHECK(kernels.optim_step(f.call()) == Status::ok);
    CHECK(v.step[0] == before + 1);
  }, [&](Vectors<T>& v, size_t i, int t, double g) {
    if (maximize) g = -g;
    if (decoupled) v.p[i] *= 1 - lr * decay;
    else g += decay * v.p[i];
    v.a[i] = beta1 * v.a[i] + (1 - beta1) * g;
    v.b[i] = beta2 * v.b[i] + (1 - beta2) * g * g;
    v.c[i] = amsgrad ? std::max(v.c[i], v.b[i]) : v.b[i];
    const double denominator = std::sqrt(v.c[i]) / std::sqrt(1 - std::pow(beta2, t)) + eps;
    v.p[i] -= lr / (1 - std::pow(beta1, t)) * v.a[i] / denominator;
  });
}

template <class T>
void rmsprop(const Kernels& kernels, int64_t n, double alpha, double decay, double momentum, bool centered, bool maximize) {
  Guarded<double> hyper(7);
  const double lr = 0.01, eps = 1e-3;
  const double values[] = {lr, alpha, eps, decay, momentum, double(centered), double(maximize)};
  std::copy(values, values + 7, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    Frame f(index_of("rmsprop", optim_names), {size});
    f.operand(v.param.data(), {1}).operand(v.grad.data(), {1}).operand(v.s1.data(), {1});
    if (momentum != 0) f.operand(v.s2.data(), {1});
    else f.absent();
    if (centered) f.operand(v.s3.data(), {1});
    else f.absent();
    f.operand(v.step.data(), {0}).operand(hyper.data(), {0});
    CHECK(kernels.optim_step(f.call()) == Status::ok);
  }, [&](Vectors<T>& v, size_t i, int, double g) {
    if (maximize) g = -g;
    g += decay * v.p[i];
    v.a[i] = alpha * v.a[i] + (1 - alpha) * g * g;
    double radicand = v.a[i];
    if (centered) {
      v.c[i] += (1 - alpha) * (g - v.c[i]);
      radicand -= v.c[i] * v.c[i];
    }
    const double scale = std::sqrt(radicand) + eps;
    if (momentum > 0) {
      v.b[i] = momentum * v.b[i] + g / scale;
      v.p[i] -= lr * v.b[i];
    } else {
      v.p[i] -= lr * g / scale;
    }
  });
}

template <class T>
void run_all(const Kernels& kernels) {
  for (int64_t n : {0, 1, 3, 8, 15, 16, 17, 100, 20001}) {
    for (bool maximize : {false, true}) {
      for (double decay : {0.0, 0.1}) {
        sgd<T>(kernels, n, 0, 0, decay, false, maximize);
        sgd<T>(kernels, n, 0.9, 0, decay, false, maximize);
        sgd<T>(kernels, n, 0.9, 0.3, decay, false, maximize);
        sgd<T>(kernels, n, 0.9, 0, decay, true, maximize);
        for (bool flag : {false, true}) {
          adam<T>(kernels, n, 0.9, decay, flag, maximize, false);
          adam<T>(kernels, n, 0.3, decay, flag, maximize, true);
          rmsprop<T>(kernels, n, 0.99, decay, 0, flag, maximize);
          rmsprop<T>(kernels, n, 0.4, decay, 0.9, flag, maximize);
        }
      }
    }
  }
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    run_all<float>(*kernels);
    run_all<double>(*kernels);
    std::printf("optim %s: ok\n", kernels->isa);
  }
}
