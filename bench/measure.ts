/**
 * Interleaved timing: the contenders of a case take turns, sample by sample, and the medians are compared. On a shared
 * machine only ratios within one run mean anything.
 */
export interface Contender {
  readonly name: string;
  /** Runs the case `iterations` times and returns nanoseconds per iteration. */
  sample(iterations: number): number | Promise<number>;
}

export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Budget {
  /** Length of one sample. */
  readonly sampleMilliseconds: number;
  readonly samples: number;
}

function summarise(values: number[]): Timing {
  values.sort((a, b) => a - b);
  return { median: values[values.length >> 1], min: values[0], max: values[values.length - 1] };
}

/** Iterations that fill a sample, found by doubling; also warms the contender up. */
async function calibrate(contender: Contender, milliseconds: number): Promise<number> {
  let iterations = 1;
  for (;;) {
    const total = (await contender.sample(iterations)) * iterations;
    if (total >= milliseconds * 5e5) return Math.max(1, Math.round((iterations * milliseconds * 1e6) / total));
    iterations *= total < milliseconds * 1e5 ? 4 : 2;
  }
}

export async function race(contenders: readonly Contender[], budget: Budget): Promise<Timing[]> {
  const iterations: number[] = [];
  for (const contender of contenders) iterations.push(await calibrate(contender, budget.sampleMilliseconds));
  const times: number[][] = contenders.map(() => []);
  for (let s = 0; s < budget.samples; s++) {
    for (let i = 0; i < contenders.length; i++) times[i].push(await contenders[i].sample(iterations[i]));
  }
  return times.map(summarise);
}

/** A contender that runs a function of this process. */
export function local(name: string, fn: () => unknown, around: (run: () => void) => void = (run) => run()): Contender {
  return {
    name,
    sample(iterations) {
      let elapsed = 0n;
      around(() => {
        const start = process.hrtime.bigint();
        for (let i = 0; i < iterations; i++) fn();
        elapsed = process.hrtime.bigint() - start;
      });
      return Number(elapsed) / iterations;
    },
  };
}
