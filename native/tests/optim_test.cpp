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
  Guarded<float> step{1, 0}, x{1, 0}, y{1, 0};  // x, y: the other scalars of the state
  std::vector<double> p, a, b, c;  // the reference's parameters and states

  explicit Vectors(int64_t n) : param(n), grad(n), s1(n), s2(n), s3(n), p(n), a(n), b(n), c(n) {}
  void check() const { param.check(), grad.check(), s1.check(), s2.check(), s3.check(), step.check(), x.check(), y.check(); }
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

// One step of an op with the states s1, s2 (as many as it has) and the scalars x, y.
template <class T>
void adaptive_call(const Kernels& kernels, const char* op, int states, int scalars, Guarded<double>& hyper, Vectors<T>& v, int64_t n) {
  Frame f(index_of(op, optim_names), {n});
  f.operand(v.param.data(), {1}).operand(v.grad.data(), {1}).operand(v.s1.data(), {1});
  if (states > 1) f.operand(v.s2.data(), {1});
  if (scalars > 0) f.operand(v.x.data(), {0});
  if (scalars > 1) f.operand(v.y.data(), {0});
  f.operand(v.step.data(), {0}).operand(hyper.data(), {0});
  const float before = v.step[0];
  CHECK(kernels.optim_step(f.call()) == Status::ok);
  CHECK(v.step[0] == before + 1);
}

template <class T>
void adagrad(const Kernels& kernels, int64_t n, double decay, bool maximize) {
  Guarded<double> hyper(6);
  const double values[] = {0.1, 0.5, 1e-2, decay, 0, double(maximize)};
  std::copy(values, values + 6, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) { adaptive_call(kernels, "adagrad", 1, 0, hyper, v, size); },
         [&](Vectors<T>& v, size_t i, int t, double g) {
    g = (maximize ? -g : g) + decay * v.p[i];
    v.a[i] += g * g;
    v.p[i] -= 0.1 / (1 + (t - 1) * 0.5) * g / (std::sqrt(v.a[i]) + 1e-2);
  });
}

template <class T>
void adadelta(const Kernels& kernels, int64_t n, double decay, bool maximize) {
  Guarded<double> hyper(5);
  const double values[] = {0.5, 0.9, 1e-3, decay, double(maximize)};
  std::copy(values, values + 5, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) { adaptive_call(kernels, "adadelta", 2, 0, hyper, v, size); },
         [&](Vectors<T>& v, size_t i, int, double g) {
    g = (maximize ? -g : g) + decay * v.p[i];
    v.a[i] = 0.9 * v.a[i] + (1 - 0.9) * g * g;
    const double delta = std::sqrt(v.b[i] + 1e-3) / std::sqrt(v.a[i] + 1e-3) * g;
    v.b[i] = 0.9 * v.b[i] + (1 - 0.9) * delta * delta;
    v.p[i] -= 0.5 * delta;
  });
}

template <class T>
void adamax(const Kernels& kernels, int64_t n, double decay, bool maximize) {
  Guarded<double> hyper(6);
  const double values[] = {0.02, 0.9, 0.6, 1e-3, decay, double(maximize)};
  std::copy(values, values + 6, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) { adaptive_call(kernels, "adamax", 2, 0, hyper, v, size); },
         [&](Vectors<T>& v, size_t i, int t, double g) {
    g = (maximize ? -g : g) + decay * v.p[i];
    v.a[i] = 0.9 * v.a[i] + (1 - 0.9) * g;
    v.b[i] = std::max(0.6 * v.b[i], std::fabs(g) + 1e-3);
    v.p[i] -= 0.02 / (1 - std::pow(0.9, t)) * v.a[i] / v.b[i];
  });
}

template <class T>
void nadam(const Kernels& kernels, int64_t n, double decay, bool maximize, bool decoupled) {
  Guarded<double> hyper(8);
  const double lr = 0.002, beta1 = 0.9, beta2 = 0.99, eps = 1e-4, momentum_decay = 0.01;
  const double values[] = {lr, beta1, beta2, eps, decay, momentum_decay, double(decoupled), double(maximize)};
  std::copy(values, values + 8, hyper.data());
  const auto mu = [&](int t) { return beta1 * (1 - 0.5 * std::pow(0.96, t * momentum_decay)); };
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    if (v.step[0] == 0) v.x[0] = 1;
    adaptive_call(kernels, "nadam", 2, 1, hyper, v, size);
  }, [&](Vectors<T>& v, size_t i, int t, double g) {
    if (maximize) g = -g;
    if (decoupled) v.p[i] *= 1 - lr * decay;
    else g += decay * v.p[i];
    v.a[i] = beta1 * v.a[i] + (1 - beta1) * g;
    v.b[i] = beta2 * v.b[i] + (1 - beta2) * g * g;
    const double scale = std::sqrt(v.b[i] / (1 - std::pow(beta2, t))) + eps, product = static_cast<double>(v.x[0]);
    v.p[i] -= lr * (1 - mu(t)) / (1 - product) * g / scale + lr * mu(t + 1) / (1 - product * mu(t + 1)) * v.a[i] / scale;
  });
}

