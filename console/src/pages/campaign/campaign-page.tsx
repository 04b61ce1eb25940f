import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Page, Section } from '@/design/page.tsx';
import { useRecordForm } from '@/design/record-form.tsx';
import { Failed, Loading, Opening } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { Tabs, usePart } from '@/design/tabs.tsx';
import { CAMPAIGN_STATES } from '../campaigns.tsx';
import { bodyOf, readCampaign, saveCampaign, type Campaign, type LoadedCampaign } from './campaign.ts';
import { Cockpit, Forecast, useReadiness } from './cockpit.tsx';
import { Leads } from './leads.tsx';
import { ListStep } from './list-step.tsx';
import { AgentStep, RulesStep } from './rules-step.tsx';

/** A campaign ends by itself, and no event of the socket says so. */
const ACTIVE_MS = 5000;
const STEPS = [
  ['list', '1 List'],
  ['rules', '2 Rules'],
  ['agent', '3 Agent and test call'],
  ['start', '4 Start'],
] as const;
const RUNNING = [
  ['cockpit', 'Cockpit'],
  ['leads', 'People'],
] as const;

export function CampaignPage(): ReactNode {
  const { campaign: id } = useParams({ strict: false }) as { campaign: string };
  const campaign = useQuery({
    queryKey: ['campaigns', id, 'record'],
    queryFn: ({ signal }) => readCampaign(id, signal),
    refetchOnWindowFocus: false,
    refetchInterval: ({ state }) => (state.data?.campaign.status === 'active' ? ACTIVE_MS : false),
  });
  if (!campaign.data) return <Opening title="Campaign" error={campaign.error} retry={() => void campaign.refetch()} />;
  return <Loaded key={id} id={id} loaded={campaign.data} />;
}

function Loaded({ id, loaded }: { readonly id: string; readonly loaded: LoadedCampaign }): ReactNode {
  const queries = useQueryClient();
  const { campaign } = loaded;
  const parts = campaign.status === 'draft' ? [...STEPS, RUNNING[1]] : [...RUNNING, ...STEPS.slice(0, 3)];
  const part = usePart(parts[0]![0]);
  const keep = (next: LoadedCampaign) => {
    queries.setQueryData(['campaigns', id, 'record'], next);
    // Who can be called depends on the state and on every rule.
    void queries.invalidateQueries({ queryKey: ['campaigns', id, 'readiness'] });
    return next;
  };
  const form = useRecordForm({
    loaded,
    save: async (changes, version) => keep(await saveCampaign(id, bodyOf(changes), version)),
    reload: async () => keep(await readCampaign(id)),
    spansParts: true,
  });
  return (
    <Page
      title={campaign.name}
      note={<Status tone={CAMPAIGN_STATES[campaign.status][1]}>{CAMPAIGN_STATES[campaign.status][0]}</Status>}
      actions={
        <>
          <CopyCurl operation="GET /api/campaigns/:campaign_id" input={{ params: { campaign_id: id } }} />
          <Switch campaign={campaign} version={loaded.version} changed={keep} />
        </>
      }
    >
      <Tabs label="Parts of the campaign" parts={parts} />
      {part === 'list' && <ListStep campaign={id} />}
      {part === 'rules' && <RulesStep form={form} />}
      {part === 'agent' && <AgentStep form={form} campaign={id} />}
      {part === 'start' && <StartStep loaded={loaded} changed={keep} />}
      {part === 'cockpit' && <Cockpit campaign={id} />}
      {part === 'leads' && <Leads campaign={id} />}
    </Page>
  );
}

interface SwitchProps {
  readonly campaign: Campaign;
  readonly version: string | null;
  readonly changed: (loaded: LoadedCampaign) => void;
}

/** Pauses a running campaign and resumes a paused one. */
function Switch({ campaign, version, changed }: SwitchProps): ReactNode {
  const mayEdit = may(useUser(), 'manage-campaigns');
  const act = useAct();
  const { status, campaign_id: id } = campaign;
  if (!mayEdit || (status !== 'active' && status !== 'paused')) return null;
  const to = status === 'active' ? 'paused' : 'active';
  return (
    <>
      <Failure act={act} />
      <Button
        look={status === 'active' ? 'plain' : 'main'}
        icon={status === 'active' ? 'pause' : 'play'}
        busy={act.busy}
        onClick={() => void act.run(async () => changed(await saveCampaign(id, { status: to }, version)))}
      >
        {status === 'active' ? 'Pause' : 'Resume'}
      </Button>
    </>
  );
}

/** What speaks against the start, and the start. */
function StartStep({
  loaded,
  changed,
}: {
  readonly loaded: LoadedCampaign;
  readonly changed: (loaded: LoadedCampaign) => void;
}): ReactNode {
  const mayEdit = may(useUser(), 'manage-campaigns');
  const { campaign_id: id } = loaded.campaign;
  const ready = useReadiness(id);
  const act = useAct();
  if (ready.isPending) return <Loading />;
  if (ready.isError) return <Failed error={ready.error} retry={() => void ready.refetch()} />;
  const start = () => void act.run(async () => changed(await saveCampaign(id, { status: 'active' }, loaded.version)));
  return (
    <>
      <Forecast ready={ready.data.data} />
      {mayEdit && (
        <Section title="Start">
          <Failure act={act} />
          <Button look="main" icon="play" busy={act.busy} disabled={!ready.data.data.can_start} onClick={start}>
            Start calling
          </Button>
        </Section>
      )}
    </>
  );
}
