/** Exports a model, runs the file with onnxruntime on other inputs, and compares with the model. */
import { expect } from 'vitest';
import * as torch from 'flambeau';
import * as onnx from 'flambeau/onnx';
import { excess, runSession, sessionOf, tensorsIn } from './onnx-samples.ts';

type Model = onnx.Exportable;

const call = (model: Model, inputs: readonly torch.Tensor[]): torch.Tensor[] =>
  torch.noGrad(() => tensorsIn((model as unknown as (...all: readonly unknown[]) => unknown)(...inputs)));

/** Axes of `input`, or of `input_0`, `input_1`, ... */
export async function expectSame(model: Model, example: readonly torch.Tensor[], options: onnx.ExportOptions = {}, others: readonly (readonly torch.Tensor[])[] = [], within = 1e-5): Promise<onnx.ONNXProgram> {
  const program = onnx.export(model, example, null, options);
  expect(program.warnings).toEqual([]);
  const session = await sessionOf(program.bytes);
  for (const inputs of [example, ...others]) {
    const results = await runSession(session, inputs), expected = call(model, inputs);
    expect(results.length).toBe(expected.length);
    results.forEach((result, i) => expect(excess(result, expected[i], { rtol: within, atol: within }), `output ${i} of [${inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')}]`).toBeNull());
  }
  return program;
}

export const opsOf = (program: onnx.ONNXProgram): string[] => program.nodes.map(({ opType }) => opType);
