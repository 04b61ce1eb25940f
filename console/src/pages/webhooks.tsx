import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, type BodyOf, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { List, type Column } from '@/design/list-page.tsx';
import { Page, Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';
import { toast } from '@/design/toast.ts';

type Webhook = ReplyOf<'GET /api/webhooks'>['data']['webhooks'][number];
type Delivery = ReplyOf<'GET /api/webhooks/:webhook_id/deliveries'>['data'][number];
type Event = BodyOf<'POST /api/webhooks'>['events'][number];

const EVENTS: readonly Event[] = [
  'call.initiated',
  'call.answered',
  'call.completed',
  'call.failed',
  'campaign.started',
  'campaign.paused',
  'campaign.completed',
  'lead.imported',
  'recording.ready',
  'transcription.complete',
];

const STATES: Readonly<Record<Delivery['state'], readonly [string, Tone]>> = {
  pending: ['On its way', 'wait'],
  delivered: ['Delivered', 'agent'],
  dead: ['Given up', 'bad'],
  canceled: ['Canceled', 'plain'],
};

export function WebhooksPage(): ReactNode {
  const mayEdit = may(useUser(), 'manage-webhooks');
  const queries = useQueryClient();
  const [search, setSearch] = useAddress();
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const webhooks = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => api('GET /api/webhooks', {}, { signal }),
  });
  const again = () => void queries.invalidateQueries({ queryKey: ['webhooks'] });
  const make = mayEdit && (
    <Button look="main" onClick={() => setMaking(true)}>
      New webhook
    </Button>
  );
  const list = webhooks.data?.data.webhooks ?? [];
  const chosen = list.find(({ webhook_id: id }) => id === search['webhook']) ?? list[0];
  return (
    <Page
      title="Webhooks"
      actions={
        <>
          <CopyCurl operation="GET /api/webhooks" input={{}} />
          {make}
        </>
      }
    >
      {webhooks.isPending ? (
        <Loading />
      ) : webhooks.isError ? (
        <Failed error={webhooks.error} retry={() => void webhooks.refetch()} />
      ) : !chosen ? (
        <Empty title="No webhook yet" action={make}>
          A webhook is an address that gets events of calls and campaigns as they happen, signed so that you can trust
          them.
        </Empty>
      ) : (
        <>
          <Section title="Receiver">
            <div className="flex flex-wrap items-end gap-3">
              <SelectField
                label="Address"
                value={chosen.webhook_id}
                onChange={(event) => setSearch({ webhook: event.target.value })}
                options={list.map((one) => [one.webhook_id, one.url] as const)}
              />
              {mayEdit && (
                <Button look="quiet" onClick={() => setDeleting(chosen)}>
                  Delete
                </Button>
              )}
            </div>
            <p className="pt-2 text-muted">
              Since {when(chosen.created_at)}: {chosen.events.join(', ')}
            </p>
          </Section>
          {mayEdit && <Deliveries key={chosen.webhook_id} webhook={chosen} />}
        </>
      )}
      {making && <NewWebhook onClose={() => setMaking(false)} done={again} />}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title="Delete this webhook?"
        action="Delete it"
        act={async () => {
          await api('DELETE /api/webhooks/:webhook_id', { params: { webhook_id: deleting!.webhook_id } });
          again();
        }}
      >
        {deleting?.url} gets no further events. Deliveries that wait for it are canceled.
      </Confirm>
    </Page>
  );
}

