import type { EgressClient, RoomServiceClient, SipClient } from 'livekit-server-sdk';
import { CarrierError } from '#contracts/carrier.ts';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';
import { refusalOf, silenceOf } from '../kit/http-errors.ts';

const REQUEST_TIMEOUT_S = 10;

interface Clients {
  readonly rooms: RoomServiceClient;
  readonly sip: SipClient;
  readonly egress: EgressClient;
}

/** Requests to the server's API. The SDK is loaded with the first one. */
export class ServerApi {
  readonly #settings: CarrierSettings;
  #clients: Promise<Clients> | null = null;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  /** The address at which participants join. */
  get joinUrl(): string {
    return this.#settings['url']!.replace(/^http/, 'ws');
  }

  /** @throws CarrierError */
  async ask<T>(question: (clients: Clients) => Promise<T>): Promise<T> {
    try {
      return await question(await (this.#clients ??= this.#load()));
    } catch (error) {
      const { status, message } = error as { status?: unknown; message?: unknown };
      if (typeof status !== 'number') throw silenceOf(error);
      throw refusalOf(status, typeof message === 'string' && message !== '' ? message : `status ${status}`);
    }
  }

  async #load(): Promise<Clients> {
    const { EgressClient, RoomServiceClient, SipClient } = await import('livekit-server-sdk');
    const { url, api_key: key, api_secret: secret } = this.#settings;
    // The SDK repeats a failed request at other regions, which could dial twice.
    const options = { requestTimeout: REQUEST_TIMEOUT_S, failover: false };
    const host = url!.replace(/^ws/, 'http');
    return {
      rooms: new RoomServiceClient(host, key, secret, options),
      sip: new SipClient(host, key, secret, options),
      egress: new EgressClient(host, key, secret, options),
    };
  }
}

/** Whether the server says that a room or participant does not exist. */
export const isGone = (error: unknown): boolean =>
  error instanceof CarrierError && error.kind === 'refused' && /not found|does not exist/i.test(error.message);
