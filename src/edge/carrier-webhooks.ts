import { mintMediaToken, takeNotice, type NoticeBringer } from '#core/calls/receive-call.ts';
import { receiveText } from '#core/calls/receive-text.ts';
import { isEnded, type Call } from '#core/calls/call.ts';
import type { Core } from '#core/core.ts';
import { isFirst } from '#core/identity/first-organization.ts';
import type { RawRequest } from '#core/identity/raw-request.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import type {
  Answer,
  CarrierManifest,
  CarrierRequest,
  ConfiguredCarrier,
  Instruction,
} from '#contracts/carrier-manifest.ts';
import type { Carriers } from '#live/carriers.ts';
import type { Log } from '#core/kernel/log.ts';
import { mintLegToken, takeLegNotice, type LegNotice } from '#core/calls/leg-notice.ts';
import { legOf, provenCall } from './webhook-proof.ts';

export interface CarrierWebhooksOptions {
  readonly core: Core;
  readonly carriers: Carriers;
  readonly publicUrl: () => string;
  /** Whether this server can be reached from this machine only. */
  readonly onLoopback: boolean;
  readonly mediaUrl: (call: Call, token: string) => string;
  readonly askAgainUrl: (webhook: string, callId: number, legId?: number) => string;
  readonly recordingUrl: (webhook: string, callId: number) => string;
  readonly log: Log;
}

interface AdmittedWebhook {
  readonly manifest: CarrierManifest;
  readonly configured: ConfiguredCarrier | null;
  readonly request: CarrierRequest;
  readonly by: NoticeBringer | null;
  readonly isDone: boolean;
}

/** Receives carriers' webhooks, authenticated by signature, else by API key, or sent from this machine. */
export class CarrierWebhooks {
  readonly #options: CarrierWebhooksOptions;

  constructor(options: CarrierWebhooksOptions) {
    this.#options = options;
  }

