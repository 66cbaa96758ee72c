import { describe, expect, it } from 'vitest';
import { moduleFiles, outcomesOf } from './helpers/onnx-samples.ts';

/** Recorded samples without an ONNX form, with the reason that export gives. docs/onnx.md lists the same. */
const REFUSED: Readonly<Record<string, { readonly count: number; readonly reason: RegExp }>> = {
  AdaptiveLogSoftmaxWithLoss: { count: 1, reason: /nonzero cannot be exported to ONNX/ },
  CTCLoss: { count: 2, reason: /ctcLoss cannot be exported to ONNX/ },
  EmbeddingBag: { count: 1, reason: /embeddingBag cannot be exported to ONNX/ },
};

describe('recorded modules in evaluation mode, exported and run by onnxruntime', () => {
  it.each(moduleFiles().map((file) => [file.module.replace('torch.nn.', ''), file] as const))('%s', async (name, file) => {
    const outcomes = await outcomesOf(file), { count, reason } = REFUSED[name] ?? { count: 0, reason: /^$/ };
    const refused = outcomes.filter(({ result }) => result === 'refused');
    expect(outcomes.filter(({ result }) => result !== 'equal' && result !== 'refused')).toEqual([]);
    expect(refused.map((outcome) => outcome.reason)).toHaveLength(count);
    for (const outcome of refused) expect(outcome.reason).toMatch(reason);
  });
});
