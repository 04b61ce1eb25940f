// Writes the client packages from the operations of the APIs: npm run clients.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLIENTS, PROCEDURES_CLIENT } from './clients.ts';
import { describeClient, describeProcedures } from './description.ts';
import { javascriptPackage } from './javascript.ts';
import { pythonPackage } from './python.ts';

const here = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(here, '..', 'package.json'), 'utf8')) as { version: string };

const write = (folder: string, files: Readonly<Record<string, string>>) => {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  console.log(folder);
};

for (const definition of CLIENTS) {
  const root = describeClient(definition);
  write(join(here, 'js', 'dist', definition.npmName), javascriptPackage(definition, root, version));
  write(join(here, 'python', 'dist', definition.pythonModule), pythonPackage(definition, root, version));
}

write(
  join(here, 'js', 'dist', PROCEDURES_CLIENT.npmName),
  javascriptPackage(PROCEDURES_CLIENT, describeProcedures(PROCEDURES_CLIENT.api), version),
);
