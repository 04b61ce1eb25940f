import type { Call } from '#core/calls/call.ts';
import { isEnded } from '#core/calls/call.ts';
import type { CallEnd, NewCall } from '#core/calls/call-store.ts';
import type { Attempt } from '#core/campaigns/attempt.ts';
import type { Campaign } from '#core/campaigns/campaign.ts';
import type { CampaignStore, LeadStore } from '#core/campaigns/campaign-store.ts';
import type { AttemptStore } from '#core/campaigns/attempt-store.ts';
import type { CampaignLoad, DiallingStore } from '#core/campaigns/dialling-store.ts';
import type { Lead } from '#core/campaigns/lead.ts';
import type { Pace } from '#core/campaigns/pacing.ts';
import type { CallingPlace, LeadCount } from '#core/campaigns/reasons.ts';
import type { Records, Store } from '#core/records.ts';

/** A lead with what its row holds beside it. */
export interface LeadRow extends Lead {
  readonly place: CallingPlace;
  readonly leaseUntil: Date | null;
  readonly owner: string | null;
}

export interface CallRow extends Call {
  readonly sentAt: Date | null;
  readonly leaseUntil: Date;
}

export interface PersonRow {
  readonly id: number;
  readonly number: string;
  readonly region: string;
  readonly refusedAt: Date | null;
}

/** A table whose changes of a transaction that fails are undone. */
class Table<Row extends { readonly id: number }> {
  readonly rows = new Map<number, Row>();
  readonly #undo: (() => void)[];

  constructor(undo: (() => void)[]) {
    this.#undo = undo;
  }

  set(row: Row): Row {
    const before = this.rows.get(row.id);
    this.#undo.push(() => (before ? this.rows.set(row.id, before) : this.rows.delete(row.id)));
    this.rows.set(row.id, row);
    return row;
  }

  change(id: number, change: Partial<Row>): Row {
    return this.set({ ...this.rows.get(id)!, ...change });
  }

  delete(id: number): void {
    const before = this.rows.get(id);
    if (!before) return;
    this.#undo.push(() => this.rows.set(id, before));
    this.rows.delete(id);
  }

  filter(is: (row: Row) => boolean): Row[] {
    return [...this.rows.values()].filter(is);
  }
}

/**
 * The records that dialling needs, in memory: the real verbs run over them, one transaction after another, as the locks
 * of the database order them.
 */
