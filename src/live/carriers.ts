import type { CarrierRoom } from '#core/kernel/carrier-room.ts';
import { readCarriers, type StoredCarriers } from '#core/carriers/carriers.ts';
import type {
  CarrierCheck,
  CarrierDirectory,
  CarrierFieldInfo,
  CarrierInfo,
  RoomAccess,
  SettingsGroup,
} from '#core/carriers/carrier-directory.ts';
import { CircuitBreaker, type Attempt } from '#core/kernel/circuit-breaker.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { SipServer } from '#core/kernel/sip-server.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { Store } from '#core/records.ts';
import type { CarrierField, CarrierManifest, CarrierSettings, ConfiguredCarrier } from '#contracts/carrier-manifest.ts';
import { CarrierError, type Carrier } from '#contracts/carrier.ts';
import type { Log } from '#core/kernel/log.ts';
import { sipServerOf } from './sip-server.ts';

export interface CarriersOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly clock: WallClock;
  readonly manifests: readonly CarrierManifest[];
  /** The simulated carrier, used where no other is configured. */
  readonly embedded: Pick<CarrierInfo, 'id' | 'name' | 'capabilities'>;
  /** Its control; null on a server that carries no calls. */
  readonly embeddedControl: Carrier | null;
  readonly environment: CarrierSettings;
  /** Checks that our webhook address is reachable from outside, as far as this server can tell. @throws Error */
  readonly reachUs: () => Promise<void>;
}

/** One carrier, configured or not. */
interface Line {
  readonly manifest: CarrierManifest;
  /** By field; stored settings override the environment. */
  readonly settings: CarrierSettings;
  /** The settings as text, compared to detect a change. */
  readonly fingerprint: string;
  readonly configured: ConfiguredCarrier | null;
  readonly breaker: CircuitBreaker;
}

/** Keys of a carrier's stored settings that hold limits instead of fields. */
const LIMITS = { callsPerSecond: 'calls_per_second', concurrentCalls: 'concurrent_calls' } as const;
const LIMIT_FIELDS = [
  { key: LIMITS.callsPerSecond, label: 'Calls per second' },
  { key: LIMITS.concurrentCalls, label: 'Concurrent calls' },
];

/**
 * The carriers of this server. Settings are read once per change, of which the database notifies every server.
 */
export class Carriers implements CarrierDirectory {
  readonly #options: CarriersOptions;
  #lines: ReadonlyMap<string, Line> = new Map();
  /** Null after a change. */
  #stored: Promise<StoredCarriers> | null = null;
  /** What `#lines` were made from. */
  #applied: StoredCarriers | null = null;

