import type { SipServer } from '../kernel/sip-server.ts';

/** A carrier as operators see it. */
export interface CarrierInfo {
  readonly id: string;
  readonly name: string;
  /** Whether it has what it needs to place calls. */
  readonly configured: boolean;
  /** Whether lists show it. */
  readonly listed: boolean;
  /** Whether people are really called. */
  readonly real: boolean;
  readonly number: string | null;
  /** After failures it is not asked for a while. */
  readonly resting: boolean;
  /** It rested and has not taken a call since: it is tried with one call at a time. */
  readonly recovering: boolean;
  /** Calls it carries have its id for the outside. */
  readonly namesCalls: boolean;
  readonly capabilities: {
    readonly voice: { readonly supported: boolean; readonly features: readonly string[] };
    readonly sms: { readonly supported: boolean; readonly features: readonly string[] };
    readonly recording: { readonly supported: boolean; readonly formats: readonly string[] };
  };
  readonly fields: readonly CarrierFieldInfo[];
  readonly limits: { readonly callsPerSecond: number | null; readonly concurrentCalls: number | null };
}

/** Settings that are kept as those of a carrier are: of a carrier, or of another server that we use. */
export interface SettingsGroup {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly CarrierFieldInfo[];
}

/** One line of a carrier's form. */
export interface CarrierFieldInfo {
  readonly key: string;
  readonly label: string;
  readonly environment: string | null;
  readonly secret: boolean;
  readonly required: boolean;
  /** As it is in use; null where it is not set. */
  readonly value: string | null;
}

export interface CarrierCheck {
  readonly authentication: boolean;
  readonly apiAccess: boolean;
  readonly webhookUrl: boolean;
  /** What went wrong, in plain words. */
  readonly problem: string | null;
  readonly tookMs: number;
}

/** Opens one room for a short time: to hear a call unseen, or to speak in it. */
export interface RoomAccess {
  readonly url: string;
  readonly room: string;
  readonly token: string;
}

/** The carriers there are, with what is set and how they do. */
export interface CarrierDirectory {
  /** In the order in which one is taken where none was chosen; the embedded one last. */
  list(): Promise<readonly CarrierInfo[]>;
  current(): Promise<CarrierInfo>;
  /** The settings of a carrier, or of another server that we use; null if there is none of that id. */
  settings(id: string): Promise<SettingsGroup | null>;
  /** Those that are tried after the current one, in this order. */
  failover(): Promise<readonly CarrierInfo[]>;
  /** Asks a carrier, and whether its webhooks would reach us. */
  check(id: string): Promise<CarrierCheck>;
  /** Null if the carrier is not configured, or its calls are no rooms that can be joined. */
  listen(id: string, carrierCallId: string, guest: string): Promise<RoomAccess | null>;
  /** Lets a guest speak from a browser in a room; null as above. */
  invite(id: string, room: string, guest: string): Promise<RoomAccess | null>;
  /** The telephony server that keeps SIP trunks and dispatch rules; null if none is configured. */
  sipServer(): Promise<SipServer | null>;
  /** The settings are read again at their next use. */
  settingsChanged(): void;
}
