/** What every operation refuses, generated from the schemas, so that a new operation cannot forget it. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { parametersOf, type Parameter } from '../src/tensor/operation.ts';
import { onBackends } from './fixtures/backends.ts';

type AnyOperation = ((...args: readonly unknown[]) => unknown) & { readonly schema: string };

const isOperation = (value: unknown): value is AnyOperation => typeof value === 'function' && typeof (value as { schema?: unknown }).schema === 'string';
const namespaces: readonly object[] = [torch, torch.nn.functional, ...['linalg', 'special'].map((name) => (torch as unknown as Record<string, object | undefined>)[name] ?? {})];
const operations = [...new Map(namespaces.flatMap((scope) => Object.values(scope).filter(isOperation)).map((run) => [run.schema, run])).values()];

/** A value of each kind, and values that are none. */
function example(kind: string): unknown {
  if (kind.startsWith("'")) return kind.split('|')[0].slice(1, -1);
  switch (kind) {
    case 'Tensor': return torch.ones(2, 2);
    case 'Tensors': return [torch.ones(2, 2)];
    case 'dtype': return 'float32';
    case 'generator': return new torch.Generator();
    case 'bool': return true;
    case 'string': return 'a';
    case 'ints': case 'floats': return [1];
    default: return 1;
  }
}
const WRONG: readonly unknown[] = ['wrong', Symbol('wrong'), Number.NaN, 1.5, true, [], [[]], new Map(), () => 1];

/** Whether a value is of a kind: what must then not be refused for its kind. */
function fits(kind: string, value: unknown): boolean {
  if (kind.startsWith("'")) {
    const last = kind.split('|').at(-1) as string;
    return !last.startsWith("'") && fits(last, value);
  }
  switch (kind) {
    case 'Tensors': return Array.isArray(value) && value.length === 0;
    case 'operand': case 'scalar': return typeof value === 'number' || typeof value === 'boolean';
    case 'float': return typeof value === 'number';
    case 'bool': return typeof value === 'boolean';
    case 'string': return typeof value === 'string';
    case 'ints': return Array.isArray(value) && value.length === 0;
    case 'floats': return typeof value === 'number' || (Array.isArray(value) && value.length === 0);
    case 'distance': return typeof value === 'function';
    case 'any': return true;
    default: return false;
  }
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const named = (parameters: readonly Parameter[]): Record<string, unknown> => Object.fromEntries(parameters.filter(({ required }) => required).map(({ name, kind }) => [name, example(kind)]));

test('there are operations', () => expect(operations.length).toBeGreaterThan(0));

onBackends(() => {
  describe.each(operations.map((run) => [run.schema.slice(0, run.schema.indexOf('(')), run] as const))('%s', (op, run) => {
    const parameters = parametersOf(run.schema);

    test('refuses a value of the wrong kind, naming itself and the parameter', () => {
      for (const { name, kind } of parameters) {
        for (const value of WRONG) {
          if (fits(kind, value)) continue;
          const error = thrownBy(() => run({ ...named(parameters), [name]: value }));
          expect(error, `${name}: ${String(kind)} given ${String(typeof value)}`).toBeInstanceOf(torch.ArgumentError);
          const { op: where, argument, message } = error as torch.ArgumentError;
          expect(where).toBe(op);
          expect(argument.startsWith(name), message).toBe(true);
        }
      }
    });

    test('refuses unknown names, names given twice, too many and too few arguments', () => {
      expect(thrownBy(() => run({ ...named(parameters), nonsense: 1 }))).toMatchObject({ op, argument: "option 'nonsense'" });
      const [first] = parameters;
      if (!run.schema.includes('...')) {
        if (!run.schema.startsWith(`${op}(*`)) expect(thrownBy(() => run(example(first.kind), { ...named(parameters), [first.name]: example(first.kind) }))).toMatchObject({ op });
        expect(thrownBy(() => run(...parameters.map(({ kind }) => example(kind)), 1, 1))).toMatchObject({ op });
      }
      for (const { name, required } of parameters) {
        if (!required) continue;
        const { [name]: _, ...rest } = named(parameters);
        expect(thrownBy(() => run(rest)), name).toMatchObject({ op });
      }
    });
  });
});
