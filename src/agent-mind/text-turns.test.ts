import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { TextTurns } from './text-turns.ts';

/** Leases as the database keeps them. */
class Leases {
  holder: string | null = null;
  until = 0;
  extended = 0;

  claim(_id: number, holder: string, leaseMs: number): Promise<boolean> {
    if (this.holder !== null && performance.now() < this.until) return Promise.resolve(false);
    [this.holder, this.until] = [holder, performance.now() + leaseMs];
    return Promise.resolve(true);
  }

  extend(_id: number, holder: string, leaseMs: number): Promise<boolean> {
    if (this.holder !== holder) return Promise.resolve(false);
    this.extended++;
    this.until = performance.now() + leaseMs;
    return Promise.resolve(true);
  }

  release(_id: number, holder: string): Promise<void> {
    if (this.holder === holder) this.holder = null;
    return Promise.resolve();
  }
}

describe('turns in text', () => {
  const log = { warn: () => undefined };

  it('run one after another, however long one takes', async () => {
    const conversations = new Leases();
    // Long enough that a busy machine extends it in time.
    const turns = new TextTurns({ conversations, log, leaseMs: 1500 });
    const told: string[] = [];
    const first = turns.run(1, async () => {
      told.push('first begins');
      while (conversations.extended < 6) await pause(5);
      told.push('first ends');
    });
    await Promise.all([first, turns.run(1, async () => void told.push('second'))]);
    assert.deepEqual(told, ['first begins', 'first ends', 'second']);
    assert.equal(conversations.holder, null);
  });

  it('go on when the server of the one before has died', async () => {
    const conversations = new Leases();
    await conversations.claim(1, 'a server that died', 100);
    assert.equal(await new TextTurns({ conversations, log, leaseMs: 100 }).run(1, async () => 'answered'), 'answered');
  });
});
