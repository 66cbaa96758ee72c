/** The part of the untyped package `bindings` that is used. */
declare module 'bindings' {
  interface Options {
    readonly bindings: string;
    readonly module_root: string;
    /** true: the path of the first file that exists instead of the loaded module. */
    readonly path: true;
    /** Path segments; names of options are replaced by their values. */
    readonly try: readonly (readonly string[])[];
  }
  export default function bindings(options: Options): string;
}
