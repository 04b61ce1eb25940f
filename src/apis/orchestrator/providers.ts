import { z } from 'zod';
import {
  carrierSettings,
  masked,
  needCarrier,
  saveCarrierSettings,
  setFailover,
  switchCarrier,
  testCarrier,
} from '#core/carriers/carriers.ts';
import type { CarrierFieldInfo, CarrierInfo, SettingsGroup } from '#core/carriers/carrier-directory.ts';
import type { Limit } from '../kit/limit.ts';
import { operation, type RestOperation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';

// What the seed calls providers are carriers.

const MANAGEMENT: Limit = { name: 'providers', points: 100, windowS: 60 };
const provider = z.object({ provider: IdText });

type Part = keyof CarrierInfo['capabilities'];
const PARTS: readonly Part[] = ['voice', 'sms', 'recording'];
const capabilitiesOf = (carrier: CarrierInfo): Part[] => PARTS.filter((part) => carrier.capabilities[part].supported);
/** Which one places calls is said apart. */
const statusOf = ({ configured, resting }: CarrierInfo): string => (configured && !resting ? 'active' : 'inactive');

const Shown = z.object({
  name: z.string(),
  capabilities: z.array(z.string()),
  status: z.string(),
  phone_number: z.string().nullable(),
});
const shown = (carrier: CarrierInfo): z.infer<typeof Shown> => ({
  name: carrier.name,
  capabilities: capabilitiesOf(carrier),
  status: statusOf(carrier),
  phone_number: carrier.number,
});

const Settings = z.object({
  provider: z.string(),
  configured: z.boolean(),
  fields: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      secret: z.boolean(),
      required: z.boolean(),
      environment: z.string().nullable(),
      value: z.string().nullable(),
    }),
  ),
});
const field = ({ key, label, secret, required, environment, value }: CarrierFieldInfo) => ({
  key,
  label,
  secret,
  required,
  environment,
  value: value !== null && secret ? masked(value) : value,
});
const settingsOf = ({ id, fields }: SettingsGroup): z.infer<typeof Settings> => ({
  provider: id,
  configured: fields.every(({ required, value }) => !required || value !== null),
  fields: fields.map(field),
});

const passed = (good: boolean): string => (good ? 'passed' : 'failed');

export const providerOperations: readonly RestOperation[] = [
  operation({
    method: 'GET',
    path: '/voice/providers',
    summary: 'Get Available Providers',
    permission: 'read',
    limit: MANAGEMENT,
    reply: z.object({
      available_providers: z.array(z.string()),
      current_provider: z.string(),
      providers: z.record(z.string(), Shown),
    }),
    handle: async ({ core }) => {
      const [carriers, current] = await Promise.all([core.carriers.list(), core.carriers.current()]);
      const all = carriers.filter((one) => one.listed);
      return {
        available_providers: all.map((one) => one.id),
        current_provider: current.id,
        providers: Object.fromEntries(all.map((one) => [one.id, shown(one)])),
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/voice/providers/current',
    summary: 'Get Current Provider',
    permission: 'read',
    limit: MANAGEMENT,
    reply: Shown.extend({ provider: z.string() }),
    handle: async ({ core }) => {
      const current = await core.carriers.current();
      return { provider: current.id, ...shown(current) };
    },
  }),
  operation({
    method: 'POST',
    path: '/voice/providers/switch',
    summary: 'Switch Provider',
    permission: 'manage-settings',
    limit: MANAGEMENT,
    body: z.object({ provider: z.string().max(100) }),
    reply: z.object({
      success: z.literal(true),
      previous_provider: z.string(),
      current_provider: z.string(),
      message: z.string(),
    }),
    handle: async ({ core, ctx, body }) => {
      const { previous, current } = await switchCarrier(core, ctx, body.provider);
      return {
        success: true as const,
        previous_provider: previous.id,
        current_provider: current.id,
        message: 'Provider switched successfully',
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/voice/providers/:provider/capabilities',
    summary: 'Get Provider Capabilities',
    permission: 'read',
    limit: MANAGEMENT,
    params: provider,
    reply: z.object({
      provider: z.string(),
      capabilities: z.object({
        voice: z.object({ supported: z.boolean(), features: z.array(z.string()) }),
        sms: z.object({ supported: z.boolean(), features: z.array(z.string()) }),
        recording: z.object({ supported: z.boolean(), formats: z.array(z.string()) }),
      }),
    }),
    handle: async ({ core, params }) => {
      const { id, capabilities } = await needCarrier(core, params.provider);
      const { voice, sms, recording } = capabilities;
      return {
        provider: id,
        capabilities: {
          voice: { ...voice, features: [...voice.features] },
          sms: { ...sms, features: [...sms.features] },
          recording: { ...recording, formats: [...recording.formats] },
        },
      };
    },
  }),
  operation({
    method: 'POST',
    path: '/voice/providers/test',
    summary: 'Test Provider Connection',
    permission: 'manage-settings',
    limit: MANAGEMENT,
    body: z.object({ provider: z.string().max(100).optional() }),
    reply: z.object({
      success: z.boolean(),
      provider: z.string(),
      test_results: z.object({ authentication: z.string(), api_access: z.string(), webhook_url: z.string() }),
      response_time: z.int(),
      error: z.string().optional(),
    }),
    handle: async ({ core, ctx, body }) => {
      const {
        carrier: { id },
        check,
      } = await testCarrier(core, ctx, body.provider ?? null);
      const { authentication, apiAccess, webhookUrl, problem, tookMs } = check;
      return {
        success: authentication && apiAccess && webhookUrl,
        provider: id,
        test_results: {
          authentication: passed(authentication),
          api_access: passed(apiAccess),
          webhook_url: passed(webhookUrl),
        },
        response_time: tookMs,
        ...(problem === null ? {} : { error: problem }),
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/voice/providers/failover',
    summary: 'Get Failover Order',
    permission: 'read',
    record: () => 'failover',
    limit: MANAGEMENT,
    reply: z.object({ providers: z.array(z.string()) }),
    handle: async ({ core }) => ({ providers: (await core.carriers.failover()).map((one) => one.id) }),
  }),
  operation({
    method: 'PUT',
    path: '/voice/providers/failover',
    summary: 'Set Failover Order',
    permission: 'manage-settings',
    record: () => 'failover',
    limit: MANAGEMENT,
    body: z.object({ providers: z.array(z.string().max(100)).max(20) }),
    reply: z.object({ providers: z.array(z.string()) }),
    handle: async ({ core, ctx, body }) => ({
      providers: (await setFailover(core, ctx, body.providers)).map((one) => one.id),
    }),
  }),
  operation({
    method: 'GET',
    path: '/voice/providers/:provider/settings',
    summary: 'Get Provider Settings',
    permission: 'manage-settings',
    record: ({ provider: id }) => id,
    limit: MANAGEMENT,
    params: provider,
    reply: Settings,
    handle: async ({ core, ctx, params }) => settingsOf(await carrierSettings(core, ctx, params.provider)),
  }),
  operation({
    method: 'PUT',
    path: '/voice/providers/:provider/settings',
    summary: 'Set Provider Settings',
    permission: 'manage-settings',
    record: ({ provider: id }) => id,
    limit: MANAGEMENT,
    params: provider,
    body: z.object({ settings: z.record(z.string().max(100), z.string().max(10_000).nullable()) }),
    reply: Settings,
    handle: async ({ core, ctx, params, body }) =>
      settingsOf(await saveCarrierSettings(core, ctx, params.provider, body.settings)),
  }),
];
