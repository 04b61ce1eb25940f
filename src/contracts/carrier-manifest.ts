import type { CarrierNotice } from '#core/kernel/carrier-notice.ts';
import type { Carrier } from './carrier.ts';
import type { MediaProtocol } from './media-protocol.ts';

/** One thing to be set: by its variable of the environment, or by the form that is made of it. */
export interface CarrierField {
  readonly key: string;
  /** Left out where it is set by the form alone. */
  readonly environment?: string;
  readonly label: string;
  readonly secret?: true;
  /** The carrier is configured once every field that is required has a value. */
  readonly required?: true;
}

export type CarrierSettings = Readonly<Record<string, string>>;

/** What a carrier can do, as the provider operations show it. */
export interface CarrierCapabilities {
  readonly voice: { readonly supported: boolean; readonly features: readonly string[] };
  readonly sms: { readonly supported: boolean; readonly features: readonly string[] };
  readonly recording: { readonly supported: boolean; readonly formats: readonly string[] };
}

/** How fast calls may be handed to it; null: as fast as they come. */
export interface CarrierLimits {
  readonly callsPerSecond: number | null;
  readonly concurrentCalls: number | null;
}

/** A request that came in, with the address as the carrier sees it. */
export interface CarrierRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What names one delivery. It may come again for `repeatsForMs` after it came first, because our answer was lost; later it is a replay. */
export interface Delivery {
  readonly digest: string;
  readonly repeatsForMs: number;
  /** It was for the carrier's own bookkeeping, and is done with. */
  readonly done?: true;
}

export interface Answer {
  readonly contentType: string;
  readonly body: string;
}

/** What the carrier is to do with a call that it asks about: connect our media socket, hang up, or (nothing asked) go on. */
export type Instruction =
  /** `askAgainUrl`: where it asks when the socket is lost; `recordingUrl`: where it says of its own recording, if it is to make one. */
  | {
      readonly type: 'connect';
      readonly recordingUrl: string | null;
      readonly mediaUrl: string;
      readonly callSid: string;
      readonly token: string;
      readonly askAgainUrl: string;
    }
  | { readonly type: 'hang-up' }
  | { readonly type: 'none' };

/** The webhooks of a carrier as they read, whether it is configured or not. */
export interface CarrierWire {
  /** @throws Error in plain words when it cannot be understood */
  read(request: CarrierRequest): CarrierNotice;
  answer(instruction: Instruction): Promise<Answer> | Answer;
}

/** A carrier that has its settings. */
export interface ConfiguredCarrier {
  readonly control: Carrier;
  /** Its own number. */
  readonly number: string | null;
  /** Whether calls that are recorded are recorded by it too. */
  readonly records: boolean;
  /** Null where it does not sign: its webhooks come in by API key. @throws Error in plain words when the signature is not good */
  readonly verify: ((request: CarrierRequest, now: Date) => Promise<Delivery>) | null;
  /** Whether it was itself that opens a media socket; null where the token alone says so. */
  readonly verifySocket: ((request: Pick<CarrierRequest, 'url' | 'headers'>) => Promise<boolean>) | null;
  /** Asks it something that needs its credentials. @throws CarrierError */
  check(): Promise<void>;
}

export interface CarrierSurroundings {
  now(): Date;
}

/** What a carrier's folder says of itself, so that nothing else has to name it. */
export interface CarrierManifest {
  readonly id: string;
  readonly name: string;
  /** The last part of its webhooks' address. */
  readonly webhook: string;
  /** Its webhooks may come by GET, with what they say in the query. */
  readonly webhooksByGet?: true;
  readonly capabilities: CarrierCapabilities;
  readonly limits: CarrierLimits;
  readonly fields: readonly CarrierField[];
  /** A call that it carries has its id for the outside. */
  readonly namesCalls?: true;
  readonly wire: CarrierWire;
  /** When a media socket of its is lost, it asks what to do next; others open the same address again. */
  readonly asksAgain?: true;
  /** The header in which it signs the opening of a media socket. */
  readonly socketSignature?: string;
  /** How its media socket speaks; left out: Media Streams messages. */
  readonly media?: () => MediaProtocol;
  make(settings: CarrierSettings, surroundings: CarrierSurroundings): ConfiguredCarrier;
}
