import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '@/api/client.ts';

type Option = readonly [id: string, name: string];

export interface AgentNames {
  readonly options: readonly Option[];
  /** The id itself where the agent is not known, such as a deleted one. */
  readonly nameOf: (id: string) => string;
}

interface ReadNames extends AgentNames {
  readonly isKnown: (id: string) => boolean;
}

const NONE: AgentNames = { options: [], nameOf: (id) => id };

/**
 * The agents by name, for choices and lists. Where one of the ids in sight is not known, the agents are read once more:
 * it may have been made since.
 */
export function useAgentNames(inSight: readonly string[] = []): AgentNames {
  const { data, refetch } = useQuery({
    queryKey: ['agents', 'names'],
    queryFn: ({ signal }) => api('GET /v1/convai/agents', { query: { limit: '100' } }, { signal }),
    staleTime: 60_000,
    select: (reply): ReadNames => {
      const names = new Map(reply.agents.map((one) => [one.agent_id, one.name]));
      return { options: [...names], nameOf: (id) => names.get(id) ?? id, isKnown: (id) => names.has(id) };
    },
  });
  const unknown = data ? [...new Set(inSight.filter((id) => !data.isKnown(id)))].toSorted().join(' ') : '';
  useEffect(() => {
    if (unknown !== '') void refetch();
  }, [unknown, refetch]);
  return data ?? NONE;
}
