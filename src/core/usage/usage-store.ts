import { type PricedLine, type PriceLine } from './usage.ts';

export interface UsageStore {
  /** Adds to what the call has used so far. */
  record(callId: number, lines: readonly PricedLine[]): Promise<void>;
  ofCall(callId: number): Promise<readonly PricedLine[]>;
  prices(): Promise<readonly PriceLine[]>;
  setPrice(price: PriceLine): Promise<void>;
}
