/** Where in the program of the user something was called. */

/** The folder of the library, whose frames say nothing to its users. */
const HOME = import.meta.url.replace(/^file:\/\//, '').replace(/\/(?:tensor\/)?[^/]*$/, '/');

/** Internal frames come first and would fill a short stack. */
const FRAMES = 64;

/** Remembers the stack; it is only formatted when it is asked for. */
export function callHere(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const call = new Error('call');
  Error.stackTraceLimit = limit;
  return call;
}

/** The frames of a stack outside of the library, innermost first; all of them where there is none. */
export function callers(call: Error): string[] {
  const frames = (call.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)), outside = frames.filter((line) => !line.includes(HOME));
  return outside.length > 0 ? outside : frames;
}
