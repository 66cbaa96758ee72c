/**
 * `npm run onnx-coverage [-- --filter 'regular expression']`: every module of PyTorch's recorded samples, exported to ONNX
 * in evaluation mode, run by onnxruntime-node and compared with the module itself within PyTorch's own tolerances.
 */
import { parseArgs } from 'node:util';
import { moduleFiles, outcomesOf } from '../test/helpers/onnx-samples.ts';

const { values: { filter = '.' } } = parseArgs({ options: { filter: { type: 'string' } } });
const pattern = new RegExp(filter);
const modules = { whole: 0, partly: 0, none: 0 }, samples = { equal: 0, refused: 0, runtime: 0, different: 0 };

for (const file of moduleFiles().filter(({ module }) => pattern.test(module))) {
  const outcomes = await outcomesOf(file), equal = outcomes.filter(({ result }) => result === 'equal').length;
  modules[equal === outcomes.length ? 'whole' : equal > 0 ? 'partly' : 'none']++;
  for (const { result } of outcomes) samples[result]++;
  if (equal === outcomes.length) continue;
  console.log(`${file.module.replace('torch.nn.', '')}: ${equal} of ${outcomes.length}`);
  for (const { sample, result, reason } of outcomes) if (result !== 'equal') console.log(`    ${sample}: ${result}: ${reason.split('\n')[0].slice(0, 300)}`);
}
console.log('\nmodules', modules, '\nsamples', samples);
