import { z } from 'zod';
import { SENTIMENTS, type Analysis, type Analyst, type Judgement, type Line } from '#core/memory/analyst.ts';
import type { UsageLine } from '#core/usage/usage.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';

const ANSWER_MS = 30_000;
/** Estimate for vendors that do not count tokens. */
const LETTERS_PER_TOKEN = 4;
const MOST = 20;
const LONGEST = 500;
/** Longer than any answer that the task asks for. */
const LONGEST_ANSWER = 50_000;
const TASK =
  'Read the talk below. Answer with one JSON object and nothing else: ' +
  '{"summary": "one or two sentences", "topics": ["snake_case"], ' +
  '"preferences": {"name": "…", "wants": "…", "language": "…"}, ' +
  '"sentiment": {"overall": "positive, neutral or negative", "score": -1 to 1}, ' +
  '"intent": {"primary": "snake_case", "confidence": 0 to 1}, "converted": true or false}. ' +
  'Put into preferences only what the person said of themselves, as short texts; leave out what was not said. ' +
  'Sentiment and intent are those of the person; converted is whether they agreed to what was offered.';

/** Who analyses: a memory helper, or an agent by its own model. */
export interface AnalystSettings {
  readonly id: string;
  readonly prompt: string;
  readonly model: string;
}

/** Analyses a conversation with a model. */
export class ModelAnalyst implements Analyst {
  readonly id: string;
  readonly #settings: AnalystSettings;
  readonly #models: readonly LanguageModel[];
  readonly #used: UsageLine[] = [];

  constructor(settings: AnalystSettings, models: readonly LanguageModel[]) {
    this.id = settings.id;
    this.#settings = settings;
    this.#models = models;
  }

  /** What its models used so far. */
  get used(): readonly UsageLine[] {
    return this.#used;
  }

  async analyse(lines: readonly Line[]): Promise<Analysis> {
    const talk = lines.map((line) => `${line.role === 'agent' ? 'Agent' : 'Person'}: ${line.text}`).join('\n');
    let problem = 'there is no model';
    for (const model of this.#models) {
      try {
        return read(await this.#ask(model, `${TASK}\n\n${talk}`));
      } catch (error) {
        problem = `${model.id}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    throw new Error(problem);
  }

  #ask(model: LanguageModel, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let said = '';
      const late = setTimeout(() => {
        run.abort();
        reject(new Error(`no answer within ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      const run = model.generate(
        {
          prompt: this.#settings.prompt,
          model: this.#settings.model,
          messages: [{ role: 'caller', text }],
          tools: [],
          job: 'remember',
          medium: 'text',
          working: () => () => undefined,
        },
        (part) => {
          if (part.type === 'text') said += part.text;
          if (said.length > LONGEST_ANSWER) {
            clearTimeout(late);
            run.abort();
            this.#count(model.id, text.length, said.length);
            return reject(new Error(`the answer is longer than ${LONGEST_ANSWER} characters`));
          }
          if (part.type !== 'done' && part.type !== 'error') return;
          clearTimeout(late);
          if (part.type === 'error') return reject(new Error(part.message));
          this.#count(model.id, text.length, said.length, part.usage);
          resolve(said);
        },
      );
    });
  }

  #count(provider: string, asked: number, said: number, usage?: { inputTokens: number; outputTokens: number }): void {
    const prompt = this.#settings.prompt.length;
    this.#used.push(
      {
        provider,
        unit: 'input-tokens',
        units: usage?.inputTokens ?? Math.ceil((prompt + asked) / LETTERS_PER_TOKEN),
      },
      { provider, unit: 'output-tokens', units: usage?.outputTokens ?? Math.ceil(said / LETTERS_PER_TOKEN) },
    );
  }
}

/** Reads the JSON object in a model's answer, which may have text around it. @throws Error if there is none */
function read(said: string): Analysis {
  const start = said.indexOf('{');
  const end = said.lastIndexOf('}') + 1;
  if (start < 0 || end <= start) throw new Error('the answer holds no JSON object');
  const { summary, topics, preferences, ...judged } = JSON.parse(said.slice(start, end)) as Record<string, unknown>;
  return {
    summary: typeof summary === 'string' && summary.trim() !== '' ? summary.slice(0, LONGEST) : null,
    topics: Array.isArray(topics)
      ? topics
          .filter((one): one is string => typeof one === 'string' && one.trim() !== '')
          .slice(0, MOST)
          .map((one) => one.slice(0, 100))
      : [],
    preferences:
      typeof preferences === 'object' && preferences !== null
        ? Object.fromEntries(
            Object.entries(preferences)
              .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].trim() !== '')
              .slice(0, MOST)
              .map(([name, value]) => [name.slice(0, 100), value.slice(0, LONGEST)]),
          )
        : {},
    judgement: readJudgement(judged),
  };
}

const Judged = z.object({
  sentiment: z.object({ overall: z.enum(SENTIMENTS), score: z.number().min(-1).max(1) }),
  intent: z.object({ primary: z.string().min(1).max(100), confidence: z.number().min(0).max(1) }),
  converted: z.boolean(),
});

/** Null where the model left it out or answered in another form. */
function readJudgement(given: unknown): Judgement | null {
  const { data } = Judged.safeParse(given);
  if (!data) return null;
  const { sentiment, intent, converted } = data;
  return {
    sentiment: sentiment.overall,
    sentimentScore: sentiment.score,
    intent: intent.primary,
    intentConfidence: intent.confidence,
    converted,
  };
}
