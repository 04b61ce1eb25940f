import assert from 'node:assert/strict';
import type { FakeCall } from '../carriers/fake-carrier.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';

type Json = Record<string, unknown>;
const KEY = 'key-of-the-campaign-server';
const LONG_MS = 300_000;
/** How long a telephone rings before it is busy or answered, and how long a person stays on the line. */
const RINGS_MS = 400;
const TALKS_MS = 3000;
const NEVER = { after_minutes: 1, attempts: 0 };
const RETRY = Object.fromEntries(['busy', 'no_answer', 'failed', 'hung_up', 'screening'].map((one) => [one, NEVER]));
/** The most leads of one page. */
const PAGE = 100;
const OUTCOMES = ['busy', 'hung_up', 'answered', 'failed', 'unknown'];

/**
 * A campaign on a real server that is killed with -9 again and again, while telephones ring and people talk. Every
 * other person answers. Its figures add up, and the carrier's own log of dials equals the attempts.
 */
export class CrashedCampaign {
  readonly #leads: number;
  readonly #kills: number;
  readonly #dataDir = newDataDir('campaign');
  readonly #carrier = new FakeGeneric();
  readonly #rangAt = new Map<string, number>();
  readonly #answeredAt = new Map<string, number>();
  readonly #telling = new Set<string>();
  #server: ServerProcess | null = null;
  #port = 0;
  #bells: NodeJS.Timeout | undefined;
  #talksWhenKilled = 0;

  constructor(leads: number, kills: number) {
    this.#leads = leads;
    this.#kills = kills;
  }

  async run(): Promise<{ readonly dials: number; readonly outcomes: Readonly<Record<string, number>> }> {
    this.#port = await freePort();
    await this.#carrier.start();
    this.#carrier.answers = false;
    this.#bells = setInterval(() => this.#carrier.calls.forEach((call, at) => this.#goOn(call, at)), 100);
    await this.#start();
    const path = await this.#campaign();
    for (let kill = 1; kill <= this.#kills; kill++) {
      const dials = Math.floor((this.#leads * kill) / (this.#kills + 1));
      await until(`${dials} dials`, LONG_MS, () => this.#carrier.dials >= dials || null);
      await until('a call that talks', LONG_MS, () => this.#talking() > 0 || null);
      this.#talksWhenKilled += this.#talking();
      await this.#server!.kill();
      await this.#start();
    }
    await until('the campaign to complete', LONG_MS, async () => {
      const campaign = await this.#ask('GET', path);
      return campaign['status'] === 'completed' || null;
    });
    return this.#check(path);
  }

  async close(): Promise<void> {
    clearInterval(this.#bells);
    await this.#server?.stop();
    await this.#carrier.close();
    deleteDataDir(this.#dataDir);
  }

  #talking(): number {
    return this.#carrier.calls.filter(({ ended, media }) => !ended && media !== null).length;
  }

  /** What the other end of a call does next. To a server that is down it is sent until it answers. */
  #goOn(call: FakeCall, at: number): void {
    const now = performance.now();
    const rangAt = this.#rangAt.get(call.id) ?? now;
    this.#rangAt.set(call.id, rangAt);
    if (call.ended || now - rangAt < RINGS_MS || this.#telling.has(call.id)) return;
    const answeredAt = this.#answeredAt.get(call.id);
    if (at % 2 === 0)
      this.#tell(
        call,
        () => this.#carrier.tell(call, 'busy'),
        (told) => (call.ended = told),
      );
    else if (answeredAt === undefined)
      this.#tell(
        call,
        () => this.#carrier.pickUp(call),
        (told) => told && this.#answeredAt.set(call.id, now),
      );
    else if (now - answeredAt >= TALKS_MS)
      this.#tell(
        call,
        () => this.#carrier.hangUp(call),
        (told) => (call.ended = told),
      );
  }

  #tell(call: FakeCall, work: () => Promise<{ readonly status: number } | void>, then: (told: boolean) => void): void {
    this.#telling.add(call.id);
    void work()
      .then((reply) => !reply || reply.status === 200)
      .catch(() => false)
      .then((told) => {
        this.#telling.delete(call.id);
        then(told);
      });
  }

  async #start(): Promise<void> {
    this.#server = new ServerProcess(this.#port, {
      ...this.#carrier.environment,
      DATA_DIR: this.#dataDir,
      API_SECRET_KEY: KEY,
      RATE_LIMIT_FACTOR: '1000',
      MAX_CONCURRENT_CALLS: '12',
    });
    await this.#server.untilHealthy();
  }

  async #ask(method: string, path: string, body?: object): Promise<Json> {
    const isForm = body instanceof FormData;
    const reply = await fetch(this.#server!.url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...(isForm || !body ? {} : { 'content-type': 'application/json' }) },
      ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}),
    });
    const said = (await reply.json()) as Json;
    assert.equal(reply.status, 200, JSON.stringify(said));
    return said['data'] as Json;
  }

  /** The path of a campaign that dials a list. */
  async #campaign(): Promise<string> {
    const settings = { retry: RETRY };
    const made = await this.#ask('POST', '/api/campaigns', { name: 'C', campaign_type: 'outbound', settings });
    const path = `/api/campaigns/${String(made['campaign_id'])}`;
    const numbers = Array.from({ length: this.#leads }, (_, n) => `+1500555${2000 + n}`);
    const form = new FormData();
    form.append('file', new Blob([`phone_number\n${numbers.join('\n')}\n`]), 'leads.csv');
    const begun = await this.#ask('POST', `${path}/leads`, form);
    await until('the import', LONG_MS, async () => {
      const found = await this.#ask('GET', `${path}/imports/${String(begun['import_id'])}`);
      return found['status'] === 'completed' || null;
    });
    await this.#ask('PUT', path, { status: 'active' });
    return path;
  }

  async #check(path: string) {
    const leads: Json[] = [];
    for (let page = 1; page <= Math.ceil(this.#leads / PAGE); page++)
      leads.push(...((await this.#ask('GET', `${path}/leads?limit=${PAGE}&page=${page}`)) as unknown as Json[]));
    assert.equal(leads.length, this.#leads);
    const outcomes = Map.groupBy(leads, (lead) => String(lead['outcome']));
    assert.deepEqual(
      [...outcomes.keys()].filter((one) => !OUTCOMES.includes(one)),
      [],
    );
    const dialled = Map.groupBy(this.#carrier.calls, ({ to }) => to);
    for (const lead of leads) {
      const dials = dialled.get(String(lead['phone_number']))?.length ?? 0;
      assert.deepEqual([lead['status'], lead['attempts']], ['done', 1], JSON.stringify(lead));
      // A request that was cut off by the kill may not have reached the carrier: its outcome is unknown.
      const isOne = dials === 1 || (dials === 0 && lead['outcome'] === 'unknown');
      assert.ok(isOne, `${dials} dials: ${JSON.stringify(lead)}`);
    }
    const { dialable_now: dialable, blocked } = await this.#ask('GET', `${path}/readiness`);
    assert.deepEqual([dialable, blocked], [0, { done: this.#leads }]);
    assert.ok(this.#talksWhenKilled >= this.#kills, 'people talked when the server was killed');
    const counts = [...outcomes].map(([outcome, all]) => [outcome, all.length]);
    return { dials: this.#carrier.dials, outcomes: Object.fromEntries(counts) as Record<string, number> };
  }
}
