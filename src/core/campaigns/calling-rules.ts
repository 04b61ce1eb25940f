import type { Core } from '../core.ts';
import { loosenedProblems, ownRulesProblems } from '../dialling/rule-problems.ts';
import { NO_OWN_RULES, withOverrides, type Jurisdiction, type Loosened, type OwnRules } from '../dialling/rules.ts';
import { SHIPPED_RULES } from '../dialling/shipped-rules.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import type { CallingRules } from './campaign-store.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;
type RuleCore = Pick<Core, 'store' | 'clock'>;

const NO_RULES: CallingRules = { own: NO_OWN_RULES, overrides: {} };

/** The rules by which an organization dials: the shipped ones with its overrides, and its own. */
export async function rulesOf(
  records: Pick<Records, 'campaigns'>,
  organizationId: number,
): Promise<{ readonly rules: readonly Jurisdiction[]; readonly own: OwnRules }> {
  const { own, overrides } = (await records.campaigns.callingRules(organizationId)) ?? NO_RULES;
  return { rules: withOverrides(SHIPPED_RULES, overrides), own };
}

/** Sets what the organization demands beyond the law. It cannot loosen anything. @throws AppError invalid-input */
export async function setOwnRules(core: RuleCore, ctx: Acting, own: OwnRules): Promise<void> {
  throwProblems('calling_rules', ownRulesProblems(own));
  await change(core, ctx, 'calling-rules.own', { own }, (rules) => ({ ...rules, own }));
}

/**
 * Departs from a shipped rule in the given fields, or follows it again (null). `reason` says why that is lawful
 * and goes into the audit log. @throws AppError not-found, invalid-input
 */
export async function overrideRule(
  core: RuleCore,
  ctx: Acting,
  jurisdictionId: string,
  loosened: Loosened | null,
  reason: string,
): Promise<void> {
  if (!SHIPPED_RULES.some(({ id }) => id === jurisdictionId)) throw notFound('Calling rule', jurisdictionId);
  if (reason.trim() === '') throw invalid('reason', 'must say why the rule does not apply to you', 'missing');
  throwProblems(jurisdictionId, loosened === null ? [] : loosenedProblems(loosened));
  await change(core, ctx, 'calling-rules.override', { jurisdiction: jurisdictionId, loosened, reason }, (rules) => {
    const { [jurisdictionId]: _, ...others } = rules.overrides;
    return { ...rules, overrides: loosened === null ? others : { ...others, [jurisdictionId]: loosened } };
  });
}

async function change(
  core: RuleCore,
  ctx: Acting,
  action: string,
  detail: object,
  apply: (rules: CallingRules) => CallingRules,
): Promise<void> {
  await core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    const rules = (await records.campaigns.callingRules(ctx.organizationId)) ?? NO_RULES;
    await records.campaigns.setCallingRules(ctx.organizationId, apply(rules), core.clock.now());
    await records.outbox.audit(ctx, action, `org_${ctx.organizationId}`, detail);
  });
}

function throwProblems(path: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const issues = problems.map((problem) => {
    const [field, message] = problem.split(': ') as [string, string];
    return { path: `${path}.${field}`, message: `${field} ${message}`, kind: 'format' as const };
  });
  throw new AppError('invalid-input', 'Invalid request parameters', { issues });
}
