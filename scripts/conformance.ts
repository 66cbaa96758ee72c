/**
 * `npm run conformance [-- --filter 'regular expression'] [--verbose]`: PyTorch's recorded samples on both backends, one
 * line per operation, with the failures.
 */
import { parseArgs } from 'node:util';
import { withBackend, type BackendName } from 'flambeau';
import { outcomes, resolve } from '../test/fixtures/op-samples.ts';
import { opFiles } from '../test/fixtures/op-files.ts';

const { values: { filter = '.', verbose = false } } = parseArgs({ options: { filter: { type: 'string' }, verbose: { type: 'boolean' } } });
const pattern = new RegExp(filter);
const backends: readonly BackendName[] = ['native', 'js'];

const totals = new Map<string, { passed: number; failed: number; skipped: number; absent: number }>();
const absent: string[] = [];
for (const file of opFiles().filter(({ op }) => pattern.test(op))) {
  if (resolve(file.op) === null) absent.push(file.op);
  for (const backend of backends) {
    const key = `tier ${file.tier}, ${backend}`;
    const total = totals.get(key) ?? { passed: 0, failed: 0, skipped: 0, absent: 0 };
    totals.set(key, total);
    if (resolve(file.op) === null) {
      total.absent += file.samples.length;
      continue;
    }
    const results = withBackend(backend, () => outcomes(file));
    const failed = results.filter(({ failure }) => failure !== null && failure !== 'skipped');
    const skipped = results.filter(({ failure }) => failure === 'skipped').length;
    total.passed += results.length - failed.length - skipped;
    total.failed += failed.length;
    total.skipped += skipped;
    if (failed.length > 0 || verbose) console.log(`${file.op} on ${backend}: ${results.length - failed.length - skipped} passed, ${failed.length} failed, ${skipped} skipped`);
    for (const { name, failure } of failed) console.log(`    ${name}: ${failure}`);
  }
}
if (absent.length > 0) console.log(`\nabsent (${absent.length}): ${absent.join(' ')}`);
console.log();
console.table(Object.fromEntries([...totals].sort()));
