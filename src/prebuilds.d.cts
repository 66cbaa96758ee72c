/** The package root, where `build` and `prebuilds` are. */
export declare const root: string;
/** Loads the binary of a platform key such as `linux-x64.glibc`; undefined when the package has none for it. */
export declare function load(key: string): unknown;
