/** What every example shares: running as a script, and its figure as files and on the screen. */
import { pathToFileURL } from 'node:url';
import * as plt from 'flambeau/plot';

/** Runs `main` when the file of this URL is the script that Node was started with. */
export async function runAsScript(url: string, main: () => void | Promise<void>): Promise<void> {
  if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === url) await main();
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
