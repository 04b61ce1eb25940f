import type { Core } from '../core.ts';
import { waitLimitsOf } from '../routing/dispatch-rule.ts';
import type { WaitLimits } from './wait-limits.ts';

/** What the rule that routed a call says of the wait for a human agent. */
export async function lineFor(
  { store }: Pick<Core, 'store'>,
  { organizationId, id }: { readonly organizationId: number; readonly id: number },
): Promise<{ readonly skills: readonly string[]; readonly limitsFrom: (enteredAt: Date) => WaitLimits | null }> {
  const origin = (await store.callOrigins.of([id])).get(id);
  const skills = origin?.skills ?? [];
  const ruleId = origin?.ruleId ?? null;
  if (ruleId === null) return { skills, limitsFrom: () => null };
  const rule = (await store.routing.rules(organizationId)).find((one) => one.id === ruleId);
  if (!rule) return { skills, limitsFrom: () => null };
  const { timeZone } = (await store.organizations.get(organizationId))!;
  return { skills, limitsFrom: (enteredAt) => waitLimitsOf(rule.routing, timeZone, enteredAt) };
}
