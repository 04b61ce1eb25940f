import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { CallSlots, type SlotPhase } from './call-slot.ts';
import type { Placing } from './placing.ts';
import type { CallDesk } from './desk/call-desk.ts';
import type { RunningCall } from './running-call.ts';

const running = {} as RunningCall;
const desk = { close: () => undefined } as unknown as CallDesk;
const placing = {} as Placing;

/** A promise that is settled by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

it('a slot exists exactly while its call is started, placed, run or connected', async () => {
  const operation = fc.constantFrom('start', 'placed', 'run', 'end', 'connect', 'connected', 'wait');
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const slots = new CallSlots();
      let start: ReturnType<typeof gate> | null = null;
      const connections: ReturnType<typeof gate>[] = [];
      let runs = false;
      let asked = 0;
      let notified = 0;
      for (const one of operations) {
        const slot = slots.find(1);
        if (one === 'start' && !start && !runs) {
          const opened = gate();
          start = opened;
          void slots.open(1).start(() => slots.open(1).place(placing, () => opened.opened));
        } else if (one === 'placed' && start) {
          start.open();
          start = null;
        } else if (one === 'run' && slot && !runs) {
          slot.run(running, desk);
          runs = true;
        } else if (one === 'wait' && runs) {
          slot!.whenEnded(() => (notified += 1));
          asked += 1;
        } else if (one === 'end' && runs) {
          slot!.ended('completed');
          runs = false;
          assert.equal(notified, asked);
        } else if (one === 'connect') {
          const opened = gate();
          connections.push(opened);
          void slots.open(1).connectInTurn(() => opened.opened);
        } else if (one === 'connected') connections.shift()?.open();
        await settle();
        const phase: SlotPhase = runs ? 'running' : start ? 'placing' : 'idle';
        assert.equal(slots.find(1)?.phase ?? 'idle', phase);
        assert.equal(slots.find(1) !== null, phase !== 'idle' || connections.length > 0);
        assert.equal(slots.runningCount, runs ? 1 : 0);
      }
    }),
  );
});

it('connection attempts on one call run one after another, and a failed one does not stop the next', async () => {
  const slots = new CallSlots();
  const order: string[] = [];
  const first = gate();
  const failed = slots.open(1).connectInTurn(async () => {
    order.push('first');
    await first.opened;
    throw new Error('refused');
  });
  const second = slots.open(1).connectInTurn(async () => {
    order.push('second');
  });
  await settle();
  assert.deepEqual(order, ['first']);
  first.open();
  await assert.rejects(failed, /refused/);
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

it('a call that has been started is not started a second time', async () => {
  const slots = new CallSlots();
  const opened = gate();
  const started = slots.open(1).start(() => opened.opened);
  assert.throws(() => slots.open(1).start(async () => undefined), /started already/);
  opened.open();
  await started;
  assert.equal(slots.find(1), null);
});
