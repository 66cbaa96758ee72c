/**
 * `npm start`: from a bare clone to a sine curve learnt by the native kernels, drawn, with the time that the js
 * backend takes beside it. Only Node's own modules are imported before the set-up is done.
 */
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const help = `Fits a cubic to a sine curve by gradient descent with gradients written by hand,
natively and in JavaScript, draws the three curves and compares the times.

usage: npm start -- [options]

  --epochs <n>                   epochs to train (2000)
  --seed <n>                     seed of the initial coefficients (0)
  --points <n>                   points of the curve (1000)
  --backend native|js|both       what to run (both)
  --no-plot                      no figure, neither drawn nor written
  --help                         this text
`;

class UsageError extends Error {}

function wholeNumber(name, text, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`--${name} must be a whole number between ${least} and ${most}, got ${JSON.stringify(text)}`);
  }
  return value;
}

function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        epochs: { type: 'string', default: '2000' },
        seed: { type: 'string', default: '0' },
        points: { type: 'string', default: '1000' },
        backend: { type: 'string', default: 'both' },
        'no-plot': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  if (!['native', 'js', 'both'].includes(values.backend)) {
    throw new UsageError(`--backend must be native, js or both, got ${JSON.stringify(values.backend)}`);
  }
  return {
    epochs: wholeNumber('epochs', values.epochs, 1, 10_000_000),
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    points: wholeNumber('points', values.points, 2, 10_000_000),
    backends: values.backend === 'both' ? ['native', 'js'] : [values.backend],
    plot: !values['no-plot'],
    help: values.help,
  };
}

function formatMicroseconds(value) {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(value < 100 ? 1 : 0);
}

/** Columns aligned right but for the first; a rule under the head. */
function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   '));
  return [lines[0], '-'.repeat(lines[0].length), ...lines.slice(1)].join('\n');
}

async function train(job, backend, description, options) {
  const { progress } = await import('./lib/progress.mjs');
  console.log(`\n${backend}${description ? ` (${description})` : ''}: ${options.epochs} epochs on ${options.points} points, seed ${options.seed}`);
  const bar = await progress({
    label: backend.padEnd(6), total: options.epochs, every: Math.ceil(options.epochs / 2000) * 100,
    line: (step, note) => `epoch : ${step}, ${note}`,
  });
  const result = job.runOn(backend, { ...options, onStretch: (epoch, loss) => bar.update(epoch + 1, `loss : ${loss}`) });
  bar.stop();
  const [a, b, c, d] = result.coefficients;
  console.log(`result : y = ${a} x^3 + ${b} x^2 + ${c} x + ${d}`);
  return result;
}

async function draw(job, result) {
  const figure = job.drawSine(result);
  if (process.env.TERM !== 'dumb') {
    const { columns = 80, isTTY } = process.stdout;
    const color = isTTY ? process.stdout.getColorDepth() : 1;
    console.log(`\n${figure.toTerminal({ columns: Math.max(20, Math.min(100, columns - 1)), color })}\n`);
  }
  for (const extension of ['svg', 'html']) {
    const path = resolve(root, `figures/start.${extension}`);
    await figure.savefig(path);
    console.log(`figure : ${relative(process.cwd(), path)}`);
  }
}

async function main(options) {
  const { setUp } = await import('./lib/setup.mjs');
  await setUp({ native: options.backends.includes('native') });
  const { buildTypeScript } = await import('./lib/typescript.mjs');
  const built = await buildTypeScript({ types: false });
  console.log(built.summary);
  if (!built.ok) return 1;

  const job = await import('./start/job.mjs');
  const native = options.backends.includes('native') ? job.nativeInfo() : undefined;
  if (native?.reason !== undefined) {
    console.error(`\nThe native backend does not load:\n${native.reason}`);
    if (!options.backends.includes('js')) return 1;
    console.error('Going on with the js backend alone.');
  }
  const results = {};
  for (const backend of options.backends) {
    if (backend === 'native' && native.reason !== undefined) continue;
    const first = Object.keys(results).length === 0;
    results[backend] = await train(job, backend, backend === 'native' ? native.description : '', options);
    if (first && options.plot) await draw(job, results[backend]);
  }
  const [fast, slow] = [results.native?.microseconds, results.js?.microseconds];
  console.log(`\n${table([
    ['microseconds per epoch', 'native', 'js', 'ratio'],
    [`sine by hand-written gradients, ${options.points} points`, formatMicroseconds(fast), formatMicroseconds(slow), fast && slow ? `${(slow / fast).toFixed(1)}x` : '-'],
  ])}`);
  return 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else process.exitCode = await main(options);
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 2;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
}
