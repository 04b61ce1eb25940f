import { z } from 'zod';
import { durationMs } from '#core/calls/call.ts';
import { getCallBySid } from '#core/calls/get-call.ts';
import { openOperation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';
import { agentIdOf } from './dialect.ts';

const Figure = z.int().nullable();

/** Figures only, so it needs no key. */
export const latencyOperation = openOperation({
  method: 'GET',
  path: '/v1/convai/latency/:call_sid',
  summary: 'Get Call Latency',
  params: z.object({ call_sid: IdText }),
  reply: z.object({
    call_sid: z.string(),
    agent_id: z.string(),
    call_initiated_ms: z.int(),
    stt_latency_ms: Figure,
    llm_generation_ms: Figure,
    tts_generation_ms: Figure,
    first_audio_sent_ms: Figure,
    full_response_cycle_ms: Figure,
    total_call_duration_ms: z.int(),
    currently_speaking: z.boolean(),
    is_responding: z.boolean(),
    call_phase: z.string(),
  }),
  handle: async ({ core, params }) => {
    const call = await getCallBySid(core, params.call_sid, `call_sid: ${params.call_sid}`);
    const { latency } = call;
    const live = await core.live.view(call.id);
    return {
      call_sid: call.sid,
      agent_id: agentIdOf(call.agentId),
      call_initiated_ms: call.placedMs ?? 0,
      stt_latency_ms: latency?.speechToTextMs ?? null,
      llm_generation_ms: latency?.languageModelMs ?? null,
      tts_generation_ms: latency?.textToSpeechMs ?? null,
      first_audio_sent_ms: latency?.firstAudioMs ?? null,
      full_response_cycle_ms: latency?.fullCycleMs ?? null,
      total_call_duration_ms: durationMs(call, core.clock.now()),
      currently_speaking: live?.speaking ?? false,
      is_responding: live?.responding ?? false,
      call_phase: call.phase,
    };
  },
});