  constructor(options: CarriersOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly CarrierInfo[]> {
    await this.#read();
    return this.#infos();
  }

  async current(): Promise<CarrierInfo> {
    const stored = await this.#read();
    const all = await this.#infos();
    return (
      all.find((one) => one.id === stored.choice.current && one.configured) ??
      this.#dialling(stored, all).find((one) => one.configured)!
    );
  }

  async settings(id: string): Promise<SettingsGroup | null> {
    await this.#read();
    return (await this.#infos()).find((one) => one.id === id) ?? null;
  }

  /** Stored settings outrank the environment. */
  #settingsOf({ id, fields }: Pick<CarrierManifest, 'id' | 'fields'>, { settings }: StoredCarriers): CarrierSettings {
    const own = settings.get(id) ?? {};
    const all: Record<string, string> = { ...own };
    for (const { key, environment: name } of fields) {
      const value = own[key] ?? (name === undefined ? undefined : this.#options.environment[name]);
      if (value !== undefined) all[key] = value;
    }
    return all;
  }

  async failover(): Promise<readonly CarrierInfo[]> {
    const stored = await this.#read();
    return failoverOf(stored.choice, this.#dialling(stored, await this.#infos()));
  }

  /** The carriers to try for a call, in order. The simulated carrier never replaces a real one, nor the reverse. */
  async candidates(first: string): Promise<readonly CarrierInfo[]> {
    const stored = await this.#read();
    const all = await this.#infos();
    const chosen = all.find((one) => one.id === first);
    if (!chosen?.real) return chosen ? [chosen] : [];
    const others = failoverOf(stored.choice, this.#dialling(stored, all));
    return [...(chosen.configured ? [chosen] : []), ...others.filter((one) => one.id !== first)];
  }

  /** Those that have what placing a call needs. */
  #dialling(stored: StoredCarriers, all: readonly CarrierInfo[]): readonly CarrierInfo[] {
    return all.filter(({ id }) => {
      const manifest = this.manifestBy('id', id);
      return !manifest?.dialsWith || this.#settingsOf(manifest, stored)[manifest.dialsWith] !== undefined;
    });
  }

  /** Null if the carrier is not configured, or this server carries no calls. */
  async control(id: string): Promise<Carrier | null> {
    if (id === this.#options.embedded.id) return this.#options.embeddedControl;
    return (await this.configured(id))?.control ?? null;
  }

  /** The carriers whose records of calls can be asked. */
  async searchable(): Promise<ReadonlySet<string>> {
    await this.#read();
    return new Set([...this.#lines].flatMap(([id, { configured }]) => (configured?.control.findRecord ? [id] : [])));
  }

  async configured(id: string): Promise<ConfiguredCarrier | null> {
    await this.#read();
    return this.#lines.get(id)?.configured ?? null;
  }

  async listen(id: string, carrierCallId: string, guest: string): Promise<RoomAccess | null> {
    return (await (await this.configured(id))?.listen?.(carrierCallId, guest)) ?? null;
  }

  async invite(id: string, room: string, guest: string): Promise<RoomAccess | null> {
    return (await (await this.configured(id))?.invite?.(room, guest)) ?? null;
  }

  async sipServer(): Promise<SipServer | null> {
    await this.#read();
    for (const { configured, manifest } of this.#lines.values())
      if (configured?.sip) return sipServerOf(configured.sip, manifest.name);
    return null;
  }

  /** The rooms that stand at a carrier. @throws CarrierError */
  async roomsOf(id: string): Promise<readonly CarrierRoom[]> {
    return (await (await this.configured(id))?.rooms?.()) ?? [];
  }

  get manifests(): readonly CarrierManifest[] {
    return this.#options.manifests;
  }

  /** Hangs up a call that no server runs any more. Never rejects. */
  async hangUp(id: string, carrierCallId: string, log: Log): Promise<void> {
    try {
      await (await this.control(id))?.hangUp(carrierCallId);
    } catch (error) {
      log.error({ err: error, carrier: id }, 'hang-up at the carrier failed');
    }
  }

  manifestBy(key: 'id' | 'webhook', value: string): CarrierManifest | null {
    return this.#options.manifests.find((one) => one[key] === value) ?? null;
  }

  breaker(id: string): CircuitBreaker | null {
    return this.#lines.get(id)?.breaker ?? null;
  }

  async check(id: string): Promise<CarrierCheck> {
    const began = performance.now();
    const attempt = async (ask: () => Promise<void>): Promise<string | null> => {
      try {
        await ask();
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : 'no answer';
      }
    };
    const carrier = await this.configured(id);
    const embedded = id === this.#options.embedded.id;
    const [asked, webhooks] = await Promise.all([
      attempt(async () => {
        if (!embedded && !carrier) throw new CarrierError('refused', 'it is not configured');
        await carrier?.check();
      }),
      attempt(() => this.#options.reachUs()),
    ]);
    // A carrier that could not be reached has neither refused nor accepted the credentials.
    return {
      authentication: asked === null,
      apiAccess: asked === null,
      webhookUrl: webhooks === null,
      problem: asked === null ? webhooks : sentenceAbout(this.manifestBy('id', id)?.name ?? id, asked),
      tookMs: Math.round(performance.now() - began),
    };
  }

  /** The carriers with their health, which all servers share. */
  async #infos(): Promise<readonly CarrierInfo[]> {
    const { store, clock } = this.#options;
    const failing = await store.carriers.failing(clock.now());
    return [...[...this.#lines.values()].map((line) => infoOf(line, failing)), this.#embedded];
  }

  /** A carrier that failed has taken a call again. */
  async recovered(id: string): Promise<void> {
    const { store, clock } = this.#options;
    await store.carriers.rest(id, null, clock.now());
  }

  /** Counts a failed request to a carrier. After several, no server uses the carrier for a while. */
  async failed(id: string, attempt: Attempt | null, retryAfterMs?: number): Promise<void> {
    const { store, clock } = this.#options;
    const breaker = this.#lines.get(id)?.breaker;
    attempt?.failed(retryAfterMs);
    if (breaker && breaker.restsForMs > 0)
      await store.carriers.rest(id, new Date(clock.now().getTime() + breaker.restsForMs), clock.now());
  }

  get #embedded(): CarrierInfo {
    return {
      ...this.#options.embedded,
      configured: true,
      listed: true,
      real: false,
      number: null,
      resting: false,
      recovering: false,
      namesCalls: false,
      fields: [],
      limits: { callsPerSecond: null, concurrentCalls: null },
    };
  }

  settingsChanged(): void {
    this.#stored = null;
  }

  async #read(): Promise<StoredCarriers> {
    for (;;) {
      const reading = (this.#stored ??= readCarriers(this.#options));
      const stored = await reading.catch((error: unknown) => {
        if (this.#stored === reading) this.#stored = null;
        throw error;
      });
      // Read before a change, so read again.
      if (this.#stored !== reading) continue;
      if (this.#applied !== stored) this.#apply(stored);
      return stored;
    }
  }

  #apply(stored: StoredCarriers): void {
    this.#applied = stored;
    const { manifests, clock } = this.#options;
    this.#lines = new Map(
      manifests.map((manifest) => {
        const settings = this.#settingsOf(manifest, stored);
        const fingerprint = JSON.stringify(settings);
        const before = this.#lines.get(manifest.id);
        if (before?.fingerprint === fingerprint) return [manifest.id, before];
        const complete = manifest.fields.every((field) => !field.required || settings[field.key] !== undefined);
        return [
          manifest.id,
          {
            manifest,
            settings,
            fingerprint,
            configured: complete ? manifest.make(settings, clock) : null,
            breaker: new CircuitBreaker(() => performance.now()),
          },
        ];
      }),
    );
  }
}

/** A carrier's problem with its name; an adapter calls its carrier "it". */
const sentenceAbout = (name: string, problem: string): string =>
  problem.startsWith('it ') ? name + problem.slice('it'.length) : `${name}: ${problem}`;

function failoverOf({ failover }: StoredCarriers['choice'], all: readonly CarrierInfo[]): readonly CarrierInfo[] {
  const real = all.filter((one) => one.real);
  const wanted = failover === null ? real : failover.flatMap((id) => real.filter((one) => one.id === id));
  return wanted.filter((one) => one.configured);
}

const fieldInfo = (
  { key, label, environment, secret, required }: CarrierField,
  settings: CarrierSettings,
): CarrierFieldInfo => ({
  key,
  label,
  environment: environment ?? null,
  secret: secret === true,
  required: required === true,
  value: settings[key] ?? null,
});

function infoOf(
  { manifest, settings, configured }: Line,
  failing: ReadonlyMap<string, 'resting' | 'recovering'>,
): CarrierInfo {
  const limit = (key: keyof typeof LIMITS) => {
    const set = Number(settings[LIMITS[key]] ?? NaN);
    return Number.isFinite(set) && set > 0 ? set : manifest.limits[key];
  };
  const limits = { callsPerSecond: limit('callsPerSecond'), concurrentCalls: limit('concurrentCalls') };
  return {
    id: manifest.id,
    name: manifest.name,
    capabilities: manifest.capabilities,
    configured: configured !== null,
    listed: configured !== null || manifest.unlisted !== true,
    real: true,
    number: configured?.number ?? null,
    resting: failing.get(manifest.id) === 'resting',
    recovering: failing.get(manifest.id) === 'recovering',
    namesCalls: manifest.namesCalls === true,
    limits,
    fields: [
      ...manifest.fields.map((field) => fieldInfo(field, settings)),
      ...LIMIT_FIELDS.map(({ key, label }) => ({
        key,
        label,
        environment: null,
        secret: false,
        required: false,
        value: settings[key] ?? null,
      })),
    ],
  };
}
