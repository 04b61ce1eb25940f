import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { RECORDING_FIELD, recordsCalls } from '../kit/recording.ts';
import { VonageControl } from './control.ts';
import { VonageMedia } from './media.ts';
import { verify, wire } from './webhooks.ts';

export const vonage: CarrierManifest = {
  id: 'vonage',
  name: 'Vonage',
  webhook: 'vonage',
  webhooksByGet: true,
  asksAgain: true,
  capabilities: {
    voice: { supported: true, features: ['call', 'record', 'transcribe'] },
    sms: { supported: true, features: ['send', 'receive'] },
    recording: { supported: true, formats: ['mp3', 'wav'] },
  },
  limits: { callsPerSecond: 3, concurrentCalls: null },
  fields: [
    { key: 'api_key', environment: 'VONAGE_API_KEY', label: 'API key', required: true },
    { key: 'api_secret', environment: 'VONAGE_API_SECRET', label: 'API secret', secret: true, required: true },
    { key: 'application_id', environment: 'VONAGE_APPLICATION_ID', label: 'Application ID', required: true },
    {
      key: 'private_key',
      environment: 'VONAGE_PRIVATE_KEY',
      label: 'Private key, or the path of its file',
      secret: true,
      required: true,
    },
    { key: 'signature_secret', environment: 'VONAGE_SIGNATURE_SECRET', label: 'Signature secret', secret: true },
    { key: 'phone_number', environment: 'VONAGE_PHONE_NUMBER', label: 'Phone number' },
    RECORDING_FIELD,
    { key: 'base_url', environment: 'VONAGE_API_BASE_URL', label: 'API address' },
  ],
  wire,
  media: () => new VonageMedia(),
  make: (settings) => {
    const control = new VonageControl(settings);
    const { signature_secret: secret, api_key: apiKey } = settings;
    return {
      control,
      number: settings['phone_number'] ?? null,
      records: recordsCalls(settings),
      verify: secret === undefined ? null : (request, now) => verify(secret, apiKey!, request, now),
      verifySocket: null,
      check: () => control.check(),
    };
  },
};
