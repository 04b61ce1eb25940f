import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Store } from '#core/records.ts';
import { Carriers } from './carriers.ts';

/** Carriers over settings that the test reads slowly. */
function carriersOver(settings: Map<string, string>) {
  const waiting: (() => void)[] = [];
  const state = { reads: 0, isSlow: false };
  const all = async () => {
    state.reads++;
    const read = new Map(settings);
    if (state.isSlow) await new Promise<void>((go) => waiting.push(go));
    return read;
  };
  const store = {
    settings: { all },
    carriers: { failing: () => Promise.resolve(new Map()) },
  } as unknown as Store;
  const capabilities = {
    voice: { supported: true, features: [] },
    sms: { supported: false, features: [] },
    recording: { supported: false, formats: [] },
  };
  const manifest = {
    id: 'acme',
    name: 'Acme',
    webhook: 'acme',
    capabilities,
    limits: { callsPerSecond: null, concurrentCalls: null },
    fields: [{ key: 'number', label: 'Number' }],
    make: (given: Readonly<Record<string, string>>) => ({ number: given['number'] ?? null }),
  };
  const carriers = new Carriers({
    store,
    secrets: { open: (sealed: string) => sealed } as never,
    clock: { now: () => new Date() },
    manifests: [manifest as never],
    embedded: { id: 'simulator', name: 'Simulator', capabilities },
    embeddedControl: null,
    environment: {},
    reachUs: () => Promise.resolve(),
  });
  return { carriers, state, goOn: () => waiting.splice(0).forEach((go) => go()) };
}

const setting = (number: string) => ['carrier.acme', JSON.stringify({ number })] as const;

it('carrier settings are read once per change', async () => {
  const settings = new Map([setting('+1')]);
  const { carriers, state } = carriersOver(settings);
  await carriers.current();
  await carriers.candidates('acme');
  assert.equal((await carriers.configured('acme'))?.number, '+1');
  assert.equal(state.reads, 1);
  settings.set(...setting('+2'));
  carriers.settingsChanged();
  assert.deepEqual(
    (await Promise.all([carriers.list(), carriers.failover()])).map((all) => all[0]!.number),
    ['+2', '+2'],
  );
  assert.equal(state.reads, 2);
});

it('what was read before a change is read again', async () => {
  const settings = new Map([setting('+1')]);
  const { carriers, state, goOn } = carriersOver(settings);
  state.isSlow = true;
  const early = carriers.list();
  settings.set(...setting('+2'));
  carriers.settingsChanged();
  state.isSlow = false;
  assert.equal((await carriers.list())[0]!.number, '+2');
  goOn();
  assert.equal((await early)[0]!.number, '+2');
  assert.equal((await carriers.configured('acme'))?.number, '+2');
});

it('a failed reading is repeated', async () => {
  const { carriers, state } = carriersOver(new Map([['carriers', 'no JSON']]));
  await assert.rejects(carriers.list());
  await assert.rejects(carriers.list());
  assert.equal(state.reads, 2);
});
