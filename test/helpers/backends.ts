/** The backends that tests run on: both where the native one loads. */
import { setBackend, type BackendName } from '../../src/backend/select.ts';

function loads(name: BackendName): boolean {
  try {
    setBackend(name);
    return true;
  } catch {
    return false;
  }
}

export const BACKENDS: readonly BackendName[] = (['js', 'native'] as const).filter(loads);
