/** Scripts that set no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Their letters, and Korean ones, are whole syllables and take as long to say as three letters. */
const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const LETTERS_PER_SYLLABLE = 3;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The words of a text with their punctuation, also in scripts without spaces. */
export function wordsIn(text: string): string[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => {
      if (!UNSPACED.test(word)) return [word];
      const words: string[] = [];
      for (const { segment, isWordLike } of segmenter.segment(word)) {
        if (isWordLike || words.length === 0) words.push(segment);
        else words[words.length - 1] += segment;
      }
      return words;
    });
}

/** How much there is to say, in letters of an alphabet. */
export function spokenLength(text: string): number {
  let length = 0;
  for (const sign of text) length += SYLLABIC.test(sign) ? LETTERS_PER_SYLLABLE : 1;
  return length;
}
