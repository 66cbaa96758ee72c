/**
 * `npm run example <name> [-- arguments]`: sets everything up, then runs examples/<name>.ts. Without a name it lists
 * what there is. FLAMBEAU_BACKEND=js needs no compiler.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'examples');

/** The first line of the comment with which an example opens. */
function description(file) {
  const source = readFileSync(join(folder, file), 'utf8');
  const comment = /^\s*(?:\/\*\*?\s*(?:\*\s)?\s*|\/\/\s*)(.*?)\s*(?:\*\/|\n|$)/.exec(source);
  return comment?.[1] ?? '';
}

function listing(names) {
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}   ${description(`${name}.ts`)}`.trimEnd()).join('\n');
}

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).map((file) => file.slice(0, -3)).sort();

if (name === undefined || name === '--help' || name === '-h') {
  console.log(`usage: npm run example <name> [-- arguments]\n\n${listing(names)}`);
} else if (!names.includes(name)) {
  console.error(`there is no example ${JSON.stringify(name)}; there are\n\n${listing(names)}`);
  process.exitCode = 2;
} else {
  const { setUp } = await import('./lib/setup.mjs');
  await setUp({ native: process.env.FLAMBEAU_BACKEND !== 'js', log: (line) => console.error(line) });
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(folder, `${name}.ts`), ...args], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