export class MemoryRecords {
  readonly #undo: (() => void)[] = [];
  readonly campaigns = new Table<Campaign>(this.#undo);
  readonly leads = new Table<LeadRow>(this.#undo);
  readonly calls = new Table<CallRow>(this.#undo);
  readonly attempts = new Table<Attempt>(this.#undo);
  readonly persons = new Table<PersonRow>(this.#undo);
  readonly paces = new Map<number, Pace>();
  readonly completed: number[] = [];
  readonly answers: { readonly campaignId: number; readonly at: Date; readonly isAbandoned: boolean }[] = [];
  /** Callbacks that people asked for on calls. */
  readonly callbacks = new Map<number, Date>();
  /** Calls that were dialled because they had been promised. */
  readonly promisedCalls = new Set<number>();
  readonly #now: () => Date;
  #serial = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(now: () => Date) {
    this.#now = now;
  }

  nextId(): number {
    return ++this.#serial;
  }

  get store(): Store {
    const records = this.#records();
    const makeReady: DiallingStore['makeReady'] = (...given) =>
      this.#transaction(() => records.dialling.makeReady(...given));
    const dialling = { ...records.dialling, makeReady };
    return { ...records, dialling, transaction: (work) => this.#transaction(() => work(records)) } as Store;
  }

  #transaction<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(async () => {
      this.#undo.length = 0;
      try {
        return await work();
      } catch (error) {
        for (const undo of this.#undo.splice(0).toReversed()) undo();
        throw error;
      }
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #records(): Records {
    const person = ({ id, refusedAt }: PersonRow) => ({ id, name: null, doNotCallAt: refusedAt });
    const byNumber = (number: string) => this.persons.filter((one) => one.number === number)[0]!;
    return {
      campaigns: this.#campaignStore(),
      leads: this.#leadStore(),
      dialling: this.#diallingStore(),
      attempts: this.#attemptStore(),
      calls: {
        countLive: async () => this.#live().length,
        byId: async (id: number) => this.calls.rows.get(id) ?? null,
        insert: async (call: NewCall) => this.#insertCall(call),
        end: async (id: number, _by: unknown, end: CallEnd) => {
          if (isEnded(this.calls.rows.get(id)!.status)) return false;
          this.calls.change(id, { ...end });
          return true;
        },
      },
      carriers: { giveBack: async (id: number) => void this.calls.change(id, { sentAt: null }) },
      persons: { withNumber: async (_: number, number: string) => person(byNumber(number)) },
      entries: { of: async () => [] },
      bookings: {
        callbacksOf: async (id: number) => (this.callbacks.has(id) ? [{ dueAt: this.callbacks.get(id)! }] : []),
      },
      desk: { ofCall: async () => ({ entries: [], offers: [] }) },
      agents: { default: async () => ({ id: 1, type: 'conversation', isActive: true }) },
      numbers: { list: async () => [] },
      organizations: { get: async () => ({ timeZone: 'America/New_York' }) },
      tools: { lose: async () => [] },
      metrics: { settle: async () => undefined },
      outbox: {
        event: async (_: number, event: { type: string; campaignId?: number }) => {
          if (event.type === 'campaign.completed') this.completed.push(event.campaignId!);
        },
        audit: async () => undefined,
        job: async () => undefined,
      },
    } as unknown as Records;
  }

  #live(): CallRow[] {
    return this.calls.filter(({ status }) => !isEnded(status));
  }

  #insertCall(call: NewCall): Call {
    const { leaseMs, callParty: _, ...given } = call;
    const id = this.nextId();
    return this.calls.set({
      ...given,
      id,
      conversationId: id,
      status: 'placed',
      campaignId: call.campaignId ?? null,
      notAfter: call.notAfter ?? null,
      epoch: 1,
      carrierCallId: null,
      answeredAt: null,
      endedAt: null,
      disposition: null,
      waitingSince: null,
      recordingKey: null,
      sentAt: null,
      leaseUntil: new Date(this.#now().getTime() + leaseMs),
    } as unknown as CallRow);
  }

  #campaignStore(): CampaignStore {
    const find = async (_: number, id: number) => this.campaigns.rows.get(id) ?? null;
    return {
      find,
      lock: find,
      move: async (id, status, at) => this.campaigns.change(id, { status, updatedAt: at }),
      dialledSince: async (id, since) =>
        this.attempts.filter((one) => one.campaignId === id && one.dialledAt >= since).length,
      callingRules: async () => null,
      counts: async (id) => this.counts(id),
      callbacks: async () => ({ promised: 0, missed: 0 }),
      due: async (id, now) =>
        this.#leadsOf(id, 'waiting')
          .filter(({ dueAt }) => dueAt <= now)
          .map(({ place, reason }) => ({ place, reason: reason as never, leads: 1 })),
    } satisfies Partial<CampaignStore> as unknown as CampaignStore;
  }

  counts(id: number): readonly LeadCount[] {
    return this.leads
      .filter(({ campaignId }) => campaignId === id)
      .map(({ place, status, reason, attempts }) => ({ place, status, reason, attempted: attempts > 0, leads: 1 }));
  }

  #leadsOf(campaignId: number, status: Lead['status']): LeadRow[] {
    return this.leads.filter((one) => one.campaignId === campaignId && one.status === status);
  }

  #leadStore(): LeadStore {
    const isOpen = ({ status }: Lead) => status === 'ready' || status === 'waiting' || status === 'blocked';
    return {
      open: async (_, number) => this.leads.filter((one) => one.number === number && isOpen(one)),
      place: async (id, standing, place) => {
        if (isOpen(this.leads.rows.get(id)!)) this.leads.change(id, { ...standing, place });
      },
      list: async () => ({ rows: [], total: 0 }),
      factsOf: async (_, [number], since) => {
        const { region, refusedAt } = this.persons.filter((one) => one.number === number)[0]!;
        const dials = this.calls.filter(
          (one) =>
            one.to === number &&
            one.placedAt >= since &&
            !(
              one.carrierCallId === null &&
              (one.status === 'refused'
                ? one.endReason !== 'unknown'
                : (one.status === 'canceled' || one.status === 'broken') && one.sentAt === null)
            ),
        );
        const facts = {
          person: { postalCode: null, region, country: null, timeZone: null },
          doNotCall: refusedAt !== null,
          refusedCampaigns: [],
          consented: null,
          history: dials.map((one) => ({
            at: one.placedAt,
            endedAt: one.endedAt,
            outcome: this.attempts.filter(({ callId }) => callId === one.id)[0]?.outcome ?? null,
            campaignId: one.campaignId,
          })),
        };
        return new Map([[number!, facts]]);
      },
    } satisfies Partial<LeadStore> as unknown as LeadStore;
  }

  #load(campaign: Campaign): CampaignLoad {
    return {
      campaign,
      pace: this.paces.get(campaign.id) ?? { dialAfter: new Date(0), served: 0 },
      claimed: this.#leadsOf(campaign.id, 'claimed').length,
      live: this.#live().filter(({ campaignId }) => campaignId === campaign.id).length,
    };
  }

