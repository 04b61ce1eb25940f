import assert from 'node:assert/strict';
import { isEnded } from '#core/calls/call.ts';
import { campaignReadiness } from '#core/campaigns/campaigns.ts';
import type { Core } from '#core/core.ts';
import { isTestNumber, mayDial } from '#core/dialling/may-dial.ts';
import { NO_OWN_RULES } from '#core/dialling/rules.ts';
import { SHIPPED_RULES } from '#core/dialling/shipped-rules.ts';
import type { CallRow, MemoryRecords } from './memory-records.ts';

/** How long after its cause a recall may come: the interval at which the dialler looks. */
const POLL_MS = 200;
export const CAPACITY = 6;
export const CTX = { organizationId: 1 };

/** What the rules of dialling are checked against. */
export interface CheckedWorld {
  readonly nowMs: number;
  readonly records: MemoryRecords;
  readonly core: Core;
  readonly servers: readonly { readonly upAtMs: number }[];
  readonly pausedAtMs: ReadonlyMap<number, number>;
  readonly refusedAtMs: ReadonlyMap<string, number>;
  /** Dials that the carrier took. */
  readonly carrierLog: readonly { readonly callId: number }[];
  /** Campaigns that their owner ended before their leads were done. */
  readonly stopped: ReadonlySet<number>;
  /** When campaigns open, as their readiness says. */
  readonly opensAt: Map<number, Date | null>;
}

