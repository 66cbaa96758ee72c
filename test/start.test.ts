import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

function run(script: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [`scripts/${script}.mjs`, ...args], { encoding: 'utf8' });
}

describe('npm start', () => {
  it('lists its options without setting anything up', () => {
    const { status, stdout, stderr } = run('start', '--help');
    expect(status).toBe(0);
    expect(stderr).toBe('');
    for (const option of ['--epochs', '--seed', '--points', '--backend native|js|both', '--no-plot']) expect(stdout).toContain(option);
    expect(stdout).not.toMatch(/native: |dist: /);
  });

  it.each([
    [['--epochs', 'many'], '--epochs must be a whole number between 1 and 10000000, got "many"'],
    [['--epochs', '0'], '--epochs must be a whole number'],
    [['--points', '1'], '--points must be a whole number between 2'],
    [['--seed', '1.5'], '--seed must be a whole number'],
    [['--backend', 'gpu'], '--backend must be native, js or both, got "gpu"'],
    [['--epoch', '3'], "Unknown option '--epoch'"],
    [['sine'], "Unexpected argument 'sine'"],
  ])('refuses %j before it does anything', (args, message) => {
    const { status, stdout, stderr } = run('start', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.startsWith(message)).toBe(true);
    expect(stderr).toContain('usage: npm start');
  });
});

describe('npm run example', () => {
  const names = readdirSync('examples').filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));

  it('lists every example with what it does', () => {
    const { status, stdout } = run('example');
    expect(status).toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.{10,}$`, 'm'));
  });

  it('answers an unknown name with the list', () => {
    const { status, stdout, stderr } = run('example', 'no-such-example');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('there is no example "no-such-example"');
    for (const name of names) expect(stderr).toContain(name);
  });
});
