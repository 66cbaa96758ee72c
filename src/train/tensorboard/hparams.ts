/** What the hyperparameter dashboard of TensorBoard reads (tensorboard/plugins/hparams/api.proto and plugin_data.proto). */
import type { PbfWriter } from 'pbf';
import { isOptions, show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { message, type Summary } from './events.ts';

export type HParam = number | string | boolean | null;

/** DataType of api.proto. */
const TYPES = { string: 1, boolean: 2, number: 3 } as const;
const STATUS_SUCCESS = 1;

/** google.protobuf.Value */
function writeValue(value: number | string | boolean, pbf: PbfWriter): void {
  if (typeof value === 'number') pbf.writeDoubleField(2, value);
  else if (typeof value === 'string') pbf.writeStringField(3, value);
  else pbf.writeBooleanField(4, value);
}

const typeOf = (value: unknown): keyof typeof TYPES => typeof value as keyof typeof TYPES;

function summary(tag: string, field: number, content: Uint8Array): Summary {
  return { tag: `_hparams_/${tag}`, plugin: { name: 'hparams', content: message((data) => data.writeBytesField(field, content)) }, value: { none: true } };
}

/** The experiment, the session's values and its end, in the order in which they are written. */
export function hparamSummaries(op: string, hparams: unknown, metrics: readonly string[], domains: unknown): readonly Summary[] {
  if (!isOptions(hparams)) throw new ArgumentError(op, 'hparamDict', `must be an object of values by name, got ${show(hparams)}`);
  if (!isOptions(domains)) throw new ArgumentError(op, 'hparamDomainDiscrete', `must be an object of lists by name, got ${show(domains)}`);
  const values: [string, number | string | boolean][] = [];
  for (const [name, value] of Object.entries(hparams)) {
    if (value === null || value === undefined) continue;
    if (!(typeof value in TYPES)) throw new ArgumentError(op, name, `must be a number, a string or a boolean, got ${show(value)}`);
    values.push([name, value as number | string | boolean]);
  }
  for (const [name, domain] of Object.entries(domains)) {
    const own = values.find(([each]) => each === name)?.[1];
    if (own === undefined || !Array.isArray(domain) || domain.some((each) => typeof each !== typeof own)) throw new ArgumentError(op, `hparamDomainDiscrete.${name}`, `must be a list of values like hparamDict.${name}, got ${show(domain)}`);
  }
  const experiment = message((pbf) => {
    for (const [name, value] of values) {
      pbf.writeBytesField(4, message((info) => {
        info.writeStringField(1, name);
        info.writeVarintField(4, TYPES[typeOf(value)]);
        if (!Object.hasOwn(domains, name)) return;
        info.writeBytesField(5, message((list) => (domains[name] as typeof value[]).forEach((each) => list.writeMessage(1, writeValue, each))));
      }));
    }
    for (const tag of metrics) pbf.writeBytesField(5, message((info) => info.writeMessage(1, (name: string, metric) => metric.writeStringField(2, name), tag)));
  });
  const start = message((pbf) => {
    for (const [name, value] of values) {
      pbf.writeBytesField(1, message((entry) => {
        entry.writeStringField(1, name);
        entry.writeMessage(2, writeValue, value);
      }));
    }
  });
  const end = message((pbf) => pbf.writeVarintField(1, STATUS_SUCCESS));
  return [summary('experiment', 2, experiment), summary('session_start_info', 3, start), summary('session_end_info', 4, end)];
}
