/** PyTorch's module `torch.func`: transforms of functions, which nest in any order. */
export { grad, gradAndValue, valueAndGrad, jvp, linearize, vjp, type Argnums, type GradOptions } from './derivatives.ts';
export { hessian, jacfwd, jacrev } from './jacobians.ts';
export { functionalCall, stackModuleState, type FunctionalCallOptions, type ModuleState } from './modules.ts';
export { vmap, type VmapDims, type VmapOptions } from './vmap.ts';
