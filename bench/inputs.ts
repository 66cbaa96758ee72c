/** Inputs from formulas, so that every contender builds the same ones without a file. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';

/** The same numbers in both languages: sin of a ramp, in (-1, 1). */
export const wave = (n: number, phase = 0): Tensor => torch.arange(n, { dtype: 'float64' }).mul(0.37).add(phase).sin().float();
export const WAVE = `def wave(n, phase=0.0):
    return (torch.arange(n, dtype=torch.float64) * 0.37 + phase).sin().float()
`;
export const label = (n: number): string => (n >= 1e6 ? `${n / 1e6}M` : n >= 1000 ? `${n / 1000}k` : String(n));
