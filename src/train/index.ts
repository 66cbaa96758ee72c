/** `flambeau/train`: what a training loop has around it: progress, metrics, callbacks, logs, and a Trainer for those who want one. */
export * as metrics from './metrics/index.ts';
export { SummaryWriter, type PngFigure, type SummaryWriterOptions } from './tensorboard/writer.ts';
export { readEvents, type EventValue, type ReadEventsOptions, type TensorBoardEvent } from './tensorboard/reader.ts';
export type { EncodedImage, EventHead, Histogram } from './tensorboard/events.ts';
export type { Bins } from './tensorboard/histogram.ts';
export type { HParam } from './tensorboard/hparams.ts';
export { FileFormatError } from '../io/errors.ts';
export { ProgressBar, tqdm, trange, type Postfix, type TqdmOptions } from './progress/tqdm.ts';
export type { BarStream } from './progress/screen.ts';
