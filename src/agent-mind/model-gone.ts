import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';

const CALLBACK = 'take_callback';
const TRANSFER = 'transfer_to_human';
const END_CALL = 'end_call';

/** The reason of callbacks noted because of a failure; it distinguishes them from those that the person asked for. */
const REASON = 'A technical problem: no language model answered';

const SAID = {
  transfer: 'I am sorry, a technical problem keeps me from answering you. I will connect you to a colleague.',
  callback: 'I am sorry, a technical problem keeps me from answering you. I am noting that somebody gets back to you.',
  noted: 'It is noted: somebody will get back to you as soon as possible.',
  again: 'I am sorry, I still cannot answer you. Somebody will get back to you. Goodbye.',
  later: 'I am sorry, a technical problem keeps me from answering you. Please try again a little later.',
};

/**
 * The last model of a chain if the organization does not want the offline rules: after all vendors have failed it
 * apologises, and transfers the caller or notes a callback. `transfers`: whether a transfer is possible.
 */
export function modelGone(transfers: boolean): LanguageModel {
  return {
    id: 'unavailable',
    generate: (request, onPart) => {
      let stopped = false;
      const ready = request.working(0);
      setImmediate(() => {
        ready();
        for (const part of stopped ? [] : answerTo(request, transfers)) onPart(part);
      });
      return { abort: () => (stopped = true) };
    },
  };
}

function answerTo({ tools, messages }: ModelRequest, transfers: boolean): readonly ModelPart[] {
  const has = (name: string) => tools.some((tool) => tool.name === name);
  const say = (text: string, call: string | null = null, args: Readonly<Record<string, string>> = {}): ModelPart[] => [
    { type: 'text', text },
    ...(call === null ? [] : [{ type: 'tool-call' as const, name: call, args }]),
    { type: 'done' },
  ];
  const calls = messages.flatMap((one) => (one.role === 'tool-call' ? [one] : []));
  const asked = calls.find((one) => one.name === CALLBACK && one.args['reason'] === REASON);
  const noted = messages.find((one) => one.role === 'tool-result' && one.key === asked?.key);
  if (noted?.role === 'tool-result') {
    if (noted.status !== 'ok') return say(SAID.later);
    const told = messages.some((one) => one.role === 'agent' && one.text.includes(SAID.noted));
    return told ? say(SAID.again, has(END_CALL) ? END_CALL : null) : say(SAID.noted);
  }
  if (transfers && has(TRANSFER) && !calls.some((one) => one.name === TRANSFER))
    return say(SAID.transfer, TRANSFER, { reason: REASON });
  if (!has(CALLBACK)) return say(SAID.later);
  return say(SAID.callback, CALLBACK, { when: 'as soon as possible', reason: REASON });
}
