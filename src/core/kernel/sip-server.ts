/** The fields of a SIP trunk that a telephony server keeps. */
export interface SipTrunkFields {
  readonly direction: 'inbound' | 'outbound';
  readonly name: string;
  /** Where calls over an outbound trunk are sent. */
  readonly address: string | null;
  readonly numbers: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The fields of a dispatch rule that a telephony server keeps. */
export interface SipRuleFields {
  readonly name: string;
  /** Empty: all trunks. */
  readonly trunkIds: readonly string[];
  /** The name of a call's room, with `{call_id}` for a part that differs from call to call. */
  readonly roomPattern: string;
  readonly hidePhoneNumber: boolean;
  /** The code that a caller must enter; null: none. */
  readonly pin: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** SIP trunks and dispatch rules on a telephony server. Every method throws an AppError. */
export interface SipServer {
  trunks(): Promise<readonly (SipTrunkFields & { readonly id: string })[]>;
  /** The server's id of the new trunk. */
  createTrunk(fields: SipTrunkFields): Promise<string>;
  /** Leaves fields that are not named here as they are on the server. @throws AppError not-found */
  updateTrunk(id: string, fields: SipTrunkFields): Promise<void>;
  /** A trunk that does not exist is not an error. */
  deleteTrunk(id: string): Promise<void>;
  rules(): Promise<readonly (SipRuleFields & { readonly id: string })[]>;
  createRule(fields: SipRuleFields): Promise<string>;
  /** @throws AppError not-found */
  updateRule(id: string, fields: SipRuleFields): Promise<void>;
  deleteRule(id: string): Promise<void>;
  /** The name that the server's rooms of a pattern begin with. */
  prefixOf(roomPattern: string): string;
}
