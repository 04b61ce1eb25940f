import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { Facts } from '@/design/facts.tsx';
import { List, type Column } from '@/design/list-page.tsx';
import { Toolbar } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { writtenHours } from '@/design/week-hours.tsx';
import { useAgentNames } from '../agent-names.ts';
import { OFFERS } from './overflow-fields.tsx';
import { AddRule, EditRule, type Rule } from './rule-form.tsx';
import { useTrunks } from './trunks.tsx';

const KEY = ['routing', 'rules'];

export function Rules(): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const queries = useQueryClient();
  const trunks = useTrunks();
  const [open, setOpen] = useState<'add' | Rule | null>(null);
  const [removing, setRemoving] = useState<Rule | null>(null);
  const close = () => setOpen(null);
  const again = () => void queries.invalidateQueries({ queryKey: KEY });
  const trunkName = (id: string) => trunks.data?.find((one) => one.trunk_id === id)?.name ?? 'a removed trunk';
  const add = mayEdit && (
    <Button look="main" onClick={() => setOpen('add')}>
      Add a rule
    </Button>
  );
  const columns: readonly Column<Rule>[] = [
    { title: 'Name', cell: ({ name }) => name },
    { title: 'For trunks', cell: ({ trunk_ids: ids }) => ids.map(trunkName).join(', ') || 'All' },
    {
      title: 'Caller’s number',
      wide: true,
      cell: ({ hide_phone_number: isHidden }) => (isHidden ? 'Hidden from agents' : 'Shown'),
    },
    {
      title: 'Change',
      align: 'right',
      cell: (rule) => (
        <span className="flex justify-end gap-1">
          <Button look="quiet" onClick={() => setOpen(rule)}>
            {mayEdit ? 'Edit' : 'Show'}
          </Button>
          {mayEdit && (
            <Button look="quiet" onClick={() => setRemoving(rule)}>
              Remove
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      <Toolbar>
        <CopyCurl operation="GET /api/v1/sip/dispatch-rules" input={{}} />
        {add}
      </Toolbar>
      <List
        queryKey={KEY}
        load={async (_, signal) => {
          const rows = await api('GET /api/v1/sip/dispatch-rules', {}, { signal });
          return { rows, next: null, total: rows.length };
        }}
        idOf={({ rule_id: id }) => id}
        columns={columns}
        empty={
          <Empty title="No rule yet">
            Without a rule the agent of the number answers, and at a number without one the default agent. A rule can
            choose another agent, a greeting, and what happens outside of opening hours.
          </Empty>
        }
      />
      {open === 'add' && <AddRule trunks={trunks.data ?? []} onClose={close} done={again} />}
      {open !== null &&
        open !== 'add' &&
        (mayEdit ? (
          <EditRule rule={open} trunks={trunks.data ?? []} onClose={close} done={again} />
        ) : (
          <RuleDialog rule={open} trunkName={trunkName} onClose={close} />
        ))}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        action="Remove it"
        act={async () => {
          await api('DELETE /api/v1/sip/dispatch-rules/:rule_id', { params: { rule_id: removing!.rule_id } });
          again();
        }}
      >
        Calls are answered by the agent of their number from then on.
      </Confirm>
    </>
  );
}

type Overflow = NonNullable<ReplyOf<'GET /api/v1/sip/dispatch-rules/:rule_id'>['overflow']>;

function limitsIn(overflow: Overflow): string {
  const { longest_wait_seconds: longest, most_waiting: most, no_agents_seconds: empty } = overflow;
  return [
    longest === undefined ? '' : `after ${longest} s`,
    most === undefined ? '' : `when ${most} wait already`,
    empty === undefined ? '' : `${empty} s after the last agent has left`,
  ]
    .filter(Boolean)
    .join(', ');
}

const offersIn = ({ offers }: Overflow): string => offers?.map((one) => OFFERS[one]).join(' · ') ?? '';

function RuleDialog({
  rule,
  trunkName,
  onClose,
}: {
  readonly rule: Rule;
  readonly trunkName: (id: string) => string;
  readonly onClose: () => void;
}): ReactNode {
  const agents = useAgentNames();
  const detail = useQuery({
    queryKey: [...KEY, rule.rule_id],
    queryFn: ({ signal }) =>
      api('GET /api/v1/sip/dispatch-rules/:rule_id', { params: { rule_id: rule.rule_id } }, { signal }),
  });
  if (!detail.data)
    return (
      <Dialog open onClose={onClose} title={rule.name}>
        {detail.isError ? <Failed error={detail.error} retry={() => void detail.refetch()} /> : <Loading rows={3} />}
      </Dialog>
    );
  const { agent_id: agent, greeting, skills, opening_hours: hours, outside_hours: outside, overflow } = detail.data;
  const answeredBy = (id: string | undefined) => (id === undefined ? 'The agent of the number' : agents.nameOf(id));
  return (
    <Dialog open onClose={onClose} title={rule.name}>
      <Facts
        rows={[
          ['For trunks', rule.trunk_ids.map(trunkName).join(', ') || 'All'],
          ['Answered by', answeredBy(agent)],
          ['Greeting', greeting ?? 'The agent’s own'],
          ['Transfers need', skills?.join(', ') ?? 'no skill'],
          [
            'Open',
            hours
              ? Object.entries(writtenHours(hours))
                  .map(([day, times]) => `${day} ${times}`)
                  .join('; ')
              : 'always',
          ],
          ...(overflow
            ? ([
                ['Callers stop waiting', limitsIn(overflow) || 'at the end of the opening hours'],
                ['Then they are offered', offersIn(overflow)],
              ] as const)
            : []),
          ...(outside
            ? ([
                ['Outside of it', `${answeredBy(outside.agent_id)}: ${outside.greeting ?? 'its own greeting'}`],
              ] as const)
            : []),
        ]}
      />
    </Dialog>
  );
}
