import type { Campaign } from './campaign.ts';
import type { Lead } from './lead.ts';
import type { CallLoad, Pace } from './pacing.ts';
import type { CallingPlace } from './reasons.ts';

/** An active campaign with its pace and what it has under way. */
export interface CampaignLoad {
  readonly campaign: Campaign;
  readonly pace: Pace;
  /** Claimed leads that are not dialled yet. */
  readonly claimed: number;
  readonly live: number;
}

/** Ready leads of one place. */
export interface ReadyLeads {
  readonly placeId: number;
  readonly place: CallingPlace;
  readonly leads: number;
}

export interface LeadClaim {
  readonly placeIds: readonly number[];
  readonly most: number;
  readonly owner: string;
  readonly leaseMs: number;
  readonly at: Date;
}

/** A campaign's call that has not been answered, with what may end it. */
export interface UnansweredDial {
  readonly callId: number;
  readonly campaignActive: boolean;
  readonly endsAt: Date | null;
  readonly notAfter: Date | null;
  /** The number or its owner went on a do-not-call list. */
  readonly refused: boolean;
}

/** Records of the dialler: claims, attempts and what runs. */
export interface DiallingStore {
  /** Active campaigns of all organizations. */
  active(): Promise<readonly CampaignLoad[]>;
  /** Calls by organization. */
  callLoads(): Promise<ReadonlyMap<number, CallLoad>>;
  callLoad(organizationId: number): Promise<CallLoad>;
  ready(campaignId: number): Promise<readonly ReadyLeads[]>;
  /** Calls at a carrier that it took or was asked to take, and those that wait for their turn. */
  carrierLoad(carrier: string): Promise<{ readonly live: number; readonly waiting: number }>;
  /** How many leads are neither done nor blocked; zero if nothing is left to dial and no import runs. */
  countOpen(campaignId: number): Promise<number>;
  /** Makes waiting leads ready that are due, of active campaigns first, and claims whose lease ran out. */
  makeReady(now: Date, most: number): Promise<void>;
  /**
   * The next instant at which time alone changes what the dialler does, as far as records name one: a start or an end,
   * a lead that is due, a pace, the end of a claim or of a dial's time. Null: none. It may be over.
   */
  nextInstant(now: Date): Promise<Date | null>;
  /** Locks the pace of a campaign, and reads what it has under way. Null if another server claims for it now. */
  lockPace(campaignId: number, now: Date): Promise<CampaignLoad | null>;
  setPace(campaignId: number, pace: Pace): Promise<void>;
  /** Leases ready leads of some places: those with the highest priority first, then the ones due longest. */
  claim(campaignId: number, claim: LeadClaim): Promise<readonly Lead[]>;
  /** As `CampaignStore.find`; the campaign does not change before the transaction ends. */
  keepCampaign(organizationId: number, id: number): Promise<Campaign | null>;
  /** The person is neither erased nor changed before the transaction ends. False if there is none. */
  keepPerson(personId: number): Promise<boolean>;
  /** Locks a lead that this owner has claimed; null if it has not. */
  lockClaimed(leadId: number, owner: string): Promise<Lead | null>;
  /** Campaign calls that run. */
  countLive(campaignId: number): Promise<number>;
  /** Running calls of campaigns that need human agents, which have not asked for one yet. */
  countUnserved(organizationId: number): Promise<number>;
  /** Whether a call with the number runs, whatever placed it. */
  isOnCall(organizationId: number, number: string): Promise<boolean>;
  /** The caller id of the last call to a number. */
  lastCallerId(organizationId: number, number: string): Promise<string | null>;
  /** Gives a claimed lead back. */
  unclaim(leadId: number, at: Date): Promise<void>;
  unanswered(): Promise<readonly UnansweredDial[]>;
  /** When a request of a call was sent to its carrier. */
  sentAt(callId: number): Promise<Date | null>;
  /**
   * Adds up the counts of leads, so that they stay few: of campaigns that dial or import, or of all. Counts that would
   * not become half as many stay as they are.
   */
  compactCounts(all: boolean): Promise<void>;
}
