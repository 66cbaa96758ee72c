import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Figure } from '../src/plot/index.ts';

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

interface Job {
  nativeInfo(): { description: string } | { reason: string };
  runOn(backend: string, options: { points: number; seed: number; epochs: number; onStretch: (epoch: number, loss: number) => void }):
    { loss: number; coefficients: number[]; microseconds: number };
  drawSine(result: ReturnType<Job['runOn']>): Figure;
}

describe('the main job', async () => {
  const path = '../scripts/start/job.mjs';
  const job = (await import(path)) as Job;
  const backends = 'reason' in job.nativeInfo() ? ['js'] : ['native', 'js'];

  it.each(backends)("reproduces PyTorch's losses and coefficients on the %s backend, and draws three panels", (backend) => {
    const losses: [number, number][] = [];
    const result = job.runOn(backend, { points: 1000, seed: 0, epochs: 1000, onStretch: (epoch, loss) => losses.push([epoch + 1, loss]) });
    // PyTorch 2.13, seed 0, 1,000 epochs.
    const expected = [206251.6875, 4539.34228515625, 3695.351318359375, 3008.672119140625, 2449.835693359375];
    expected.forEach((loss, i) => {
      expect(losses[i][0]).toBe(100 * i + 1);
      expect(Math.abs(losses[i][1] / loss - 1)).toBeLessThan(1e-5);
    });
    expect(Math.abs(result.loss / 717.7654418945312 - 1)).toBeLessThan(1e-5);
    const final = [0.06846311688423157, -0.04365679249167442, -0.2817011773586273, 0.2533225119113922];
    result.coefficients.forEach((value, i) => expect(Math.abs(value - final[i])).toBeLessThan(1e-5));
    expect(result.microseconds).toBeGreaterThan(0);
    const svg = job.drawSine(result).toSVG();
    for (const title of ['y true', 'y pred', 'y random']) expect(svg).toContain(`>${title}<`);
    expect(svg.match(/class="line"/g)).toHaveLength(3);
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
