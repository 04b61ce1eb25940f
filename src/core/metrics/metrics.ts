/** What calls are grouped and filtered by. `ending`: as `outcome`, but for calls that are `hung_up`. */
export const DIMENSIONS = ['agent', 'user', 'campaign', 'direction', 'carrier', 'outcome', 'ending'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What the calls of one campaign are summed by. */
export const CAMPAIGN_DIMENSIONS = ['agent', 'user', 'ending'] as const satisfies readonly Dimension[];
export type CampaignDimension = (typeof CAMPAIGN_DIMENSIONS)[number];

/** Sums over ended calls. */
export interface Sums {
  readonly calls: number;
  readonly answered: number;
  /** Calls on which a booking was made or the person agreed to what was offered. */
  readonly converted: number;
  readonly talkMs: number;
  /** From placed to answered, or to the end. */
  readonly ringMs: number;
  /** Turns that answered the caller, and how long the caller waited for them. */
  readonly turns: number;
  readonly waitedMs: number;
  readonly costMicros: number;
  /** In hundredths, over the analysed calls. */
  readonly sentiment: number;
  readonly analysed: number;
  /** Calls that a person took over. */
  readonly transferred: number;
  /** Analysed calls that went well for the person, and badly. */
  readonly positive: number;
  readonly negative: number;
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** Every figure that can be asked for; null where it has no meaning, such as a mean over no calls. */
export const FIGURES = {
  calls: ({ calls }) => calls,
  answered: ({ answered }) => answered,
  converted: ({ converted }) => converted,
  talkMs: ({ talkMs }) => talkMs,
  turns: ({ turns }) => turns,
  waitedMs: ({ waitedMs }) => waitedMs,
  costMicros: ({ costMicros }) => costMicros,
  answerRate: ({ answered, calls }) => ratio(answered, calls),
  conversionRate: ({ converted, calls }) => ratio(converted, calls),
  meanTalkMs: ({ talkMs, answered }) => ratio(talkMs, answered),
  meanRingMs: ({ ringMs, calls }) => ratio(ringMs, calls),
  meanLatencyMs: ({ waitedMs, turns }) => ratio(waitedMs, turns),
  transferRate: ({ transferred, calls }) => ratio(transferred, calls),
  positive: ({ positive }) => positive,
  neutral: ({ analysed, positive, negative }) => analysed - positive - negative,
  negative: ({ negative }) => negative,
  /** From -1 to 1. */
  meanSentiment: ({ sentiment, analysed }) => ratio(sentiment / 100, analysed),
} as const satisfies Readonly<Record<string, (sums: Sums) => number | null>>;
export type Figure = keyof typeof FIGURES;

const NO_CALLS: Sums = {
  calls: 0,
  answered: 0,
  converted: 0,
  talkMs: 0,
  ringMs: 0,
  turns: 0,
  waitedMs: 0,
  costMicros: 0,
  sentiment: 0,
  analysed: 0,
  transferred: 0,
  positive: 0,
  negative: 0,
};

export function total(all: readonly Sums[]): Sums {
  const sum = { ...NO_CALLS };
  for (const one of all) for (const key of Object.keys(NO_CALLS) as (keyof Sums)[]) sum[key] += one[key];
  return sum;
}
