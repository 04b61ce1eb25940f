import type { ModelMessage, ToolArgs } from '#engine/contracts/language-model.ts';
import { GO_AHEAD } from '../agreement.ts';
import { ANYTHING_ELSE } from '../selling.ts';
import { CANCEL, MOVE, plain, type Talk } from '../talk.ts';
import { changeWanted, givesUp, timeWordsIn } from './lexicon.ts';
import { NO, TAKEN, YES } from './wish.ts';

/** An appointment that is booked is cancelled or moved. */

const TO_QUESTION = 'What is the new day and time?';
const WHICH_QUESTION = 'Which one do you mean?';
const MOVE_THERE = 'Shall I move it there?';

type Result = Extract<ModelMessage, { role: 'tool-result' }>;

/** What is said, or which tool is used. */
export type ChangeStep =
  | { readonly text: string }
  | { readonly tool: { readonly name: string; readonly args: ToolArgs } };

/** What becomes of the caller's last words; null where they change no appointment. */
export function changeStep(talk: Talk): ChangeStep | null {
  const { tools, caller, lastAgent, messages } = talk;
  if (!tools.has(CANCEL) || !tools.has(MOVE)) return null;
  const words = plain(caller);
  const asked = [TO_QUESTION, WHICH_QUESTION, MOVE_THERE].find((one) => lastAgent.endsWith(one));
  const last = lastChange(messages);
  const when = timeSaid(caller, asked === TO_QUESTION || asked === WHICH_QUESTION);
  if (lastAgent.endsWith(GO_AHEAD)) {
    if (last?.name === MOVE && when !== null && when !== last.args['to']) return moveTo(when, last.args);
    if (YES.test(words) || NO.test(words)) return null;
  }
  if (asked !== undefined && givesUp(words)) return { text: `All right, it stays as it is. ${ANYTHING_ELSE}` };
  if (asked === TO_QUESTION && when !== null) return moveTo(when, last?.name === MOVE ? last.args : {});
  if (asked === WHICH_QUESTION && when !== null && last)
    return { tool: { name: last.name, args: { ...last.args, [last.name === MOVE ? 'from' : 'when']: when } } };
  if (asked === MOVE_THERE && last) {
    if (when !== null) return moveTo(when, last.args);
    if (NO.test(words)) return { text: TO_QUESTION };
    const free = /\(([^)]{1,40})\)/.exec(last.output ?? '')?.[1];
    if (YES.test(words) && free !== undefined) return moveTo(free, last.args);
  }
  const wanted = changeWanted(words);
  if (wanted === null) return null;
  if (wanted === 'cancel') return { tool: { name: CANCEL, args: when === null ? {} : { when } } };
  return wishToMove(caller);
}

const moveTo = (to: string, before: ToolArgs): ChangeStep => ({ tool: { name: MOVE, args: { ...before, to } } });

/** "Move it from Thursday to Friday at three." */
function wishToMove(caller: string): ChangeStep {
  const at = Math.max(caller.toLowerCase().lastIndexOf(' to '), caller.toLowerCase().lastIndexOf(' until '));
  const after = at < 0 ? null : timeSaid(caller.slice(at + 1).replace(/^\S+ /, ''), true);
  const to = after ?? (at < 0 ? timeSaid(caller, false) : null);
  if (to === null) return { text: TO_QUESTION };
  const from = after === null ? null : timeSaid(caller.slice(0, at), false);
  return moveTo(to, from === null ? {} : { from });
}

/** The words that name a time. `asked`: a bare number is an hour. */
function timeSaid(text: string, asked: boolean): string | null {
  const { day, clock, part } = timeWordsIn(text);
  const words = text.trim().replace(/[.!?]$/, '');
  const bare = asked && clock === null && words.split(/\s+/).length <= 2 ? timeWordsIn(`at ${words}`).clock : null;
  const said = [day, part, clock ?? bare].filter((one) => one !== null);
  return said.length > 0 ? said.join(' ') : null;
}

function lastChange(
  messages: readonly ModelMessage[],
): { readonly name: string; readonly args: ToolArgs; readonly output: string | null } | null {
  const call = messages.findLast((one) => one.role === 'tool-call' && (one.name === CANCEL || one.name === MOVE));
  if (call?.role !== 'tool-call') return null;
  const result = messages.findLast((one) => one.role === 'tool-result' && one.key === call.key);
  return { name: call.name, args: call.args, output: result?.role === 'tool-result' ? result.output : null };
}

/** What is said of what became of it; null where it waits for the caller's agreement. */
export function afterChange({ name, output, status }: Result): string | null {
  if (name !== CANCEL && name !== MOVE) return null;
  if (status === 'unconfirmed' || status === 'unknown') return null;
  if (status === 'ok') return `${output} ${ANYTHING_ELSE}`;
  const free = /Free: ([^(]{1,80}) \(/.exec(output)?.[1];
  if (free !== undefined) return `I am sorry, ${TAKEN}, but ${free} is free. ${MOVE_THERE}`;
  const several = / ?[Bb]ooked: ([^.]{1,400})\. Ask which/.exec(output)?.[1];
  if (several !== undefined) return `I see ${several.split('; ').join(', and ')}. ${WHICH_QUESTION}`;
  if (output.startsWith('No appointment')) return `I find no appointment of yours. ${ANYTHING_ELSE}`;
  return name === MOVE ? `${/over|past/.test(output) ? 'That time is over. ' : ''}${TO_QUESTION}` : WHICH_QUESTION;
}
