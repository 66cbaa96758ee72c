/** `transforms`: torchvision's, for images that are tensors. */
import { LIBRARY, portable } from '../portable.ts';
import * as color from './color-classes.ts';
import * as geometry from './geometry-classes.ts';
import { Compose, Lambda, RandomApply, RandomChoice, RandomOrder } from './transform.ts';

export { Compose, Lambda, RandomApply, RandomChoice, RandomOrder, Transform, type Step } from './transform.ts';
export * from './geometry-classes.ts';
export * from './color-classes.ts';
export type { Interpolation, PaddingMode } from './geometry.ts';
export * as functional from './functional.ts';

portable(LIBRARY, { Compose, Lambda, RandomApply, RandomChoice, RandomOrder, ...geometry, ...color });
