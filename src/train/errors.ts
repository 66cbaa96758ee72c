/** A loss that is NaN or infinite: the place in the run where it came. */
export class NonFiniteLossError extends Error {
  override readonly name = 'NonFiniteLossError';
  readonly loss: number;
  /** From 0, as in `trainer.currentEpoch`. */
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;

  constructor(loss: number, epoch: number, batch: number, step: number) {
    super(`fit: the loss is ${Number.isNaN(loss) ? 'NaN' : loss} in epoch ${epoch}, batch ${batch} (step ${step}); lower the learning rate, clip gradients, look with `
      + 'autograd.detectAnomaly, or leave such batches out with nonFiniteLoss: \'skip\'');
    this.loss = loss;
    this.epoch = epoch;
    this.batch = batch;
    this.step = step;
  }
}
