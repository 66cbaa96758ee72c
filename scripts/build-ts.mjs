/** Builds dist; does nothing when no input changed. usage: node scripts/build-ts.mjs [--no-types] */
import { buildTypeScript } from './lib/typescript.mjs';

const result = await buildTypeScript({ types: !process.argv.includes('--no-types') });
console.log(result.summary);
process.exitCode = result.ok ? 0 : 1;
