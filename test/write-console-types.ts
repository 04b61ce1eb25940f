// Writes the types of the public operations for the console: npm run console:types.
import { writeFileSync } from 'node:fs';
import { operationsSource, OPERATIONS_PATH } from './console/operations-source.ts';

writeFileSync(OPERATIONS_PATH, operationsSource());
