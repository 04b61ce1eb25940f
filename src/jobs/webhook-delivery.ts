import type { Log } from '#core/kernel/log.ts';
import type { Core } from '#core/core.ts';
import type { Call } from '#core/calls/call.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Measurements } from '#core/metrics/measurements.ts';
import type { HttpClient } from '#core/kernel/http-client.ts';
import {
  retryAfterMs,
  type StoredEvent,
  type Webhook,
  type WebhookBody,
  type WebhookUrls,
} from '#core/webhooks/webhook.ts';
import type { AttemptOutcome, LaneWork, WebhookLane } from '#core/webhooks/webhook-store.ts';

const POLL_MS = 200;
const ANSWER_MS = 10_000;
/** How long to read the body; the status alone decides the delivery. */
const BODY_MS = 1000;
/** The receiver refuses the event for good; it is not sent again. @see https://www.standardwebhooks.com */
const GONE = 410;
/** Lease of a claimed lane: longer than its processing, so that it expires only if the server died. */
const CLAIM_MS = 60_000;
const LANE_MS = 20_000;
const LANE_EVENTS = 50;
/** Concurrent deliveries per receiver and organization, so that slow ones do not block others. */
const PER_RECEIVER = 8;
const PER_ORGANIZATION = 64;
const AT_ONCE = 512;
/** Lanes claimed by one query. */
const CLAIMED_AT_ONCE = 64;
const LONGEST_ERROR = 300;
const MOST_PROBLEMS = 10_000;

export interface WebhookDeliveryOptions {
  readonly core: Pick<Core, 'store' | 'clock' | 'secrets'>;
  readonly http: HttpClient;
  /** By API. */
  readonly words: ReadonlyMap<string, WebhookBody>;
  readonly urls: WebhookUrls;
  readonly measurements?: Pick<Measurements, 'webhookAttempted'>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

/**
 * Delivers events to webhooks at least once, in order within a call, each with a stable id. One server at a time
 * processes
 * a lane (one call or campaign, one webhook); a failure delays only its own lane.
 */
export class WebhookDeliveries {
  readonly #options: WebhookDeliveryOptions;
  readonly #lanes = new Map<WebhookLane, Promise<void>>();
  readonly #stop = new AbortController();
  /** The last logged problem of each failing webhook. */
  readonly #problems = new Map<number, string>();
  #timer: NodeJS.Timeout | null = null;
  #claiming: Promise<void> = Promise.resolve();

  constructor(options: WebhookDeliveryOptions) {
    this.#options = options;
    this.#scheduleClaim(0);
  }

