/** `optim`: optimizers and learning rate schedules. */
export { Optimizer, type Group, type GroupOptions, type ParamState, type Params } from './optimizer.ts';
export { ParamGroup } from './group.ts';
export type { OptimizerStateDict } from './state-dict.ts';
export { SGD, type SGDHyper, type SGDOptions } from './sgd.ts';
export { Adam, AdamW, type AdamHyper, type AdamOptions } from './adam.ts';
export { RMSprop, type RMSpropHyper, type RMSpropOptions } from './rmsprop.ts';
export * as lrScheduler from './lr-scheduler.ts';
