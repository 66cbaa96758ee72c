/** With FLAMBEAU_TEST_PERTURB=1, before every test file: memory that is read after it was given away shows. */
import { perturb } from '../../src/core/pool.ts';

perturb();
