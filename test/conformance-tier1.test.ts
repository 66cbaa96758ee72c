/** PyTorch's recorded samples of the operations of tier 1: outputs, gradients, in-place forms and refusals. */
import { testTier } from './fixtures/tier-tests.ts';

testTier(1);
