import { z } from 'zod';
import { operation, type RestOperation } from '../kit/operation.ts';
import { MASK, sipFields, type SipSetting } from './settings.ts';

/** What a server is configured with, without the values of secrets. */
export interface Environment {
  readonly nodeEnv: string;
  readonly hasDatabaseUrl: boolean;
  /** Whether a variable of a vendor is set. */
  isSet(name: string): boolean;
  publicUrl(): string;
}

const masked = (isSet: boolean): string | null => (isSet ? MASK : null);

const SENSITIVE = [
  'databaseUrl',
  'livekitApiKey',
  'livekitApiSecret',
  'livekitSipTrunkId',
  'twilioAccountSid',
  'twilioAuthToken',
  'twilioPhoneNumber',
  'twilioSipTrunkSid',
] as const;

const text = z.string().nullable();

export const environmentOperations = (environment: Environment): readonly RestOperation[] => [
  operation({
    method: 'GET',
    path: '/api/settings/env',
    summary: 'Get web UI environment variables (masked)',
    permission: 'manage-settings',
    reply: z.object({
      web: z.object({
        nodeEnv: z.string(),
        databaseUrl: text,
        livekitApiEndpoint: text,
        livekitApiKey: text,
        livekitApiSecret: text,
        livekitSipTrunkId: text,
        twilioAccountSid: text,
        twilioAuthToken: text,
        twilioPhoneNumber: text,
        twilioSipTrunkSid: text,
      }),
      sensitiveKeys: z.array(z.string()),
    }),
    handle: async ({ core, ctx }) => {
      const fields = await sipFields(core, ctx);
      const hidden = (name: SipSetting) => masked(fields[name] !== null && fields[name].value !== null);
      return {
        web: {
          nodeEnv: environment.nodeEnv,
          databaseUrl: masked(environment.hasDatabaseUrl),
          livekitApiEndpoint: fields.livekitApiEndpoint?.value ?? null,
          livekitApiKey: hidden('livekitApiKey'),
          livekitApiSecret: hidden('livekitApiSecret'),
          livekitSipTrunkId: hidden('livekitSipTrunkId'),
          twilioAccountSid: hidden('twilioAccountSid'),
          twilioAuthToken: hidden('twilioAuthToken'),
          twilioPhoneNumber: hidden('twilioPhoneNumber'),
          twilioSipTrunkSid: hidden('twilioSipTrunkSid'),
        },
        sensitiveKeys: [...SENSITIVE],
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/api/settings/agent-env',
    summary: 'Get AI agent environment variables (masked)',
    permission: 'manage-settings',
    reply: z.object({
      agentEnv: z.object({
        livekitApiEndpoint: text,
        livekitApiKey: text,
        livekitApiSecret: text,
        livekitUrl: text,
        openaiApiKey: text,
        nextPublicApiUrl: z.string(),
      }),
      sensitiveKeys: z.array(z.string()),
    }),
    handle: async ({ core, ctx }) => {
      const fields = await sipFields(core, ctx);
      const url = fields.livekitApiEndpoint?.value ?? null;
      return {
        agentEnv: {
          livekitApiEndpoint: url,
          livekitApiKey: masked(fields.livekitApiKey?.value != null),
          livekitApiSecret: masked(fields.livekitApiSecret?.value != null),
          livekitUrl: url,
          openaiApiKey: masked(environment.isSet('OPENAI_API_KEY')),
          nextPublicApiUrl: environment.publicUrl(),
        },
        sensitiveKeys: ['openaiApiKey'],
      };
    },
  }),
];
