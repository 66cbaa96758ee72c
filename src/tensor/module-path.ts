/** Where a running module stands in its model: `Net.encoder.0`, by the spans of an observer. */

/** What a module of `nn` is here: that folder imports this one. */
interface ModuleLike {
  readonly constructor: { readonly name: string };
  namedModules(): (readonly [path: string, module: unknown])[];
}

export interface Frame {
  readonly module: unknown;
  /** The class of the outermost module, then names as in `namedModules`. */
  readonly path: string;
  /** The class. */
  readonly type: string;
}

export class ModulePath {
  private readonly frames: Frame[] = [];

  /** The innermost running module. */
  get current(): Frame | null {
    return this.frames.at(-1) ?? null;
  }

  /** The running modules, outermost first. */
  get all(): readonly Frame[] {
    return this.frames;
  }

  within<R>(module: unknown, run: () => R): R {
    const frame = this.frameOf(module as ModuleLike);
    this.frames.push(frame);
    try {
      return run();
    } finally {
      this.frames.pop();
    }
  }

  private frameOf(module: ModuleLike): Frame {
    const type = module.constructor.name, outer = this.current;
    if (outer === null) return { module, path: type, type };
    const found = (outer.module as ModuleLike).namedModules().find(([, each]) => each === module);
    return { module, path: `${outer.path}.${found === undefined || found[0] === '' ? type : found[0]}`, type };
  }
}
