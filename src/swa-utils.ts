/** `optim.swaUtils`: averages of weights, which are modules, and their schedule. */
export {
  AveragedModel, getEmaAvgFn, getEmaMultiAvgFn, getSwaAvgFn, getSwaMultiAvgFn, updateBn, type AveragedModelOptions, type AvgFn, type MultiAvgFn,
} from './nn/averaged-model.ts';
export { SWALR, type SWALROptions } from './optim/lr-scheduler/swa.ts';
