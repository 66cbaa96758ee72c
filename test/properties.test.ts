/** Random cases on both backends: 5,000 here, as many as FLAMBEAU_PROPERTY_CASES says in a longer run. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKENDS } from './fixtures/backends.ts';
import { PROPERTIES } from './fixtures/properties.ts';

const cases = Number(process.env.FLAMBEAU_PROPERTY_CASES ?? 5000);

test.skipIf(BACKENDS.length < 2).each(PROPERTIES)('$name', ({ share, property }) => {
  // Seeded here so that a failing build can be run again; the long runs look elsewhere each time.
  const seed = process.env.FLAMBEAU_PROPERTY_CASES === undefined ? { seed: 20 } : {};
  const result = fc.check(property as fc.IProperty<unknown>, { numRuns: Math.round(cases * share), ...seed });
  expect(result.failed ? fc.defaultReportMessage(result as fc.RunDetails<unknown>) : null).toBeNull();
}, 3_600_000);
