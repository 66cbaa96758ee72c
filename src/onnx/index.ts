/** `flambeau/onnx`: models as ONNX files. */
export { exportModel as export, type Exportable, type ExportOptions, type TrainingMode } from './export.ts';
export type { AxesOf, AxisName, DynamicAxes, DynamicShapes } from './dynamic.ts';
export { OnnxExporterError } from './errors.ts';
export { ONNXProgram, type OnnxNode } from './onnx-program.ts';
