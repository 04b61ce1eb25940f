import type { TurnLatency } from '#core/calls/call.ts';
import type { TurnTiming } from '#engine/turns/state.ts';

/**
 * A turn's latency by stage, from the caller's last word to the first frame sent. Stages overlap; each is counted from
 * the end of the one before, so that they add up. Null for turns that do not answer the caller.
 */
export function latencyOf(timing: TurnTiming): TurnLatency | null {
  const { endOfSpeechMs, committedMs, firstClauseMs, firstAudioMs, firstFrameMs } = timing;
  if (endOfSpeechMs === null || committedMs === null || firstFrameMs === null || firstFrameMs < endOfSpeechMs)
    return null;
  const until = (at: number | null, after: number) => Math.min(Math.max(at ?? after, after), firstFrameMs);
  const turnTaken = until(committedMs, endOfSpeechMs);
  const written = until(firstClauseMs, turnTaken);
  const spoken = until(firstAudioMs, written);
  return {
    speechToTextMs: turnTaken - endOfSpeechMs,
    languageModelMs: written - turnTaken,
    textToSpeechMs: spoken - written,
    firstAudioMs: firstFrameMs - spoken,
    fullCycleMs: firstFrameMs - endOfSpeechMs,
  };
}
