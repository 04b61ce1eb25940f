import assert from 'node:assert/strict';
import { isEnded, type Call } from '#core/calls/call.ts';
import { CARRIER_UNAVAILABLE } from '#core/calls/end-reasons.ts';
import { endInquired, finishCall, reapAbandoned, type CallOutcome, type DialInquiry } from '#core/calls/finish-call.ts';
import { claimNext } from '#core/campaigns/claim-next.ts';
import { CAMPAIGN_DEFAULTS, type Campaign } from '#core/campaigns/campaign.ts';
import { campaignReadiness } from '#core/campaigns/campaigns.ts';
import { dialLead } from '#core/campaigns/dial-lead.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import { Recalls } from '#core/campaigns/recall-dials.ts';
import type { Core } from '#core/core.ts';
import { Random } from '../support/random.ts';
import { CAPACITY, CTX, Invariants, type CheckedWorld } from './invariants.ts';
import { pickupAt } from './listed-people.ts';
import { addLead, AREAS, hourAt, HOURS } from './people.ts';
import { MemoryRecords } from './memory-records.ts';
import { isNoticed, nextWakeMs } from './notices.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const LEASE_MS = 12 * SECOND;
const REST_MS = 30 * SECOND;
interface Server {
  readonly id: string;
  readonly places: OpenPlaces;
  /** Counts its lives; what an earlier life began does not go on. */
  life: number;
  upAtMs: number;
}

/**
 * Campaigns on a virtual clock: real verbs over records in memory, two servers that crash, and a carrier with faults.
 */
export class CampaignDays implements CheckedWorld {
  readonly #checks = new Invariants(this);
  readonly #random: Random;
  readonly #startMs: number;
  nowMs: number;
  readonly #timers: { atMs: number; run: () => Promise<unknown> | void }[] = [];
  readonly records: MemoryRecords;
  readonly core: Core;
  readonly servers: Server[] = [];
  readonly #recalls = new Recalls((error) => assert.fail(error as Error));
  /** Dials that the carrier took, with what rang. */
  readonly carrierLog: { readonly callId: number; rang: boolean }[] = [];
  readonly pausedAtMs = new Map<number, number>();
  /** Campaigns that their owner ended before their leads were done. */
  readonly opensAt = new Map<number, Date | null>();
  readonly stopped = new Set<number>();
  readonly refusedAtMs = new Map<string, number>();
  readonly #keepsRecords: boolean;
  #mode: 'well' | 'down' | 'lossy' | 'slow' = 'well';
  #hasNews = true;
  #lookAtMs = -Infinity;
  #failures = 0;
  #restUntilMs = -Infinity;
  #recovering = false;
  steps = 0;
  days = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#startMs = Date.UTC(2026, this.#random.below(12), 1 + this.#random.below(28), this.#random.below(24));
    this.nowMs = this.#startMs;
    this.#keepsRecords = this.#random.chance(0.7);
    const now = () => new Date(this.nowMs);
    this.records = new MemoryRecords(now);
    this.core = {
      store: this.records.store,
      clock: { now },
      secrets: { keyedHash: (text: string) => text, callSid: () => `CA${this.records.nextId()}` },
      limits: { maxConcurrentCalls: CAPACITY, leaseMs: LEASE_MS },
      carriers: {
        current: async () => ({
          id: 'carrier',
          real: true,
          resting: this.nowMs < this.#restUntilMs,
          recovering: this.#recovering && this.nowMs >= this.#restUntilMs,
          limits: { callsPerSecond: null, concurrentCalls: null },
        }),
        failover: async () => [],
      },
      live: { send: (callId: number, { reason }: { reason: string }) => this.#hangUp(callId, reason) },
    } as unknown as Core;
  }

