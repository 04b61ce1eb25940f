import type { Call } from '../calls/call.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Whereabouts } from '../dialling/place.ts';
import type { Loosened, OwnRules } from '../dialling/rules.ts';
import type { PastAttempt } from '../dialling/may-dial.ts';
import type { Campaign, CampaignSettings, CampaignStatus } from './campaign.ts';
import type { GivenLead, Lead, LeadReason, LeadStatus, Standing } from './lead.ts';
import type { CallingPlace, LeadCount } from './reasons.ts';

export interface CampaignFilter {
  readonly status?: CampaignStatus;
  readonly type?: string;
  /** In the name or the description. */
  readonly search?: string;
}

/** What a list of campaigns is ordered by. */
export const CAMPAIGN_SORTS = ['created_at', 'updated_at', 'name', 'campaign_type', 'status'] as const;
export type CampaignSort = (typeof CAMPAIGN_SORTS)[number];

/** How an organization departs from the shipped rules. */
export interface CallingRules {
  readonly own: OwnRules;
  readonly overrides: Readonly<Record<string, Loosened>>;
}

export interface CallbackCounts {
  readonly promised: number;
  readonly missed: number;
}

export interface CampaignStore {
  insert(organizationId: number, settings: CampaignSettings, at: Date): Promise<Campaign>;
  find(organizationId: number, id: number): Promise<Campaign | null>;
  /** Unknown ones are missing. */
  among(organizationId: number, ids: readonly number[]): Promise<readonly Campaign[]>;
  /** As `find`, and locks the campaign until the transaction ends. */
  lock(organizationId: number, id: number): Promise<Campaign | null>;
  update(id: number, settings: CampaignSettings, at: Date): Promise<Campaign>;
  move(id: number, status: CampaignStatus, at: Date): Promise<Campaign>;
  list(organizationId: number, filter: CampaignFilter, page: Page, sort?: CampaignSort): Promise<Listed<Campaign>>;
  /** Dials since an instant. */
  dialledSince(id: number, since: Date): Promise<number>;
  callingRules(organizationId: number): Promise<CallingRules | null>;
  setCallingRules(organizationId: number, rules: CallingRules, at: Date): Promise<void>;
  counts(id: number): Promise<readonly LeadCount[]>;
  callbacks(id: number): Promise<CallbackCounts>;
  /** The counts of several campaigns without places. */
  countsOf(ids: readonly number[]): Promise<readonly (Omit<LeadCount, 'place'> & { readonly campaignId: number })[]>;
  /** Leads of all campaigns, from their counts. */
  leadsOf(organizationId: number): Promise<number>;
  /** Waiting leads that are due, which the dialler makes ready next: those that are due longest, up to 10,000. */
  due(
    id: number,
    now: Date,
  ): Promise<readonly { readonly place: CallingPlace; readonly reason: LeadReason; readonly leads: number }[]>;
}

export type NewLead = Pick<
  Lead,
  'campaignId' | 'personId' | 'number' | 'name' | 'email' | 'variables' | 'priority' | 'importId'
> & { readonly personId: number; readonly standing: Standing; readonly place: CallingPlace };

/** A lead of whose number nothing is recorded, with what its list says of the person. */
export interface UnknownLead extends GivenLead {
  /** Null: no number of the organization was suppressed just now. */
  readonly suppressionHash: string | null;
  readonly standing: Pick<Standing, 'status' | 'reason'>;
  readonly place: CallingPlace;
}

export interface UnknownLeads {
  readonly organizationId: number;
  readonly campaignId: number;
  readonly importId: number | null;
  readonly leads: readonly UnknownLead[];
  readonly at: Date;
}

/** Everything that a dial of a number depends on, beside the rules. */
export interface DialFacts {
  readonly person: Omit<Whereabouts, 'number'>;
  /** By the organization's list. */
  readonly doNotCall: boolean;
  /** Campaigns whose own list holds the number. */
  readonly refusedCampaigns: readonly number[];
  readonly consented: boolean | null;
  readonly history: readonly PastAttempt[];
}

export interface LeadFilter {
  /** Only leads with a larger id. */
  readonly afterId?: number;
  readonly statuses?: readonly LeadStatus[];
  readonly number?: string;
}

/** What a list of leads is ordered by. */
export const LEAD_SORTS = ['created_at', 'updated_at', 'name', 'phone_number', 'status', 'attempts'] as const;
export type LeadSort = (typeof LEAD_SORTS)[number];

/** A lead with what is known of the person. */
export interface ListedLead extends Lead {
  readonly place: CallingPlace;
  readonly person: Omit<Whereabouts, 'number'>;
  readonly consented: boolean | null;
}

export interface LeadStore {
  /** Returns the numbers that the campaign had no lead with. */
  insertMany(organizationId: number, leads: readonly NewLead[], at: Date): Promise<ReadonlySet<string>>;
  /**
   * Adds those of these leads of whose numbers nothing is recorded yet: no owner, no refusal, no call. Each gets a new
   * person. Returns their numbers.
   */
  insertUnknown(given: UnknownLeads): Promise<ReadonlySet<string>>;
  byNumbers(campaignId: number, numbers: readonly string[]): Promise<ReadonlyMap<string, Lead>>;
  byNumber(campaignId: number, number: string): Promise<Lead | null>;
  /** The newest lead with a number, of all campaigns. */
  newest(organizationId: number, number: string): Promise<Lead | null>;
  /** The last call of the campaign to each of these numbers. */
  lastCalls(campaignId: number, numbers: readonly string[]): Promise<ReadonlyMap<string, Call>>;
  /** The newest leads of campaigns of a type, each with whether its number was called since it was added. */
  ofType(organizationId: number, type: string, page: Page): Promise<readonly (Lead & { readonly called: boolean })[]>;
  /** Changes what a file or client says of leads. */
  describeMany(leads: readonly Pick<Lead, 'id' | 'name' | 'email' | 'variables'>[], at: Date): Promise<void>;
  /** Those of these numbers that any campaign has a lead with. */
  numbersIn(organizationId: number, numbers: readonly string[]): Promise<readonly string[]>;
  list(
    organizationId: number,
    campaignId: number,
    filter: LeadFilter,
    page: Page,
    sort?: LeadSort,
  ): Promise<Listed<ListedLead>>;
  /** Leads with that number which are neither done nor being called, of all campaigns. Locks them. */
  open(organizationId: number, number: string): Promise<readonly Lead[]>;
  place(id: number, standing: Standing, place: CallingPlace, at: Date): Promise<void>;
  /** Blocks all leads with these numbers that are neither done nor being called: of one campaign, or of all. */
  refuse(organizationId: number, numbers: readonly string[], campaignId: number | null, at: Date): Promise<void>;
  /** Ends the leads of a person and deletes what they say of the person. */
  erase(personId: number, at: Date): Promise<void>;
  /** The dials of numbers since an instant, and what forbids them. */
  factsOf(organizationId: number, numbers: readonly string[], since: Date): Promise<ReadonlyMap<string, DialFacts>>;
  /**
   * Looks at some leads of an import, from an id on, and deletes those that were never dialled. `lastId` null: there
   * are no more.
   */
  deleteImported(
    importId: number,
    afterId: number,
    most: number,
  ): Promise<{ readonly deleted: number; readonly lastId: number | null }>;
}