template <class T>
void radam(const Kernels& kernels, int64_t n, double beta2, double decay, bool maximize, bool decoupled) {
  Guarded<double> hyper(7);
  const double lr = 0.01, beta1 = 0.9, eps = 1e-4;
  const double values[] = {lr, beta1, beta2, eps, decay, double(maximize), double(decoupled)};
  std::copy(values, values + 7, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) { adaptive_call(kernels, "radam", 2, 0, hyper, v, size); },
         [&](Vectors<T>& v, size_t i, int t, double g) {
    if (maximize) g = -g;
    if (decoupled) v.p[i] *= 1 - lr * decay;
    else g += decay * v.p[i];
    v.a[i] = beta1 * v.a[i] + (1 - beta1) * g;
    v.b[i] = beta2 * v.b[i] + (1 - beta2) * g * g;
    const double power = std::pow(beta2, t), most = 2 / (1 - beta2) - 1, length = most - 2 * t * power / (1 - power);
    double update = lr * v.a[i] / (1 - std::pow(beta1, t));
    if (length > 5) {
      update *= std::sqrt(1 - power) / (std::sqrt(v.b[i]) + eps);
      update *= std::sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length));
    }
    v.p[i] -= update;
  });
}

template <class T>
void rprop(const Kernels& kernels, int64_t n, bool maximize) {
  Guarded<double> hyper(6);
  const double values[] = {0.01, 0.5, 1.2, 0.004, 0.0125, double(maximize)};
  std::copy(values, values + 6, hyper.data());
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    if (v.step[0] == 0) for (int64_t i = 0; i < size; ++i) v.s2[i] = T(0.01);
    adaptive_call(kernels, "rprop", 2, 0, hyper, v, size);
  }, [&](Vectors<T>& v, size_t i, int t, double g) {
    if (maximize) g = -g;
    if (t == 1) v.b[i] = 0.01;
    const double agreement = g * v.a[i];
    v.b[i] = std::min(0.0125, std::max(0.004, v.b[i] * (agreement > 0 ? 1.2 : agreement < 0 ? 0.5 : 1)));
    v.a[i] = agreement < 0 ? 0 : g;
    v.p[i] -= v.a[i] > 0 ? v.b[i] : v.a[i] < 0 ? -v.b[i] : 0;
  });
}

template <class T>
void asgd(const Kernels& kernels, int64_t n, double decay, bool maximize) {
  Guarded<double> hyper(6);
  const double values[] = {0.1, 0.1, 0.75, 1, decay, double(maximize)};
  std::copy(values, values + 6, hyper.data());
  double eta = 0, mu = 0;  // of the step that the reference follows
  run<T>(n, [&](Vectors<T>& v, int64_t size) {
    if (v.step[0] == 0) v.x[0] = 0.1f, v.y[0] = 1;
    eta = static_cast<double>(v.x[0]), mu = static_cast<double>(v.y[0]);
    adaptive_call(kernels, "asgd", 1, 2, hyper, v, size);
    const double step = static_cast<double>(v.step[0]);
    CHECK(close(v.x[0], 0.1 / std::pow(1 + 0.1 * 0.1 * step, 0.75)));
    CHECK(close(v.y[0], 1 / std::max(1.0, step - 1)));
  }, [&](Vectors<T>& v, size_t i, int, double g) {
    g = (maximize ? -g : g) + decay * v.p[i];
    v.p[i] = v.p[i] * (1 - 0.1 * eta) - eta * g;
    v.a[i] = mu == 1 ? v.p[i] : v.a[i] + (v.p[i] - v.a[i]) * mu;
    CHECK(close(v.s1[static_cast<int64_t>(i)], v.a[i]));
  });
}

template <class T>
void run_all(const Kernels& kernels) {
  for (int64_t n : {0, 1, 3, 8, 15, 16, 17, 100, 20001}) {
    for (bool maximize : {false, true}) {
      for (double decay : {0.0, 0.1}) {
        adagrad<T>(kernels, n, decay, maximize);
        adadelta<T>(kernels, n, decay, maximize);
        adamax<T>(kernels, n, decay, maximize);
        rprop<T>(kernels, n, maximize);
        asgd<T>(kernels, n, decay, maximize);
        for (bool decoupled : {false, true}) {
          nadam<T>(kernels, n, decay, maximize, decoupled);
          radam<T>(kernels, n, 0.999, decay, maximize, decoupled);
          radam<T>(kernels, n, 0.8, decay, maximize, decoupled);
        }
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
