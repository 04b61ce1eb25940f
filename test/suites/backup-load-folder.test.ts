import { after, it } from 'node:test';
import { closeAll, environment, survivesLoad } from '../support/backup-load.ts';

after(closeAll);

it('a backup of a folder under load restores what was acknowledged before it', async () =>
  survivesLoad(await environment('folder'), await environment('folder')));
