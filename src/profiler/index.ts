/** Looking inside: what a model is made of, what a program spends its time on. PyTorch's `torch.profiler`, and torchinfo's `summary`. */
export { profile, Profile, ProfilerActivity, type ProfileOptions } from './profile.ts';
export { recordFunction } from './record-function.ts';
export { ProfilerAction, schedule, type Schedule, type ScheduleOptions } from './schedule.ts';
export { tensorboardTraceHandler } from './trace.ts';
export { EventAverage, EventList, type GroupOptions, type SortBy, type TableOptions } from './averages.ts';
export { ProfilerEvent, type ArgumentShape, type Category } from './event.ts';
export { summary, LayerInfo, ModelStatistics, type SummaryColumn, type SummaryOptions, type SummaryRowSetting } from './summary.ts';
export { FlopCounterMode, type FlopCounterOptions } from './flop-counter.ts';
