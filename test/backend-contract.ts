/** What every backend must do: one suite, run against each of them. */
import { describe } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { elementwiseContract } from './backend-contract-elementwise.ts';
import { matmulContract } from './backend-contract-matmul.ts';
import { movementContract } from './backend-contract-movement.ts';
import { nnContract } from './backend-contract-nn.ts';
import { orderContract } from './backend-contract-order.ts';
import { reduceContract } from './backend-contract-reduce.ts';
import { linalgContract } from './backend-contract-linalg.ts';
import { spatialContract } from './backend-contract-spatial.ts';

/** Drives every family of a backend; `makeBackend` is called when the tests run. */
export function contract(name: string, makeBackend: () => Backend): void {
  describe(`the ${name} backend`, () => {
    let made: Backend | undefined;
    const backend = (): Backend => (made ??= makeBackend());
    elementwiseContract(backend);
    movementContract(backend);
    reduceContract(backend);
    orderContract(backend);
    matmulContract(backend);
    nnContract(backend);
    spatialContract(backend);
    linalgContract(backend);
  });
}
