import type { Records } from '../records.ts';
import { waitLimitsOf } from '../routing/dispatch-rule.ts';
import type { QueueEntry } from './queue-entry.ts';
import { isSameLine, limitsOfCallback, type Line } from './wait-limits.ts';

type Reads = Pick<Records, 'callOrigins' | 'routing' | 'organizations'>;

/** What the rule that routed a call says at this moment of a wait that begins now. */
export async function lineFor(
  records: Reads,
  { organizationId, id }: { readonly organizationId: number; readonly id: number },
  now: Date,
): Promise<Line> {
  const origin = (await records.callOrigins.of([id])).get(id);
  const rule = origin?.ruleId == null ? null : ((await rulesOf(records, organizationId)).get(origin.ruleId) ?? null);
  if (!rule) return { skills: origin?.skills ?? [], limits: null };
  const { timeZone } = (await records.organizations.get(organizationId))!;
  return { skills: rule.routing.skills, limits: waitLimitsOf(rule.routing, timeZone, { enteredAt: now, now }) };
}

/** What rules say now of those who wait for any human agent, by entry; only where they say something else. */
export async function changedLines(
  records: Reads,
  organizationId: number,
  entries: readonly QueueEntry[],
  now: Date,
): Promise<ReadonlyMap<number, Line>> {
  const waiting = entries.filter(({ state, targetId }) => state !== 'connected' && targetId === null);
  const origins = await records.callOrigins.of(waiting.map(({ callId }) => callId));
  const rules = await rulesOf(records, organizationId);
  const { timeZone } = (await records.organizations.get(organizationId))!;
  const lines = new Map<number, Line>();
  for (const entry of waiting) {
    const ruleId = origins.get(entry.callId)?.ruleId ?? null;
    if (ruleId === null) continue;
    const { enteredAt, requestedBy, callback } = entry;
    const routing = rules.get(ruleId)?.routing;
    const limits = routing ? waitLimitsOf(routing, timeZone, { enteredAt, now }) : null;
    const line = {
      // Who transfers a call names the skills; else they are the rule's.
      skills: routing && requestedBy === 'caller' ? routing.skills : entry.skills,
      limits: callback === null ? limits : limitsOfCallback(limits),
    };
    if (!isSameLine(line, entry)) lines.set(entry.id, line);
  }
  return lines;
}

const rulesOf = async ({ routing }: Reads, organizationId: number) =>
  new Map((await routing.rules(organizationId)).map((one) => [one.id, one]));
