#!/usr/bin/env node
// `npx trunkline [start | demo | call | admin | models | doctor] ...`, from the installed package.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('../src/main.js', import.meta.url)));
await import('../run.mjs');
