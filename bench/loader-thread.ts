/** A bare thread of `npm run bench -- loader`: reads samples as a worker of a loader does, and hands nothing over. */
import { parentPort } from 'node:worker_threads';
import * as torch from 'flambeau';
import { Pictures } from './loader-dataset.ts';

torch.setNumThreads(1);
const dataset = new Pictures(1);
parentPort?.on('message', (samples: number) => {
  for (let i = 0; i < samples; i++) dataset.get(i);
  parentPort?.postMessage('done');
});
