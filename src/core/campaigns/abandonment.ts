import type { AttemptOutcome } from '../dialling/rules.ts';
import type { Records } from '../records.ts';
import type { LiveAnswers } from './attempt-store.ts';
import type { Campaign } from './campaign.ts';
import { rateOf } from './proportions.ts';

// A call is abandoned where a person answered a campaign that promises a human agent, and none took the call within two
// seconds. The limit of 3 % is that of 16 CFR 310.4(b)(4), for 30 days, and of Ofcom, for 24 hours.

const HOUR_MS = 3_600_000;
export const ABANDONMENT_LIMIT = 0.03;
export const ABANDONMENT_WINDOWS = { day: 24, month: 30 * 24 } as const;
/** One abandoned call says little of a rate; from the second one on, it stops a campaign. */
const STOPS_FROM = 2;

/** How a person who answered came to be counted. Machines, screening and lost calls are not live answers. */
const LIVE_ANSWERS: ReadonlySet<AttemptOutcome> = new Set([
  'answered',
  'declined',
  'opted_out',
  'hung_up',
  'abandoned',
]);

export const isLiveAnswer = (outcome: AttemptOutcome): boolean => LIVE_ANSWERS.has(outcome);

/** Of the last 24 hours and of the last 30 days. */
export interface Abandonment {
  readonly day: LiveAnswers;
  readonly month: LiveAnswers;
}

export const abandonmentRate = ({ live, abandoned }: LiveAnswers): number => rateOf({ hits: abandoned, of: live });

const isOver = (answers: LiveAnswers): boolean => abandonmentRate(answers) > ABANDONMENT_LIMIT;

/**
 * How fast a campaign that needs human agents dials. `stopped`: not at all, until the last 24 hours are within the
 * limit again. `slowed`: one line for two free agents.
 */
export function abandonmentPace({ day, month }: Abandonment): 'usual' | 'slowed' | 'stopped' {
  if (isOver(day) && day.abandoned >= STOPS_FROM) return 'stopped';
  return isOver(day) || isOver(month) ? 'slowed' : 'usual';
}

/** How many lines so many free human agents allow. A single agent is never held in reserve. */
export function linesFor(agents: number, pace: ReturnType<typeof abandonmentPace>): number {
  if (pace === 'stopped') return 0;
  return pace === 'slowed' ? Math.min(agents, Math.max(1, Math.floor(agents / 2))) : agents;
}

/** Null: the campaign promises no human agent. */
export async function abandonmentOf(
  { attempts }: Pick<Records, 'attempts'>,
  { id, needsHuman }: Pick<Campaign, 'id' | 'needsHuman'>,
  now: Date,
): Promise<Abandonment | null> {
  if (!needsHuman) return null;
  const since = (hours: number) => attempts.liveAnswers(id, new Date(now.getTime() - hours * HOUR_MS));
  return { day: await since(ABANDONMENT_WINDOWS.day), month: await since(ABANDONMENT_WINDOWS.month) };
}
