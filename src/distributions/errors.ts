/** What a distribution does not have: a `cdf`, an `rsample`, a KL divergence from another family. */
export class NotImplementedError extends Error {
  override readonly name = 'NotImplementedError';
}
