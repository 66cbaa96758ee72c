/** What becomes of the memory of dropped results: the pool alone, told by the test what was collected. */
import { beforeAll, expect, test } from 'vitest';
import { graphReleased, pooled, setWatcher } from '../src/core/pool.ts';

const MB = 2 ** 20;
let watched = 0;
const collected: number[] = [];

beforeAll(() => setWatcher({
  watch: () => watched++,
  collected(numbers) {
    const found = collected.splice(0, numbers.length);
    numbers.set(found);
    return found.length;
  },
}));

/** Takes `count` buffers of a size and drops them all; returns how many had to be made. */
function use(count: number, capacity: number): number {
  let made = 0;
  const first = watched;
  for (let i = 0; i < count; i++) {
    pooled(capacity, () => {
      made++;
      return { bytes: new Uint8Array(8), start: 0 };
    });
  }
  for (let number = first; number < watched; number++) collected.push(number);
  graphReleased();
  return made;
}

test('buffers of a new size are used again, however many of other sizes were dropped', () => {
  expect(use(20, 8 * MB)).toBe(20);
  expect(use(30, MB / 2)).toBe(30);
  expect(use(30, MB / 2)).toBe(0);
});

test('the size that was wanted last stays longest', () => {
  use(12, 8 * MB);
  use(12, 4 * MB);
  expect(use(12, 4 * MB)).toBe(0);
  expect(use(12, 8 * MB)).toBeGreaterThan(0);
});

test('a buffer larger than all that is kept takes the place of none', () => {
  use(8, 2 * MB);
  expect(use(1, 160 * MB)).toBe(1);
  expect(use(8, 2 * MB)).toBe(0);
  expect(use(1, 160 * MB)).toBe(1);
});
