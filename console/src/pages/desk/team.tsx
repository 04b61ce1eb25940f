import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { SelectField } from '@/design/field.tsx';
import { sentenceOf } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';
import { DESK, type Desk } from './desk-query.ts';

type Agent = Desk['agents'][number];

const WORDS: Record<Agent['status'], readonly [string, Tone]> = {
  online: ['Free', 'agent'],
  busy: ['Busy', 'person'],
  away: ['Away', 'wait'],
  offline: ['Off duty', 'plain'],
};

/** The human agents; a supervisor can set their status. */
export function Team({ agents }: { readonly agents: readonly Agent[] }): ReactNode {
  const user = useUser();
  return (
    <section aria-labelledby="team-title">
      <h2 id="team-title" className="border-b border-line-strong pb-1.5 font-medium">
        People <span className="figures text-muted">{agents.length}</span>
      </h2>
      {agents.length === 0 ? (
        <p className="py-3 text-muted">No person takes calls yet. A user with the role “agent” does.</p>
      ) : (
        <ul>
          {agents.map((agent) => (
            <li
              key={agent.agent_id}
              className="grid grid-cols-[minmax(0,1fr)_110px_150px] items-center gap-3 border-b border-line py-2 max-md:grid-cols-[minmax(0,1fr)_130px]"
            >
              <span className="min-w-0">
                <span className="font-medium">{agent.name}</span>
                <span className="block truncate text-small text-muted">
                  {[agent.phone_number, ...agent.skills].filter(Boolean).join(' · ')}
                </span>
              </span>
              <span className="max-md:hidden">
                <Status tone={WORDS[agent.status][1]}>{WORDS[agent.status][0]}</Status>
              </span>
              {may(user, 'manage-agents') ? (
                <StatusOf agent={agent} />
              ) : (
                <span className="md:hidden">{WORDS[agent.status][0]}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function StatusOf({ agent }: { readonly agent: Agent }): ReactNode {
  const queries = useQueryClient();
  const [error, setError] = useState<string | undefined>(undefined);
  const set = async (status: Agent['status']) => {
    setError(undefined);
    try {
      await api('PUT /api/v1/agents/:human_agent_id/status', {
        params: { human_agent_id: agent.agent_id },
        body: { status },
      });
      await queries.invalidateQueries({ queryKey: DESK });
    } catch (failure) {
      setError(sentenceOf(failure));
    }
  };
  return (
    <SelectField
      label={`Status of ${agent.name}`}
      hideLabel
      value={agent.status}
      error={error}
      onChange={(event) => void set(event.target.value as Agent['status'])}
      options={Object.entries(WORDS).map(([status, [words]]) => [status, words] as const)}
    />
  );
}
