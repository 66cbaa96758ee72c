/** `npm run bench -- import`: from the import of the package to its first result, in fresh processes. */
import { spawnSync } from 'node:child_process';

const SCRIPT = `const start = performance.now();
const torch = await import('flambeau');
const loaded = performance.now();
torch.tensor([1, 2, 3]).add(1).sum().item();
console.log(JSON.stringify([loaded - start, performance.now() - start]));`;

const runs: [number, number][] = [];
for (let i = 0; i < 21; i++) {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' });
  runs.push(JSON.parse(stdout) as [number, number]);
}
const median = (values: number[]): string => values.sort((a, b) => a - b)[values.length >> 1].toFixed(1);
process.stdout.write(`import ${median(runs.map((r) => r[0]))} ms, import to first result ${median(runs.map((r) => r[1]))} ms (medians of ${runs.length} processes)\n`);
