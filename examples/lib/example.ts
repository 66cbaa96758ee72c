/** What every example shares: running as a script with options, and its figure as files and on the screen. */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as plt from 'flambeau/plot';

/** Runs `main` when the file of this URL is the script that Node was started with. */
export async function runAsScript(url: string, main: () => unknown): Promise<void> {
  if (process.argv[1] === undefined || pathToFileURL(process.argv[1]).href !== url) return;
  try {
    await main();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/** A command line that the script does not understand. */
export class OptionError extends RangeError {}

/** Numbers that a script may be given: `batchSize` as `--batch-size 32`. */
type Numbers = Readonly<Record<string, number>>;

const flag = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The options of a script: `full`, with those of `short` in their place under --short, and what the command line names. */
export function options<Options extends Numbers>(full: Options, short: Partial<Options>, args = process.argv.slice(2)): Options {
  const flags = Object.fromEntries(Object.keys(full).map((name) => [flag(name), { type: 'string' as const }]));
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({ args, options: { ...flags, short: { type: 'boolean' } } }));
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\noptions: ${[...Object.keys(flags), 'short'].map((name) => `--${name}`).join(', ')}`);
  }
  const given = Object.keys(full).flatMap((name) => {
    const text = values[flag(name)];
    if (text === undefined) return [];
    const number = Number(text);
    if (text === '' || !(number >= 0 && number < Infinity)) throw new OptionError(`--${flag(name)} must be a number from 0 on, got ${JSON.stringify(text)}`);
    return [[name, number]];
  });
  return { ...full, ...(values.short === true ? short : {}), ...Object.fromEntries(given) as Partial<Options> };
}

/** Writes the current figure to `figures/<name>.svg` and `.html` and shows it. */
export async function showFigure(name: string): Promise<void> {
  await plt.savefig(`figures/${name}.svg`);
  await plt.savefig(`figures/${name}.html`);
  console.log(`figure: figures/${name}.svg and figures/${name}.html`);
  // Where there is no terminal to draw in, the files are enough.
  if (process.stdout.isTTY) await plt.show();
  else plt.close();
}

/** Where the losses of a run go: the console, or nowhere. */
export type Log = (line: string) => void;

/** A loss with the epoch it was logged at. */
export type Logged = readonly [epoch: number, loss: number];
