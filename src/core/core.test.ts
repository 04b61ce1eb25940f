import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fillVariables } from './ai-agents/ai-agent.ts';
import { mayBecome, type CallStatus } from './calls/call.ts';
import { callsOf, isAllowed, PERMISSIONS, type Actor, type Role } from './kernel/context.ts';
import { dayIn, timeZone } from './kernel/locale.ts';
import { costOf } from './kernel/money.ts';
import { isPhoneNumber, maskNumber, phoneNumber } from './kernel/phone-number.ts';

describe('variables', () => {
  it('fill prompts, and leave no hole where one is missing', () => {
    assert.equal(fillVariables('Hi {{name}}, welcome', { name: 'Ann' }), 'Hi Ann, welcome');
    assert.equal(fillVariables('Hi {{name}}, welcome', {}), 'Hi, welcome');
    assert.equal(fillVariables('{{ name }} of {{company}}', { company: 'ACME' }), 'of ACME');
    const often = fillVariables('{{x}} '.repeat(20_000), { x: 'a long value '.repeat(700) });
    assert.ok(often.includes('a long value') && often.length < 250_000, `${often.length} letters`);
  });

  it('are not looked into again, and inherit nothing', () => {
    assert.equal(fillVariables('Hi {{name}}', { name: '{{secret}}', secret: 'x' }), 'Hi {{secret}}');
    assert.equal(fillVariables('Hi {{constructor}}', {}), 'Hi');
  });
});

describe('a call', () => {
  it('never goes back, and ends once', () => {
    const all: CallStatus[] = [
      'placed',
      'ringing',
      'answered',
      'completed',
      'voicemail',
      'no-answer',
      'busy',
      'canceled',
      'refused',
      'broken',
    ];
    for (const from of all) for (const to of all) assert.equal(mayBecome(from, to) && mayBecome(to, from), false);
    assert.ok(mayBecome('placed', 'answered'));
    assert.ok(!mayBecome('completed', 'broken'));
  });
});

describe('numbers, money, zones, roles', () => {
  it('phone numbers are + and 7 to 15 digits', () => {
    for (const good of ['+1234567890', '+0987654321', '+1234567']) assert.ok(isPhoneNumber(good));
    for (const bad of ['1234567890', '+123456', '+1234567890123456', '+12 345678', ''])
      assert.throws(() => phoneNumber(bad));
    assert.equal(maskNumber('+15005550006'), '+*********06');
  });

  it('a cost is rounded once', () => {
    assert.equal(costOf(1500, { microsPerMillion: 2_500_000 }), 3750);
    assert.equal(costOf(1, { microsPerMillion: 499_999 }), 0);
  });

  it('"today" is where the organization is', () => {
    const at = new Date('2026-03-01T23:30:00Z');
    assert.equal(dayIn(timeZone('Europe/Berlin'), at), '2026-03-02');
    assert.equal(dayIn(timeZone('America/New_York'), at), '2026-03-01');
    assert.throws(() => timeZone('Mars/Base'));
  });

  it('a viewer reads and places no calls', () => {
    const as = (role: Role): Actor => ({ kind: 'user', id: 5, role, sessionId: 1 });
    assert.ok(isAllowed(as('viewer'), 'read'));
    assert.ok(!isAllowed(as('viewer'), 'place-calls'));
    assert.ok(!isAllowed(as('agent'), 'manage-agents'));
    for (const permission of PERMISSIONS) assert.ok(isAllowed(as('admin'), permission));
    assert.deepEqual([callsOf(as('agent')), callsOf(as('viewer'))], [{ userId: 5 }, 'all']);
  });
});
