/** A PyTorch process that times the Python side of a case, one sample at a time. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { once } from 'node:events';
import type { Clock, Contender } from './measure.ts';
import type { TorchCase } from './case.ts';

interface Answer {
  readonly ns?: number;
  readonly values?: readonly number[];
  readonly error?: string;
  readonly version?: string;
}

export class TorchPeer {
  readonly version: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;

  private constructor(child: ChildProcessWithoutNullStreams, lines: Interface, version: string) {
    this.child = child;
    this.lines = lines;
    this.version = version;
  }

  /** `python` is an interpreter that has torch. */
  static async start(python: string, script: string, threads: number, clock: Clock): Promise<TorchPeer> {
    const child = spawn(python, [script, String(threads), clock], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) } }) as unknown as ChildProcessWithoutNullStreams;
    const lines = createInterface({ input: child.stdout });
    const failed = once(child, 'error').then(([error]) => { throw new Error(`cannot start ${python}: ${String(error)}`); });
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`${python} ended with code ${String(code)}; is torch installed there?`); });
    failed.catch(() => undefined);
    ended.catch(() => undefined);
    const [line] = (await Promise.race([once(lines, 'line'), failed, ended])) as [string];
    return new TorchPeer(child, lines, (JSON.parse(line) as Answer).version ?? 'unknown');
  }

  private async ask(request: object): Promise<Answer> {
    const reply = once(this.lines, 'line');
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const [line] = (await reply) as [string];
    const answer = JSON.parse(line) as Answer;
    if (answer.error !== undefined) throw new Error(`torch: ${answer.error}`);
    return answer;
  }

  async result(id: string, source: TorchCase): Promise<readonly number[]> {
    const { values } = await this.ask({ id, setup: source.setup, run: source.run, result: source.result });
    return values ?? [];
  }

  contender(id: string, source: TorchCase, name = 'torch'): Contender {
    return { name, sample: async (iterations) => (await this.ask({ id, setup: source.setup, run: source.run, iterations })).ns ?? NaN };
  }

  stop(): void {
    this.child.stdin.end();
  }
}
