import { randomBytes } from 'node:crypto';
import type { Secrets } from '#core/kernel/secrets.ts';
import { webhookQuery } from '#edge/webhook-proof.ts';

/** Our own addresses as given to others. Set after the server listens, when its ports are known. */
export class Addresses {
  publicUrl: string;

  readonly #secrets: Pick<Secrets, 'keyedHash'>;

  constructor(publicUrl: string | null, secrets: Pick<Secrets, 'keyedHash'>) {
    this.publicUrl = publicUrl ?? '';
    this.#secrets = secrets;
  }

  /** `base`: address of the server that carries the call; null: this server. */
  mediaSocket(base: string | null, callSid: string, token: string): string {
    return `${(base ?? this.publicUrl).replace(/^http/, 'ws')}/voice/websocket?call_sid=${callSid}&token=${token}`;
  }

  /** `legId`: the leg beside the person's that it is about. */
  webhook(name: string, callId: number, legId: number | null = null): string {
    return `${this.publicUrl}/voice/webhook/${name}?${webhookQuery(this.#secrets, callId, legId)}`;
  }

  /** Webhook address for a carrier's own recording. */
  recording(name: string, callId: number): string {
    return `${this.webhook(name, callId)}&for=recording`;
  }

  /** Webhook address for further instructions. It is unique, so that no two signed requests are equal. */
  askAgain(name: string, callId: number, legId: number | null = null): string {
    return `${this.webhook(name, callId, legId)}&for=again&n=${randomBytes(9).toString('base64url')}`;
  }
}
