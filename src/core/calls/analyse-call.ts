import type { Entry } from '../conversations/entry.ts';
import type { Core } from '../core.ts';
import { AppError } from '../kernel/errors.ts';
import type { Context } from '../kernel/context.ts';
import type { Analysis } from '../memory/analyst.ts';
import { keywordsOf } from '../memory/keywords.ts';
import { chargeAnalysis } from '../memory/learn.ts';
import type { Call } from './call.ts';
import { holdsBooking } from './call-review.ts';
import { getCall } from './get-call.ts';

export interface AnalyseCall {
  readonly callId: string | number | null;
  /** Lines such as `Agent: …` and `Customer: …`; one without a name is the person's. Null: the words on record. */
  readonly transcript: string | null;
}

const AGENT = 'agent|assistant|ai|bot|system|representative';
const PERSON = 'user|customer|caller|client|person|lead';
const AGENT_LINE = new RegExp(`^\\s*(?:${AGENT})\\s*:\\s*`, 'i');
const PERSON_LINE = new RegExp(`^\\s*(?:${PERSON})\\s*:\\s*`, 'i');
/** Where the next speaker begins in a transcript of one line. */
const NEXT_SPEAKER = new RegExp(`(?<=[.?!…])\\s(?=(?:${AGENT}|${PERSON})\\s?:)`, 'i');

/**
 * Analyses the words of a call, or a transcript. Only what it cost is stored, with the call. @throws AppError
 * not-found, invalid-input
 */
export async function analyseCall(
  core: Core,
  ctx: Context,
  { callId, transcript }: AnalyseCall,
  subject: string,
): Promise<{ readonly call: Call | null; readonly analysis: Analysis; readonly keywords: readonly string[] }> {
  const call = callId === null ? null : await getCall(core, ctx, callId, subject);
  const agent = call === null ? null : await core.store.agents.evenDeleted(call.agentId);
  const onRecord = () => call && core.store.entries.of(call.conversationId);
  const messages = transcript === null ? await onRecord() : linesIn(transcript, core.clock.now());
  if (!messages?.some((one) => one.role === 'caller'))
    throw new AppError('invalid-input', 'Invalid request parameters', {
      issues: [
        {
          path: 'transcript',
          message:
            call !== null
              ? 'The call has no words of the person to analyse'
              : transcript === null
                ? 'transcript is required, or call_id'
                : 'The transcript has no words of the person to analyse',
          kind: 'missing',
        },
      ],
    });
  const analysis = await core.dialogue.analyseCall(agent, messages);
  if (call)
    await core.store.transaction(async (records) => {
      if (await chargeAnalysis(records, call, analysis)) await records.metrics.settle([call.id]);
    });
  const { judgement, topics } = analysis;
  const keywords = keywordsOf(messages, topics);
  if (judgement === null || !holdsBooking(messages)) return { call, analysis, keywords };
  return { call, keywords, analysis: { ...analysis, judgement: { ...judgement, converted: true } } };
}

function linesIn(transcript: string, at: Date): Entry[] {
  const lines = transcript.trim().split('\n');
  const isOneLine = lines.length === 1 && (AGENT_LINE.test(lines[0]!) || PERSON_LINE.test(lines[0]!));
  return (isOneLine ? lines[0]!.split(NEXT_SPEAKER) : lines)
    .filter((line) => line.trim() !== '')
    .map((line, id) => ({
      id,
      seq: null,
      startMs: null,
      endMs: null,
      role: AGENT_LINE.test(line) ? ('agent' as const) : ('caller' as const),
      text: line.replace(AGENT_LINE, '').replace(PERSON_LINE, ''),
      metadata: null,
      detail: {},
      agentId: null,
      at,
    }));
}
