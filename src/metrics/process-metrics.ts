import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TurnLatency } from '#core/calls/call.ts';
import type { Measurements } from '#core/metrics/measurements.ts';
import type { DeliveryState } from '#core/webhooks/webhook.ts';

/** What the process can be asked when its metrics are read. */
export interface ProcessState {
  readonly version: string;
  readonly role: string;
  /** Calls that this process carries. */
  calls(): number;
  /** How long the database's last answer took, ms; null while it does not answer. */
  databaseMs(): number | null;
  providers(): readonly { readonly vendor: string; readonly status: string }[];
}

const SECOND_MS = 1000;
const STAGES = {
  speech_to_text: 'speechToTextMs',
  language_model: 'languageModelMs',
  text_to_speech: 'textToSpeechMs',
  first_audio: 'firstAudioMs',
} as const satisfies Readonly<Record<string, keyof TurnLatency>>;
/** Gauges of prom-client whose names end as those of counters, which Prometheus's linter refuses. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
const OF_TURNS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10];
const OF_REQUESTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of this process alone; they begin at zero when it starts. */
export class ProcessMetrics implements Measurements {
  readonly registry = new Registry();
  readonly #turns = this.#histogram(
    'trunkline_turn_latency_seconds',
    'Time from the last word of the caller to the first audio of the answer',
    OF_TURNS,
    [],
  );
  readonly #stages = this.#histogram(
    'trunkline_turn_stage_latency_seconds',
    'Part of the turn latency by stage; the stages of a turn add up to its latency',
    OF_TURNS,
    ['stage'],
  );
  readonly #requests = this.#histogram(
    'trunkline_http_request_duration_seconds',
    'Time to answer HTTP requests, by API and class of status',
    OF_REQUESTS,
    ['api', 'status_class'],
  );
  readonly #webhooks = this.#histogram(
    'trunkline_webhook_attempt_duration_seconds',
    'Time of attempts to deliver an event to a webhook, by what the attempt made of the delivery',
    OF_REQUESTS,
    ['result'],
  );

  constructor(state: ProcessState) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    const info = this.#gauge('trunkline_build_info', 'Always 1; the labels tell version and role of the process', [
      'version',
      'role',
    ]);
    info.set({ version: state.version, role: state.role }, 1);
    this.#gauge('trunkline_process_calls', 'Calls that this process carries now', [], (gauge) =>
      gauge.set(state.calls()),
    );
    this.#gauge('trunkline_database_up', 'Whether the database answers: 1 or 0', [], (gauge) =>
      gauge.set(state.databaseMs() === null ? 0 : 1),
    );
    this.#gauge(
      'trunkline_database_response_seconds',
      'Time of the last answer of the database; absent while it does not answer',
      [],
      (gauge) => {
        const ms = state.databaseMs();
        if (ms === null) gauge.remove();
        else gauge.set(ms / SECOND_MS);
      },
    );
    this.#gauge(
      'trunkline_provider_up',
      'Whether a configured provider works: 1, or 0 after it failed; absent until it was asked',
      ['provider'],
      (gauge) => {
        gauge.reset();
        for (const { vendor, status } of state.providers())
          if (status === 'connected' || status === 'error')
            gauge.set({ provider: vendor }, status === 'connected' ? 1 : 0);
      },
    );
  }

  turnAnswered(latency: TurnLatency): void {
    this.#turns.observe(latency.fullCycleMs / SECOND_MS);
    for (const [stage, key] of Object.entries(STAGES)) this.#stages.observe({ stage }, latency[key] / SECOND_MS);
  }

  webhookAttempted(state: DeliveryState, durationMs: number): void {
    const result = state === 'pending' ? 'retried' : state;
    this.#webhooks.observe({ result }, durationMs / SECOND_MS);
  }

  requestAnswered(api: string, status: number, durationMs: number): void {
    this.#requests.observe({ api, status_class: `${Math.floor(status / 100)}xx` }, durationMs / SECOND_MS);
  }

  #histogram<T extends string>(name: string, help: string, buckets: number[], labelNames: readonly T[]): Histogram<T> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  #gauge<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    collect?: (gauge: Gauge<T>) => void,
  ): Gauge<T> {
    return new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      ...(collect && {
        collect() {
          collect(this);
        },
      }),
    });
  }
}
