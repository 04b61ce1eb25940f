import type { DispatchRule } from './dispatch-rule.ts';
import type { SipTrunk } from './sip-trunk.ts';

/** Trunks and dispatch rules, oldest first. */
export interface RoutingStore {
  trunks(organizationId: number): Promise<readonly SipTrunk[]>;
  /** False if there is one of that id. */
  addTrunk(trunk: SipTrunk): Promise<boolean>;
  /** False if the organization has none of that id. */
  updateTrunk(trunk: SipTrunk): Promise<boolean>;
  deleteTrunk(organizationId: number, id: string): Promise<boolean>;
  rules(organizationId: number): Promise<readonly DispatchRule[]>;
  addRule(rule: DispatchRule): Promise<boolean>;
  updateRule(rule: DispatchRule): Promise<boolean>;
  deleteRule(organizationId: number, id: string): Promise<boolean>;
}
