import type { EndedBy, EndStatus } from '../calls/call.ts';

/** An ended call of a campaign, as suggestions are made from. */
export interface HistoryCall {
  readonly placedAt: Date;
  readonly outcome: EndStatus;
  readonly answered: boolean;
  readonly converted: boolean;
  readonly endedBy: EndedBy | null;
  /** The caller id that it showed. */
  readonly from: string | null;
  /** What the person was after; null if it was not analysed. */
  readonly intent: string | null;
  /** Which dial of its lead it was, from 1; null if no lead is known. */
  readonly attempt: number | null;
}

export interface CampaignHistory {
  /** The last calls of a campaign, newest first. */
  recent(organizationId: number, campaignId: number, limit: number): Promise<readonly HistoryCall[]>;
}
