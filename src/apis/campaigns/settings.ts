import { z } from 'zod';
import { carrierSettings, masked, saveSettingsGroups, testCarrier } from '#core/carriers/carriers.ts';
import type { CarrierFieldInfo } from '#core/carriers/carrier-directory.ts';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { procedure } from '../kit/operation.ts';
import { QUERIES } from './limits.ts';

export const SIP_SETTINGS = {
  twilioAccountSid: ['twilio', 'TWILIO_ACCOUNT_SID'],
  twilioAuthToken: ['twilio', 'TWILIO_AUTH_TOKEN'],
  twilioPhoneNumber: ['twilio', 'TWILIO_PHONE_NUMBER'],
  twilioSipTrunkSid: ['twilio', 'TWILIO_SIP_TRUNK_SID'],
  livekitApiEndpoint: ['livekit', 'LIVEKIT_URL'],
  livekitApiKey: ['livekit', 'LIVEKIT_API_KEY'],
  livekitApiSecret: ['livekit', 'LIVEKIT_API_SECRET'],
  livekitSipTrunkId: ['livekit', 'LIVEKIT_SIP_TRUNK_ID'],
} as const satisfies Readonly<Record<string, readonly [group: string, environment: string]>>;

export type SipSetting = keyof typeof SIP_SETTINGS;
export const SIP_NAMES = Object.keys(SIP_SETTINGS) as readonly SipSetting[];

/** The fields behind the settings, as they are in effect. @throws AppError forbidden */
export async function sipFields(
  core: Core,
  ctx: Context,
): Promise<Readonly<Record<SipSetting, CarrierFieldInfo | null>>> {
  const [twilio, livekit] = await Promise.all([
    carrierSettings(core, ctx, 'twilio'),
    carrierSettings(core, ctx, 'livekit'),
  ]);
  const groups = { twilio, livekit };
  const fieldOf = (name: SipSetting) => {
    const [group, environment] = SIP_SETTINGS[name];
    return groups[group].fields.find((field) => field.environment === environment) ?? null;
  };
  return Object.fromEntries(SIP_NAMES.map((name) => [name, fieldOf(name)])) as Record<
    SipSetting,
    CarrierFieldInfo | null
  >;
}

const shapeOf = <T extends z.ZodType>(one: T) =>
  z.object(Object.fromEntries(SIP_NAMES.map((name) => [name, one])) as Record<SipSetting, T>);

export const getSipSettings = procedure({
  name: 'settings.getSipSettings',
  kind: 'query',
  summary: 'Get SIP configuration settings; secrets are masked',
  permission: 'manage-settings',
  limit: QUERIES,
  reply: shapeOf(z.string().nullable()),
  handle: async ({ core, ctx }) => {
    const fields = await sipFields(core, ctx);
    const shown = (field: CarrierFieldInfo | null) =>
      field === null || field.value === null ? null : field.secret ? masked(field.value) : field.value;
    return Object.fromEntries(SIP_NAMES.map((name) => [name, shown(fields[name])])) as Record<
      SipSetting,
      string | null
    >;
  },
});

/** Stands for a value that is set, in the environment's description. Sent back, it leaves the value as it was. */
export const MASK = '•'.repeat(16);

export const updateSipSettings = procedure({
  name: 'settings.updateSipSettings',
  kind: 'mutation',
  summary: 'Update SIP configuration settings, effective at once; an empty one restores the environment’s value',
  permission: 'manage-settings',
  body: shapeOf(z.string().trim().max(10_000).nullish()),
  reply: z.object({ success: z.literal(true), message: z.string() }),
  handle: async ({ core, ctx, body }) => {
    const fields = await sipFields(core, ctx);
    const valuesOf = (group: string): [string, string | null][] =>
      SIP_NAMES.filter(
        (name) => SIP_SETTINGS[name][0] === group && body[name] !== undefined && body[name] !== MASK,
      ).flatMap((name) => (fields[name] ? [[fields[name].key, body[name] ?? null]] : []));
    const groups = ['twilio', 'livekit']
      .map((group) => [group, valuesOf(group)] as const)
      .filter(([, values]) => values.length > 0);
    await saveSettingsGroups(
      core,
      ctx,
      Object.fromEntries(groups.map(([group, values]) => [group, Object.fromEntries(values)])),
    );
    return { success: true as const, message: 'Settings updated successfully' };
  },
});

const ConnectionReply = z.object({
  success: z.boolean(),
  message: z.string(),
  details: z.object({ authentication: z.boolean(), webhookUrl: z.boolean(), responseTimeMs: z.int() }).optional(),
});

/** Signs in to a server, and asks whether its webhooks would reach us. `needed`: its settings, in words. */
async function connectionOf(
  core: Core,
  ctx: Context,
  id: 'twilio' | 'livekit',
  needed: string,
): Promise<z.output<typeof ConnectionReply>> {
  const { carrier, check } = await testCarrier(core, ctx, id);
  if (!carrier.configured) return { success: false, message: `${carrier.name} is not configured: set its ${needed}` };
  const { authentication, webhookUrl, problem, tookMs } = check;
  return {
    success: authentication && webhookUrl,
    message: problem ?? `${carrier.name} connection successful`,
    details: { authentication, webhookUrl, responseTimeMs: tookMs },
  };
}

export const testConnection = procedure({
  name: 'settings.testConnection',
  kind: 'query',
  summary: 'Test Twilio connection: signs in to Twilio, and asks whether its webhooks would reach us',
  permission: 'manage-settings',
  reply: ConnectionReply,
  handle: ({ core, ctx }) => connectionOf(core, ctx, 'twilio', 'account SID and auth token'),
});

export const testLivekitConnection = procedure({
  name: 'livekit.testConnection',
  kind: 'query',
  summary: 'Test LiveKit connection: signs in to LiveKit, and asks whether its webhooks would reach us (an addition)',
  permission: 'manage-settings',
  reply: ConnectionReply,
  handle: ({ core, ctx }) => connectionOf(core, ctx, 'livekit', 'address, API key and API secret'),
});
