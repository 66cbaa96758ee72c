/** A profile in the Trace Event Format, which Perfetto and chrome://tracing open. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { backendInfo } from '../backend/select.ts';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { ProfilerEvent } from './event.ts';
import type { Profile } from './profile.ts';

/** PyTorch's categories, by ours. */
const CATEGORIES: Readonly<Record<ProfilerEvent['category'], string>> = {
  op: 'cpu_op', kernel: 'kernel', node: 'cpu_op', backward: 'cpu_op', module: 'module', user: 'user_annotation', step: 'user_annotation',
};

type Json = Readonly<Record<string, unknown>>;

/** Whole nanoseconds, so that what lies inside of something in time still does when it is rounded. */
const rounded = (us: number): number => Math.round(us * 1000) / 1000;

function argsOf(event: ProfilerEvent): Json {
  return {
    'External id': event.id + 1,
    ...(event.sequence === null ? {} : { 'Sequence number': event.sequence }),
    ...(event.forward === null ? {} : { 'Forward op': event.forward.name, 'Forward id': event.forward.id + 1 }),
    ...(event.inputShapes === null ? {} : { 'Input Dims': event.inputShapes, 'Input type': event.inputTypes }),
    ...(event.module === null ? {} : { Module: event.module }),
    ...(event.flops === 0 ? {} : { Flops: event.flops }),
    ...(event.selfBytes === 0 ? {} : { Bytes: event.selfBytes }),
    ...(event.stack === null ? {} : { 'Call stack': event.stack.map((frame) => frame.trim().replace(/^at /, '')).join(';') }),
  };
}

function spanOf(event: ProfilerEvent, pid: number, tid: number): Json[] {
  const ts = rounded(event.start), end = rounded(event.end), common = { cat: CATEGORIES[event.category], name: event.name, pid, tid };
  // What goes on after its call has returned does not nest with what runs meanwhile.
  if (event.async) return [{ ph: 'b', id: event.id + 1, ts, args: argsOf(event), ...common }, { ph: 'e', id: event.id + 1, ts: end, ...common }];
  return [{ ph: 'X', ...common, ts, dur: rounded(end - ts), args: argsOf(event) }];
}

/** An arrow from a forward operation to each of its derivatives. */
function arrows(event: ProfilerEvent, pid: number, tid: number): Json[] {
  if (event.forward === null || event.sequence === null) return [];
  const common = { id: event.sequence + 1, pid, tid, cat: 'fwdbwd', name: 'fwdbwd' };
  return [{ ph: 's', ts: rounded(event.forward.start), ...common }, { ph: 'f', ts: rounded(event.start), bp: 'e', ...common }];
}

/** A trace: what describes it, and its events. */
export interface Trace {
  readonly head: Json;
  readonly events: readonly Json[];
}

export function traceOf(events: readonly ProfilerEvent[], base: number, metadata: Json): Trace {
  const { pid } = process, tid = threadId, { backend, isa, threads } = backendInfo();
  return {
    head: {
      schemaVersion: 1,
      displayTimeUnit: 'ms',
      // Timestamps are microseconds from here.
      baseTimeNanoseconds: Math.round(base * 1e6),
      host_name: hostname(),
      backend, isa, threads, node: process.version,
      ...metadata,
    },
    events: [
      { ph: 'M', name: 'process_name', pid, tid, ts: 0, args: { name: 'flambeau' } },
      { ph: 'M', name: 'process_labels', pid, tid, ts: 0, args: { labels: `${backend}${isa === null ? '' : ` ${isa}`}, ${threads} threads` } },
      { ph: 'M', name: 'thread_name', pid, tid, ts: 0, args: { name: tid === 0 ? 'main' : `worker ${tid}` } },
      ...events.flatMap((event) => spanOf(event, pid, tid)),
      ...events.flatMap((event) => arrows(event, pid, tid)),
    ],
  };
}

/** Events per write: a long trace does not fit into one string. */
const BATCH = 10_000;

/** Writes JSON with an event per line, compressed where the path ends in .gz. */
export function writeTrace(op: string, path: string, { head, events }: Trace): void {
  if (typeof path !== 'string' || path === '') throw new ArgumentError(op, 'path', `must be a path, got ${show(path)}`);
  const file = openSync(path, 'w');
  // Of gzip, members one after the other are a file as well.
  const write = (text: string): void => writeFileSync(file, path.endsWith('.gz') ? gzipSync(text) : text);
  try {
    write(`${JSON.stringify(head).slice(0, -1)},"traceEvents":[\n`);
    for (let i = 0; i < events.length; i += BATCH) write(`${i === 0 ? '' : ',\n'}${events.slice(i, i + BATCH).map((event) => JSON.stringify(event)).join(',\n')}`);
    write('\n]}\n');
  } finally {
    closeSync(file);
  }
}

/** PyTorch's `torch.profiler.tensorboard_trace_handler`: an `onTraceReady` that writes each trace to a file of its own in a folder. */
export function tensorboardTraceHandler(dirName: string, workerName = `${hostname()}_${process.pid}`, useGzip = false): (profile: Profile) => void {
  let written = 0;
  return (profile) => {
    mkdirSync(dirName, { recursive: true });
    profile.exportChromeTrace(join(dirName, `${workerName}.${Date.now()}${String(written++).padStart(6, '0')}.pt.trace.json${useGzip ? '.gz' : ''}`));
  };
}
