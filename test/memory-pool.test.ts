/** What becomes of the memory of dropped results. */
import * as torch from 'flambeau';
import { expect, test, vi } from 'vitest';

/** New buffers while `run` goes, of at least `bytes`. */
function buffersMade(bytes: number, run: () => void): number {
  const made = vi.spyOn(Buffer, 'allocUnsafeSlow');
  try {
    run();
    return made.mock.calls.filter(([size]) => size >= bytes).length;
  } finally {
    made.mockRestore();
  }
}

test('results of a new size are written to memory used before, however much of other sizes was dropped', () => {
  torch.withBackend('native', () => {
    // More than the pool keeps, in two sizes, all dropped at once.
    for (const size of [2_000_000, 1_100_000]) {
      const held = Array.from({ length: 20 }, () => torch.zeros(size));
      expect(held).toHaveLength(20);
    }
    const x = torch.ones(20_000);
    const repeat = (times: number): void => {
      for (let i = 0; i < times; i++) x.neg();
    };
    repeat(400);
    // 1,200 results, four to a buffer.
    expect(buffersMade(80_000, () => repeat(1200))).toBeLessThan(60);
  });
});
