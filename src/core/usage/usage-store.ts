import type { Micros } from '../kernel/money.ts';
import { type PricedLine, type PriceLine } from './usage.ts';

export interface UsageStore {
  /** Adds to what the call has used so far. */
  record(callId: number, lines: readonly PricedLine[]): Promise<void>;
  ofCall(callId: number): Promise<readonly PricedLine[]>;
  /** What several calls cost so far, by call id; calls that used nothing are missing. */
  costsOf(callIds: readonly number[]): Promise<ReadonlyMap<number, Micros>>;
  prices(): Promise<readonly PriceLine[]>;
  setPrice(price: PriceLine): Promise<void>;
}
