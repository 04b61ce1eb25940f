import type { DispatchRule } from './dispatch-rule.ts';
import type { SipTrunk } from './sip-trunk.ts';

/** Trunks and dispatch rules, oldest first. */
export interface RoutingStore {
  trunks(organizationId: number): Promise<readonly SipTrunk[]>;
  addTrunk(trunk: SipTrunk): Promise<void>;
  deleteTrunk(organizationId: number, id: string): Promise<boolean>;
  rules(organizationId: number): Promise<readonly DispatchRule[]>;
  addRule(rule: DispatchRule): Promise<void>;
  deleteRule(organizationId: number, id: string): Promise<boolean>;
}
