import { sql, type Kysely, type Selectable } from 'kysely';
import { NO_REVIEW, type CallAnalysis, type CallNotes, type CallReview } from '#core/calls/call-review.ts';
import type { CallReviewStore } from '#core/calls/call-review-store.ts';
import type { Sentiment } from '#core/memory/analyst.ts';
import type { Database } from './schema.ts';

export class PostgresCallReviewStore implements CallReviewStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async of(callIds: readonly number[]): Promise<ReadonlyMap<number, CallReview>> {
    if (callIds.length === 0) return new Map();
    const rows = await this.#db.selectFrom('call_reviews').selectAll().where('call_id', 'in', callIds).execute();
    return new Map(rows.map((row) => [row.call_id, toReview(row)]));
  }

  async analysed(callId: number, analysis: CallAnalysis, at: Date): Promise<void> {
    const found = {
      analysed_at: at,
      sentiment: analysis.sentiment,
      sentiment_score: analysis.sentimentScore,
      intent: analysis.intent,
      intent_confidence: analysis.intentConfidence,
      keywords: [...analysis.keywords],
      converted: analysis.converted,
      quality: analysis.quality,
    };
    await this.#db
      .insertInto('call_reviews')
      .values({ call_id: callId, ...found })
      .onConflict((conflict) => conflict.column('call_id').doUpdateSet(found))
      .execute();
  }

  async note(callId: number, { satisfaction, notes }: Partial<CallNotes>): Promise<void> {
    const said = { ...(satisfaction === undefined ? {} : { satisfaction }), ...(notes === undefined ? {} : { notes }) };
    if (Object.keys(said).length === 0) return;
    await this.#db
      .insertInto('call_reviews')
      .values({ call_id: callId, ...said })
      .onConflict((conflict) => conflict.column('call_id').doUpdateSet(said))
      .execute();
  }

  async forgetPerson(personId: number): Promise<void> {
    await this.#db
      .updateTable('call_reviews')
      .set({ notes: null, keywords: sql`'{}'` })
      .where('call_id', 'in', (eb) =>
        eb
          .selectFrom('conversations')
          .select('call_id')
          .where('person_id', '=', personId)
          .where('call_id', 'is not', null)
          .$castTo<{ call_id: number }>(),
      )
      .execute();
  }
}

function toReview(row: Selectable<Database['call_reviews']>): CallReview {
  return {
    ...NO_REVIEW,
    satisfaction: row.satisfaction,
    notes: row.notes,
    analysis:
      row.analysed_at === null
        ? null
        : {
            sentiment: row.sentiment as Sentiment,
            sentimentScore: row.sentiment_score!,
            intent: row.intent!,
            intentConfidence: row.intent_confidence!,
            keywords: row.keywords,
            converted: row.converted!,
            quality: row.quality!,
          },
  };
}
