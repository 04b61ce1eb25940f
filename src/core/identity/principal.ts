import type { Actor } from '../kernel/context.ts';
import type { Plan } from '../kernel/plan.ts';

/** An authenticated user or API key. */
export interface Principal {
  readonly organizationId: number;
  readonly actor: Actor;
  /** The organization's plan; the limits of one API depend on it. */
  readonly plan: Plan;
}
