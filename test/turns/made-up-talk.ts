import type { TurnEventBody } from '#engine/turns/events.ts';
import { DEFAULT_POLICY, type TurnPolicy } from '#engine/turns/policy.ts';
import type { Random } from '../support/random.ts';
import type { Track } from './promises.ts';

/** What the caller says; nothing, as often as twice anything else. */
export const CALLER_SAYS = [
  '',
  '',
  'yes',
  'mm-hm',
  'stop',
  'what does it cost',
  'my number is four two',
  'hello',
  'i want to',
  'no thank you goodbye',
  'please leave a message after the tone',
];

export const madeUpPolicy = (r: Random, seed: number): TurnPolicy => ({
  ...DEFAULT_POLICY,
  firstMessage: r.chance(0.9) ? 'Hello there, this is Ada. May I ask you something?' : null,
  screen: r.chance(0.3),
  interruptible: r.chance(0.85),
  endpointMs: r.pick([0, 200, 300, 700]),
  openingAfterMs: [null, 700, 1500][seed % 3]!,
  speculates: seed % 7 !== 0,
});

/** What a made-up model says in one run, and when. `serial` makes the ids of its tool requests unique. */
export function modelRun(
  r: Random,
  generation: number,
  serial: number,
): { readonly afterMs: number; readonly body: TurnEventBody }[] {
  let afterMs = r.pick([0, 20, 200, 800, 3000, 7000]);
  const parts: { afterMs: number; body: TurnEventBody }[] = [];
  if (r.chance(0.08)) return parts; // never answers
  if (r.chance(0.08)) return [{ afterMs, body: { type: 'model-failed', generation } }];
  for (let n = r.pick([0, 1, 1, 2, 3]); n > 0; n--) {
    const text = r.pick([
      'Sure.',
      'That costs ten dollars a month.',
      'Does that sound good to you?',
      'Let me look that up for you, it will not take long.',
    ]);
    parts.push({ afterMs, body: { type: 'model-clause', generation, text } });
    afterMs += r.pick([0, 30, 400, 2000]);
  }
  if (r.chance(0.25)) {
    const args = { id: `request-${generation}-${serial}` };
    const name = r.chance(0.2) ? 'end_call' : 'look_up';
    parts.push({ afterMs, body: { type: 'model-tool', generation, name, args } });
  }
  if (r.chance(0.3)) {
    const expects = r.pick(['open', 'number', 'yes-no'] as const);
    parts.push({ afterMs, body: { type: 'model-dialogue', generation, phase: 'DISCOVERY', expects } });
  }
  if (r.chance(0.95)) parts.push({ afterMs: afterMs + r.pick([0, 10]), body: { type: 'model-done', generation } });
  return parts;
}

export const MS_PER_WORD = 300;

/** What a voice says of a text. It may die in mid-sentence: what it had said by then is played. */
export function voiceRun(r: Random, text: string): { readonly dies: boolean; readonly words: Track['words'] } {
  const all = text.split(' ');
  const dies = r.chance(0.06);
  const said = dies ? all.slice(0, r.between(1, all.length)) : all;
  return { dies, words: said.map((word, i) => ({ text: word, endSample: (i + 1) * MS_PER_WORD * 8 })) };
}
