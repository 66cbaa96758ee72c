/**
 * Operations whose arithmetic runs in TypeScript on both backends, by name, with the reason: rare ones, for which a native
 * kernel would be much code for little time saved. `backendInfo().typescript` lists them.
 */
import { BINARY, TERNARY, UNARY, type Row } from './elementwise.ts';

const DECOMPOSITION = 'a factorisation in float64';
const SEQUENCE = 'a recurrence over time and labels of varying lengths';
const DRAWS = "as many draws per element as its sampler needs; the generator is PyTorch's";
const CALLBACK = 'calls a JavaScript function per element';
const BITS = 'works on the bits of single numbers';

const rows = Object.entries<Row>({ ...UNARY, ...BINARY, ...TERNARY }).flatMap(([name, { native, reason = '' }]) => (native === false ? [[name, reason] as const] : []));

export const IN_TYPESCRIPT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(rows),
  'linalg.eig': DECOMPOSITION,
  'linalg.eigvals': DECOMPOSITION,
  ctcLoss: SEQUENCE,
  poisson: DRAWS,
  binomial: DRAWS,
  apply_: CALLBACK,
  map_: CALLBACK,
  frexp: BITS,
  nextafter: BITS,
  unique: 'slices along a dim are ordered in TypeScript; elements by the native sort',
  fractionalMaxPool2d: 'the places of the windows; elements are gathered natively',
  fractionalMaxPool3d: 'the places of the windows; elements are gathered natively',
};
