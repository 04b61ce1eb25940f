/** One line of a talk. */
export interface Line {
  readonly role: 'agent' | 'caller';
  readonly text: string;
}

/** What a conversation revealed about the person. */
export interface Analysis {
  /** Null where nothing was said. */
  readonly summary: string | null;
  readonly topics: readonly string[];
  /** Among them `name`, `language`, and what they want: `wants`. */
  readonly preferences: Readonly<Record<string, string>>;
}

export interface Analyst {
  readonly id: string;
  /** @throws Error if the analysis fails */
  analyse(lines: readonly Line[]): Promise<Analysis>;
}
