/**
 * Derivatives of gamma and Dirichlet samples to their concentrations: -(dF/da) / f, by the approximations of PyTorch's
 * aten/src/ATen/native/Distributions.h (`standard_gamma_grad_one`, `dirichlet_grad_one`).
 */
type Row4 = readonly [number, number, number, number];

function digamma(x: number): number {
  if (x === 0) return Infinity;
  let result = 0;
  for (; x < 10; x++) result -= 1 / x;
  const z = 1 / (x * x);
  const series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760 - z / 12))))));
  return result + Math.log(x) - 0.5 / x - series;
}

const orZero = (x: number): number => (Number.isNaN(x) ? 0 : x);
const cubic = (c: Row4, x: number): number => c[0] + x * (c[1] + x * (c[2] + x * c[3]));

/** A Taylor series in x. */
function smallGamma(a: number, x: number): number {
  let numerator = 1, denominator = a, series1 = 1 / a, series2 = 1 / (a * a);
  for (let i = 1; i <= 5; i++) {
    numerator *= -x / i;
    denominator += 1;
    series1 += numerator / denominator;
    series2 += numerator / (denominator * denominator);
  }
  const power = x ** a, density = x ** (a - 1) * Math.exp(-x);
  return orZero(-((Math.log(x) - digamma(a)) * power * series1 - power * series2) / density);
}

/** Rice's saddle point expansion for large concentrations. */
function largeGamma(a: number, x: number): number {
  if (0.9 * a <= x && x <= 1.1 * a) {
    const first = 1 + 24 * a * (1 + 12 * a);
    const second = 1440 * a * a + 6 * x * (53 - 120 * x) - 65 * x * x / a + a * (107 + 3600 * x);
    return first * second / (1244160 * a * a * a * a);
  }
  const root = Math.sqrt(8 * a), term2 = root / (a - x), term3 = (x - a - a * Math.log(x / a)) ** -1.5;
  const term1 = Math.log(x / a) * (x < a ? term2 - term3 : term2 + term3) - Math.sqrt(2 / a) * (a + x) / ((a - x) * (a - x));
  const stirling = 1 + 1 / (12 * a) * (1 + 1 / (24 * a));
  return -stirling * x * term1 / root;
}

const GAMMA_UV = [
  [0.16009398, -0.094634809, 0.025146376, -0.0030648343, 1, 0.32668115, 0.10406089, 0.0014179084],
  [0.53487893, 0.1298071, 0.065735949, -0.0015649758, 0.16639465, 0.020070113, -0.0035938915, -0.00058392623],
  [0.040121004, -0.0065914022, -0.0026286047, -0.0013441777, 0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-7],
] as const;

/** d sample / d concentration of a standard gamma sample x. */
export function gammaGradient(a: number, x: number): number {
  if (x < 0.8) return smallGamma(a, x);
  if (a > 8) return largeGamma(a, x);
  const u = Math.log(x / a), v = Math.log(a);
  const c = GAMMA_UV[0].map((c0, i) => c0 + u * (GAMMA_UV[1][i] + u * GAMMA_UV[2][i]));
  return Math.exp(cubic(c.slice(0, 4) as unknown as Row4, v) / cubic(c.slice(4) as unknown as Row4, v));
}

/** Of a Beta(a, b) sample x near 0, to a. */
function betaFirst(x: number, a: number, b: number): number {
  const factor = digamma(a) - digamma(a + b) - Math.log(x);
  let numerator = 1, series = 1 / a * (factor + 1 / a);
  for (let i = 1; i <= 10; i++) {
    numerator *= (i - b) * x / i;
    series += numerator / (a + i) * (factor + 1 / (a + i));
  }
  return orZero(x * (1 - x) ** -b * series);
}

/** Of a Beta(a, b) sample x near 0, to b. */
function betaSecond(x: number, a: number, b: number): number {
  const factor = digamma(a + b) - digamma(b);
  let numerator = 1, betas = 1, derivatives = 0, series = factor / a;
  for (let i = 1; i <= 8; i++) {
    numerator *= -x / i;
    derivatives = derivatives * (b - i) + betas;
    betas *= b - i;
    series += numerator / (a + i) * (derivatives + factor * betas);
  }
  return orZero(-((1 - x) ** (1 - b)) * series);
}

/** Of a Beta(a, b) sample with both large: Rice's saddle point expansion. */
function betaMiddle(x: number, a: number, b: number): number {
  const total = a + b, mean = a / total, deviation = Math.sqrt(a * b / (total + 1)) / total;
  if (mean - 0.1 * deviation <= x && x <= mean + 0.1 * deviation) {
    const polynomial = 47 * x * b ** 4 + a * ((43 + 20 * (16 + 27 * b) * x) * b ** 3 + a * (3 * (59 + 180 * b - 90 * x) * b * b
      + a * ((453 + 1620 * b * (1 - x) - 455 * x) * b + a * (8 * (1 - x) * (135 * b - 11)))));
    const factor = (1 + 12 * a) * (1 + 12 * b) / (total * total);
    return factor / (1 - x) * polynomial / (12960 * a * a * a * b * b * (1 + 12 * total));
  }
  const prefactor = -x / Math.sqrt(2 * a * b / total);
  const correction = (n: number): number => 1 + 1 / (12 * n) + 1 / (288 * n * n);
  const stirling = correction(a) * correction(b) / correction(total);
  const axbx = a * (x - 1) + b * x;
  const term1 = (2 * a * a * (x - 1) + a * b * (x - 1) - x * b * b) / (Math.sqrt(2 * a / b) * total ** 1.5 * axbx * axbx);
  const term2 = 0.5 * Math.log(a / (total * x)), term3 = Math.sqrt(8 * a * b / total) / axbx;
  const term4 = (b * Math.log(b / (total * (1 - x))) + a * Math.log(a / (total * x))) ** -1.5;
  return stirling * prefactor * (term1 + term2 * (term3 + (x < mean ? term4 : -term4)));
}

const RATIONAL: readonly (readonly (readonly Row4[])[])[] = [
  [
    [[1.003668233, -0.01061107488, -0.0657888334, 0.01201642863], [0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033], [-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013]],
    [[0.221950385, -0.3187676331, 0.01799915743, 0.01074823814], [-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057], [0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05]],
    [[-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565], [0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181], [0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05]],
  ],
  [
    [[1, -0.02924021934, -0.04438342661, 0.007285809825], [0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521], [-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149]],
    [[0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273], [0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956], [-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05]],
    [[0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05], [0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05], [-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06]],
  ],
];

/** d sample / d concentration of one part x of a Dirichlet sample, divided by 1 - x; `total` is the sum of the concentrations. */
export function dirichletGradient(x: number, a: number, total: number): number {
  const b = total - a, boundary = total * x * (1 - x);
  if (x <= 0.5 && boundary < 2.5) return betaFirst(x, a, b);
  if (x >= 0.5 && boundary < 0.75) return -betaSecond(1 - x, b, a);
  if (a > 6 && b > 6) return betaMiddle(x, a, b);
  const u = Math.log(x), ratio = Math.log(a) - u, rest = Math.log(total) - ratio;
  const [p, q] = RATIONAL.map((table) => table.reduce((sum, rows, i) => sum + rows.reduce((part, row, j) => part + u ** i * ratio ** j * cubic(row, rest), 0), 0));
  return p / q * (x * (digamma(total) - digamma(a)) / b);
}
