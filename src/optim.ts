/** `optim` as users see it. It stands outside of the folder because averaged models are modules, and optimizers do not import nn. */
export * from './optim/index.ts';
export * as swaUtils from './swa-utils.ts';
