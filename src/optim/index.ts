/** `optim`: optimizers and learning rate schedules. The namespace that users see adds `swaUtils` (src/optim.ts). */
export { Optimizer, type Group, type GroupOptions, type ParamState, type Params } from './optimizer.ts';
export { ParamGroup, type ScheduleFields } from './group.ts';
export type { OptimizerStateDict, StateValue } from './state-dict.ts';
export { SGD, type SGDHyper, type SGDOptions } from './sgd.ts';
export { Adam, AdamW, type AdamHyper, type AdamOptions } from './adam.ts';
export { RMSprop, type RMSpropHyper, type RMSpropOptions } from './rmsprop.ts';
export { Adagrad, type AdagradHyper, type AdagradOptions } from './adagrad.ts';
export { Adadelta, type AdadeltaHyper, type AdadeltaOptions } from './adadelta.ts';
export { Adamax, type AdamaxHyper, type AdamaxOptions } from './adamax.ts';
export { NAdam, type NAdamHyper, type NAdamOptions } from './nadam.ts';
export { RAdam, type RAdamHyper, type RAdamOptions } from './radam.ts';
export { Rprop, type RpropHyper, type RpropOptions } from './rprop.ts';
export { ASGD, type ASGDHyper, type ASGDOptions } from './asgd.ts';
export { Adafactor, type AdafactorHyper, type AdafactorOptions } from './adafactor.ts';
export { Muon, type MuonAdjustment, type MuonHyper, type MuonOptions } from './muon.ts';
export { LBFGS, type LBFGSHyper, type LBFGSOptions } from './lbfgs.ts';
export * as lrScheduler from './lr-scheduler.ts';
