import { z } from 'zod';
import { AppError } from '#core/kernel/errors.ts';
import { consented, type Consent } from '#core/people/consent.ts';
import { recordConsent, revokeConsent } from '#core/people/consents.ts';
import { erasePerson, erasePersonById } from '#core/people/erase-person.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import type { ListedPerson } from '#core/people/person-directory.ts';
import { getPerson, listPeople, needPerson, type WholePerson } from '#core/people/people.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, phoneNumberText, timeInSeconds, wholeNumber } from '../kit/codecs.ts';
import { Cursor, envelope, enveloped, listedAfter, listReply, statusWord } from './dialect.ts';

export const erasePersonOperation = operation({
  method: 'POST',
  path: '/api/people/erase',
  summary: 'Erase what is known of a person: recordings, words, notes, memory',
  permission: 'erase-people',
  body: z.object({
    phone_number: phoneNumberText.optional(),
    user_id: z.string().min(1).max(LONGEST_USER_ID).optional(),
  }),
  reply: enveloped(z.object({ calls: z.int(), recordings: z.int() })),
  handle: async ({ core, ctx, body, requestId }) => {
    const who = body.phone_number ?? body.user_id;
    if (who === undefined)
      throw new AppError('invalid-input', 'Invalid request parameters', {
        issues: [{ path: 'phone_number', message: 'phone_number is required, or user_id', kind: 'missing' }],
      });
    return envelope(requestId, { ...(await erasePerson(core, ctx, who)) });
  },
});

const PersonParams = z.object({ person_id: IdText });
const personNumber = (id: string): number => numberOf('person', id, 'Person', 'person_id');
const LONGEST_TEXT = 5000;

const ListedPersonReply = z.object({
  person_id: z.string(),
  name: z.string().nullable(),
  phone_numbers: z.array(z.string()),
  user_ids: z.array(z.string()).describe('Ids that clients gave the person'),
  language: z.string().nullable(),
  time_zone: z.string().nullable(),
  do_not_call_at: z.string().nullable(),
  created_at: z.string(),
});

const listedPerson = (person: ListedPerson): z.input<typeof ListedPersonReply> => ({
  person_id: idOf('person', person.id),
  name: person.name,
  phone_numbers: [...person.numbers],
  user_ids: [...person.outsideIds],
  language: person.language,
  time_zone: person.timeZone,
  do_not_call_at: person.doNotCallAt && timeInSeconds(person.doNotCallAt),
  created_at: timeInSeconds(person.createdAt),
});

const ConsentReply = z.object({
  consent_id: z.string(),
  given: z.boolean(),
  source: z.string(),
  wording: z.string().nullable(),
  purpose: z.string().nullable(),
  evidence: z.string().nullable(),
  at: z.string(),
  revoked_at: z.string().nullable(),
  revoked_how: z.string().nullable(),
});

const shownConsent = (consent: Consent): z.input<typeof ConsentReply> => ({
  consent_id: idOf('consent', consent.id),
  given: consent.given,
  source: consent.source,
  wording: consent.wording,
  purpose: consent.purpose,
  evidence: consent.evidence,
  at: timeInSeconds(consent.at),
  revoked_at: consent.revokedAt && timeInSeconds(consent.revokedAt),
  revoked_how: consent.revokedHow,
});

const PersonReply = ListedPersonReply.extend({
  consented: z.boolean().nullable().describe('By the latest record; null: never asked'),
  consents: z.array(ConsentReply),
  memory: z.object({
    preferences: z.record(z.string(), z.unknown()),
    topics: z.array(z.string()),
    conversations: z.array(z.object({ conversation_id: z.string(), summary: z.string(), at: z.string() })),
  }),
  calls: z
    .array(
      z.object({
        call_id: z.string(),
        direction: z.enum(['outbound', 'inbound', 'web']),
        status: z.string(),
        agent_id: z.string(),
        created_at: z.string(),
        ended_at: z.string().nullable(),
      }),
    )
    .describe('The last ones'),
  text_messages: z
    .array(z.object({ message_id: z.string(), text: z.string(), received_at: z.string() }))
    .describe('Text messages of the person, newest first'),
});

