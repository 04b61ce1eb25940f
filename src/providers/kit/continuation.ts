const isWord = (char: string) => /[\p{L}\p{N}]/u.test(char);
const isDigit = (char: string | undefined) => char !== undefined && /\p{N}/u.test(char);

/**
 * An answer that goes on where another model's broke off. A model that begins anew repeats what was said: that much is
 * left out, whatever its punctuation and case.
 */
export class Continuation {
  /** Letters and digits of the text so far. */
  readonly #said: readonly string[];
  #repeated = 0;
  /** All that came so far, while it may be a repetition. */
  #held = '';
  /** Signs and spaces since the last letter of it. */
  #signs = '';
  #decided: boolean;

  constructor(said: string) {
    this.#said = Array.from(said.toLowerCase()).filter(isWord);
    this.#decided = this.#said.length === 0;
  }

  /** What of the answer so far may be said. */
  push(text: string): string {
    if (this.#decided) return text;
    const chars = Array.from(text);
    for (const [at, char] of chars.entries()) {
      if (!isWord(char)) {
        this.#signs += char;
        continue;
      }
      const whole = this.#repeated === this.#said.length;
      if (whole || char.toLowerCase() !== this.#said[this.#repeated]) {
        this.#decided = true;
        if (!whole) return this.#held + text;
        // A sign within a number belongs to what is new; one that ends what was said does not.
        const inNumber = isDigit(char) && isDigit(this.#said.at(-1));
        const signs = inNumber ? this.#signs : this.#signs.replace(/^[.,;:!?…]+/u, '');
        return signs + chars.slice(at).join('');
      }
      this.#repeated++;
      this.#signs = '';
    }
    this.#held += text;
    return '';
  }

  /** The end of the answer: returns the held-back text unless it only repeats the text so far. */
  end(): string {
    const held = this.#decided || this.#repeated === this.#said.length ? '' : this.#held;
    this.#decided = true;
    return held;
  }
}
