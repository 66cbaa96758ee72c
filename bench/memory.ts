/**
 * `npm run bench -- memory`: resident memory of plain synchronous loops, without tidy and without await. Each loop runs in
 * a process of its own; a sample is taken every hundredth of the run.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as torch from 'flambeau';
import { noGrad, type Tensor } from 'flambeau';

const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20;

/** Program 4; `keep` collects every loss. */
function sineAutograd(steps: number, keep: Tensor[] | null, sample: (step: number) => void): void {
  torch.manualSeed(0);
  const x = torch.linspace(-Math.PI, Math.PI, 2000), y = torch.sin(x);
  const parameters = [0, 1, 2, 3].map(() => torch.randn([], { requiresGrad: true }));
  const [a, b, c, d] = parameters;
  for (let step = 0; step < steps; step++) {
    const yPred = a.add(b.mul(x)).add(c.mul(x.pow(2))).add(d.mul(x.pow(3)));
    const loss = yPred.sub(y).pow(2).sum();
    loss.backward();
    noGrad(() => {
      for (const p of parameters) {
        p.sub_((p.grad as Tensor).mul(1e-6));
        p.grad = null;
      }
    });
    keep?.push(loss);
    sample(step);
  }
}

/** Training steps whose temporaries have 4 MB each. */
function large(steps: number, sample: (step: number) => void): void {
  const x = torch.linspace(-1, 1, 1024 * 1024);
  const w = torch.randn([], { requiresGrad: true });
  for (let step = 0; step < steps; step++) {
    const loss = x.mul(w).sub(x).pow(2).mean();
    loss.backward();
    noGrad(() => w.sub_((w.grad as Tensor).mul(0.1)));
    w.grad = null;
    sample(step);
  }
}

const SCALE = Number(process.env.FLAMBEAU_BENCH_SCALE ?? 1);
const LOOPS = {
  'program 4, 200,000 steps': (sample: (step: number) => void) => sineAutograd(200_000 * SCALE, null, sample),
  'program 4, every one of 200,000 losses kept': (sample: (step: number) => void) => sineAutograd(200_000 * SCALE, [], sample),
  '3,000 steps with 4 MB temporaries': (sample: (step: number) => void) => large(3000 * SCALE, sample),
} as const;

function measure(name: keyof typeof LOOPS): void {
  const samples: number[] = [];
  const every = Math.max(1, Math.floor((name.startsWith('3,000') ? 3000 : 200_000) * SCALE / 100));
  const base = megabytes();
  const start = performance.now();
  LOOPS[name]((step) => {
    if (step % every === every - 1) samples.push(megabytes());
  });
  const third = Math.floor(samples.length / 3);
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const row = [base, Math.max(...samples), mean(samples.slice(third, 2 * third)), mean(samples.slice(2 * third)), samples[samples.length - 1], (performance.now() - start) / 1000];
  process.stdout.write(`${name.padEnd(46)}${row.map((v) => v.toFixed(0).padStart(10)).join('')}\n`);
}

const only = process.argv[2] as keyof typeof LOOPS | undefined;
if (only !== undefined && only in LOOPS) {
  torch.setBackend((process.argv[3] as torch.BackendName | undefined) ?? 'native');
  torch.setNumThreads(1);
  measure(only);
} else {
  process.stdout.write(`resident memory in MB${''.padEnd(25)}${['start', 'peak', '2nd third', '3rd third', 'end', 'seconds'].map((c) => c.padStart(10)).join('')}\n`);
  for (const name of Object.keys(LOOPS)) {
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), name, process.argv[2] ?? 'native'], { stdio: 'inherit' });
  }
}
