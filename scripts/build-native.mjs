/**
 * Builds the addon with node-gyp, offline where Node's headers are beside it. In a checkout the result is
 * build/Release, in an installed package (which has no root binding.gyp) native/build/Release.
 *
 * usage: node scripts/build-native.mjs [--rebuild] [--quiet]
 */
import { buildNative } from './lib/native.mjs';

const flags = new Set(process.argv.slice(2));
const result = await buildNative({ rebuild: flags.has('--rebuild'), quiet: flags.has('--quiet') });
console.log(result.summary);
process.exitCode = result.ok ? 0 : 1;
