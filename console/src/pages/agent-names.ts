import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client.ts';

type Option = readonly [id: string, name: string];

export interface AgentNames {
  readonly options: readonly Option[];
  /** The id itself where the agent is not known, such as a deleted one. */
  readonly nameOf: (id: string) => string;
}

const NONE: AgentNames = { options: [], nameOf: (id) => id };

/** The agents by name, for choices and lists. */
export function useAgentNames(): AgentNames {
  const agents = useQuery({
    queryKey: ['agents', 'names'],
    queryFn: ({ signal }) => api('GET /v1/convai/agents', { query: { limit: '100' } }, { signal }),
    staleTime: 60_000,
    select: (reply): AgentNames => {
      const names = new Map(reply.agents.map((one) => [one.agent_id, one.name]));
      return { options: [...names], nameOf: (id) => names.get(id) ?? id };
    },
  });
  return agents.data ?? NONE;
}
