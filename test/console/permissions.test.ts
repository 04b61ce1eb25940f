import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isAllowed, PERMISSIONS, ROLES } from '#core/kernel/context.ts';
import { may, type Permission } from '../../console/src/api/permissions.ts';

it('the console draws what the server allows to each role, and nothing else', () => {
  for (const role of ROLES)
    for (const permission of PERMISSIONS)
      assert.equal(
        may({ role }, permission as Permission),
        isAllowed({ kind: 'user', id: 1, role, sessionId: 1 }, permission),
        `${role}: ${permission}`,
      );
});
