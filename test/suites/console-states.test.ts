import { before, describe } from 'node:test';
import { corpusTests } from '../console/corpus.ts';
import { formTests } from '../console/forms.ts';
import { roleTests } from '../console/roles.ts';
import { ADMIN, consoleScene, signIn } from '../console/scene.ts';
import { stateTests } from '../console/states.ts';
import { zoneTests } from '../console/zones.ts';

// What holds on every page of the console: its states, the keyboard, roles, forms, files and time zones.

describe('every page of the console', () => {
  const scene = consoleScene();
  before(async () => {
    await scene.page().goto(`${scene.server().url}/app/board`);
    await signIn(scene.page(), ADMIN);
  });
  stateTests(scene);
  roleTests(scene);
  formTests(scene);
  corpusTests(scene);
  zoneTests(scene);
});
