/** Word lists for English. Kept apart by language even while there is only one. */

/** Sounds and words that say "go on", not "stop". */
export const BACKCHANNELS: ReadonlySet<string> = new Set([
  'mm', 'mmm', 'mhm', 'uhhuh', 'mm-hm', 'mm-hmm', 'mhmm', 'hm', 'hmm', 'uh-huh', 'uh', 'huh', 'um', 'ah', 'oh', 'aha', 'yeah', 'yep', 'yes', 'yup', 'ok', 'okay', 'right', 'sure', 'alright', 'i', 'see',
  'good', 'great', 'nice', 'cool', 'really', 'wow', 'true', 'exactly', 'got', 'it', 'fine', 'all',
]);

/** Words that always win, however short. */
const STOP = /\b(stop|wait|hold on|hang on|excuse me|sorry|listen|no no|shut up|be quiet|pause|one (moment|second))\b/;

/** Words that leave a clause open when they stand last. */
const OPEN_ENDINGS: ReadonlySet<string> = new Set([
  'and', 'but', 'or', 'because', 'if', 'when', 'while', 'which', 'who', 'the', 'a', 'an', 'my', 'your', 'our', 'their', 'his', 'its', 'to', 'of', 'for', 'with', 'from', 'by', 'about',
  'um', 'uh', 'er', 'erm', 'i', "i'm", "i've", "i'll", "i'd", "it's", "we're", "we've", "we'll", "they're", "you're", 'we', 'they', 'would', 'could', 'than',
]);

const DIGIT_WORDS: ReadonlySet<string> = new Set(['zero', 'oh', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'double', 'plus', 'dot', 'dash', 'at']);

/** What answering machines say of themselves. */
const MACHINE = /\b(voice ?mail|leave (me )?(a|your|us a) (message|name)|after the (tone|beep)|at the (tone|beep)|(not|isn't|is not|aren't) available|unavailable|you('ve| have) reached|can(no|')t (come|take|get)|record your message|mailbox|call you back|get back to you|press (one|two|pound))\b/;

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9']+(?:-[a-z0-9']+)*/g) ?? [];
}

/** The same words, whatever their case, punctuation and spacing. */
export function sameWords(a: string, b: string): boolean {
  return wordsOf(a).join(' ') === wordsOf(b).join(' ');
}

export function isBackchannel(text: string): boolean {
  const words = wordsOf(text);
  return words.length > 0 && words.length <= 4 && words.every((word) => BACKCHANNELS.has(word));
}

export function asksToStop(text: string): boolean {
  return STOP.test(wordsOf(text).join(' '));
}

export function isUnfinished(text: string): boolean {
  const last = wordsOf(text).at(-1);
  return last !== undefined && (OPEN_ENDINGS.has(last) || /[,-]\s*$/.test(text));
}

export function endsInDigits(text: string): boolean {
  const last = wordsOf(text).at(-1);
  return last !== undefined && (DIGIT_WORDS.has(last) || /^\d+$/.test(last) || /^[a-z]$/.test(last));
}

export function soundsLikeMachine(text: string): boolean {
  return MACHINE.test(wordsOf(text).join(' '));
}
