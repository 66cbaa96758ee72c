import { jsBackend } from '../src/backend/js/index.ts';
import { contract } from './backend-contract.ts';

contract('js', () => jsBackend);
