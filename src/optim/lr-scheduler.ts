/**
 * `optim.lrScheduler`: learning rates that follow the epochs. A schedule writes `group.lr`, which is memory that the
 * update kernel reads. The formulas are PyTorch's recursive ones, so that schedules acting on one optimizer compose.
 */
export { LRScheduler, type Schedulable } from './lr-scheduler/scheduler.ts';
export { ConstantLR, ExponentialLR, LambdaLR, LinearLR, MultiplicativeLR, MultiStepLR, PolynomialLR, StepLR } from './lr-scheduler/decay.ts';
export { CosineAnnealingLR, CosineAnnealingWarmRestarts } from './lr-scheduler/cosine.ts';
export { CyclicLR, OneCycleLR } from './lr-scheduler/cyclic.ts';
export { ReduceLROnPlateau } from './lr-scheduler/plateau.ts';
export { ChainedScheduler, SequentialLR } from './lr-scheduler/composed.ts';
