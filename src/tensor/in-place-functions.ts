/** The in-place methods as functions, where PyTorch has them: `exp_(x)` is `x.exp_()`. */
import { functional } from './functional-form.ts';

export const {
  abs_, acos_, acosh_, addmv_, arccos_, arccosh_, arcsin_, arcsinh_, arctan_, arctanh_, asStrided_, asin_, asinh_, atan_, atanh_, ceil_, clamp_, clampMax_, clampMin_,
  clip_, conjPhysical_, cos_, cosh_, deg2rad_, detach_, erf_, erfc_, exp2_, exp_, expm1_, fill_, fix_, floor_, frac_, gcd_, i0_, indexPut_, lcm_, ldexp_, log10_, log1p_, log2_,
  log_, logit_, nanToNum_, neg_, negative_, rad2deg_, reciprocal_, relu_, round_, rsqrt_, sigmoid_, sin_, sinc_, sinh_, sqrt_, square_, tan_, tanh_, trunc_, xlogy_, zero_,
} = functional([
  'abs_', 'acos_', 'acosh_', 'addmv_', 'arccos_', 'arccosh_', 'arcsin_', 'arcsinh_', 'arctan_', 'arctanh_', 'asStrided_', 'asin_', 'asinh_', 'atan_', 'atanh_', 'ceil_', 'clamp_', 'clampMax_', 'clampMin_',
  'clip_', 'conjPhysical_', 'cos_', 'cosh_', 'deg2rad_', 'detach_', 'erf_', 'erfc_', 'exp2_', 'exp_', 'expm1_', 'fill_', 'fix_', 'floor_', 'frac_', 'gcd_', 'i0_', 'indexPut_', 'lcm_', 'ldexp_', 'log10_', 'log1p_', 'log2_',
  'log_', 'logit_', 'nanToNum_', 'neg_', 'negative_', 'rad2deg_', 'reciprocal_', 'relu_', 'round_', 'rsqrt_', 'sigmoid_', 'sin_', 'sinc_', 'sinh_', 'sqrt_', 'square_', 'tan_', 'tanh_', 'trunc_', 'xlogy_', 'zero_',
]);
