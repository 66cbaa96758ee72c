/**
 * Containers made of an object, whose members TypeScript knows: `new ModuleDict({ wte: new Embedding(9, 4) }).wte.weight`.
 *
 * The second type parameter of those signatures keeps `class Blocks extends ModuleDict<Block>` from choosing them.
 */
import type { Tensor } from '../tensor/tensor.ts';
import * as containers from './containers.ts';
import type { Module, UnaryModule } from './module.ts';
import type { Parameter } from './parameter.ts';

/** The members that an object names; none where its keys are not known. */
type Named<T> = string extends keyof T ? unknown : T;

type Modules = Readonly<Record<string, Module>>;

export type ModuleDict<M extends Module = UnaryModule> = containers.ModuleDict<M>;
export const ModuleDict = containers.ModuleDict as {
  new <T extends Modules, M extends T[keyof T]>(modules: T): ModuleDict<M> & Named<T>;
  new <M extends Module = UnaryModule>(modules?: Readonly<Record<string, M>> | Iterable<readonly [string, M]>): ModuleDict<M>;
  readonly prototype: ModuleDict<Module>;
};

export type Sequential = containers.Sequential;
export const Sequential = containers.Sequential as {
  new <T extends Modules, M extends T[keyof T]>(modules: T): Sequential & Named<T>;
  new (...modules: containers.SequentialArgs): Sequential;
  readonly prototype: Sequential;
};

export type ParameterDict = containers.ParameterDict;
export const ParameterDict = containers.ParameterDict as {
  new <T extends Readonly<Record<string, Tensor>>, P extends Parameter>(values: T): ParameterDict & Named<{ [K in keyof T]: P }>;
  new (values?: Readonly<Record<string, Tensor>>): ParameterDict;
  readonly prototype: ParameterDict;
};
