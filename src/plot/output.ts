/** Figures leaving the process: files, the terminal, the browser. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { boolArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Figure } from './figure.ts';
import { rasterize } from './png.ts';
import type { ColorDepth } from './screen.ts';
import { figureToSVG } from './svg.ts';
import { checkNumber, checkOptions, describe } from './values.ts';

export interface SaveOptions {
  /** Pixels per inch of a PNG; the figure's own unless given. */
  readonly dpi?: number;
  /** No white page behind the figure; SVG and PNG. */
  readonly transparent?: boolean;
}

let written = 0;

/** Readers see the old file or the new one, never a part: written beside it and renamed over it. */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${written++}.tmp`);
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Draws before the first `await`, so that what follows an unawaited `savefig` cannot change the file. */
export async function saveFigure(figure: Figure, path: string, options: SaveOptions = {}): Promise<void> {
  const op = 'savefig';
  if (typeof path !== 'string' || path === '') throw new ArgumentError(op, 'path', `must be a file name, got ${describe(path)}`);
  checkOptions(op, options, ['dpi', 'transparent']);
  const transparent = boolArg(op, 'transparent', options.transparent);
  const dpi = checkNumber(op, 'dpi', options.dpi ?? figure.dpi, { min: 10, max: 1200 });
  switch (extname(path).toLowerCase()) {
    case '.svg':
      return writeAtomically(path, figureToSVG(figure, transparent));
    case '.html':
    case '.htm':
      return writeAtomically(path, figure.toHTML());
    case '.png':
      return writeAtomically(path, await rasterize(figureToSVG(figure, transparent), dpi / figure.dpi));
    default:
      throw new ArgumentError(op, 'path', `must end in .svg, .html or .png, got ${describe(path)}`);
  }
}

/** What `show` looks at and acts on; tests put their own in its place. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
    getColorDepth?(): number;
    write(text: string): unknown;
  };
  /** Other streams that end on the same terminal, such as that of errors, on which progress bars are drawn. */
  readonly beside?: readonly { readonly isTTY?: boolean; write(text: string): unknown }[];
  /** Opens a file with the desktop's program for it; false where that fails. */
  readonly open: (path: string) => Promise<boolean>;
  /** A folder for pages that nobody named. */
  readonly folder: () => string;
}

function openCommand(platform: NodeJS.Platform, path: string): readonly [string, readonly string[]] {
  if (platform === 'darwin') return ['open', [path]];
  if (platform === 'win32') return ['explorer.exe', [path]];
  return ['xdg-open', [path]];
}

function openInBrowser(path: string): Promise<boolean> {
  const [command, args] = openCommand(process.platform, path);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

let folder: string | undefined;

export function realSurroundings(): Surroundings {
  return {
    platform: process.platform,
    env: process.env,
    terminal: process.stdout,
    beside: [process.stderr],
    open: openInBrowser,
    folder: () => (folder ??= mkdtempSync(join(tmpdir(), 'flambeau-'))),
  };
}

export type ShowTarget = 'terminal' | 'browser' | 'file';

/** A terminal that has braille characters first, then a desktop, else a file. */
export function chooseTarget({ platform, env, terminal }: Surroundings): ShowTarget {
  // `linux` is the kernel's console, whose fonts hold no braille.
  if (terminal.isTTY && env.TERM !== 'dumb' && env.TERM !== 'linux') return 'terminal';
  if (env.CI) return 'file';
  if (platform === 'win32') return 'browser';
  if (platform === 'darwin') return env.SSH_CONNECTION ? 'file' : 'browser';
  return env.DISPLAY || env.WAYLAND_DISPLAY ? 'browser' : 'file';
}

/** NO_COLOR (no-color.org) wins over everything but its own emptiness. */
export function terminalColor({ env, terminal }: Surroundings): ColorDepth {
  if (env.NO_COLOR) return 1;
  const depth = terminal.isTTY ? (terminal.getColorDepth?.() ?? 1) : 1;
  return depth >= 24 ? 24 : depth >= 8 ? 8 : depth >= 4 ? 4 : 1;
}

export async function showFigure(figure: Figure, surroundings: Surroundings): Promise<void> {
  const { terminal } = surroundings;
  const target = chooseTarget(surroundings);
  if (target === 'terminal') {
    // Wider than 100 characters a curve gets flat rather than clear.
    const columns = Math.max(20, Math.min(100, (terminal.columns ?? 80) - 1));
    terminal.write(`${figure.toTerminal({ columns, color: terminalColor(surroundings) })}\n`);
    return;
  }
  const path = join(surroundings.folder(), `figure-${figure.number}.html`);
  writeAtomically(path, figure.toHTML());
  if (target === 'browser' && (await surroundings.open(path))) return;
  terminal.write(`figure ${figure.number}: ${path}\n`);
}
