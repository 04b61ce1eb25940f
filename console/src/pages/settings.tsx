import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, apiWithVersion, type BodyOf, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Facts } from '@/design/facts.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { Page, Section } from '@/design/page.tsx';
import { ConflictDialog, FormBar, useRecordForm, type Loaded } from '@/design/record-form.tsx';
import { Failed, Loading, NoPermission } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';
import { Tabs, usePart } from '@/design/tabs.tsx';
import { toast } from '@/design/toast.ts';
import { useKeep } from './keep.ts';

export function SettingsPage(): ReactNode {
  const user = useUser();
  const part = usePart('organization');
  if (!may(user, 'manage-settings')) return <Page title="Settings">{<NoPermission />}</Page>;
  return (
    <Page title="Settings">
      <Tabs
        label="Settings"
        parts={[
          ['organization', 'Organization'],
          ['carriers', 'Carriers'],
        ]}
      />
      {part === 'carriers' ? <Carriers /> : <Organization />}
    </Page>
  );
}

type OrganizationReply = ReplyOf<'GET /api/organizations/:organization_id'>['data'];

interface OrganizationValues {
  readonly name: string;
  readonly timezone: string;
  readonly when_model_fails: OrganizationReply['when_model_fails'];
  readonly hold_audio: OrganizationReply['hold_audio'];
  readonly recording_retention_days: string;
  readonly transcript_retention_days: string;
}

const LABELS = {
  name: 'Name',
  timezone: 'Time zone',
  when_model_fails: 'When every model fails, an agent',
  hold_audio: 'On hold, callers hear',
  recording_retention_days: 'Days to keep recordings',
  transcript_retention_days: 'Days to keep words',
} as const;

const valuesOf = (one: OrganizationReply): OrganizationValues => ({
  name: one.name,
  timezone: one.timezone,
  when_model_fails: one.when_model_fails,
  hold_audio: one.hold_audio,
  recording_retention_days: one.recording_retention_days === null ? '' : String(one.recording_retention_days),
  transcript_retention_days: one.transcript_retention_days === null ? '' : String(one.transcript_retention_days),
});

async function readOrganization(id: string): Promise<Loaded<OrganizationValues>> {
  const params = { organization_id: id };
  const { body, version } = await apiWithVersion('GET /api/organizations/:organization_id', { params });
  return { values: valuesOf(body.data), version };
}

function Organization(): ReactNode {
  const { organization_id: id } = useUser();
  const loaded = useQuery({
    queryKey: ['organization', id],
    queryFn: () => readOrganization(id),
    refetchOnWindowFocus: false,
  });
  if (loaded.isPending) return <Loading />;
  if (loaded.isError) return <Failed error={loaded.error} retry={() => void loaded.refetch()} />;
  return <OrganizationForm id={id} loaded={loaded.data} />;
}

function OrganizationForm({
  id,
  loaded,
}: {
  readonly id: string;
  readonly loaded: Loaded<OrganizationValues>;
}): ReactNode {
  const keep = useKeep<Loaded<OrganizationValues>>(['organization', id]);
  const form = useRecordForm({
    loaded,
    save: async (changes, version) => {
      const days = (text: string) => (text === '' ? null : Number(text));
      const { recording_retention_days: recordings, transcript_retention_days: words, ...rest } = changes;
      const body = {
        ...rest,
        ...(recordings === undefined ? {} : { recording_retention_days: days(recordings) }),
        ...(words === undefined ? {} : { transcript_retention_days: days(words) }),
      } as BodyOf<'PUT /api/organizations/:organization_id'>;
      const saved = await apiWithVersion(
        'PUT /api/organizations/:organization_id',
        { params: { organization_id: id }, body },
        version === null ? {} : { version },
      );
      return keep({ values: valuesOf(saved.body.data), version: saved.version });
    },
    reload: async () => keep(await readOrganization(id)),
  });
  const { values, set, errors } = form;
  const zones = Intl.supportedValuesOf('timeZone');
  return (
    <Section title="Organization">
      <form onSubmit={form.submit} className="flex max-w-160 flex-col gap-4">
        <TextField
          label={LABELS.name}
          value={values.name}
          error={errors['name']}
          onChange={(event) => set('name', event.target.value)}
        />
        <SelectField
          label={LABELS.timezone}
          value={values.timezone}
          error={errors['timezone']}
          hint="Days and hours of every statistic are of this zone."
          options={[...new Set([values.timezone, ...zones])].map((zone) => [zone, zone] as const)}
          onChange={(event) => set('timezone', event.target.value)}
        />
        <SelectField
          label={LABELS.when_model_fails}
          value={values.when_model_fails}
          options={[
            ['apologise', 'apologises, and transfers or takes a callback'],
            ['offline_rules', 'goes on by the offline rules'],
          ]}
          onChange={(event) => set('when_model_fails', event.target.value as OrganizationValues['when_model_fails'])}
        />
        <SelectField
          label={LABELS.hold_audio}
          value={values.hold_audio}
          options={[
            ['music', 'music'],
            ['quiet', 'nothing'],
          ]}
          onChange={(event) => set('hold_audio', event.target.value as OrganizationValues['hold_audio'])}
        />
        {(['recording_retention_days', 'transcript_retention_days'] as const).map((name) => (
          <TextField
            key={name}
            label={LABELS[name]}
            inputMode="numeric"
            placeholder="For ever"
            value={values[name]}
            error={errors[name]}
            onChange={(event) => set(name, event.target.value)}
          />
        ))}
        <FormBar form={form} />
        <ConflictDialog form={form} labels={LABELS} />
      </form>
    </Section>
  );
}