  /** The carriers that have webhooks, by the last part of their address. */
  get names(): readonly { readonly webhook: string; readonly name: string; readonly byGet: boolean }[] {
    return this.#options.carriers.manifests.map(({ webhook, name, webhooksByGet }) => ({
      webhook,
      name,
      byGet: webhooksByGet === true,
    }));
  }

  /**
   * `purpose`: what the webhook reports, where its address does not say so.
   * @throws AppError unauthenticated, forbidden, invalid-input, rate-limited
   */
  async receive(webhook: string, incoming: RawRequest, purpose: string | null = null): Promise<Answer> {
    const { core } = this.#options;
    const { manifest, configured, request, by, isDone } = await this.#admit(webhook, incoming);
    if (isDone) return manifest.wire.answer({ type: 'none' });
    const notice = understood(() =>
      manifest.wire.read(purpose === null ? request : { ...request, url: withPurpose(request.url, purpose) }),
    );
    const source = {
      by,
      provenCallId: by === null ? null : provenCall(core.secrets, request.url),
      carrier: manifest.id,
      configured: configured !== null,
      namesCalls: manifest.namesCalls === true,
      countAnnounced: (organizationId: number) => incoming.countAnnounced(organizationId),
    };
    const ofLeg = await takeLegNotice(core, source, legOf(request.url), notice);
    if (ofLeg)
      return manifest.wire.answer(notice.asks ? await this.#legInstruction(ofLeg, manifest.webhook) : { type: 'none' });
    const call = await takeNotice(core, source, notice);
    return manifest.wire.answer(
      notice.asks ? await this.#instruction(call, manifest, configured?.records === true) : { type: 'none' },
    );
  }

  /** A text message of a person. @throws AppError as `receive` does */
  async receiveText(webhook: string, incoming: RawRequest): Promise<Answer> {
    const { manifest, request, by, isDone } = await this.#admit(webhook, incoming);
    if (!isDone)
      await receiveText(
        this.#options.core,
        manifest.id,
        by,
        understood(() => manifest.wire.readText!(request)),
      );
    return manifest.wire.answer({ type: 'none' });
  }

  /** Finds out who sent a webhook. `isDone`: a repetition of one that needs no second handling. @throws AppError */
  async #admit(webhook: string, incoming: RawRequest): Promise<AdmittedWebhook> {
    const { carriers, publicUrl } = this.#options;
    const manifest = carriers.manifestBy('webhook', webhook)!;
    const configured = await carriers.configured(manifest.id);
    const request: CarrierRequest = {
      method: incoming.method,
      url: publicUrl() + incoming.path,
      headers: incoming.headers,
      body: incoming.body,
    };
    const admitted = { manifest, configured, request };
    if (configured?.verify) {
      const isDone = (await this.#verified(manifest, configured.verify, request, incoming)) === 'done';
      return { ...admitted, by: null, isDone };
    }
    await incoming.count();
    return { ...admitted, by: await this.#authorize(incoming), isDone: false };
  }

  async #verified(
    manifest: CarrierManifest,
    verify: NonNullable<ConfiguredCarrier['verify']>,
    request: CarrierRequest,
    incoming: RawRequest,
  ): Promise<'new' | 'done'> {
    const { core, log } = this.#options;
    const now = core.clock.now();
    const refuse = async (problem: string): Promise<never> => {
      log.info({ carrier: manifest.id, problem }, 'a webhook was refused');
      await incoming.count();
      throw new AppError('unauthenticated', `The webhook was refused: ${problem}`);
    };
    let delivery;
    try {
      delivery = await verify(request, now);
    } catch (error) {
      return refuse(error instanceof Error ? error.message : 'the signature is not good');
    }
    const first = await core.store.carriers.seen(manifest.id, delivery.digest, now);
    if (first !== null && now.getTime() - first.getTime() >= delivery.repeatsForMs) return refuse('it came before');
    return delivery.done ? 'done' : 'new';
  }

  /** The organization and permissions of the API key; null for a request from this machine, which needs none. */
  async #authorize({ principal, showsCredential, foreign }: RawRequest): Promise<NoticeBringer | null> {
    const { core, onLoopback } = this.#options;
    if (principal instanceof AppError) {
      if (showsCredential || !onLoopback) throw principal;
      if (foreign !== null)
        throw new AppError('forbidden', `Without an API key pages of other sites may not do that (${foreign})`);
      return null;
    }
    const { actor, organizationId } = principal;
    if (!isAllowed(actor, 'report-calls')) throw new AppError('forbidden', 'This role may not do that');
    const forCarriers = isAllowed(actor, 'manage-settings') && (await isFirst(core.store, organizationId));
    return { organizationId, forCarriers };
  }

  /** A human agent has picked up the telephone; one whose part of the call is over is hung up. */
  async #legInstruction({ call, leg }: LegNotice, webhook: string): Promise<Instruction> {
    const { core, mediaUrl, askAgainUrl } = this.#options;
    const { userId } = leg;
    if (isEnded(call.status) || leg.status === 'ended' || userId === null) return { type: 'hang-up' };
    const token = await mintLegToken(core, call.id, { id: leg.id, userId });
    return {
      type: 'connect',
      recordingUrl: null,
      mediaUrl: mediaUrl(call, token),
      callSid: call.sid,
      token,
      askAgainUrl: askAgainUrl(webhook, call.id, leg.id),
    };
  }

  async #instruction(
    call: Call | null,
    { webhook, asksAgain }: CarrierManifest,
    records: boolean,
  ): Promise<Instruction> {
    const { core, mediaUrl, askAgainUrl, recordingUrl: recordingUrlOf } = this.#options;
    if (!call || isEnded(call.status)) return { type: 'hang-up' };
    // A simulated call has its media already.
    if (call.carrier === core.embedded.id) return { type: 'none' };
    const token = await mintMediaToken(core, call, asksAgain === true);
    // The carrier's recording is requested once, before the answer.
    const recordingUrl = records && call.recorded && call.answeredAt === null ? recordingUrlOf(webhook, call.id) : null;
    return {
      type: 'connect',
      recordingUrl,
      mediaUrl: mediaUrl(call, token),
      callSid: call.sid,
      token,
      askAgainUrl: askAgainUrl(webhook, call.id),
    };
  }
}

/** The address as if we had given it for this purpose. */
function withPurpose(url: string, purpose: string): string {
  const address = new URL(url);
  address.searchParams.set('for', purpose);
  return address.href;
}

/** @throws AppError invalid-input where `read` throws */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : 'it cannot be understood';
    throw new AppError('invalid-input', 'Invalid request parameters', {
      issues: [{ path: 'body', message, kind: 'format' }],
    });
  }
}
