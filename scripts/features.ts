/**
 * `npm run features [-- --check]`: writes the table of operations into FEATURES.md from a run of PyTorch's recorded
 * samples, or with --check says whether the page is still what a run gives.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { backendInfo, withBackend, type BackendName } from 'flambeau';
import { camel, readJson } from '../test/fixtures/conformance.ts';
import { opFiles } from '../test/fixtures/op-files.ts';
import { outcomes, type OpFile, type Outcome } from '../test/fixtures/op-samples.ts';
import { secondOrder } from '../test/fixtures/second-order.ts';

const PAGE = new URL('../FEATURES.md', import.meta.url);
const BEGIN = '<!-- made by `npm run features` -->', END = '<!-- end of what `npm run features` makes -->';
const { values: { check = false } } = parseArgs({ options: { check: { type: 'boolean' } } });

const exceptions = readJson<Readonly<Record<string, Readonly<Record<string, string>>>>>('conformance/exceptions.json');

interface Measured {
  readonly results: readonly Outcome[];
  readonly second: readonly (string | null)[];
}

const measure = (backend: BackendName, file: OpFile): Measured => withBackend(backend, () => ({
  results: outcomes(file),
  second: file.samples.map((sample) => secondOrder(file, sample)).filter((each) => each !== undefined),
}));

function score({ results }: Measured): string {
  const told = results.filter(({ failure }) => failure !== 'skipped');
  const passed = told.filter(({ failure }) => failure === null).length;
  return `${passed}/${told.length}`;
}

/** Dtypes of the samples that pass, as PyTorch's short names. */
const SHORT: Readonly<Record<string, string>> = {
  float32: 'f32', float64: 'f64', float16: 'f16', bfloat16: 'bf16', int64: 'i64', int32: 'i32', int16: 'i16', int8: 'i8', uint8: 'u8', bool: 'bool',
};
function dtypes(file: OpFile, { results }: Measured): string {
  const passed = new Set(results.filter(({ failure }) => failure === null).map(({ name }) => name));
  const found = new Set(file.samples.filter(({ id }) => passed.has(`sample ${id}`)).map(({ dtype }) => dtype));
  return Object.keys(SHORT).filter((name) => found.has(name)).map((name) => SHORT[name]).join(' ');
}

const ours = (op: string): string => op.replace(/^torch\./, '').split('.').map(camel).join('.');
const reasons = (op: string): string => [...new Set(Object.values(exceptions[op] ?? {}))].join('; ');

/** What native calls left to TypeScript while the body ran. */
function leftToTypeScript<T>(body: () => T): { value: T; fellBack: readonly string[] } {
  const before = new Set(withBackend('native', () => backendInfo().fellBack));
  const value = body();
  return { value, fellBack: withBackend('native', () => backendInfo().fellBack).filter((each) => !before.has(each)) };
}

/** PyTorch's tolerances of assertEqual per dtype, where an operation's own test does not loosen them. */
const DEFAULTS: OpFile['tolerance'] = {
  float64: { rtol: 1e-7, atol: 1e-7 }, float32: { rtol: 1.3e-6, atol: 1e-5 }, float16: { rtol: 1e-3, atol: 1e-5 }, bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
};
const loosened = ({ tolerance }: OpFile): boolean => Object.entries(tolerance).some(([dtype, { rtol, atol }]) => dtype in DEFAULTS && (rtol > DEFAULTS[dtype].rtol || atol > DEFAULTS[dtype].atol));

const totals = { samples: 0, passed: 0, skipped: 0, refusals: 0, refused: 0, binder: 0, loosened: 0, strictPassed: 0, strict: 0 };
const left = new Set<string>();
const lines = opFiles().map((file) => {
  const { value: native, fellBack } = leftToTypeScript(() => measure('native', file));
  const js = measure('js', file);
  fellBack.forEach((each) => left.add(each));
  if (loosened(file)) {
    totals.loosened++;
    const strict = measure('native', { ...file, tolerance: { ...file.tolerance, ...DEFAULTS } }).results.filter(({ name, failure }) => !name.startsWith('error') && failure !== 'skipped');
    totals.strict += strict.length;
    totals.strictPassed += strict.filter(({ failure }) => failure === null).length;
  }
  for (const { name, failure } of native.results) {
    if (name.startsWith('error')) {
      totals.refusals++;
      if (failure === null) totals.refused++;
      else if (file.errors?.find(({ id }) => `error ${id}` === name)?.error.type === 'TypeError') totals.binder++;
    } else if (failure === 'skipped') totals.skipped++;
    else {
      totals.samples++;
      if (failure === null) totals.passed++;
    }
  }
  const differentiable = file.samples.some(({ grads = {} }) => Object.values(grads).some((each) => each !== null));
  const second = native.second.length === 0 ? '' : [...native.second, ...js.second].every((each) => each === null) ? 'yes' : 'partly';
  return `| \`${ours(file.op)}\` | ${file.tier} | ${score(native)} | ${score(js)} | ${differentiable ? 'yes' : ''} | ${second} | ${dtypes(file, native)} | ${reasons(file.op)} |`;
});

const byReason = new Map<string, string[]>();
for (const [op, reason] of Object.entries(backendInfo().typescript)) byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${op}\``]);
const typescript = [...byReason].map(([reason, ops]) => `- ${ops.join(' ')}: ${reason}`).join('\n');

const section = `${BEGIN}

## Every operation, measured

Made by \`npm run features\`; not written by hand. Every operation of PyTorch's operator database with the samples that were
recorded from PyTorch 2.13: how many of them (outputs, gradients, in-place forms, changed inputs and refusals) pass on each
backend within the recorded tolerance, whether gradients and second derivatives are checked there, the dtypes that the samples
cover, and what differs, with the reason. An integral Python float beside integer tensors cannot be told from an int in
JavaScript: ${totals.skipped} samples are left out for that.

Samples passing natively: ${totals.passed} of ${totals.samples}. Recorded refusals that throw: ${totals.refused} of ${totals.refusals}; of the others, named in the
last column, ${totals.binder} are Python's argument parser refusing a type. The operations whose tolerance PyTorch's own tests loosen (${totals.loosened})
pass ${totals.strictPassed} of their ${totals.strict} samples at PyTorch's default tolerances.

| operation | tier | native | js | gradient | second order | dtypes | what differs |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Operations that run in TypeScript on both backends (\`backendInfo().typescript\`):

${typescript}

Ops and dtypes that the native backend left to TypeScript in these samples: ${[...left].sort().map((each) => `\`${each}\``).join(', ') || 'none'}.

${END}`;

const page = readFileSync(PAGE, 'utf8');
const from = page.indexOf(BEGIN), to = page.indexOf(END) + END.length;
if (from < 0 || to < from) throw new Error('FEATURES.md has lost the marks of the section that this script makes');
const next = page.slice(0, from) + section + page.slice(to);
if (!check) writeFileSync(PAGE, next);
else if (next === page) console.log('FEATURES.md is what the recorded samples give');
else {
  console.error('FEATURES.md is not what the recorded samples give: run `npm run features`');
  process.exitCode = 1;
}
