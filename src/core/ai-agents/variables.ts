import type { TimeZone } from '../kernel/locale.ts';
import type { AiAgent } from './ai-agent.ts';

/** Variables of every conversation; those of the call or conversation override them. `number`: the person's. */
export function standardVariables(
  agent: Pick<AiAgent, 'name'>,
  now: { readonly at: Date; readonly timeZone: TimeZone },
  number: string | null,
): Readonly<Record<string, string>> {
  const at = (options: Intl.DateTimeFormatOptions) =>
    now.at.toLocaleString('en-US', { timeZone: now.timeZone, ...options });
  const date = at({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
  const time = at({ hour: 'numeric', minute: '2-digit' });
  return {
    now: `${date}, ${time}`,
    date,
    time,
    time_zone: now.timeZone,
    agent_name: agent.name,
    caller_number: number ?? '',
  };
}
