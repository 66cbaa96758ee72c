/** Distances of all pairs of rows. */
export { pdist } from '../tensor/library/distances.ts';
