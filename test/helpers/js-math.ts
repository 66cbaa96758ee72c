/** All functions that row expressions may name. */
import * as activation from '../../src/backend/js/math/activation.ts';
import * as arithmetic from '../../src/backend/js/math/arithmetic.ts';
import * as bessel from '../../src/backend/js/math/bessel.ts';
import * as erf from '../../src/backend/js/math/erf.ts';
import * as gamma from '../../src/backend/js/math/gamma.ts';

export const math = { ...activation, ...arithmetic, ...bessel, ...erf, ...gamma };
