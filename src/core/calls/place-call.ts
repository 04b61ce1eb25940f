import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { userOf, type Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { Core } from '../core.ts';
import type { AiAgent } from '../ai-agents/ai-agent.ts';
import type { CarrierInfo } from '../carriers/carrier-directory.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { callPartyOf } from '../people/person-of.ts';
import type { Records } from '../records.ts';
import type { CallOrigin } from './call-origin.ts';
import type { NewCall } from './call-store.ts';
import type { Call, CallOverrides, Direction } from './call.ts';

export interface PlaceCall {
  /** Default: the default agent. */
  readonly agentId: number | null;
  /** The campaign that it counts for; its agent and caller id are the defaults. */
  readonly campaignId?: number | null;
  readonly to: PhoneNumber;
  /** The API's name of `to`, for errors. Default: `to_number`. */
  readonly numberField?: string;
  readonly from: PhoneNumber | null;
  /** Default: the current carrier. */
  readonly carrier?: CarrierInfo;
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: CallOverrides;
  /** Default: simulated and web calls are recorded, real ones are not. */
  readonly recorded: boolean | null;
  /** Whether its transcript is kept. */
  readonly transcribed?: boolean;
  readonly ringTimeoutMs: number;
  /** An id that was reserved for the call; default: a new one. */
  readonly sid?: string;
  readonly origin?: CallOrigin;
  readonly useDraft?: boolean;
  /** What else is written in the transaction that stores the call. */
  readonly also?: (records: Records, call: Call) => Promise<void>;
}

export const DEFAULT_RING_TIMEOUT_MS = 30_000;
/** How long a call waits for a busy server before it is refused. */
const LONGEST_WAIT_MS = 3000;
const LONGEST_SIMULATED_WAIT_MS = 30_000;

/**
 * Places a call, which is stored before it is dialled. @throws AppError not-found, unchangeable (do not
 * call), too-many-calls
 */
export async function placeCall(core: Core, ctx: Context, input: PlaceCall): Promise<Call> {
  const carrier = input.carrier ?? (await core.carriers.current());
  const room = await core.live.reserveWhenQuiet(carrier.real ? LONGEST_WAIT_MS : LONGEST_SIMULATED_WAIT_MS);
  const also = async (records: Records, placed: Call) => {
    if (input.origin) await records.callOrigins.insert(placed.id, input.origin);
    await input.also?.(records, placed);
  };
  const prepare = async (records: Records): Promise<Beginning> => {
    const { numberOwner, person, userId } = await callPartyOf(
      records,
      core.secrets,
      ctx.organizationId,
      input.to,
      input.variables['user_id'],
    );
    const campaign = await campaignOf(records, ctx, input.campaignId ?? null);
    if (numberOwner?.doNotCallAt || person?.doNotCallAt || (await isListed(records, ctx, input.to, campaign)))
      throw new AppError('unchangeable', 'This person asked not to be called', {
        subject: `${input.numberField ?? 'to_number'}: ${input.to}`,
      });
    return {
      ...(input.sid === undefined ? {} : { sid: input.sid }),
      ...(campaign === null ? {} : { campaignId: campaign.id }),
      agentId: input.agentId ?? campaign?.agentId ?? null,
      useDraft: input.useDraft ?? false,
      personId: numberOwner?.id ?? null,
      callParty: { personId: person?.id ?? null, userId },
      carrier: carrier.id,
      from: input.from ?? (campaign?.callerIds[0] as PhoneNumber | undefined) ?? null,
      to: input.to,
      variables: input.variables,
      overrides: input.overrides,
      recorded: input.recorded ?? !carrier.real,
      transcribed: input.transcribed ?? true,
      ringTimeoutMs: input.ringTimeoutMs,
    };
  };
  const { call, begun } = await begin(core, ctx, room, 'outbound', prepare, also);
  if (!carrier.namesCalls) return call;
  // Waits for the carrier's id, so that the reply can name it. The call is placed in any case.
  await begun;
  const { sid } = (await core.store.calls.byId(call.id).catch(() => null)) ?? call;
  return { ...call, sid };
}

/** Whether the number is on the do-not-call list of the organization, or of the campaign that the call counts for. */
async function isListed(
  { doNotCall }: Pick<Records, 'doNotCall'>,
  { organizationId }: Pick<Context, 'organizationId'>,
  number: PhoneNumber,
  campaign: Campaign | null,
): Promise<boolean> {
  const entries = await doNotCall.of(organizationId, number);
  return entries.some(({ campaignId }) => campaignId === null || campaignId === campaign?.id);
}

async function campaignOf(
  records: Records,
  ctx: Pick<Context, 'organizationId'>,
  id: number | null,
): Promise<Campaign | null> {
  if (id === null) return null;
  const campaign = await records.campaigns.find(ctx.organizationId, id);
  if (!campaign) throw notFound('Campaign', `campaign_id: campaign_${id}`);
  return campaign;
}

export interface WebCall {
  readonly agentId: number;
  readonly useDraft?: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

/** How long a media token in a URL is valid. */
export const MEDIA_TOKEN_MS = 5 * 60_000;

/** Creates a call for a browser or test client, with the single-use token for its media socket. */
export async function placeWebCall(
  core: Core,
  ctx: Context,
  input: WebCall,
): Promise<{ call: Call; token: string; expiresAt: Date }> {
  const token = core.secrets.token();
  const expiresAt = new Date(core.clock.now().getTime() + MEDIA_TOKEN_MS);
  const { call } = await begin(
    core,
    ctx,
    await core.live.reserveWhenQuiet(LONGEST_WAIT_MS),
    'web',
    async (records) => {
      const { person, userId } = await callPartyOf(
        records,
        core.secrets,
        ctx.organizationId,
        null,
        input.variables['user_id'],
      );
      return {
        agentId: input.agentId,
        useDraft: input.useDraft ?? false,
        personId: null,
        callParty: { personId: person?.id ?? null, userId },
        carrier: 'web',
        from: null,
        to: null,
        variables: input.variables,
        overrides: {},
        recorded: true,
        transcribed: true,
        ringTimeoutMs: MEDIA_TOKEN_MS,
      };
    },
    (records, placed) => records.mediaTokens.add(core.secrets.hash(token), placed.id, expiresAt),
  );
  return { call, token, expiresAt };
}

/** The fields that differ between the kinds of calls. */
export type Beginning = Pick<
  NewCall,
  | 'personId'
  | 'callParty'
  | 'carrier'
  | 'from'
  | 'to'
  | 'variables'
  | 'overrides'
  | 'recorded'
  | 'transcribed'
  | 'ringTimeoutMs'
  | 'campaignId'
  | 'notAfter'
> & {
  readonly agentId: number | null;
  readonly sid?: string;
  /** It uses the draft of the agent, as it is now. */
  readonly useDraft?: boolean;
};

export interface Begun {
  readonly call: Call;
  /** Resolves when the carrier has accepted the call, or after seconds. */
  readonly begun: Promise<void>;
}

/**
 * Stores a call in the transaction of what it depends on, then starts it. @throws AppError not-found, too-many-calls,
 * and what `prepare` throws
 */
export async function begin(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'live' | 'limits'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  room: ReturnType<Core['live']['reserve']>,
  direction: Direction,
  prepare: (records: Records) => Promise<Beginning>,
  also: (records: Records, call: Call) => Promise<void> = () => Promise.resolve(),
): Promise<Begun> {
  if ('refused' in room) throw new AppError('too-many-calls', room.refused);
  try {
    const call = await core.store.transaction(async (records) => {
      const beginning = await prepare(records);
      const agent = await agentFor(records, ctx.organizationId, beginning.agentId);
      const running = await records.calls.countLive(ctx.organizationId);
      if (running >= core.limits.maxConcurrentCalls)
        throw new AppError(
          'too-many-calls',
          `Too many concurrent calls: the limit is ${core.limits.maxConcurrentCalls}`,
        );
      const now = core.clock.now();
      const draft = beginning.useDraft ? { draft: (await records.agents.draft(agent.id))?.changes ?? {} } : {};
      const placed = await records.calls.insert({
        ...beginning,
        overrides: { ...beginning.overrides, ...draft },
        sid: beginning.sid ?? core.secrets.callSid(),
        organizationId: ctx.organizationId,
        agentId: agent.id,
        direction,
        placedAt: now,
        userId: userOf(ctx.actor),
        owner: room.reservation.serverId,
        leaseMs: core.limits.leaseMs,
      });
      await also(records, placed);
      await records.outbox.audit(ctx, 'call.place', placed.sid);
      await records.outbox.event(ctx.organizationId, {
        type: 'call.started',
        callId: placed.id,
        data: { number: placed.to },
      });
      return placed;
    });
    if (direction === 'outbound') return { call, begun: core.live.dial(call, room.reservation) };
    core.live.expect(call, room.reservation);
    return { call, begun: Promise.resolve() };
  } catch (error) {
    room.reservation.give();
    throw error;
  }
}

async function agentFor(records: Records, organizationId: number, agentId: number | null): Promise<AiAgent> {
  const agent =
    agentId === null
      ? await records.agents.default(organizationId)
      : await records.agents.find(organizationId, agentId);
  if (!agent) throw notFound('Agent', `agent_id: agent_${agentId ?? 'default'}`);
  if (agent.type !== 'conversation')
    throw invalid(
      'agent_id',
      `names an agent that does not talk itself: agent_${agent.id} is of the type ${agent.type}`,
    );
  if (!agent.isActive) throw invalid('agent_id', `names an agent that is not active: agent_${agent.id}`);
  return agent;
}
