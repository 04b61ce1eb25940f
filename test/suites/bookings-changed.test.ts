import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bookSlot } from '#core/bookings/book-slot.ts';
import { cancelBooking } from '#core/bookings/cancel-booking.ts';
import { moveBooking } from '#core/bookings/move-booking.ts';
import { startServer, type TestServer } from '../support/server.ts';

// A caller cancels and moves what they booked, and nothing else.

type Json = Record<string, unknown>;
const DAY_MS = 86_400_000;

describe('a booking', () => {
  let server: TestServer;
  let agent: string;
  before(async () => {
    server = await startServer();
    await server.request('PUT', '/api/organizations/org_1', { timezone: 'America/New_York' });
    agent = String(
      (
        await server.request('POST', '/v1/convai/agents', {
          name: 'A',
          system_prompt: 'You are Mia, the receptionist of Bright Smile Dental. You book appointments.',
        })
      ).body['agent_id'],
    );
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const talks = new Map<string, number>();
  const say = async (who: string, ...says: readonly string[]) => {
    let answer = '';
    for (const message of says) {
      const { body } = await server.request('POST', `/agents/${agent}/message`, {
        message,
        context: { user_id: who, conversation_id: `${who}-${talks.get(who) ?? 0}` },
      });
      answer = String((body['response'] as Json)['message']);
    }
    return answer;
  };
  const hangUp = (who: string) => talks.set(who, (talks.get(who) ?? 0) + 1);
  /** Days as the agent says them, and in a month that is surely to come. */
  const dayIn = (days: number) =>
    new Date(Date.now() + days * DAY_MS).toLocaleDateString('en-US', {
      timeZone: 'America/New_York',
      month: 'long',
      day: 'numeric',
    });
  const booked = async (who: string) =>
    (
      await server.database(
        `select to_char(b.at at time zone 'America/New_York', 'FMMonth FMDD HH24:MI') as at, b.name
           from bookings b join conversations c on c.id = b.conversation_id
          where c.user_id = '${who}' and b.canceled_at is null and b.held_until is null order by b.at`,
      )
    ).map((row) => row['at']);
  const book = async (who: string, days: number, clock: string) =>
    assert.match(
      await say(who, `I would like an appointment on ${dayIn(days)} at ${clock}`, 'My name is Ann Lee', 'Yes'),
      /is booked for/,
    );

  it('is canceled by its caller, in the same talk and in another one, after a yes', async () => {
    await book('one', 20, '10 am');
    assert.match(
      await say('one', 'Please cancel my appointment'),
      new RegExp(`^So I will cancel the appointment on \\w+, ${dayIn(20)} at 10:00 AM\\. Shall I do that\\?$`),
    );
    assert.deepEqual(await booked('one'), [`${dayIn(20)} 10:00`]);
    assert.match(await say('one', 'No, leave it'), /leave it/);
    assert.deepEqual(await booked('one'), [`${dayIn(20)} 10:00`]);
    hangUp('one');
    await say('one', 'Hello', 'I have to cancel');
    assert.match(await say('one', 'Yes, cancel it'), /The appointment on .* is canceled\. Is there anything else\?$/);
    assert.deepEqual(await booked('one'), []);
    assert.match(await say('one', 'Cancel my appointment please'), /I find no appointment of yours/);
    const audit = await server.database("select action from audit where action like 'booking.%' order by id");
    assert.deepEqual(
      audit.map((row) => row['action']),
      ['booking.make', 'booking.cancel'],
    );
    // Its time is free again.
    await book('again', 20, '10 am');
  });

  it('is moved: a day keeps its time, a time its day, and what is taken is not booked twice', async () => {
    await book('two', 22, '9 am');
    assert.match(
      await say('two', `Can you move my appointment to ${dayIn(23)}?`),
      new RegExp(`move the appointment on \\w+, ${dayIn(22)} at 9:00 AM to \\w+, ${dayIn(23)} at 9:00 AM\\. Shall I`),
    );
    assert.match(
      await say('two', `No, to ${dayIn(24)} at 3 pm`),
      new RegExp(`to \\w+, ${dayIn(24)} at 3:00 PM\\. Shall`),
    );
    assert.match(await say('two', 'Yes please'), new RegExp(`is moved to \\w+, ${dayIn(24)} at 3:00 PM`));
    assert.deepEqual(await booked('two'), [`${dayIn(24)} 15:00`]);
    assert.match(await say('two', 'Oh, please move it'), /new day and time\?$/);
    assert.match(await say('two', 'at 4 pm'), new RegExp(`to \\w+, ${dayIn(24)} at 4:00 PM\\. Shall`));
    await say('two', 'Yes');
    assert.deepEqual(await booked('two'), [`${dayIn(24)} 16:00`]);
    await book('three', 25, '11 am');
    assert.match(
      await say('three', `Move it to ${dayIn(24)} at 4 pm`, 'Yes'),
      /that time is taken, but .* is free\. Shall I move it there\?$/,
    );
    assert.deepEqual(await booked('three'), [`${dayIn(25)} 11:00`]);
    assert.match(await say('three', 'Yes, that is fine'), /is moved to/);
    assert.equal((await booked('three')).length, 1);
    assert.notDeepEqual(await booked('three'), [`${dayIn(25)} 11:00`]);
    assert.deepEqual(await booked('two'), [`${dayIn(24)} 16:00`]);
    assert.equal(await say('three', 'No, thanks').then((text) => /name/.test(text)), false);
  });

  it('is found among several by its day, and a stranger does not reach it', async () => {
    await book('four', 27, '9 am');
    hangUp('four');
    await book('four', 28, '9 am');
    assert.match(
      await say('four', 'I want to cancel my appointment'),
      new RegExp(`${dayIn(27)}.*${dayIn(28)}.*Which one`),
    );
    assert.match(
      await say('four', `The one on ${dayIn(28)}`),
      new RegExp(`cancel the appointment on \\w+, ${dayIn(28)}`),
    );
    await say('four', 'Yes');
    assert.deepEqual(await booked('four'), [`${dayIn(27)} 09:00`]);
    assert.match(await say('stranger', `Cancel my appointment on ${dayIn(27)}`), /I find no appointment of yours/);
    assert.deepEqual(await booked('four'), [`${dayIn(27)} 09:00`]);
  });

  it('of another organization is not found, and one that is canceled is not canceled again', async () => {
    const { core, organization } = server.app;
    const ctx = { organizationId: organization.id, actor: { kind: 'system', name: 'agent' } } as const;
    const other = { ...ctx, organizationId: organization.id + 1 };
    const at = (days: number) => new Date(Date.now() + days * DAY_MS);
    const noOne = { name: null, number: null, notes: null, personId: null, conversationId: null };
    const made = await bookSlot(core, ctx, { ...noOne, at: at(40) });
    const to = { ...noOne, at: at(41) };
    await assert.rejects(cancelBooking(core, other, made.id), { code: 'not-found' });
    await assert.rejects(moveBooking(core, other, made.id, to), { code: 'not-found' });
    await assert.rejects(moveBooking(core, ctx, made.id, { ...to, at: at(-1) }), { code: 'invalid-input' });
    const blocker = await bookSlot(core, ctx, { ...noOne, at: to.at });
    await assert.rejects(moveBooking(core, ctx, made.id, to), { code: 'conflict' });
    await cancelBooking(core, ctx, blocker.id);
    const moves = await Promise.allSettled([moveBooking(core, ctx, made.id, to), moveBooking(core, ctx, made.id, to)]);
    assert.deepEqual(moves.map((one) => one.status).toSorted(), ['fulfilled', 'rejected']);
    await assert.rejects(cancelBooking(core, ctx, made.id), { code: 'not-found' });
  });

  it('is not made again, nor another time offered, when its caller asks for it again', async () => {
    await book('twice', 32, '11 am');
    const answer = await say('twice', `Please book it for ${dayIn(32)} at 11 am`, 'Yes, please book it');
    assert.doesNotMatch(answer, /taken|11:30/);
    await say('twice', 'Yes');
    assert.deepEqual(await booked('twice'), [`${dayIn(32)} 11:00`]);
  });
});