  /**
   * Lives through the campaigns of this seed, and checks every rule at every step. `list`: through the first days of
   * one campaign with so many people.
   */
  async run(list: { readonly people: number; readonly days: number } | null = null): Promise<void> {
    const random = this.#random;
    for (const id of ['a', 'b']) this.servers.push({ id, places: new OpenPlaces(), life: 0, upAtMs: 0 });
    if (list) await this.#makeList(list.people);
    else for (let campaigns = random.between(1, 2); campaigns > 0; campaigns--) await this.#makeCampaign();
    for (let mishap = random.below(20); mishap > 0; mishap--) this.#at(random.below(40 * DAY), () => this.#mishap());
    const untilMs = list ? this.#startMs + list.days * DAY : Infinity;
    while (this.nowMs < untilMs && (await this.#next()));
    if (!list) this.#checks.end();
  }

  #newCampaign(settings: Partial<Campaign>): Campaign {
    const at = new Date(this.nowMs);
    const id = this.records.nextId();
    return this.records.campaigns.set({
      ...CAMPAIGN_DEFAULTS,
      name: `C${id}`,
      id,
      organizationId: 1,
      status: 'active',
      startedAt: at,
      completedAt: null,
      createdAt: at,
      updatedAt: at,
      ...settings,
    });
  }

  async #makeCampaign(): Promise<void> {
    const random = this.#random;
    const campaign = this.#newCampaign({
      maxAttempts: random.between(1, 8),
      dailyCap: random.chance(0.2) ? random.between(1, 4) : null,
      maxConcurrentCalls: random.chance(0.3) ? random.between(1, 2) : null,
      callsPerSecond: random.chance(0.2) ? random.pick([0.5, 2]) : null,
      weight: random.between(1, 3),
      callingHours: random.pick(HOURS),
      endsAt: random.chance(0.1) ? new Date(this.nowMs + random.between(1, 3) * DAY) : null,
    });
    for (let made = random.between(2, 8); made > 0; made--) {
      const serial = random.below(40);
      const number = random.chance(0.15)
        ? `+1500555${String(serial).padStart(4, '0')}`
        : `+1${AREAS[serial % AREAS.length]}2${String(serial).padStart(6, '0')}`;
      await addLead(this, campaign, number);
    }
  }

  /** A campaign with a list of so many people. */
  async #makeList(people: number): Promise<void> {
    const campaign = this.#newCampaign({ maxAttempts: 6, callingHours: null });
    for (let serial = 0; serial < people; serial++)
      await addLead(this, campaign, `+1${AREAS[serial % AREAS.length]}2${String(serial).padStart(6, '0')}`);
  }

  #at(afterMs: number, run: () => Promise<unknown> | void): void {
    this.#timers.push({ atMs: this.nowMs + afterMs, run });
  }

  /**
   * Goes to the next instant at which anything may happen. False if nothing is left to do. A dialler looks when it is
   * notified, and otherwise only at the instants that it has named.
   */
  async #next(): Promise<boolean> {
    if (this.#hasNews || this.nowMs >= this.#lookAtMs) await this.#steps();
    this.#hasNews = false;
    await this.#checks.step();
    const { campaigns } = this.records;
    const isOver = campaigns.filter(({ status }) => status !== 'completed').length === 0;
    const runs = this.records.calls.filter(({ status }) => !isEnded(status)).length > 0;
    if (isOver && !runs && this.#timers.length === 0) return false;
    const next = Math.min(...this.#timers.map(({ atMs }) => atMs), nextWakeMs(this, this.#restUntilMs));
    if (!Number.isFinite(next)) return this.#stopHopeless();
    assert.ok(next - this.#startMs < 600 * DAY, 'a campaign does not come to an end');
    this.days += ((next - this.nowMs) / DAY) * campaigns.filter(({ status }) => status === 'active').length;
    this.nowMs = Math.max(this.nowMs, next);
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#hasNews = due.length > 0 || this.#restUntilMs === this.nowMs || isNoticed(this, this.nowMs);
    for (const timer of due) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      await timer.run();
    }
    return true;
  }

  /** Where hours and rules have no common time, the campaign says so and waits for its owner, who completes it. */
  async #stopHopeless(): Promise<boolean> {
    for (const { id, status } of this.records.campaigns.rows.values()) {
      if (status === 'completed') continue;
      const { opensAt, blocked } = await campaignReadiness(this.core, CTX, id);
      assert.ok(opensAt === null && (blocked.outside_hours ?? 0) > 0, `campaign ${id} waits for nothing`);
      this.records.campaigns.change(id, { status: 'completed' });
      this.stopped.add(id);
    }
    return true;
  }

  /** One server or the other looks, until there is nothing to do. */
  async #steps(): Promise<void> {
    this.#lookAtMs = Infinity;
    for (let round = 0; round < 50; round++) {
      const up = this.servers.filter(({ upAtMs }) => this.nowMs >= upAtMs);
      if (up.length === 0 || !(await this.#step(this.#random.pick(up)))) return;
    }
    assert.fail('the dialler claims without end');
  }

  async #step(server: Server): Promise<boolean> {
    this.steps++;
    const { life } = server;
    this.#renewLeases();
    await this.#reap();
    const running = () => this.records.calls.filter(({ status }) => !isEnded(status)).length;
    const before = running();
    const claimed = await claimNext(this.core, {
      owner: `${server.id}${life}`,
      places: server.places,
      recalls: this.#recalls,
      reserve: () => ({ serverId: `${server.id}${life}`, give: () => undefined }),
      isHeld: () => false,
      lookAgain: (at) => (this.#lookAtMs = Math.min(this.#lookAtMs, at.getTime())),
      failed: (error) => assert.ifError(error),
    });
    await this.#recalls.settled();
    // Each end of a call wakes a dialler.
    const isWoken = running() < before;
    for (const { lead, reservation } of claimed) {
      // Between the claim and the dial anything may happen.
      if (this.#random.chance(0.02)) await this.#mishap();
      if (this.#random.chance(0.01)) this.#crash(server);
      if (server.life !== life) return true;
      await dialLead(
        { ...this.core, live: { ...this.core.live, dial: (call: Call) => this.#dial(server, call) } },
        lead,
        `${server.id}${life}`,
        reservation,
      );
    }
    return claimed.length > 0 || isWoken;
  }

  /** Every server that is up keeps its calls. */
  #renewLeases(): void {
    const up = new Set(this.servers.filter(({ upAtMs }) => this.nowMs >= upAtMs).map(({ id, life }) => `${id}${life}`));
    for (const call of this.records.calls.filter(({ status }) => !isEnded(status)))
      if (call.owner !== null && up.has(call.owner))
        this.records.calls.change(call.id, { leaseUntil: new Date(this.nowMs + LEASE_MS) });
  }

  /** Ends calls of servers that are gone, as their leases say. */
  async #reap(): Promise<void> {
    const { calls } = this.records;
    const gone = calls.filter(
      ({ id, status, leaseUntil }) =>
        !isEnded(status) && leaseUntil.getTime() < this.nowMs && !this.#inquiry.open.includes(id),
    );
    if (gone.length === 0) return;
    const store = this.core.store;
    await reapAbandoned(
      {
        clock: this.core.clock,
        store: {
          ...store,
          transaction: (work) =>
            store.transaction((records) =>
              work({ ...records, calls: { ...records.calls, abandoned: () => Promise.resolve(gone) } }),
            ),
        },
      },
      null,
      this.#inquiry,
    );
  }

  /** After a crash the carrier's records say what became of a dial, at a carrier that keeps records. */
  readonly #inquiry = {
    open: [] as number[],
    canAsk: () => this.#keepsRecords,
    begin: ({ id }: Call) => {
      this.#inquiry.open.push(id);
      const isTaken = this.carrierLog.some(({ callId }) => callId === id);
      this.#at(this.#random.between(SECOND, 40 * SECOND), () =>
        endInquired(this.core, id, isTaken ? { carrierCallId: `C${id}` } : 'none'),
      );
    },
  } satisfies DialInquiry;

  /** What the server that owns a call does with it, and the carrier. */
  #dial(server: Server, call: Call): Promise<void> {
    const { life } = server;
    const random = this.#random;
    const isHere = () => server.life === life && this.nowMs >= server.upAtMs;
    const { calls } = this.records;
    const runs = () => !isEnded(calls.rows.get(call.id)!.status);
    const end = async (outcome: CallOutcome) => {
      if (runs()) await finishCall(this.core, call.id, null, outcome);
    };
    this.#at(random.between(1, 40), async () => {
      if (!isHere() || !runs()) return;
      if (call.notAfter !== null && this.nowMs >= call.notAfter.getTime())
        return end({ status: 'canceled', reason: 'too_late', failure: null });
      calls.change(call.id, { sentAt: new Date(this.nowMs) });
      if (random.chance(0.01)) return this.#crash(server);
      if (this.#mode === 'down') {
        this.#failed();
        calls.change(call.id, { sentAt: null });
        return end({ status: 'refused', reason: CARRIER_UNAVAILABLE, failure: null });
      }
      this.#recovering = false;
      this.#failures = 0;
      const entry = { callId: call.id, rang: false };
      this.carrierLog.push(entry);
      this.#ring(call, entry);
      if (random.chance(0.01)) return this.#crash(server);
      const isFound = this.#mode !== 'lossy' || random.chance(0.5);
      // The answer is lost: the call is found at the carrier later, or its outcome stays unknown.
      this.#at(this.#mode === 'lossy' ? random.between(SECOND, 40 * SECOND) : 5, async () => {
        if (!isHere() || !runs()) return;
        if (isFound) calls.change(call.id, { carrierCallId: `C${call.id}` });
        else await end({ status: 'refused', reason: 'unknown', failure: null });
      });
    });
    return Promise.resolve();
  }

  #ring(call: Call, entry: { rang: boolean }): void {
    const random = this.#random;
    const { calls } = this.records;
    const isSlow = this.#mode === 'slow' || random.chance(0.05);
    const slowMs = isSlow ? random.below(random.pick([45, 600]) * MINUTE) : random.below(3 * SECOND);
    // Some people refuse calls while the carrier holds the dial back.
    if (slowMs > MINUTE && random.chance(0.3)) this.#at(random.below(slowMs), () => this.#refuse(call.to!));
    this.#at(slowMs, () => {
      // A lost answer does not stop the telephone; a hang-up and an end that the carrier knows do.
      const row = calls.rows.get(call.id)!;
      const isLost = row.endReason === 'unknown' || (row.endReason === 'server_died' && row.carrierCallId === null);
      if (isEnded(row.status) && !isLost) return;
      entry.rang = true;
      this.#checks.ring(row);
      if (!isEnded(row.status)) calls.change(call.id, { status: 'ringing' });
      this.#at(random.between(2 * SECOND, 20 * SECOND), () => this.#outcome(call.id));
    });
  }

  async #outcome(callId: number): Promise<void> {
    const random = this.#random;
    const { calls } = this.records;
    const row = () => calls.rows.get(callId)!;
    const end = async (outcome: CallOutcome) => {
      if (!isEnded(row().status)) await finishCall(this.core, callId, null, outcome);
    };
    if (isEnded(row().status)) return;
    const ends = (status: CallOutcome['status'], reason: string) => end({ status, reason, failure: null });
    const kind = pickupAt(random, hourAt(row().to!, this.nowMs));
    calls.change(callId, { carrierCallId: row().carrierCallId ?? `C${callId}` });
    if (kind === 'busy' || kind === 'no-answer') return ends(kind, kind.replace('-', '_'));
    if (kind === 'refused') return ends('refused', random.pick(['invalid_number', 'carrier_refused']));
    calls.change(callId, { status: 'answered', answeredAt: new Date(this.nowMs) });
    this.#at(random.between(SECOND, 4 * MINUTE), () => {
      if (kind === 'voicemail') return ends('voicemail', 'voicemail');
      if (kind === 'opt-out') this.#refuse(row().to!);
      else if (row().campaignId !== null && random.chance(0.3))
        this.records.callbacks.set(callId, new Date(this.nowMs + random.between(0, 5 * DAY)));
      return end({ status: 'completed', reason: 'caller_hung_up', failure: null, by: 'caller' });
    });
  }

  #failed(): void {
    this.#failures++;
    if (!this.#recovering && this.#failures < 3) return;
    this.#restUntilMs = this.nowMs + REST_MS;
    this.#recovering = true;
  }

  async #hangUp(callId: number, reason: string): Promise<'done' | 'not-running'> {
    const row = this.records.calls.rows.get(callId)!;
    if (!this.servers.some((one) => `${one.id}${one.life}` === row.owner && this.nowMs >= one.upAtMs))
      return 'not-running';
    await finishCall(this.core, callId, null, { status: 'canceled', reason, failure: null, by: 'system' });
    return 'done';
  }

  #crash(server: Server): void {
    server.life++;
    server.upAtMs = this.nowMs + this.#random.between(SECOND, 5 * MINUTE);
  }

  #refuse(number: string): void {
    const { persons, leads } = this.records;
    persons.change(persons.filter((one) => one.number === number)[0]!.id, { refusedAt: new Date(this.nowMs) });
    this.refusedAtMs.set(number, this.nowMs);
    for (const one of leads.filter((lead) => lead.number === number))
      if (one.status === 'ready' || one.status === 'waiting')
        leads.change(one.id, { status: 'blocked', reason: 'do_not_call' });
  }

  /** Something that goes wrong, or that people do. */
  async #mishap(): Promise<void> {
    const random = this.#random;
    const { campaigns, persons, calls } = this.records;
    switch (random.pick(['crash', 'pause', 'refuse', 'mode', 'single'] as const)) {
      case 'crash':
        return this.#crash(random.pick(this.servers));
      case 'pause': {
        const active = campaigns.filter(({ status }) => status === 'active');
        if (active.length === 0) return;
        const { id } = random.pick(active);
        campaigns.change(id, { status: 'paused' });
        this.pausedAtMs.set(id, this.nowMs);
        return this.#at(random.between(SECOND, 10 * DAY), () => {
          if (campaigns.rows.get(id)!.status !== 'paused') return;
          campaigns.change(id, { status: 'active' });
          this.pausedAtMs.delete(id);
        });
      }
      case 'refuse':
        return this.#refuse(random.pick([...persons.rows.values()]).number);
      case 'mode':
        this.#mode = random.pick(['down', 'lossy', 'slow'] as const);
        return this.#at(random.between(SECOND, 2 * 60 * MINUTE), () => void (this.#mode = 'well'));
      case 'single': {
        // An API calls a number: it counts, and it is on the line for a while.
        const { number, id } = random.pick([...persons.rows.values()]);
        const placed = await this.core.store.calls.insert({
          organizationId: 1,
          direction: 'outbound',
          to: number,
          personId: id,
          placedAt: new Date(this.nowMs),
          owner: 'api',
          leaseMs: 10 * MINUTE,
        } as never);
        calls.change(placed.id, { carrierCallId: `S${placed.id}`, sentAt: placed.placedAt });
        return this.#at(random.between(SECOND, 5 * MINUTE), async () => {
          await finishCall(this.core, placed.id, null, { status: 'completed', reason: 'completed', failure: null });
        });
      }
    }
  }
}
