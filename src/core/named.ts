/** Results of ops with several: an array with named fields, like PyTorch's named tuples. */
export type Named<T, K extends string> = readonly T[] & { readonly [P in K]: T };

export function named<T, const K extends readonly string[]>(names: K, values: readonly T[]): Named<T, K[number]> & Iterable<T> {
  const result = values.slice();
  names.forEach((name, i) => Object.defineProperty(result, name, { value: values[i], enumerable: false }));
  return result as unknown as Named<T, K[number]> & Iterable<T>;
}
