import type { ModelJob, ModelRequest } from '#engine/contracts/language-model.ts';
import { factsIn, understand } from '../analysis/facts.ts';
import { phrase } from './phrasing.ts';
import { Known } from './recollection.ts';
import { callerSince } from './talk.ts';

/** What agents do that do not talk themselves. */
export const JOBS: Readonly<Record<Exclude<ModelJob, 'talk'>, (request: ModelRequest) => string>> = {
  understand: (request) => JSON.stringify(understand(callerSince(request.messages))),
  phrase: (request) => phrase(callerSince(request.messages)),
  remember,
};

function remember(request: ModelRequest): string {
  const known = new Known(request.notes ?? []);
  const answer = known.answerTo(callerSince(request.messages));
  if (answer !== null) return answer;
  const said = request.messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));
  const { name, wants, preferences } = factsIn(said.slice(-1));
  const noted = [
    ...(name === null ? [] : [`your name is ${name}`]),
    ...(wants === null ? [] : [`you want ${wants}`]),
    ...Object.entries(preferences).map(([what, value]) =>
      what === 'prefers' ? `you prefer ${value}` : `your ${what} is ${value}`,
    ),
  ];
  return noted.length > 0 ? `I will remember that ${noted.join(', and ')}.` : (known.told() ?? 'Nothing is known yet.');
}
