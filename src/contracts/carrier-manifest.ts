import type { CarrierNotice, CarrierText } from '#core/kernel/carrier-notice.ts';
import type { CarrierRoom } from '#core/kernel/carrier-room.ts';
import type { SipServer } from '#core/kernel/sip-server.ts';
import type { Carrier } from './carrier.ts';
import type { MediaProtocol } from './media-protocol.ts';

/** One setting of a carrier, set by an environment variable or in the carrier's form. */
export interface CarrierField {
  readonly key: string;
  /** Omitted if it can only be set in the form. */
  readonly environment?: string;
  readonly label: string;
  readonly secret?: true;
  /** The carrier is configured once every required field has a value. */
  readonly required?: true;
}

export type CarrierSettings = Readonly<Record<string, string>>;

/** A carrier's capabilities, as the provider operations show them. */
export interface CarrierCapabilities {
  readonly voice: { readonly supported: boolean; readonly features: readonly string[] };
  readonly sms: { readonly supported: boolean; readonly features: readonly string[] };
  readonly recording: { readonly supported: boolean; readonly formats: readonly string[] };
}

/** Limits of calls to the carrier; null: unlimited. */
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

/**
 * Identifies one webhook delivery. A repetition within `repeatsForMs` is a retry after a lost answer; later it is a
 * replay.
 */
export interface Delivery {
  readonly digest: string;
  readonly repeatsForMs: number;
  /** The delivery needs no further processing. */
  readonly done?: true;
}

export interface Answer {
  readonly contentType: string;
  readonly body: string;
}

/** The instruction to a carrier that asks what to do with a call: connect our media socket, hang up, or none. */
export type Instruction =
  /**
   * `askAgainUrl`: where it asks when the socket is lost; `recordingUrl`: where it says of its own recording, if it is
   * to make one.
   */
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

/** Parses a carrier's webhooks; needs no settings. */
export interface CarrierWire {
  /** @throws Error in plain words when it cannot be understood */
  read(request: CarrierRequest): CarrierNotice;
  /** Reads a text message; absent where the carrier sends none. @throws Error as `read` does */
  readText?(request: CarrierRequest): CarrierText;
  answer(instruction: Instruction): Promise<Answer> | Answer;
}

/** Opens one room for a short time. */
export interface RoomAccess {
  readonly url: string;
  readonly room: string;
  readonly token: string;
}

/** A carrier that has its settings. */
export interface ConfiguredCarrier {
  readonly control: Carrier;
  /** Its own number. */
  readonly number: string | null;
  /** Whether the carrier also records recorded calls. */
  readonly records: boolean;
  /** Null if the carrier does not sign; its webhooks then need an API key. @throws Error if the signature is invalid */
  readonly verify: ((request: CarrierRequest, now: Date) => Promise<Delivery>) | null;
  /** Whether the carrier itself opened a media socket; null if the token alone decides. */
  readonly verifySocket: ((request: Pick<CarrierRequest, 'url' | 'headers'>) => Promise<boolean>) | null;
  /** Lets someone hear a call unseen, where the call is a room that browsers can join. */
  listen?(carrierCallId: string, guest: string): Promise<RoomAccess>;
  /** Lets a guest speak from a browser, in a room in which `Carrier.meet` waits for them. */
  invite?(room: string, guest: string): Promise<RoomAccess>;
  /** Its SIP trunks and dispatch rules, where it keeps such; methods reject with a CarrierError. */
  readonly sip?: SipServer;
  /** The rooms that stand now, where its calls are rooms. @throws CarrierError */
  rooms?(): Promise<readonly CarrierRoom[]>;
  /** Tests the credentials with a harmless request. @throws CarrierError */
  check(): Promise<void>;
}

export interface CarrierSurroundings {
  now(): Date;
}

/** Describes a carrier, so that no other code needs to name it. */
export interface CarrierManifest {
  readonly id: string;
  readonly name: string;
  /** The last part of its webhooks' address. */
  readonly webhook: string;
  /** Webhooks may come by GET with their fields in the query. */
  readonly webhooksByGet?: true;
  readonly capabilities: CarrierCapabilities;
  readonly limits: CarrierLimits;
  readonly fields: readonly CarrierField[];
  /** Lists show it only once it is configured: the APIs document no such carrier. */
  readonly unlisted?: true;
  /** The key of a setting without which it places no call: it is then not the current one unless chosen. */
  readonly dialsWith?: string;
  /** The carrier's id of a call is shown as the call's id. */
  readonly namesCalls?: true;
  readonly wire: CarrierWire;
  /** After a lost media socket the carrier asks for instructions; others reopen the same address. */
  readonly asksAgain?: true;
  /** The header in which it signs the opening of a media socket. */
  readonly socketSignature?: string;
  /** The protocol of its media socket; default: Media Streams messages. */
  readonly media?: () => MediaProtocol;
  make(settings: CarrierSettings, surroundings: CarrierSurroundings): ConfiguredCarrier;
}
