import type { Core } from '../core.ts';
import { inText } from '../conversations/entry.ts';
import type { CarrierText } from '../kernel/carrier-notice.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import { liftTextRefusalIn } from '../people/do-not-call.ts';
import { callPartyOf } from '../people/person-of.ts';
import { refuseCallsIn } from '../people/refuse-calls.ts';
import { wishIn } from '../people/text-wish.ts';
import { calledAt, type NoticeBringer } from './receive-call.ts';

/** The conversation of a number that holds its text messages. */
export const TEXT_MESSAGES = 'SMS';

const SYSTEM = { kind: 'system', name: 'carrier' } as const;

/**
 * Records a text message to one of our numbers in the sender's conversation of text messages. A message that came
 * before changes nothing, and so does one whose sender has no telephone number. STOP puts the number on the
 * do-not-call list; START lifts a refusal that came by text.
 */
export async function receiveText(
  core: Core,
  carrier: string,
  by: NoticeBringer | null,
  { id, from, to, text, wish }: CarrierText,
): Promise<void> {
  if (!isPhoneNumber(from)) return;
  const at = core.clock.now();
  await core.store.transaction(async (records) => {
    if ((await records.carriers.seen(`${carrier} text`, id, at)) !== null) return;
    const { organizationId, number } = await calledAt(records, to, by);
    const { numberOwner } = await callPartyOf(records, core.secrets, organizationId, from, undefined);
    const agentId = number?.agentId ?? null;
    const conversation =
      (await records.conversations.byName(organizationId, TEXT_MESSAGES, from)) ??
      (await records.conversations.begin({
        organizationId,
        agentId,
        personId: numberOwner?.id ?? null,
        userId: from,
        name: TEXT_MESSAGES,
        startedBy: null,
        at,
      }));
    const detail = { carrier, carrierMessageId: id, from, to };
    await records.entries.add(
      conversation.id,
      inText({ role: 'caller', text, metadata: null, detail, agentId: null, at }),
    );
    const ctx = { organizationId, actor: SYSTEM };
    const subject = `conv_${conversation.id}`;
    await records.outbox.audit(ctx, 'text.receive', subject);
    const asked = wish ?? wishIn(text);
    if (asked === 'stop') await refuseCallsIn(core, records, ctx, from, { subject, source: 'sms' });
    if (asked === 'start') await liftTextRefusalIn(core, records, ctx, from, subject);
    const answering = conversation.agentId ?? agentId;
    if (answering === null) return;
    await records.outbox.event(organizationId, {
      type: 'message.received',
      conversationId: conversation.id,
      agentId: answering,
      data: { role: 'caller', text, confidence: 1 },
    });
  });
}
