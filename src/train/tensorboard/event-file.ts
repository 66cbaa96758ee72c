/**
 * An event file that grows. What has reached the file stays readable whatever happens: records are appended whole, a
 * failed write is cut off again and its events are kept for the next one, and a process that exits writes what is left.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { frame } from './records.ts';
import { restartEvent, versionEvent } from './events.ts';

export interface EventFileOptions {
  readonly purgeStep: number | undefined;
  /** Events that wait at most. */
  readonly maxQueue: number;
  /** Seconds that an event waits at most. */
  readonly flushSecs: number;
  readonly filenameSuffix: string;
}

const open = new Set<EventFile>();
let files = 0;

/** Every file gets its events, also where one of them cannot be written. */
function atExit(): void {
  const errors: unknown[] = [];
  for (const file of open) {
    try {
      file.flush();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

export const now = (): number => Date.now() / 1000;

export class EventFile {
  readonly path: string;
  private readonly file: number;
  private readonly options: EventFileOptions;
  private queue: Uint8Array[] = [];
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  constructor(directory: string, options: EventFileOptions) {
    mkdirSync(directory, { recursive: true });
    this.options = options;
    // TensorBoard takes every file with "tfevents" in its name, in the order of the names.
    const name = `events.out.tfevents.${String(Math.floor(now())).padStart(10, '0')}.${hostname()}.${process.pid}.${files++}${options.filenameSuffix}`;
    this.path = join(directory, name);
    this.file = openSync(this.path, 'wx');
    if (open.size === 0) process.on('exit', atExit);
    open.add(this);
    const at = { wallTime: now(), step: options.purgeStep ?? 0 };
    this.queue.push(frame(versionEvent(at)));
    if (options.purgeStep !== undefined) this.queue.push(frame(restartEvent(at)));
    this.write();
  }

  add(event: Uint8Array): void {
    if (this.queue.length === 0) this.since = performance.now();
    this.queue.push(frame(event));
    const { maxQueue, flushSecs } = this.options;
    if (this.queue.length >= maxQueue || performance.now() - this.since >= flushSecs * 1000) this.write();
    // For a loop that waits; one that computes never lets a timer run.
    else this.timer ??= setTimeout(() => this.writeLater(), Math.min(flushSecs * 1000, 2 ** 31 - 1)).unref();
  }

  private writeLater(): void {
    try {
      this.write();
    } catch {
      // The events are still in the queue: the next add or flush tries again, and its caller gets the error.
    }
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const bytes = Buffer.concat(this.queue);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done, bytes.length - done, this.size + done);
    } catch (error) {
      ftruncateSync(this.file, this.size);
      throw error;
    }
    this.size += bytes.length;
    this.queue = [];
  }

  /** Writes what waits, and returns when the disk has it. */
  flush(): void {
    this.write();
    fsyncSync(this.file);
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.file);
      open.delete(this);
      if (open.size === 0) process.off('exit', atExit);
    }
  }
}
