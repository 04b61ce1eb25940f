import type { ModelMessage } from '#engine/contracts/language-model.ts';

/** What the person said since the agent spoke. */
export function lastWords(messages: readonly ModelMessage[]): string {
  const spoken = messages.findLastIndex((one) => one.role === 'agent');
  return messages
    .slice(spoken + 1)
    .flatMap((one) => (one.role === 'caller' ? [one.text] : []))
    .join(' ');
}
