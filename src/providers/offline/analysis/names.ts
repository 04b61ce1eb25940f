import { spokenWords } from '../speech/text.ts';

/** Words that are no part of a name, however they follow one. */
const NO_NAME = new Set(
  'a an the and or but so from at in on of to for with i we you he she it is am are was not very just here there speaking calling fine good great okay ok sorry afraid happy busy interested looking trying going hello hi hey yes no yeah well please thanks thank who what how when that this my your our back later again tomorrow today now please about regarding concerning because unacceptable terrible awful ridiculous outrageous horrible bad wonderful nice important urgent really so too much absolutely simply truly getting taking still only also being wrong broken late'.split(
    ' ',
  ),
);

const SAID = [
  /\bmy (?:full )?name(?: is|'s) ([a-z'-]+(?: [a-z'-]+){0,2})/,
  /\b(?:i'm|i am) called ([a-z'-]+(?: [a-z'-]+){0,2})/,
  /\b(?:please )?call me ([a-z'-]+(?: [a-z'-]+)?)(?!.{0,80}\bback\b)/,
  /\bthis is ([a-z'-]+(?: [a-z'-]+)?)/,
  /(?:^|(?<![a-z'-])(?:hello|hi|yes) )([a-z'-]+(?: [a-z'-]+)?) speaking\b/,
  /(?:^|(?<![a-z'-])(?:hello|hi|yes) )([a-z'-]+(?: [a-z'-]+)?) here$/,
];
/** Only where it is written so: "I am Ann", not "I am busy". */
const WRITTEN = /\bI(?:'m| am) ([A-Z][a-z'-]+(?: [A-Z][a-z'-]+)?)\b/;

/** The last name with which a person introduced themselves, or null. */
export function nameIn(texts: readonly string[]): string | null {
  for (const text of texts.toReversed()) {
    const written = WRITTEN.exec(text)?.[1];
    if (written !== undefined && !NO_NAME.has(written.toLowerCase().split(' ')[0]!)) return written;
    const plain = spokenWords(text).join(' ');
    for (const pattern of SAID) {
      const words = (pattern.exec(plain)?.[1] ?? '').trim().split(' ');
      const end = words.findIndex((word) => NO_NAME.has(word));
      const name = (end < 0 ? words : words.slice(0, end)).slice(0, 2).join(' ');
      if (name !== '') return name.replace(/(^|[ '-])[a-z]/g, (letter) => letter.toUpperCase());
    }
  }
  return null;
}
