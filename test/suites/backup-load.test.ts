import { after, it } from 'node:test';
import { closeAll, environment, survivesLoad } from '../support/backup-load.ts';
import { motoPath } from '../support/moto.ts';

after(closeAll);

it(
  'a backup of a bucket under load restores what was acknowledged before it',
  { skip: motoPath() === null },
  async () => survivesLoad(await environment('bucket'), await environment('folder')),
);