  /** Aborts deliveries in progress; the next worker sends them again. */
  async close(): Promise<void> {
    this.#stop.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#claiming;
    await Promise.all(this.#lanes.values());
  }

  #scheduleClaim(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#claiming = this.#claimDue().then((more) => this.#scheduleClaim(more ? 0 : POLL_MS));
    }, ms);
    this.#timer.unref();
  }

  /** Claims and starts due lanes. Returns whether there may be more. */
  async #claimDue(): Promise<boolean> {
    const { core, log } = this.#options;
    const room = AT_ONCE - this.#lanes.size;
    if (room <= 0) return false;
    try {
      const now = core.clock.now();
      const lanes = await core.store.webhooks.claimLanes(now, new Date(now.getTime() + CLAIM_MS), {
        lanes: Math.min(room, CLAIMED_AT_ONCE),
        perReceiver: PER_RECEIVER,
        perOrganization: PER_ORGANIZATION,
        running: [...this.#lanes.keys()],
      });
      for (const lane of lanes) {
        const work = this.#deliver(lane)
          .catch((error: unknown) =>
            logFailure(log, error, 'a webhook lane failed; it is retried when its claim expires', {
              webhook: lane.webhookId,
            }),
          )
          .finally(() => this.#lanes.delete(lane));
        this.#lanes.set(lane, work);
      }
      return lanes.length > 0;
    } catch (error) {
      if (!this.#stop.signal.aborted) logFailure(log, error, 'due webhooks could not be read');
      return false;
    }
  }

  async #deliver(claimed: WebhookLane): Promise<void> {
    const { store, clock } = this.#options.core;
    const until = clock.now().getTime() + LANE_MS;
    const work = await store.webhooks.work(claimed, LANE_EVENTS);
    if (!work) return this.#markIdle(claimed);
    const call = await this.#callOf(work.events[0]!);
    const outcomes: AttemptOutcome[] = [];
    let failures = claimed.attempts;
    let again: Date | null = null;
    for (const event of work.events) {
      const outcome = await this.#attempt(work, event, call, failures + 1);
      // Aborted by our shutdown, so it does not count as an attempt.
      if (!outcome) break;
      this.#options.measurements?.webhookAttempted(outcome.state, outcome.durationMs);
      outcomes.push(outcome);
      if (outcome.state === 'pending') {
        failures++;
        again = new Date(outcome.at.getTime() + retryAfterMs(failures)!);
        break;
      }
      failures = 0;
      if (clock.now().getTime() > until) break;
    }
    await store.webhooks.attempted(claimed, outcomes);
    if (again) await store.webhooks.release(claimed, { dueAt: again, attempts: failures });
    else if (outcomes.length < work.events.length || work.events.length === LANE_EVENTS)
      await store.webhooks.release(claimed, { dueAt: clock.now(), attempts: failures });
    else await this.#markIdle(claimed);
  }

  /** Marks the lane idle, unless an event has arrived meanwhile. */
  async #markIdle(lane: WebhookLane): Promise<void> {
    const { store, clock } = this.#options.core;
    if (!(await store.webhooks.release(lane, null)))
      await store.webhooks.release(lane, { dueAt: clock.now(), attempts: 0 });
  }

  async #attempt(
    { webhook, sealedSecret }: LaneWork,
    event: StoredEvent,
    call: Call | null,
    attempt: number,
  ): Promise<AttemptOutcome | null> {
    const { core, http, words, urls } = this.#options;
    const at = core.clock.now();
    const began = performance.now();
    const outcome = (state: AttemptOutcome['state'], status: number | null, error: string | null): AttemptOutcome => ({
      eventId: event.id,
      state,
      at,
      status,
      error: error?.slice(0, LONGEST_ERROR) ?? null,
      durationMs: Math.round(performance.now() - began),
    });
    const say = words.get(webhook.api);
    if (!say) return outcome('dead', null, `there is no API ${webhook.api}`);
    const failed = retryAfterMs(attempt) === null ? 'dead' : 'pending';
    try {
      const secret = core.secrets.open(sealedSecret);
      const body = JSON.stringify(
        say(webhook, event, call, { sign: (text) => core.secrets.bodySignature(secret, text), urls }),
      );
      const reply = await http.send({
        method: 'POST',
        url: webhook.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Trunkline',
          ...core.secrets.signedHeaders(secret, `evt_${event.id}`, at, body),
        },
        body,
        timeoutMs: ANSWER_MS,
        mostBytes: 1024,
        bodyMs: BODY_MS,
        signal: this.#stop.signal,
      });
      if (reply.status >= 200 && reply.status < 300) {
        this.#problems.delete(webhook.id);
        return outcome('delivered', reply.status, null);
      }
      const said = Buffer.from(reply.body).toString('utf8').trim().slice(0, LONGEST_ERROR);
      const state = reply.status === GONE ? 'dead' : failed;
      this.#logProblem(webhook, event, state, `answered ${reply.status}${said === '' ? '' : `: ${said}`}`);
      return outcome(state, reply.status, `answered ${reply.status}`);
    } catch (error) {
      if (this.#stop.signal.aborted) return null;
      const problem = error instanceof Error ? error.message : String(error);
      this.#logProblem(webhook, event, failed, problem);
      return outcome(failed, null, problem);
    }
  }

  /** Logs a failing webhook once per problem until it accepts an event again, and every dead event. */
  #logProblem(
    { id, url, organizationId }: Webhook,
    event: StoredEvent,
    state: 'pending' | 'dead',
    problem: string,
  ): void {
    const fields = { webhook: id, organization: organizationId, host: new URL(url).host, event: event.id, problem };
    if (state === 'dead') return this.#options.log.warn(fields, 'webhook delivery is dead after its last attempt');
    if (this.#problems.get(id) === problem) return;
    if (this.#problems.size >= MOST_PROBLEMS) this.#problems.clear();
    this.#problems.set(id, problem);
    this.#options.log.warn(fields, 'webhook delivery failed; it will be retried');
  }

  async #callOf({ event }: StoredEvent): Promise<Call | null> {
    return 'callId' in event ? this.#options.core.store.calls.byId(event.callId) : null;
  }
}
