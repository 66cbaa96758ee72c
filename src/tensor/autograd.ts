/** PyTorch's module `torch.autograd`. */
export { backward, grad, type BackwardCall, type GradCall } from './gradients.ts';
export { detectAnomaly, isAnomalyCheckNanEnabled, isAnomalyEnabled, setDetectAnomaly, type AnomalyOptions } from './anomaly.ts';
export { Context, Function } from './function.ts';
export { gradcheck, gradgradcheck, type GradcheckOptions } from './gradcheck.ts';
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './grad-mode.ts';
