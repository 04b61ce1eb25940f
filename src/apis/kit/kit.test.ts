import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hostOf } from '#core/kernel/network.ts';
import { numberIn } from './codecs.ts';

it('who has one IPv6 address is counted with all of its network; an IPv4 address is one', () => {
  for (const same of ['2001:db8:0:1::5', '2001:db8:0:1:ffff::', '2001:db8:0:1:1:2:3:4', '2001:db8:0:1::%eth0'])
    assert.equal(hostOf(same), '2001:db8:0:1::/64', same);
  assert.notEqual(hostOf('2001:db8:0:2::5'), hostOf('2001:db8:0:1::5'));
  assert.deepEqual(
    [hostOf('::1'), hostOf('10.0.0.7'), hostOf('::ffff:10.0.0.7')],
    ['0:0:0:0::/64', '10.0.0.7', '10.0.0.7'],
  );
});

it('an id has one spelling', () => {
  assert.deepEqual(
    ['agent_7', 'agent_0', 'agent_07', 'agent_', 'agent_1e3', 'user_7', 'agent_7 ', 'agent_9999999999999999'].map(
      (id) => numberIn('agent', id),
    ),
    [7, 0, null, null, null, null, null, null],
  );
});
