/** `flambeau/train`: what a training loop has around it: progress, metrics, callbacks, logs, and a Trainer for those who want one. */
export * as metrics from './metrics/index.ts';
