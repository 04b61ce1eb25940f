import { z } from 'zod';
import type { CarrierDirectory } from '#core/carriers/carrier-directory.ts';
import type { FileRoom } from '#core/kernel/file-store.ts';
import { openOperation, operation, type RestOperation } from '../kit/operation.ts';

interface VendorView {
  readonly vendor: string;
  readonly status: string;
  readonly lastError: { readonly message: string; readonly at: Date } | null;
}

export interface HealthSource {
  readonly version: string;
  readonly carriers: CarrierDirectory;
  /** Whether the details need a credential. */
  readonly requireAuth: boolean;
  readonly database: string;
  readonly speechToText: string;
  readonly languageModel: string;
  readonly textToSpeech: string;
  readonly voiceActivity: string;
  /** What shortens the wait for an agent's answer. */
  readonly quickAnswers: {
    readonly speculates: boolean;
    readonly firstClauseLetters: number | null;
    readonly openingAfterMs: number | null;
    readonly hedgedShare: number;
  };
  /** How long the database's last answer took, ms; null while calls cannot be recorded. */
  databaseMs(): number | null;
  /** Whether the server was asked to stop: it takes no new calls. */
  stopping(): boolean;
  /** Every vendor that could be configured. */
  vendors(): readonly VendorView[];
  /** How many agents have documents. */
  knowledgeBases(): Promise<number>;
  calls(): number;
  room(): Promise<FileRoom>;
  /** Null if none is configured. */
  readonly redis: { problem(): string | null } | null;
}

const Answers = z
  .object({
    speculate: z.boolean(),
    first_clause_letters: z.int(),
    opening_ms: z
      .int()
      .describe(
        'The agent says opening words if its answer is later than this after the last word; 0, the default: never',
      ),
    hedged_percent: z.int(),
  })
  .describe('What shortens the wait for an answer, as the variables ANSWERS_… set it');

const startedAt = performance.now();
/** Carriers are looked up in the database, which may have just stopped answering. */
const CARRIER_MS = 1000;

/** How long this process takes to come to what waits for it, ms: what everybody on it waits for. */
async function loopMs(): Promise<number> {
  const began = performance.now();
  await new Promise((turn) => setImmediate(turn));
  return Math.round(performance.now() - began);
}

const redisState = (problem: string | null) =>
  problem === null ? { status: 'connected' } : { status: 'disconnected', last_error: problem };

/** The two health addresses; every port answers them, with the keys of all APIs that document one. */
export function healthOperations(source: HealthSource): readonly RestOperation[] {
  const common = () => ({
    timestamp: new Date().toISOString(),
    version: source.version,
    uptime: Math.round((performance.now() - startedAt) / 1000),
  });
  const databaseState = () => {
    const ms = source.databaseMs();
    return { status: ms === null ? 'disconnected' : 'connected', response_time: ms };
  };
  const verdict = () => (source.stopping() ? 'stopping' : source.databaseMs() === null ? 'unhealthy' : 'healthy');
  const carriers = () => source.carriers.list().catch(() => []);
  const voiceProvider = async () => {
    const began = performance.now();
    const late = new Promise<null>((over) => setTimeout(over, CARRIER_MS, null).unref());
    const current = await Promise.race([source.carriers.current().catch(() => null), late]);
    return current
      ? {
          status: current.resting ? 'resting' : 'connected',
          provider: current.id,
          response_time: Math.round(performance.now() - began),
        }
      : { status: 'unknown', provider: null, response_time: null };
  };
  const answers = () => {
    const { speculates, firstClauseLetters, openingAfterMs, hedgedShare } = source.quickAnswers;
    return {
      speculate: speculates,
      first_clause_letters: firstClauseLetters ?? 0,
      opening_ms: openingAfterMs ?? 0,
      hedged_percent: Math.round(hedgedShare * 100),
    };
  };
  const vendor = (id: string) => {
    const found = source.vendors().find((one) => one.vendor === id);
    // Parts without a vendor run in this process.
    return found
      ? {
          status: found.status,
          ...(found.lastError
            ? { last_error: found.lastError.message, last_error_at: found.lastError.at.toISOString() }
            : {}),
        }
      : { status: 'connected' };
  };
  const does = (provider: string) => ({ provider, ...vendor(provider) });
  const detailed = {
    method: 'GET' as const,
    path: '/health/detailed',
    summary: 'Health in detail',
    reply: z.looseObject({ status: z.string(), services: z.record(z.string(), z.unknown()), answers: Answers }),
    handle: async () => {
      const database = databaseState();
      const memory = process.memoryUsage();
      const { freeBytes, takesNew, store, problem, waiting } = await source.room();
      return {
        ...common(),
        status: verdict(),
        memory: { rss: memory.rss, heapTotal: memory.heapTotal, heapUsed: memory.heapUsed, external: memory.external },
        memory_usage: { rss: memory.rss, vms: memory.heapTotal + memory.external },
        cpu: process.cpuUsage(),
        answers: answers(),
        services: {
          database: { ...database, engine: source.database },
          ...(source.redis ? { redis: redisState(source.redis.problem()) } : {}),
          orchestrator: { status: 'connected', response_time: await loopMs(), active_calls: source.calls() },
          recordings: {
            status: !takesNew ? 'full' : problem === null ? 'connected' : 'disconnected',
            free_bytes: Number.isFinite(freeBytes) ? freeBytes : null,
            store,
            ...(store === 's3' ? { waiting_for_upload: waiting } : {}),
            ...(problem === null ? {} : { last_error: problem }),
          },
          voice_provider: await voiceProvider(),
          carriers: (await carriers())
            .filter((one) => one.configured && one.real)
            .map((one) => ({ provider: one.id, status: one.resting ? 'resting' : 'connected' })),
          speech_to_text: does(source.speechToText),
          language_model: does(source.languageModel),
          text_to_speech: does(source.textToSpeech),
          voice_activity: does(source.voiceActivity),
          providers: source.vendors().map((one) => does(one.vendor)),
          chromadb: {
            status: database.status,
            collections: database.status === 'connected' ? await source.knowledgeBases() : 0,
          },
          openai: { ...vendor('openai'), models: [source.languageModel] },
        },
      };
    },
  };
  return [
    openOperation({
      method: 'GET',
      path: '/health',
      summary: 'Health; 503 while calls cannot be taken',
      status: ({ status }) => (status === 'healthy' ? 200 : 503),
      reply: z.object({
        status: z.string(),
        timestamp: z.string(),
        version: z.string(),
        uptime: z.int(),
        services: z.record(z.string(), z.string()),
      }),
      handle: async () => {
        const database = databaseState();
        return {
          ...common(),
          status: verdict(),
          services: {
            database: database.status,
            orchestrator: 'connected',
            voice_provider: (await voiceProvider()).status,
            chromadb: database.status,
            openai: vendor('openai').status,
          },
        };
      },
    }),
    source.requireAuth
      ? operation({ ...detailed, permission: 'read' })
      : openOperation({ ...detailed, localOnly: true }),
  ];
}
