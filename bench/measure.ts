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

/**
 * How long a contender runs before it is timed: compilers tier up, allocators reach their steady state. A training step of
 * hundreds of operations is compiled only after hundreds of runs.
 */
const WARM_MILLISECONDS = 300, WARM_RUNS = 300, MOST_WARM_MILLISECONDS = 3000;

/** Iterations that fill a sample, from the last of many warm-up runs. */
async function calibrate(contender: Contender, milliseconds: number): Promise<number> {
  const warm = Math.min(WARM_MILLISECONDS, milliseconds * 15) * 1e6, most = Math.min(MOST_WARM_MILLISECONDS, milliseconds * 150) * 1e6;
  let iterations = 1, perIteration = 0, runs = 0;
  for (let spent = 0; spent < warm || (runs < WARM_RUNS && spent < most);) {
    perIteration = await contender.sample(iterations);
    spent += perIteration * iterations;
    runs += iterations;
    iterations = Math.max(1, Math.round((milliseconds * 1e6) / perIteration));
  }
  return Math.max(1, Math.round((milliseconds * 1e6) / perIteration));
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

/** What a sample is measured by: time that passed, or that this process's threads ran, which other load does not lengthen. */
export type Clock = 'wall' | 'cpu';

function now(clock: Clock): bigint {
  if (clock === 'wall') return process.hrtime.bigint();
  const { user, system } = process.cpuUsage();
  return BigInt(user + system) * 1000n;
}

/** A contender that runs a function of this process. */
export function local(name: string, fn: () => unknown, around: (run: () => void) => void = (run) => run(), clock: Clock = 'wall'): Contender {
  return {
    name,
    sample(iterations) {
      let elapsed = 0n;
      around(() => {
        const start = now(clock);
        for (let i = 0; i < iterations; i++) fn();
        elapsed = now(clock) - start;
      });
      return Number(elapsed) / iterations;
    },
  };
}
