/** The package root, where `build` and `prebuilds` are. */
export declare const root: string;
/** Loads the binary of a platform key such as `linux-x64.glibc`; undefined when the package has none for it. */
export declare function load(key: string): unknown;
/** The js backend over the modules (by path) that it shares with the rest; only the package has it apart. */
export declare function makeJsBackend(shared: Readonly<Record<string, unknown>>): unknown;
