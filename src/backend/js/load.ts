/**
 * The js backend, when it is first needed. Its generated loops are a fifth of the library's code, which a program on the
 * native backend should not parse: in the package they are a file of their own, made in place of this module's import by
 * scripts/lib/typescript.mjs.
 */
import type { Backend } from '../backend.ts';
import { jsBackend } from './index.ts';

export const loadJsBackend = (): Backend => jsBackend;
