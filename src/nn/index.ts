/** `nn`: layers, losses, containers, initialisers and utilities. */
export { Module, type UnaryModule } from './module.ts';
export type {
  BackwardHook, BackwardPreHook, ForwardHook, ForwardPreHook, Gradients, LoadStateDictPostHook, LoadStateDictPreHook, StateDictPostHook, StateDictPreHook,
} from './hooks.ts';
export type { RemovableHandle } from '../tensor/tensor.ts';
export { Parameter } from './parameter.ts';
export { StateDictError, type LoadReport, type StateDict } from './state-dict.ts';
export { ModuleList, ParameterList } from './containers.ts';
export { ModuleDict, ParameterDict, Sequential } from './named-members.ts';
export { Flatten, Identity, Linear, Unflatten, type LinearOptions } from './linear.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { GRU, LSTM, RNN, RNNBase, type RecurrentOptions } from './rnn.ts';
export { GRUCell, LSTMCell, RNNCell, RNNCellBase } from './rnn-cell.ts';
export * from './dropout.ts';
export * from './distance.ts';
export { EmbeddingBag } from './embedding-bag.ts';
export * from './padding.ts';
export * from './resampling.ts';
export * from './activation.ts';
export {
  BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, NLLLoss, SmoothL1Loss,
} from './loss.ts';
export * from './loss-margin.ts';
export { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.ts';
export { AdaptiveLogSoftmaxWithLoss } from './adaptive-softmax.ts';
export * from './norm.ts';
export * from './pool.ts';
export { MultiheadAttention } from './multihead-attention.ts';
export { Transformer, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer } from './transformer.ts';
export * as functional from './functional.ts';
export * as init from './init.ts';
export * as utils from './utils.ts';
