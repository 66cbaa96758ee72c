/** Every module of PyTorch's recorded samples, exported and run by onnxruntime, against what the module itself gives. */
import { readdirSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import * as onnx from 'flambeau/onnx';
import { decode, decodeOptions, makeTensor, readJson, type ModuleSample, type Tolerance } from '../fixtures/conformance.ts';

type Session = ort.InferenceSession;
type Constructor = new (...args: readonly unknown[]) => nn.Module;

export interface ModuleFile {
  readonly module: string;
  readonly tolerance: Readonly<Record<string, Tolerance>>;
  readonly samples: readonly ModuleSample[];
}

/** equal: onnxruntime gives the same. refused: export says that it cannot. runtime: onnxruntime does not run the file. */
export interface Outcome {
  readonly sample: string;
  readonly result: 'equal' | 'refused' | 'runtime' | 'different';
  readonly reason: string;
}

export const moduleFiles = (): ModuleFile[] => readdirSync(new URL('../conformance/modules', import.meta.url)).map((name) => readJson<ModuleFile>(`conformance/modules/${name}`));

const ORT_TYPE: Readonly<Record<string, string>> = { half: 'float16' };
export const feed = (x: torch.Tensor): ort.Tensor => {
  const data = x.detach().contiguous().toTypedArray();
  return new ort.Tensor((ORT_TYPE[x.dtype] ?? x.dtype) as 'float32', data as Float32Array, [...x.shape]);
};

export async function sessionOf(bytes: Uint8Array): Promise<Session> {
  // Its own warnings about the graph are not ours to print.
  return ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The results of a session for tensors in the order of its inputs. */
export async function runSession(session: Session, inputs: readonly torch.Tensor[]): Promise<ort.Tensor[]> {
  const feeds = Object.fromEntries(session.inputNames.map((name) => {
    const at = name === 'input' ? 0 : Number(name.slice('input_'.length));
    return [name, feed(inputs[at])];
  }));
  const results = await session.run(feeds);
  return session.outputNames.map((name) => results[name]);
}

/** The largest difference beyond what a tolerance allows; 0 where all is well. */
export function excess(actual: ort.Tensor, expected: torch.Tensor, { rtol, atol }: Tolerance): string | null {
  if (actual.dims.join() !== expected.shape.join()) return `shape [${actual.dims.join(', ')}] instead of [${expected.shape.join(', ')}]`;
  if (actual.type !== expected.dtype) return `${actual.type} instead of ${expected.dtype}`;
  const got = Array.from(actual.data as Float32Array, Number), want = Array.from(expected.detach().contiguous().toTypedArray() as Float32Array, Number);
  const wrong = want.findIndex((w, i) => !(Object.is(got[i], w) || got[i] === w || Math.abs(got[i] - w) <= atol + rtol * Math.abs(w)));
  return wrong < 0 ? null : `element ${wrong} is ${got[wrong]} instead of ${want[wrong]}`;
}

export const tensorsIn = (value: unknown): torch.Tensor[] => (value instanceof torch.Tensor ? [value] : Array.isArray(value) ? value.flatMap(tensorsIn)
  : value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype ? Object.values(value).flatMap(tensorsIn) : []);

/** The module in evaluation mode, with the recorded state and arguments. */
function prepared(name: string, sample: ModuleSample): { readonly module: nn.Module; readonly args: readonly unknown[] } {
  const tensors = sample.tensors.map((json) => makeTensor({ ...json, requires_grad: false }));
  const Class = (nn as unknown as Readonly<Record<string, Constructor>>)[name];
  const kwargs = decodeOptions(sample.ctor.kwargs, tensors), given = decode(sample.ctor.args, tensors) as unknown[];
  const module = new Class(...given, ...(Object.keys(kwargs).length > 0 ? [kwargs] : [])).eval();
  module.loadStateDict(Object.fromEntries(sample.state.map(([key, i]) => [key, tensors[i].detach()])));
  const { input, ...options } = decodeOptions(sample.kwargs, tensors);
  return { module, args: [...(decode(sample.args, tensors) as unknown[]), ...(input === undefined ? [] : [input]), ...(Object.keys(options).length > 0 ? [options] : [])] };
}

async function outcomeOf(name: string, sample: ModuleSample, tolerance: ModuleFile['tolerance']): Promise<Omit<Outcome, 'sample'>> {
  const { module, args } = prepared(name, sample);
  const expected = torch.noGrad(() => tensorsIn((module as unknown as (...all: readonly unknown[]) => unknown)(...args)));
  let program: onnx.ONNXProgram;
  try {
    program = onnx.export(module, args);
  } catch (error) {
    if (!(error instanceof onnx.OnnxExporterError)) throw error;
    return { result: 'refused', reason: error.message };
  }
  if (program.warnings.length > 0) return { result: 'refused', reason: program.warnings[0] };
  let results: ort.Tensor[];
  try {
    results = await runSession(await sessionOf(program.bytes), [...new Set(tensorsIn(args))]);
  } catch (error) {
    return { result: 'runtime', reason: (error as Error).message };
  }
  for (const [i, result] of results.entries()) {
    const difference = excess(result, expected[i], tolerance[expected[i].dtype] ?? { rtol: 0, atol: 0 });
    if (difference !== null) return { result: 'different', reason: `output ${i}: ${difference}` };
  }
  return { result: 'equal', reason: '' };
}

export async function outcomesOf({ module, samples, tolerance }: ModuleFile): Promise<Outcome[]> {
  const name = module.replace('torch.nn.', ''), outcomes: Outcome[] = [];
  for (const [i, sample] of samples.entries()) outcomes.push({ sample: `${i} ${sample.repr.split('\n')[0]}`, ...await outcomeOf(name, sample, tolerance) });
  return outcomes;
}
