/** A line to the telephone network: numbers whose calls come in over it, or that calls go out from. */
export interface SipTrunk {
  /** `ST_…` */
  readonly id: string;
  readonly organizationId: number;
  readonly direction: 'inbound' | 'outbound';
  readonly name: string;
  /** Where calls over an outbound trunk are sent. */
  readonly address: string | null;
  readonly numbers: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether it stands on the telephony server under this id. */
  readonly atServer: boolean;
  readonly createdAt: Date;
}
