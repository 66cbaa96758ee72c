/** The activations of matmul's epilogue, by their position in ACTIVATIONS. */
import { erfc } from './math/erf.ts';

export function activate(activation: number, x: number): number {
  switch (activation) {
    case 1: return x > 0 || x !== x ? x : 0;
    case 2: return 1 / (1 + Math.exp(-x));
    case 3: return Math.tanh(x);
    case 4: return 0.5 * x * erfc(-x * Math.SQRT1_2);
    case 5: return x / (1 + Math.exp(-x));
    default: return x;
  }
}
