/** Before any test: the js backend's generated loops are those of the current rows. */
import { generateJsKernels } from '../../scripts/generate-js-kernels.mjs';

export default generateJsKernels;
