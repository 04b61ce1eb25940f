import { spokenWords } from '../speech/text.ts';

/** What is known of the person: lines such as `Name: Ann`, `Wants: a quote`, `Talked before (2026-11-26): …`. */
export class Known {
  readonly #notes: readonly string[];

  constructor(notes: readonly string[]) {
    this.#notes = notes;
  }

  get name(): string | null {
    return this.#value('name');
  }

  /** The answer to a question about themselves or an earlier talk; null where they ask none. */
  answerTo(text: string): string | null {
    const plain = spokenWords(text).join(' ');
    if (/\b(what('s| is) my name|(do you )?(know|remember) (my name|who i am|me)|who am i$)/.test(plain)) {
      return this.name === null ? 'I am sorry, I do not know your name yet.' : `Of course. Your name is ${this.name}.`;
    }
    if (
      /\bwhat (did|was it that) (i|we) (want|need|ask(ed)?( for| about)?|say|said|talk(ed)? about|discuss(ed)?)\b|\bwhat (i|we) (wanted|needed|asked( for| about)?|said|talked about|discussed)\b|\bwhat (do|did) you (know|remember) about me\b|\bdo you remember what\b/.test(
        plain,
      )
    ) {
      const wants = this.#value('wants');
      if (wants !== null) return `You wanted ${asTheySay(wants)}.`;
      const before = this.#notes.find((note) => note.startsWith('Talked before'));
      return before === undefined
        ? 'I am sorry, we have not talked about it yet.'
        : `We talked before. ${before.replace(/^Talked before \([^)]*\): /, '')}`;
    }
    return null;
  }

  /** Everything, as sentences. */
  told(): string | null {
    return this.#notes.length === 0 ? null : `Known: ${this.#notes.join('; ')}.`;
  }

  #value(name: string): string | null {
    const line = this.#notes.find((note) => note.toLowerCase().startsWith(`${name}: `));
    return line === undefined ? null : line.slice(name.length + 2);
  }
}

/** Their own words, as said to them. */
const asTheySay = (text: string) =>
  text
    .replace(/\bmy\b/gi, 'your')
    .replace(/\bour\b/gi, 'your')
    .replace(/\b(me|us)\b/gi, 'you');
