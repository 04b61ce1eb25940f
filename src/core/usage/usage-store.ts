import { type PricedLine, type PriceLine } from './usage.ts';

export interface UsageStore {
  /** Written once, when the call is over. */
  record(callId: number, lines: readonly PricedLine[]): Promise<void>;
  ofCall(callId: number): Promise<readonly PricedLine[]>;
  prices(): Promise<readonly PriceLine[]>;
  setPrice(price: PriceLine): Promise<void>;
}
