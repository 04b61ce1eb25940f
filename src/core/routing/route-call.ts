import type { AiAgent } from '../ai-agents/ai-agent.ts';
import type { OwnNumber } from '../carriers/carrier-store.ts';
import { NO_ORIGIN, type CallOrigin } from '../calls/call-origin.ts';
import type { Records } from '../records.ts';
import { answeringOf, roomOf, ruleFor } from './dispatch-rule.ts';

/** How a call that comes in is answered. */
export interface Route {
  readonly organizationId: number;
  readonly agentId: number;
  /** Words that the agent begins with; null: its own. */
  readonly greeting: string | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Null if no rule routes the call. */
  readonly origin: CallOrigin | null;
}

/**
 * Routes a call to a number of an organization: the agent of the rule for its trunk, else of the number, else of the
 * rule for all trunks, else the default agent. An agent that takes no calls is passed over.
 */
export async function routeCall(
  records: Records,
  call: {
    readonly organizationId: number;
    readonly to: string | null;
    readonly number: OwnNumber | null;
    readonly sid: string;
    readonly at: Date;
  },
): Promise<Route> {
  const { organizationId, number, at } = call;
  const [rules, trunks, organization] = await Promise.all([
    records.routing.rules(organizationId),
    records.routing.trunks(organizationId),
    records.organizations.get(organizationId),
  ]);
  const routed = ruleFor(call.to, rules, trunks);
  const answering = routed && answeringOf(routed.rule, organization!.timeZone, at);
  const isForTrunk = routed !== null && routed.rule.trunkIds.length > 0;
  const wanted = isForTrunk ? [answering?.agentId, number?.agentId] : [number?.agentId, answering?.agentId];
  const agent = await firstTalking(records, organizationId, wanted);
  if (!agent) throw new Error(`organization ${organizationId} has no default agent`);
  if (!routed) return { organizationId, agentId: agent.id, greeting: null, variables: {}, origin: null };
  const { rule, trunk } = routed;
  return {
    organizationId,
    agentId: agent.id,
    greeting: answering!.greeting,
    variables: Object.fromEntries(
      Object.entries(rule.metadata).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
    origin: {
      ...NO_ORIGIN,
      skills: rule.routing.skills,
      roomName: roomOf(rule, call.sid),
      trunkId: trunk?.id ?? null,
      ruleId: rule.id,
      metadata: rule.metadata,
    },
  };
}

async function firstTalking(
  records: Pick<Records, 'agents'>,
  organizationId: number,
  wanted: readonly (number | null | undefined)[],
): Promise<AiAgent | null> {
  for (const id of wanted) {
    const agent = id == null ? null : await records.agents.find(organizationId, id);
    if (agent?.isActive && agent.type === 'conversation') return agent;
  }
  return records.agents.default(organizationId);
}