/** What must hold of dialling: at each ring, at each step, and at the end. */
export class Invariants {
  readonly #world: CheckedWorld;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  /** A telephone rings: in the hours and limits of its person, of a campaign that runs, and not after a refusal. */
  ring({ id, to, campaignId, notAfter, placedAt, status }: CallRow): void {
    this.#promise(id, placedAt);
    // A dial whose outcome is lost cannot be recalled, nor any while no server is up.
    const upAtMs = isEnded(status) ? Infinity : Math.min(...this.#world.servers.map((one) => one.upAtMs));
    const late = (at: number | undefined) => at !== undefined && this.#world.nowMs - Math.max(at, upAtMs) > POLL_MS;
    assert.ok(!late(this.#world.pausedAtMs.get(campaignId!)), `call ${id} rings while its campaign is paused`);
    assert.ok(!late(this.#world.refusedAtMs.get(to!)), `call ${id} rings after a refusal`);
    assert.ok(!late(notAfter?.getTime()), `call ${id} rings after its time`);
    if (isTestNumber(to!)) return;
    const others = this.#world.records.calls.filter(
      (one) => one.to === to && one.id < id && (one.carrierCallId !== null || one.sentAt !== null),
    );
    const verdict = mayDial({
      person: {
        number: to!,
        postalCode: null,
        region: null,
        country: null,
        timeZone: null,
        doNotCall: false,
        consented: null,
      },
      now: placedAt,
      history: others.map((one) => ({
        at: one.placedAt,
        endedAt: one.endedAt,
        outcome: null,
        campaignId: one.campaignId,
      })),
      campaignId,
      isPromised: this.#world.records.promisedCalls.has(id),
      rules: SHIPPED_RULES,
      own: [NO_OWN_RULES],
    });
    const broken = verdict.allowed ? [] : verdict.reasons.map(({ message }) => message);
    assert.deepEqual(broken, [], `call ${id} breaks a rule`);
    const atOnce = others.filter((one) => (one.endedAt ?? Infinity) > placedAt);
    assert.equal(atOnce.length, 0, `call ${id}: another call with the number runs`);
  }

  /** A person who asked to be called at a time is not called before. */
  #promise(callId: number, placedAt: Date): void {
    const { attempts, leads } = this.#world.records;
    const attempt = attempts.filter((one) => one.callId === callId)[0];
    const lead = attempt && leads.rows.get(attempt.leadId);
    if (!lead?.callbackAt || lead.status !== 'dialling') return;
    assert.ok(placedAt >= lead.callbackAt, `call ${callId} rings before the time that was promised`);
  }

  /** A promise whose time has passed says why it was not kept. */
  #promises(): void {
    const { nowMs, servers, records } = this.#world;
    if (!servers.some(({ upAtMs }) => nowMs >= upAtMs)) return;
    for (const { id, status, callbackAt, callbackMissed } of records.leads.rows.values()) {
      if (callbackAt === null || status === 'claimed' || status === 'dialling') continue;
      const isOverdue = nowMs > callbackAt.getTime() + 15 * 60_000;
      assert.equal(callbackMissed !== null, isOverdue, `lead ${id}: its callback is ${callbackMissed ?? 'not missed'}`);
    }
  }

  async step(): Promise<void> {
    this.#promises();
    const { leads, calls, attempts, campaigns } = this.#world.records;
    const live = calls.filter(({ status }) => !isEnded(status));
    for (const lead of leads.filter(({ status }) => status === 'dialling'))
      assert.equal(
        live.filter(({ id }) => attempts.filter((one) => one.leadId === lead.id && one.callId === id).length > 0)
          .length,
        1,
        `lead ${lead.id} is being dialled without a call`,
      );
    const dials = live.filter(({ campaignId }) => campaignId !== null);
    assert.equal(dials.length, leads.filter(({ status }) => status === 'dialling').length, 'slots are not live calls');
    assert.ok(dials.length <= Math.floor(CAPACITY * 0.7), 'the reserve for callers is used');
    for (const campaign of campaigns.filter(({ status }) => status !== 'completed')) {
      const own = dials.filter(({ campaignId }) => campaignId === campaign.id).length;
      assert.ok(own <= (campaign.maxConcurrentCalls ?? Infinity), `campaign ${campaign.id} has too many calls`);
      const { dialableNow, blocked, total, opensAt } = await campaignReadiness(this.#world.core, CTX, campaign.id);
      this.#world.opensAt.set(campaign.id, opensAt);
      const sum = Object.values(blocked).reduce((one, other) => one + other, dialableNow);
      assert.equal(sum, total, `the reasons of campaign ${campaign.id} do not add up`);
      const isUp = this.#world.servers.some(({ upAtMs }) => this.#world.nowMs >= upAtMs);
      const isPaced = (this.#world.records.paces.get(campaign.id)?.dialAfter.getTime() ?? 0) > this.#world.nowMs;
      if (dialableNow > 0 && isUp && !isPaced) {
        const claimed = leads.filter(({ status }) => status === 'claimed').length;
        const free = Math.floor(CAPACITY * 0.7) - live.length - claimed;
        assert.ok(free <= 0, `${dialableNow} leads of campaign ${campaign.id} are dialable, and none is dialled`);
      }
    }
  }

  /** Each lead has come to its end or says why not; each dial of the carrier is one attempt. */
  end(): void {
    const { leads, attempts, campaigns } = this.#world.records;
    for (const lead of leads.rows.values()) {
      const own = attempts.filter(({ leadId }) => leadId === lead.id);
      assert.equal(lead.attempts, own.length, `the attempts of lead ${lead.id}`);
      assert.ok(
        own.every(({ outcome }) => outcome !== null),
        `an attempt of lead ${lead.id} has no outcome`,
      );
      const campaign = campaigns.rows.get(lead.campaignId)!;
      const isUsual = (callId: number) => !this.#world.records.promisedCalls.has(callId);
      const counted = own.filter(({ outcome, callId }) => outcome !== 'canceled' && isUsual(callId)).length;
      assert.ok(counted <= campaign.maxAttempts, `lead ${lead.id} has more attempts than its campaign allows`);
      const isOver =
        this.#world.stopped.has(campaign.id) ||
        (campaign.endsAt !== null && this.#world.nowMs >= campaign.endsAt.getTime());
      const hasEnd = lead.status === 'done' || lead.status === 'blocked';
      assert.ok(hasEnd || isOver, `lead ${lead.id} is ${lead.status} at the end`);
      assert.ok(lead.status !== 'claimed' && lead.status !== 'dialling', `lead ${lead.id} is ${lead.status} for ever`);
    }
    const dialled = new Set(this.#world.carrierLog.map(({ callId }) => callId));
    assert.equal(dialled.size, this.#world.carrierLog.length, 'a call was dialled twice');
    for (const callId of dialled)
      assert.equal(
        attempts.filter((one) => one.callId === callId).length,
        1,
        `the dial of call ${callId} has no attempt`,
      );
  }
}