  #attemptStore(): AttemptStore {
    const { leads, attempts } = this;
    return {
      begin: async (attempt) => {
        attempts.set({ ...attempt, id: this.nextId(), endedAt: null, outcome: null });
        const { attempts: before, callbackAt } = leads.rows.get(attempt.leadId)!;
        if (callbackAt !== null) this.promisedCalls.add(attempt.callId);
        leads.change(attempt.leadId, { status: 'dialling', owner: null, leaseUntil: null, attempts: before + 1 });
      },
      ofCall: async (callId) => {
        const attempt = attempts.filter((one) => one.callId === callId)[0];
        return attempt ? { attempt, lead: leads.rows.get(attempt.leadId)! } : null;
      },
      attemptsOf: async (id) => attempts.filter(({ leadId, endedAt }) => leadId === id && endedAt !== null),
      end: async (id, outcome, at) => void attempts.change(id, { outcome, endedAt: at }),
      withdraw: async (id) => {
        const { leadId } = attempts.rows.get(id)!;
        attempts.delete(id);
        leads.change(leadId, { attempts: leads.rows.get(leadId)!.attempts - 1 });
      },
      countAnswer: async (id, at, isAbandoned) => void this.answers.push({ campaignId: id, at, isAbandoned }),
      liveAnswers: async (id, since) => {
        const own = this.answers.filter(({ campaignId, at }) => campaignId === id && at >= since);
        return { live: own.length, abandoned: own.filter(({ isAbandoned }) => isAbandoned).length };
      },
      settle: async (id, { outcome, next, callbackAt }) => {
        const before = leads.rows.get(id)!;
        if (before.status !== 'dialling') return;
        const isSame = before.callbackAt?.getTime() === callbackAt?.getTime();
        const callbackMissed = isSame ? before.callbackMissed : null;
        leads.change(id, {
          ...(next ?? { status: 'done', reason: outcome }),
          ...(outcome === null ? {} : { lastOutcome: outcome, callbackAt, callbackMissed }),
        });
      },
      overdue: async (before) =>
        leads
          .filter(
            ({ status, callbackAt, callbackMissed }) =>
              callbackAt !== null &&
              callbackAt < before &&
              callbackMissed === null &&
              (status === 'ready' || status === 'waiting' || status === 'blocked'),
          )
          .map((lead) => ({ lead, place: lead.place })),
      miss: async (id, _, reason) => {
        leads.change(id, { callbackMissed: reason });
        return true;
      },
    };
  }

  #diallingStore(): DiallingStore {
    const { campaigns, leads, calls, persons } = this;
    const load = () => ({
      live: this.#live().length,
      outbound: this.#live().filter(({ direction }) => direction !== 'inbound').length,
    });
    return {
      active: async () => campaigns.filter(({ status }) => status === 'active').map((one) => this.#load(one)),
      callLoads: async () => new Map([[1, load()]]),
      callLoad: async () => load(),
      carrierLoad: async () => ({
        live: this.#live().filter(({ sentAt }) => sentAt !== null).length,
        waiting: this.#live().filter(({ sentAt }) => sentAt === null).length,
      }),
      ready: async (id) =>
        this.#leadsOf(id, 'ready').map((one) => ({ placeId: placeIdOf(one.place), place: one.place, leads: 1 })),
      countOpen: async (id) =>
        leads.filter((one) => one.campaignId === id && one.status !== 'done' && one.status !== 'blocked').length,
      makeReady: async (now) => {
        for (const one of leads.filter(({ status, dueAt }) => status === 'waiting' && dueAt <= now))
          leads.change(one.id, { status: 'ready', reason: null });
        for (const one of leads.filter(({ leaseUntil }) => leaseUntil !== null && leaseUntil < now))
          leads.change(one.id, { status: 'ready', leaseUntil: null, owner: null });
      },
      nextInstant: async (now) => {
        const soon = (at: Date | null | undefined) => (at && at > now ? [at.getTime()] : []);
        const active = campaigns.filter(({ status }) => status === 'active');
        const instants = [
          ...active.flatMap((one) => [...soon(one.startsAt), ...soon(one.endsAt)]),
          ...active.flatMap((one) => (one.callsPerSecond === null ? [] : soon(this.paces.get(one.id)?.dialAfter))),
          ...active.flatMap((one) => this.#leadsOf(one.id, 'waiting').map(({ dueAt }) => dueAt.getTime())),
          ...leads.filter(({ leaseUntil }) => leaseUntil !== null).map((one) => one.leaseUntil!.getTime() + 1),
          ...this.#live().flatMap((one) => (one.status === 'answered' ? [] : soon(one.notAfter))),
        ];
        return instants.length === 0 ? null : new Date(Math.min(...instants));
      },
      lockPace: async (id) => this.#load(campaigns.rows.get(id)!),
      setPace: async (id, pace) => void this.paces.set(id, pace),
      claim: async (id, { placeIds, most, owner, leaseMs, at }) =>
        this.#leadsOf(id, 'ready')
          .filter(({ place }) => placeIds.includes(placeIdOf(place)))
          .toSorted((one, other) => Number(other.callbackAt !== null) - Number(one.callbackAt !== null))
          .slice(0, most)
          .map((one) =>
            leads.change(one.id, { status: 'claimed', owner, leaseUntil: new Date(at.getTime() + leaseMs) }),
          ),
      keepCampaign: async (_, id) => campaigns.rows.get(id) ?? null,
      keepPerson: async (id) => persons.rows.has(id),
      lockClaimed: async (id, owner) => {
        const lead = leads.rows.get(id)!;
        return lead.status === 'claimed' && lead.owner === owner ? lead : null;
      },
      countLive: async (id) => this.#load(campaigns.rows.get(id)!).live,
      countUnserved: async () => 0,
      isOnCall: async (_, number) => this.#live().some(({ to }) => to === number),
      lastCallerId: async () => null,
      unclaim: async (id) => void leads.change(id, { status: 'ready', owner: null, leaseUntil: null }),
      unanswered: async () =>
        this.#live()
          .filter(({ status, campaignId }) => campaignId !== null && status !== 'answered')
          .map(({ id, campaignId, notAfter, to }) => {
            const { status, endsAt } = campaigns.rows.get(campaignId!)!;
            const refused = persons.filter((one) => one.number === to)[0]!.refusedAt !== null;
            return { callId: id, campaignActive: status === 'active', endsAt, notAfter, refused };
          }),
      sentAt: async (id) => calls.rows.get(id)!.sentAt,
      compactCounts: async () => undefined,
    };
  }
}

const placeIds = new Map<string, number>();

function placeIdOf({ zones, regions }: CallingPlace): number {
  const key = [...zones, ...regions].join(' ');
  return placeIds.get(key) ?? (placeIds.set(key, placeIds.size + 1), placeIds.size);
}
