import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { SipServer, SipTrunkFields } from '../kernel/sip-server.ts';
import type { RoutingCore } from './at-server.ts';
import { createTrunk, deleteTrunk, listTrunks, updateTrunk } from './manage-trunks.ts';
import type { SipTrunk } from './sip-trunk.ts';

/** What fails in one command: the server before or after it acts, or the transaction of the record. */
type Failure = 'away' | 'lost' | 'records' | null;

/** A telephony server and records that fail as told. */
class World {
  readonly server = new Map<string, SipTrunkFields>();
  readonly records = new Map<string, SipTrunk>();
  failure: Failure = null;
  #serial = 0;

  readonly ctx = { organizationId: 1, actor: { kind: 'system', name: 'test' }, requestId: 'r' } as const;

  async #change<T>(act: () => T): Promise<T> {
    if (this.failure === 'away') throw new Error('away');
    const answer = act();
    if (this.failure === 'lost') throw new Error('lost');
    return Promise.resolve(answer);
  }

  readonly #sip: Partial<SipServer> = {
    trunks: () =>
      this.failure === 'away'
        ? Promise.reject(new Error('away'))
        : Promise.resolve([...this.server].map(([id, fields]) => ({ id, ...fields }))),
    createTrunk: (fields) =>
      this.#change(() => {
        const id = `ST_${++this.#serial}`;
        this.server.set(id, fields);
        return id;
      }),
    updateTrunk: (id, fields) => this.#change(() => void this.server.set(id, fields)),
    deleteTrunk: (id) => this.#change(() => void this.server.delete(id)),
  };

  get core(): RoutingCore {
    const routing = {
      trunks: () => Promise.resolve([...this.records.values()]),
      addTrunk: (trunk: SipTrunk) => {
        if (this.records.has(trunk.id)) return Promise.resolve(false);
        this.records.set(trunk.id, trunk);
        return Promise.resolve(true);
      },
      updateTrunk: (trunk: SipTrunk) => {
        if (!this.records.has(trunk.id)) return Promise.resolve(false);
        this.records.set(trunk.id, trunk);
        return Promise.resolve(true);
      },
      deleteTrunk: (_organizationId: number, id: string) => Promise.resolve(this.records.delete(id)),
    };
    const organizations = { lock: () => Promise.resolve() };
    const inside = { routing, organizations, outbox: { audit: () => Promise.resolve() } };
    const transaction = async (work: (records: typeof inside) => Promise<unknown>) => {
      if (this.failure === 'records') throw new Error('the database is away');
      return work(inside);
    };
    return {
      store: { routing, transaction, organizations: { first: () => Promise.resolve({ id: 1 }) } },
      clock: { now: () => new Date(0) },
      secrets: {},
      carriers: { sipServer: () => Promise.resolve(this.#sip) },
    } as unknown as RoutingCore;
  }
}

const fieldsOf = (n: number): SipTrunkFields => ({
  direction: 'inbound',
  name: `trunk ${n}`,
  address: null,
  numbers: [`+4930123450${n}`],
  metadata: {},
});

const failure = fc.constantFrom<Failure>('away', 'lost', 'records', null);
const command = fc.record({
  act: fc.constantFrom('create', 'update', 'delete', 'made-there', 'deleted-there'),
  which: fc.nat(3),
  failure,
});

it('whatever fails, each listed trunk is on the server, and a repeated command leaves it there once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
      const world = new World();
      const { core, ctx } = world;
      const idOf = (which: number) =>
        [...world.server].find(([, { numbers }]) => numbers[0] === fieldsOf(which).numbers[0])?.[0];
      for (const { act, which, failure: fails } of commands) {
        const id = idOf(which);
        if (act === 'made-there' && id === undefined) world.server.set(`ST_own${which}`, fieldsOf(which));
        if (act === 'deleted-there' && id !== undefined) world.server.delete(id);
        const run = async () => {
          if (act === 'create' && (id === undefined || !world.records.has(id)))
            await createTrunk(core, ctx, fieldsOf(which));
          if (act === 'update' && id !== undefined)
            await updateTrunk(core, ctx, id, { ...fieldsOf(which), name: 'changed' });
          if (act === 'delete' && id !== undefined) await deleteTrunk(core, ctx, id);
        };
        const recorded = world.records.size;
        world.failure = fails;
        const failed = await run().then(
          () => false,
          () => true,
        );
        world.failure = null;
        if (failed) {
          assert.equal(world.records.size, recorded);
          const isGone = act === 'delete' && !world.server.has(id!) && !world.records.has(id!);
          if (!isGone) await run();
        }
        const listed = await listTrunks(core, ctx);
        assert.deepEqual(listed.map((one) => one.id).toSorted(), [...world.server.keys()].toSorted());
        if (act === 'create' && idOf(which) !== undefined)
          assert.equal(listed.filter(({ numbers }) => numbers[0] === fieldsOf(which).numbers[0]).length, 1);
      }
    }),
  );
});