const shownPerson = ({ person, consents, memory, calls, texts }: WholePerson): z.input<typeof PersonReply> => ({
  ...listedPerson(person),
  consented: consented(consents[0] ?? null),
  consents: consents.map(shownConsent),
  memory: {
    preferences: { ...memory.preferences },
    topics: [...memory.topics],
    conversations: memory.recent.map(({ conversation, summary, at }) => ({
      conversation_id: idOf('conv', conversation.id),
      summary,
      at: timeInSeconds(at),
    })),
  },
  calls: calls.map((call) => ({
    call_id: idOf('call', call.id),
    direction: call.direction,
    status: statusWord(call.status),
    agent_id: idOf('agent', call.agentId),
    created_at: timeInSeconds(call.placedAt),
    ended_at: call.endedAt && timeInSeconds(call.endedAt),
  })),
  text_messages: texts.map(({ id, text, at }) => ({
    message_id: idOf('msg', id),
    text,
    received_at: timeInSeconds(at),
  })),
});

export const listPeopleOperation = operation({
  method: 'GET',
  path: '/api/people',
  summary: 'People, newest first',
  permission: 'manage-people',
  query: z.object({
    cursor: Cursor,
    limit: wholeNumber(1, 200).default(50),
    search: z
      .string()
      .trim()
      .max(100)
      .transform((text) => text.replace(/^ (?=\d)/, '+'))
      .optional()
      .describe('The beginning of a word of the name, of a number or of a client’s id'),
  }),
  reply: listReply(ListedPersonReply),
  handle: async ({ core, ctx, query: { cursor = null, limit, search }, requestId }) => {
    const rows = await listPeople(core, ctx, { search: search || null, before: cursor, limit: limit + 1 });
    return listedAfter(requestId, rows, limit, listedPerson);
  },
});

export const getPersonOperation = operation({
  method: 'GET',
  path: '/api/people/:person_id',
  summary: 'What is known of a person: consent, memory, the last calls',
  permission: 'manage-people',
  params: PersonParams,
  reply: enveloped(PersonReply),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, shownPerson(await getPerson(core, ctx, personNumber(params.person_id)))),
});

export const recordConsentOperation = operation({
  method: 'POST',
  path: '/api/people/:person_id/consents',
  summary: 'Record that a person agreed to be called, or did not',
  permission: 'manage-people',
  creates: true,
  params: PersonParams,
  body: z.object({
    given: z.boolean(),
    source: z.string().trim().min(1).max(LONGEST_TEXT).describe('Where it was given: a form, a contract, a call'),
    wording: z.string().max(LONGEST_TEXT).nullable().default(null).describe('The words that the person agreed to'),
    purpose: z.string().max(LONGEST_TEXT).nullable().default(null),
    evidence: z.string().max(LONGEST_TEXT).nullable().default(null),
  }),
  reply: enveloped(ConsentReply),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const person = await needPerson(core, ctx, personNumber(params.person_id));
    const consent = await recordConsent(core, ctx, { ...body, personId: person.id, at: core.clock.now() });
    return envelope(requestId, shownConsent(consent));
  },
});

export const revokeConsentOperation = operation({
  method: 'POST',
  path: '/api/people/:person_id/consents/revoke',
  summary: 'Revoke all consent of a person',
  permission: 'manage-people',
  params: PersonParams,
  body: z.object({ how: z.string().trim().min(1).max(LONGEST_TEXT).describe('What the person said or did') }),
  reply: enveloped(z.object({ revoked: z.int() })),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const person = await needPerson(core, ctx, personNumber(params.person_id));
    return envelope(requestId, { revoked: await revokeConsent(core, ctx, person.id, body.how) });
  },
});

export const erasePersonByIdOperation = operation({
  method: 'DELETE',
  path: '/api/people/:person_id',
  summary: 'Erase a person: recordings, words, notes, memory',
  permission: 'erase-people',
  params: PersonParams,
  reply: enveloped(z.object({ calls: z.int(), recordings: z.int() })),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, { ...(await erasePersonById(core, ctx, personNumber(params.person_id))) }),
});
