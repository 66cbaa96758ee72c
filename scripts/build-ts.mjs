/** Builds dist; does nothing when no input changed. usage: node scripts/build-ts.mjs [--no-types] */
import { buildTypeScript } from './lib/typescript.mjs';

try {
  const result = await buildTypeScript({ types: !process.argv.includes('--no-types') });
  console.log(result.summary);
  process.exitCode = result.ok ? 0 : 1;
} catch (error) {
  // esbuild has printed where; its stack says nothing more.
  console.error(error.message.split('\n')[0]);
  process.exitCode = 1;
}
