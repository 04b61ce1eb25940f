/** One utterance while a human agent has the caller, with its times on the call's clock. */
export interface UserTalk {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence: number | null;
  /** The human agent or supervisor who said it; null: the caller. */
  readonly userId: number | null;
}
