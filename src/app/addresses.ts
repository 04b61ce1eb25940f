import { randomBytes } from 'node:crypto';
import type { Secrets } from '#core/kernel/secrets.ts';
import { webhookQuery } from '#edge/webhook-proof.ts';

/** Addresses of ours that others are told; where the server can be reached is known once it listens. */
export class Addresses {
  publicUrl: string;

  readonly #secrets: Pick<Secrets, 'keyedHash'>;

  constructor(publicUrl: string | null, secrets: Pick<Secrets, 'keyedHash'>) {
    this.publicUrl = publicUrl ?? '';
    this.#secrets = secrets;
  }

  /** `base`: where the server is that carries the call; null: here. */
  mediaSocket(base: string | null, callSid: string, token: string): string {
    return `${(base ?? this.publicUrl).replace(/^http/, 'ws')}/voice/websocket?call_sid=${callSid}&token=${token}`;
  }

  webhook(name: string, callId: number): string {
    return `${this.publicUrl}/voice/webhook/${name}?${webhookQuery(this.#secrets, callId)}`;
  }

  /** Where a carrier says of its own recording. */
  recording(name: string, callId: number): string {
    return `${this.webhook(name, callId)}&for=recording`;
  }

  /** Where a carrier asks again about a call: never the same twice, so that no signed request is like another. */
  askAgain(name: string, callId: number): string {
    return `${this.webhook(name, callId)}&for=again&n=${randomBytes(9).toString('base64url')}`;
  }
}
