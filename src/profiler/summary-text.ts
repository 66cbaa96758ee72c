/** The table of `summary`, with the look of torchinfo's. */
import type { LayerInfo, ModelStatistics, Settings, SummaryColumn } from './summary.ts';

const TITLES: Readonly<Record<SummaryColumn, string>> = {
  inputSize: 'Input Shape', outputSize: 'Output Shape', numParams: 'Param #', paramsPercent: 'Param %', kernelSize: 'Kernel Shape', flops: 'FLOPs', multAdds: 'Mult-Adds', trainable: 'Trainable',
};

const NOTHING = '--';
const counted = (value: number): string => value.toLocaleString('en-US');
const shapesText = (shapes: readonly (readonly number[])[] | null): string =>
  shapes === null || shapes.length === 0 ? NOTHING : shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');

/** A row: a module, and what it has beyond the rows below it. */
interface Row {
  readonly layer: LayerInfo;
  readonly label: string;
  readonly params: number;
}

/**
 * Elements of the parameters that no other row has: its own, and those of modules that are deeper than the table. One that
 * is shared stands in the first row that has it, so that the column adds up to the total.
 */
function share(layer: LayerInfo, below: readonly LayerInfo[], claimed: Set<unknown>): number {
  if (layer.recursive) return 0;
  const elsewhere = new Set<unknown>(below.filter(({ recursive }) => !recursive).flatMap(({ module }) => module.parameters()));
  let count = 0;
  for (const parameter of layer.module.parameters()) {
    if (claimed.has(parameter) || elsewhere.has(parameter)) continue;
    claimed.add(parameter);
    count += parameter.numel();
  }
  return count;
}

function rowsOf(root: LayerInfo, { depth, rows }: Settings): Row[] {
  const ascii = rows.has('asciiOnly'), result: Row[] = [], claimed = new Set<unknown>();
  const visit = (layer: LayerInfo, prefix: string, last: boolean): void => {
    const children = layer.depth >= depth ? [] : layer.children.filter((child) => !(child.recursive && rows.has('hideRecursiveLayers')));
    const branch = layer.depth === 0 ? '' : ascii ? '+ ' : last ? '└─' : '├─';
    const name = layer.className + (rows.has('varNames') && layer.depth > 0 ? ` (${layer.varName})` : '');
    result.push({ layer, label: `${prefix}${branch}${name}${rows.has('depth') && layer.depthIndex !== null ? `: ${layer.depth}-${layer.depthIndex}` : ''}`, params: share(layer, children, claimed) });
    const below = layer.depth === 0 ? '' : `${prefix}${ascii ? '  ' : last ? '    ' : '│    '}`;
    children.forEach((child, i) => visit(child, below, i === children.length - 1));
  };
  visit(root, '', true);
  return result;
}

function paramsText({ layer, params }: Row): string {
  if (layer.recursive) return layer.numParams > 0 ? '(recursive)' : NOTHING;
  if (params === 0) return NOTHING;
  // As torchinfo: all of them are frozen.
  return layer.trainableParams === 0 && layer.numParams > 0 ? `(${counted(params)})` : counted(params);
}

function trainableText({ numParams, trainableParams }: LayerInfo): string {
  return numParams === 0 ? NOTHING : trainableParams === numParams ? 'True' : trainableParams === 0 ? 'False' : 'Partial';
}

function cell(row: Row, column: SummaryColumn, total: number): string {
  const { layer } = row;
  switch (column) {
    case 'inputSize': return shapesText(layer.inputSize);
    case 'outputSize': return shapesText(layer.outputSize);
    case 'numParams': return paramsText(row);
    case 'paramsPercent': return layer.recursive || row.params === 0 ? NOTHING : `${((row.params / total) * 100).toFixed(2)}%`;
    case 'kernelSize': return layer.kernelSize === null ? NOTHING : `[${layer.kernelSize.join(', ')}]`;
    case 'flops': return layer.flops === 0 ? NOTHING : counted(layer.flops);
    case 'multAdds': return layer.multAdds === 0 ? NOTHING : counted(layer.multAdds);
    case 'trainable': return trainableText(layer);
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

/** The unit of a count of FLOPs as torchinfo writes it. */
function scaled(count: number): string {
  const [unit, size] = count >= 1e12 ? [' (T)', 1e12] : count >= 1e9 ? [' (G)', 1e9] : count >= 1e6 ? [' (M)', 1e6] : count >= 1e3 ? [' (K)', 1e3] : ['', 1];
  return `${unit}: ${size === 1 ? count : (count / size).toFixed(2)}`;
}

export function summaryText(model: ModelStatistics, settings: Settings): string {
  const { columns, width } = settings, rows = rowsOf(model.layers[0], settings);
  const title = 'Layer (type' + (settings.rows.has('varNames') ? ' (var_name)' : '') + (settings.rows.has('depth') ? ':depth-idx' : '') + ')';
  const cells = rows.map((row) => columns.map((column) => cell(row, column, model.totalParams)));
  const first = Math.max(title.length, ...rows.map(({ label }) => label.length)) + 2;
  const widths = columns.map((column, c) => Math.max(width, TITLES[column].length + 2, ...cells.map((row) => row[c].length + 2)));
  const line = (label: string, texts: readonly string[]): string => (label.padEnd(first) + texts.map((text, c) => text.padEnd(widths[c])).join('')).trimEnd();
  const rule = '='.repeat(first + widths.reduce((sum, size) => sum + size, 0));
  return [
    rule, line(title, columns.map((column) => TITLES[column])), rule,
    ...rows.map(({ label }, r) => line(label, cells[r])), rule,
    `Total params: ${counted(model.totalParams)}`,
    `Trainable params: ${counted(model.trainableParams)}`,
    `Non-trainable params: ${counted(model.nonTrainableParams)}`,
    ...(settings.ran ? [`Total FLOPs${scaled(model.totalFlops)}`, `Total mult-adds${scaled(model.totalMultAdds)}`] : []),
    rule,
    ...(settings.ran ? [
      `Input size (MB): ${megabytes(model.inputBytes)}`, `Forward/backward pass size (MB): ${megabytes(model.forwardBackwardBytes)}`,
      `Params size (MB): ${megabytes(model.paramBytes)}`, `Estimated Total Size (MB): ${megabytes(model.totalBytes)}`, rule,
    ] : []),
  ].join('\n');
}
