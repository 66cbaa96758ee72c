/** LSTM, GRU and RNN layers as the operators of the same names, one per layer. */
import { cat, stack } from '../../tensor/composite.ts';
import { noGrad } from '../../tensor/grad-mode.ts';
import { GRU, LSTM, RNN, type RNNBase } from '../../nn/rnn.ts';
import type { Parameter } from '../../nn/parameter.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { isNode, type Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import type { Node } from '../program.ts';
import { sliced } from './movement.ts';
import { rule, type Rules } from './rule.ts';

/** Where in ONNX's order of gates PyTorch's stand: i o f c instead of i f g o, and z r h instead of r z n. */
const GATES = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] } as const;
type Kind = keyof typeof GATES;

const kindOf = (module: RNNBase): Kind => (module instanceof LSTM ? 'LSTM' : module instanceof GRU ? 'GRU' : 'RNN');

const reordered = (x: Tensor, kind: Kind): Tensor => {
  const gates = x.detach().chunk(GATES[kind].length, 0);
  return cat(GATES[kind].map((gate) => gates[gate]), 0);
};

/** One parameter of all directions of a layer, `[directions, rows, ...]`. */
function weights(module: RNNBase, kind: Kind, layer: number, name: 'weight_ih' | 'weight_hh'): Tensor {
  return stack(suffixes(module, layer).map((suffix) => reordered(module[`${name}_${suffix}`], kind)));
}

const suffixes = (module: RNNBase, layer: number): string[] => (module.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`]);

const biases = (module: RNNBase, kind: Kind, layer: number): Tensor =>
  stack(suffixes(module, layer).map((suffix) => cat([module[`bias_ih_${suffix}`] as Parameter, module[`bias_hh_${suffix}`] as Parameter].map((bias) => reordered(bias, kind)), 0)));

/** States `[layers * directions, N, H]` of one layer; an unbatched one gets its batch. */
function initial(a: Arguments, g: Graph, state: Node | undefined, module: RNNBase, layer: number, unbatched: boolean): Name {
  if (state === undefined) return '';
  const directions = module.bidirectional ? 2 : 1, whole = unbatched ? g.add('Unsqueeze', [a.of(state), g.ints([1])]) : a.of(state);
  return module.numLayers === 1 ? whole : sliced(g, whole, 0, layer * directions, (layer + 1) * directions);
}

function recurrent(a: Arguments, g: Graph): Name[] {
  const module = a.raw('module') as RNNBase, kind = kindOf(module), input = a.node('input'), unbatched = input.shape.length === 2;
  const given = a.raw('state'), states = (Array.isArray(given) ? given : [given]).filter(isNode);
  const directions = module.bidirectional ? 2 : 1, size = module.hiddenSize;
  if (module.training && module.dropout > 0 && module.numLayers > 1) return g.fail('is exported with dropout between its layers only in evaluation mode');
  let x = unbatched ? g.add('Unsqueeze', [a.name('input'), g.ints([1])]) : module.batchFirst ? g.add('Transpose', [a.name('input')], { perm: [1, 0, 2] }) : a.name('input');
  const ends: Name[][] = [];
  for (let layer = 0; layer < module.numLayers; layer++) {
    const [w, r, b] = noGrad(() => [weights(module, kind, layer, 'weight_ih'), weights(module, kind, layer, 'weight_hh'), module.bias ? biases(module, kind, layer) : null]);
    const before = states.map((state) => initial(a, g, state, module, layer, unbatched));
    const inputs = [x, g.initializer(w), g.initializer(r), b === null ? '' : g.initializer(b), '', ...before];
    const nonlinearity = module instanceof RNN ? new Array<string>(directions).fill(module.nonlinearity === 'relu' ? 'Relu' : 'Tanh') : undefined;
    const [output, ...end] = g.addMany(kind, inputs, {
      hidden_size: size, direction: module.bidirectional ? 'bidirectional' : 'forward', activations: nonlinearity, linear_before_reset: kind === 'GRU' ? 1 : undefined,
    }, kind === 'LSTM' ? 3 : 2);
    ends.push(end);
    // [time, directions, N, H] to [time, N, directions * H].
    x = directions === 1 ? g.add('Squeeze', [output, g.ints([1])]) : g.add('Reshape', [g.add('Transpose', [output], { perm: [0, 2, 1, 3] }), g.ints([0, 0, -1])]);
  }
  const final = ends[0].map((_, i) => (ends.length === 1 ? ends[0][i] : g.add('Concat', ends.map((end) => end[i]), { axis: 0 })));
  if (unbatched) return [x, ...final].map((name) => g.add('Squeeze', [name, g.ints([1])]));
  return [module.batchFirst ? g.add('Transpose', [x], { perm: [1, 0, 2] }) : x, ...final];
}

export const RECURRENT: Rules = { recurrent: rule('recurrent(module, input, state?)', recurrent) };
