import { z } from 'zod';
import { callsOnBoard, LANES, type CallOnBoard } from '#core/calls/board.ts';
import { contentOfCall } from '#core/calls/content-of-call.ts';
import { endingWords } from '#core/calls/end-reasons.ts';
import { getCall } from '#core/calls/get-call.ts';
import type { TurnLatency } from '#core/calls/call.ts';
import type { CallEntry } from '#core/conversations/entry.ts';
import { transfersOf } from '#core/desk/transfer-call.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberIn, timeInMilliseconds, timeInSeconds, wholeNumber } from '../kit/codecs.ts';
import { envelope, enveloped, statusWord } from './dialect.ts';

// Calls as they are watched and read: the board of running calls, and the timeline of one call, also while it runs.

const callId = (id: string): string | number => numberIn('call', id) ?? id;
const Params = z.object({ call_id: IdText });

const Card = z.object({
  call_id: z.string(),
  session_id: z.int(),
  lane: z.enum(LANES),
  status: z.string(),
  direction: z.enum(['outbound', 'inbound', 'web']),
  phone_number: z.string().nullable(),
  agent_id: z.string(),
  campaign_id: z.string().nullable(),
  created_at: z.string(),
  answered_at: z.string().nullable(),
  waiting_since: z.string().nullable(),
  waiting_for: z
    .object({ reason: z.string().nullable(), skills: z.array(z.string()), requested_by: z.string() })
    .nullable()
    .describe('Why the caller waits for a human agent'),
  human_agent: z.string().nullable().describe('The name of the human agent who has the caller'),
  last: z.object({ speaker: z.enum(['caller', 'agent', 'human']), text: z.string(), at: z.string() }).nullable(),
  worst_latency_ms: z.int().nullable().describe('The slowest answer of the agent lately'),
});

function presentCard({ call, lane, queued, humanName, last, worstMs }: CallOnBoard): z.input<typeof Card> {
  const waits = lane === 'waiting' ? queued : null;
  return {
    call_id: idOf('call', call.id),
    session_id: call.id,
    lane,
    status: statusWord(call.status),
    direction: call.direction,
    phone_number: call.direction === 'inbound' ? call.from : call.to,
    agent_id: idOf('agent', call.agentId),
    campaign_id: call.campaignId === null ? null : idOf('campaign', call.campaignId),
    created_at: timeInSeconds(call.placedAt),
    answered_at: call.answeredAt && timeInSeconds(call.answeredAt),
    waiting_since: waits && timeInSeconds(waits.enteredAt),
    waiting_for: waits && {
      reason: waits.reason,
      skills: [...waits.skills],
      requested_by: waits.requestedBy.replace('-', '_'),
    },
    human_agent: humanName,
    last: last && { speaker: speakerOf(last), text: last.text, at: timeInMilliseconds(last.at) },
    worst_latency_ms: worstMs === null ? null : Math.round(worstMs),
  };
}

const speakerOf = ({ role, detail }: Pick<CallEntry, 'role' | 'detail'>): 'caller' | 'agent' | 'human' =>
  role === 'caller' ? 'caller' : detail['by'] === 'human-agent' ? 'human' : 'agent';

export const boardOperation = operation({
  method: 'GET',
  path: '/api/calls/board',
  summary: 'Running calls by where they stand: ringing, with the AI agent, waiting, with a human agent',
  permission: 'read-calls',
  reply: enveloped(z.object({ calls: z.array(Card), total: z.int(), as_of: z.string() })),
  handle: async ({ core, ctx, requestId }) => {
    const { rows, total } = await callsOnBoard(core, ctx);
    return envelope(requestId, {
      calls: rows.map(presentCard),
      total,
      as_of: timeInMilliseconds(core.clock.now()),
    });
  },
});

const Latency = z
  .object({
    speech_to_text_ms: z.number().describe('Recognition, and waiting for the end of the turn'),
    language_model_ms: z.number(),
    text_to_speech_ms: z.number(),
    first_audio_ms: z.number(),
    total_ms: z.number().describe('From the last word to the answer; the parts add up to it'),
  })
  .nullable();