/** What was sent, how it went, and sending it again. */
function Deliveries({ webhook }: { readonly webhook: Webhook }): ReactNode {
  const queries = useQueryClient();
  const [search, setSearch] = useAddress();
  const act = useAct();
  const params = { webhook_id: webhook.webhook_id };
  const queryKey = ['webhooks', webhook.webhook_id, 'deliveries', search['state'] ?? ''];
  const replay = (body: { readonly delivery_id?: string }) =>
    void act.run(async () => {
      const { data } = await api('POST /api/webhooks/:webhook_id/replay', { params, body });
      toast(`${count(data.replayed, 'delivery', 'deliveries')} sent again`);
      await queries.invalidateQueries({ queryKey });
    });
  const columns: readonly Column<Delivery>[] = [
    { title: 'Event', cell: ({ event }) => event },
    {
      title: 'State',
      cell: ({ state }) => <Status tone={STATES[state][1]}>{STATES[state][0]}</Status>,
    },
    {
      title: 'Answer',
      wide: true,
      cell: ({ last_status: status, last_error: error }) => (
        <span className="block max-w-80 truncate">{error ?? status ?? ''}</span>
      ),
    },
    { title: 'Attempts', align: 'right', wide: true, cell: ({ attempts }) => attempts },
    { title: 'Took', align: 'right', wide: true, cell: ({ last_duration_ms: ms }) => (ms === null ? '' : `${ms} ms`) },
    { title: 'Happened', wide: true, cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
    {
      title: 'Change',
      align: 'right',
      cell: ({ state, delivery_id: id }) =>
        state === 'pending' ? null : (
          <Button look="quiet" disabled={act.busy} onClick={() => replay({ delivery_id: id })}>
            Send again
          </Button>
        ),
    },
  ];
  return (
    <>
      <div className="flex flex-wrap items-end gap-3 px-6 py-3 max-md:px-4">
        <SelectField
          label="Deliveries"
          value={search['state'] ?? ''}
          onChange={(event) => setSearch({ state: event.target.value })}
          options={[
            ['', 'All'],
            ['pending', 'On their way'],
            ['delivered', 'Delivered'],
            ['dead', 'Given up'],
          ]}
        />
        <Button busy={act.busy} onClick={() => replay({})}>
          Send all given up again
        </Button>
        <Failure act={act} />
      </div>
      <List
        queryKey={queryKey}
        load={async (cursor, signal) => {
          const query = { limit: '100', page: cursor ?? '1', ...(search['state'] ? { state: search['state'] } : {}) };
          const page = await api(
            'GET /api/webhooks/:webhook_id/deliveries',
            { params, query: query as never },
            { signal },
          );
          const { has_next: more, page: at, total } = page.pagination;
          return { rows: page.data, next: more ? String(at + 1) : null, total };
        }}
        idOf={(delivery) => delivery.delivery_id}
        columns={columns}
        empty={<Empty title="Nothing was sent yet">Each event that this webhook asks for stands here.</Empty>}
      />
    </>
  );
}

function NewWebhook({ onClose, done }: { readonly onClose: () => void; readonly done: () => void }): ReactNode {
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<readonly Event[]>(['call.completed', 'call.failed']);
  const [secret, setSecret] = useState<string | null>(null);
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const { data } = await api('POST /api/webhooks', { body: { url, events: [...events] } });
      setSecret(data.secret ?? null);
      done();
    });
  };
  return (
    <Dialog open onClose={onClose} title="New webhook">
      {secret ? (
        <div className="flex flex-col gap-3">
          <p>Deliveries are signed with this secret. It is shown once.</p>
          <code className="rounded bg-sunken p-2 break-all">{secret}</code>
          <Button look="main" onClick={onClose}>
            I have it
          </Button>
        </div>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <TextField
            label="Address"
            type="url"
            required
            value={url}
            placeholder="https://example.com/hooks"
            onChange={(event) => setUrl(event.target.value)}
          />
          <fieldset className="flex flex-col gap-1">
            <legend className="pb-1 font-medium">Tell it of</legend>
            {EVENTS.map((name) => (
              <label key={name} className="flex items-center gap-2 max-md:min-h-11">
                <input
                  type="checkbox"
                  checked={events.includes(name)}
                  onChange={(event) =>
                    setEvents(EVENTS.filter((one) => (one === name ? event.target.checked : events.includes(one))))
                  }
                />
                {name}
              </label>
            ))}
          </fieldset>
          <Failure act={act} />
          <Button look="main" type="submit" busy={act.busy} disabled={events.length === 0}>
            Make it
          </Button>
        </form>
      )}
    </Dialog>
  );
}
