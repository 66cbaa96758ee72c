/** All operations that have an ONNX form. */
import { ATTENTION } from './attention.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { MOVEMENT } from './movement.ts';
import { NETWORK } from './network.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import type { Rule, Rules } from './rule.ts';
import { SPATIAL } from './spatial.ts';

const RULES: Rules = { ...ELEMENTWISE, ...MOVEMENT, ...REDUCTION, ...NETWORK, ...SPATIAL, ...RECURRENT, ...ATTENTION };

export const ruleOf = (op: string): Rule | null => (Object.hasOwn(RULES, op) ? RULES[op] : null);