const TimelineEntry = z.object({
  seq: z.int(),
  kind: z
    .enum(['agent', 'caller', 'tool_call', 'tool_result', 'instruction'])
    .describe('`instruction`: what a supervisor told the AI agent, unheard by the caller'),
  start_ms: z.number().describe('Of the call’s clock'),
  end_ms: z.number(),
  at: z.string(),
  text: z.string(),
  by_human: z.boolean().describe('A human agent said it'),
  unheard: z.string().nullable().describe('What the agent still meant to say when it was interrupted'),
  interrupted: z.boolean(),
  backchannel: z.boolean(),
  written: z.boolean(),
  estimated: z.boolean().describe('Timed by the clock, as its carrier sends no marks'),
  turn: z.string().nullable().describe('Why the agent spoke: `first`, `reply`, `silence` and others'),
  phase: z.string().nullable(),
  confidence: z.number().nullable().describe('Of the recogniser, 0 to 1'),
  latency: Latency,
  arguments: z.unknown().describe('Of a tool; null else'),
  tool: z.string().nullable(),
  tool_key: z.string().nullable().describe('The same for a tool’s call and its result'),
  tool_status: z.string().nullable(),
  sources: z.array(z.object({ document: z.string(), heading: z.string().nullable() })),
});

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function presentEntry({ seq, role, startMs, endMs, at, text: said, detail }: CallEntry): z.input<typeof TimelineEntry> {
  const latency = detail['latency'] as TurnLatency | undefined;
  const intended = detail['interrupted'] === true ? text(detail['intended']) : null;
  return {
    seq,
    kind: role.replace('-', '_') as z.input<typeof TimelineEntry>['kind'],
    start_ms: startMs,
    end_ms: endMs,
    at: timeInMilliseconds(at),
    text: said,
    by_human: detail['by'] === 'human-agent',
    unheard: intended && (intended.startsWith(said) ? intended.slice(said.length).trim() : intended),
    interrupted: detail['interrupted'] === true,
    backchannel: detail['backchannel'] === true,
    written: detail['written'] === true,
    estimated: detail['estimated'] === true,
    turn: text(detail['kind']),
    phase: text(detail['phase']),
    confidence: typeof detail['confidence'] === 'number' ? detail['confidence'] : null,
    latency: latency
      ? {
          speech_to_text_ms: latency.speechToTextMs,
          language_model_ms: latency.languageModelMs,
          text_to_speech_ms: latency.textToSpeechMs,
          first_audio_ms: latency.firstAudioMs,
          total_ms: latency.fullCycleMs,
        }
      : null,
    arguments: detail['args'] ?? null,
    tool: role === 'tool-call' ? said : text(detail['name']),
    tool_key: text(detail['key']),
    tool_status: text(detail['status']),
    sources: Array.isArray(detail['sources'])
      ? (detail['sources'] as { document: string; heading: string | null }[])
      : [],
  };
}

const TimelineTransfer = z.object({
  requested_by: z.string(),
  reason: z.string().nullable(),
  transfer_type: z.string(),
  requested_at: z.string(),
  human_connected_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  outcome: z.string().nullable(),
  cause: z.string().nullable(),
});

export const timelineOperation = operation({
  method: 'GET',
  path: '/api/calls/:call_id/timeline',
  summary: 'What was said and done on a call, by its clock; also while it runs',
  permission: 'read-calls',
  params: Params,
  query: z.object({ after: wholeNumber(0, 1_000_000_000).optional().describe('Only entries with a higher `seq`') }),
  reply: enveloped(
    z.object({
      call_id: z.string(),
      session_id: z.int(),
      status: z.string(),
      phase: z.string(),
      agent: z.string().nullable().describe('Null: the agent was deleted'),
      end_reason: z.string().nullable(),
      ending: z.string().nullable().describe('Why it ended, as a sentence'),
      failure_reason: z.string().nullable(),
      recording_failure: z.string().nullable(),
      recording_offset_ms: z.number().describe('Of the call’s clock, where the recording begins'),
      transcript_deleted_at: z.string().nullable(),
      spoken_by: z.record(z.string(), z.string()).describe('The vendors and models that were used'),
      vendor_errors: z.array(z.object({ at: z.string(), vendor: z.string(), does: z.string(), message: z.string() })),
      transfers: z.array(TimelineTransfer),
      entries: z.array(TimelineEntry),
    }),
  ),
  handle: async ({ core, ctx, requestId, params, query: { after } }) => {
    const call = await getCall(core, ctx, callId(params.call_id), `call_id: ${params.call_id}`);
    const [{ agent, entries }, transfers] = await Promise.all([
      contentOfCall(core, call, { instructions: true, after }),
      transfersOf(core, call),
    ]);
    return envelope(requestId, {
      call_id: idOf('call', call.id),
      session_id: call.id,
      status: statusWord(call.status),
      phase: call.phase,
      agent: agent?.name ?? null,
      end_reason: call.endReason,
      ending: endingWords(call),
      failure_reason: call.failureReason,
      recording_failure: call.recordingFailure,
      recording_offset_ms: call.recordingOffsetMs ?? 0,
      transcript_deleted_at: call.transcriptDeletedAt && timeInSeconds(call.transcriptDeletedAt),
      spoken_by: call.spokenBy,
      vendor_errors: [...call.vendorErrors],
      transfers: transfers.map((one) => ({
        requested_by: one.requestedBy.replace('-', '_'),
        reason: one.reason,
        transfer_type: one.transferType,
        requested_at: timeInMilliseconds(one.requestedAt),
        human_connected_at: one.humanConnectedAt && timeInMilliseconds(one.humanConnectedAt),
        ended_at: one.endedAt && timeInMilliseconds(one.endedAt),
        outcome: one.outcome,
        cause: one.cause,
      })),
      entries: entries.map(presentEntry),
    });
  },
});
