/** All functions that row expressions may name. */
import * as arithmetic from '../../src/backend/js/math/arithmetic.ts';
import * as bessel from '../../src/backend/js/math/bessel.ts';
import * as erf from '../../src/backend/js/math/erf.ts';
import * as gamma from '../../src/backend/js/math/gamma.ts';

export const math = { ...arithmetic, ...bessel, ...erf, ...gamma };
