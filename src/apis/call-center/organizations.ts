import { z } from 'zod';
import { changeOrganization, createOrganization, getOrganization } from '#core/identity/organizations.ts';
import { HOLD_AUDIO, WHEN_MODEL_FAILS, type Organization } from '#core/identity/organization.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, timeInSeconds } from '../kit/codecs.ts';
import { EmailAddress, Password } from './users.ts';
import { envelope, enveloped } from './dialect.ts';

const Name = z.string().trim().min(1).max(200);
/** Null keeps for ever. */
const Days = z.int().min(1).max(36_500).nullable();

const OpeningHours = z
  .record(z.string(), z.array(z.tuple([z.string(), z.string()])))
  .describe('When appointments are offered: {"mon": [["09:00", "17:00"]]}; a weekday that is missing is closed');

const OrganizationReply = z.object({
  organization_id: z.string(),
  name: z.string(),
  timezone: z.string(),
  when_model_fails: z.enum(WHEN_MODEL_FAILS),
  hold_audio: z.enum(HOLD_AUDIO),
  opening_hours: OpeningHours,
  recording_retention_days: Days,
  transcript_retention_days: Days,
  created_at: z.string(),
});

const openingHoursOf = ({ openingHours }: Organization): z.input<typeof OpeningHours> =>
  Object.fromEntries(
    Object.entries(openingHours).map(([day, spans]) => [day, spans.map(([from, to]): [string, string] => [from, to])]),
  );

function present(organization: Organization): z.input<typeof OrganizationReply> {
  return {
    organization_id: idOf('org', organization.id),
    name: organization.name,
    timezone: organization.timeZone,
    when_model_fails: organization.whenModelFails,
    hold_audio: organization.holdAudio,
    opening_hours: openingHoursOf(organization),
    recording_retention_days: organization.recordingRetentionDays,
    transcript_retention_days: organization.transcriptRetentionDays,
    created_at: timeInSeconds(organization.createdAt),
  };
}

const OrganizationParams = z.object({ organization_id: IdText });
const organizationNumber = (id: string): number => numberOf('org', id, 'Organization', 'organization_id');

export const createOrganizationOperation = operation({
  method: 'POST',
  path: '/api/organizations',
  summary: 'Make a further organization, with its first admin',
  permission: 'create-organizations',
  creates: true,
  body: z.object({ name: Name, admin_email: EmailAddress, admin_password: Password }),
  // The id stands outside of the envelope too, for clients that look for it there.
  reply: enveloped(OrganizationReply.extend({ admin_user_id: z.string() })).extend({ organization_id: z.string() }),
  handle: async ({ core, ctx, body, requestId }) => {
    const { organization, admin } = await createOrganization(core, ctx, {
      name: body.name,
      adminEmail: body.admin_email,
      adminPassword: body.admin_password,
    });
    return {
      ...envelope(requestId, { ...present(organization), admin_user_id: idOf('user', admin.id) }),
      organization_id: idOf('org', organization.id),
    };
  },
});

export const getOrganizationOperation = operation({
  method: 'GET',
  path: '/api/organizations/:organization_id',
  summary: 'Get the own organization',
  permission: 'read',
  record: ({ organization_id: id }) => idOf('org', organizationNumber(id)),
  params: OrganizationParams,
  reply: enveloped(OrganizationReply),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, present(await getOrganization(core, ctx, organizationNumber(params.organization_id)))),
});

export const updateOrganizationOperation = operation({
  method: 'PUT',
  path: '/api/organizations/:organization_id',
  summary: 'Change the own organization: name, time zone, for how many days recordings and transcripts are kept',
  permission: 'manage-settings',
  record: ({ organization_id: id }) => idOf('org', organizationNumber(id)),
  params: OrganizationParams,
  body: z.object({
    name: Name.optional(),
    timezone: z.string().max(100).optional(),
    opening_hours: OpeningHours.optional(),
    when_model_fails: z
      .enum(WHEN_MODEL_FAILS)
      .optional()
      .describe(
        "What an agent does whose vendors' models all fail: apologise and transfer or take a callback, or go on by the offline rules",
      ),
    hold_audio: z.enum(HOLD_AUDIO).optional().describe('What callers hear whom a human agent puts on hold'),
    recording_retention_days: Days.optional(),
    transcript_retention_days: Days.optional(),
  }),
  reply: enveloped(OrganizationReply),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const { name, timezone, recording_retention_days: recordings, transcript_retention_days: transcripts } = body;
    const { when_model_fails: whenModelFails, opening_hours: openingHours, hold_audio: holdAudio } = body;
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(timezone === undefined ? {} : { timeZone: timezone }),
      ...(whenModelFails === undefined ? {} : { whenModelFails }),
      ...(holdAudio === undefined ? {} : { holdAudio }),
      ...(openingHours === undefined ? {} : { openingHours }),
      ...(recordings === undefined ? {} : { recordingRetentionDays: recordings }),
      ...(transcripts === undefined ? {} : { transcriptRetentionDays: transcripts }),
    };
    return envelope(
      requestId,
      present(await changeOrganization(core, ctx, organizationNumber(params.organization_id), change)),
    );
  },
});