const CARRIER_STATES: Readonly<Record<string, readonly [string, Tone]>> = {
  active: ['Ready', 'agent'],
  inactive: ['Not set up, or resting', 'plain'],
};

/** Carriers: which one places calls, their settings and a test of the connection. */
function Carriers(): ReactNode {
  const carriers = useQuery({
    queryKey: ['carriers'],
    queryFn: ({ signal }) => api('GET /voice/providers', {}, { signal }),
  });
  const [open, setOpen] = useState<string | null>(null);
  const act = useAct();
  if (carriers.isPending) return <Loading />;
  if (carriers.isError) return <Failed error={carriers.error} retry={() => void carriers.refetch()} />;
  const { providers, current_provider: current } = carriers.data;
  return (
    <Section title="Carriers">
      <Failure act={act} />
      <ul className="divide-y divide-line">
        {Object.entries(providers).map(([id, one]) => {
          const [words, tone] = CARRIER_STATES[one.status] ?? [one.status, 'plain'];
          return (
            <li key={id} className="flex flex-col gap-3 py-3">
              <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
                <h3 className="min-w-40">{one.name}</h3>
                <Status tone={tone}>{words}</Status>
                {id === 'simulator' && <span className="text-muted">Offline: no call leaves this server</span>}
                {id === current && <Status tone="caller">Places the calls</Status>}
                <span className="ml-auto flex gap-2">
                  {id !== current && one.status === 'active' && (
                    <Button
                      busy={act.busy}
                      onClick={() =>
                        void act.run(async () => {
                          await api('POST /voice/providers/switch', { body: { provider: id } });
                          await carriers.refetch();
                          toast(`${one.name} places the calls`);
                        })
                      }
                    >
                      Use it
                    </Button>
                  )}
                  <Button aria-expanded={open === id} onClick={() => setOpen(open === id ? null : id)}>
                    {open === id ? 'Close' : 'Settings and test'}
                  </Button>
                </span>
              </div>
              {open === id && <Carrier id={id} saved={() => void carriers.refetch()} />}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

type CarrierReply = ReplyOf<'GET /voice/providers/:provider/settings'>;
type CarrierValues = Readonly<Record<string, string>>;
interface LoadedCarrier extends Loaded<CarrierValues> {
  readonly fields: CarrierReply['fields'];
}

const carrierOf = (body: CarrierReply, version: string | null): LoadedCarrier => ({
  values: Object.fromEntries(body.fields.map(({ key, value }) => [key, value ?? ''])),
  version,
  fields: body.fields,
});

async function readCarrier(id: string): Promise<LoadedCarrier> {
  const { body, version } = await apiWithVersion('GET /voice/providers/:provider/settings', {
    params: { provider: id },
  });
  return carrierOf(body, version);
}

function Carrier({ id, saved }: { readonly id: string; readonly saved: () => void }): ReactNode {
  const loaded = useQuery({ queryKey: ['carrier', id], queryFn: () => readCarrier(id), gcTime: 0 });
  if (loaded.isPending) return <Loading rows={3} />;
  if (loaded.isError) return <Failed error={loaded.error} retry={() => void loaded.refetch()} />;
  return <CarrierForm id={id} loaded={loaded.data} saved={saved} />;
}

/** A secret that is set is shown masked, and sent only when it is written anew. */
function CarrierForm({
  id,
  loaded,
  saved,
}: {
  readonly id: string;
  readonly loaded: LoadedCarrier;
  readonly saved: () => void;
}): ReactNode {
  const [test, setTest] = useState<ReplyOf<'POST /voice/providers/test'> | null>(null);
  const act = useAct();
  const keep = useKeep<LoadedCarrier>(['carrier', id]);
  const form = useRecordForm<CarrierValues>({
    loaded,
    save: async (changes, version) => {
      const settings = Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value || null]));
      const reply = await apiWithVersion(
        'PUT /voice/providers/:provider/settings',
        { params: { provider: id }, body: { settings } },
        version === null ? {} : { version },
      );
      saved();
      return keep(carrierOf(reply.body, reply.version));
    },
    reload: async () => keep(await readCarrier(id)),
  });
  const labels = Object.fromEntries(loaded.fields.map(({ key, label }) => [key, label]));
  return (
    <form onSubmit={form.submit} className="flex max-w-160 flex-col gap-3">
      {loaded.fields.length === 0 && <p className="text-muted">Nothing to set: it is built in.</p>}
      {loaded.fields.map(({ key, label, secret, required, environment }) => (
        <TextField
          key={key}
          label={required ? label : `${label} (optional)`}
          type={secret ? 'password' : 'text'}
          autoComplete="off"
          value={form.values[key] ?? ''}
          error={form.errors[`settings.${key}`] ?? form.errors[key]}
          hint={environment ? `Or ${environment} in the environment` : undefined}
          onFocus={(event) => secret && event.target.select()}
          onChange={(event) => form.set(key, event.target.value)}
        />
      ))}
      {loaded.fields.length > 0 && <FormBar form={form} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          busy={act.busy}
          disabled={form.isDirty}
          onClick={() =>
            void act.run(async () => setTest(await api('POST /voice/providers/test', { body: { provider: id } })))
          }
        >
          Test the connection
        </Button>
        <Failure act={act} />
      </div>
      {test && (
        <div role="status">
          <p className="pb-2">
            <Status tone={test.success ? 'agent' : 'bad'}>
              {test.success ? `It works: ${test.response_time} ms` : (test.error ?? 'It does not work')}
            </Status>
          </p>
          <Facts
            rows={Object.entries(test.test_results).map(
              ([name, result]) => [name.replaceAll('_', ' '), result] as const,
            )}
          />
        </div>
      )}
      <ConflictDialog form={form} labels={labels} />
    </form>
  );
}
