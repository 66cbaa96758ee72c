/** Writes src/backend/js/generated; see the script. */
export function generateJsKernels(): Promise<void>;
