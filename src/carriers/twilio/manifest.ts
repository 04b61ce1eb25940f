import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { RECORDING_FIELD, recordsCalls } from '../kit/recording.ts';
import { TwilioControl } from './control.ts';
import { verify, verifySocket, wire } from './webhooks.ts';

export const twilio: CarrierManifest = {
  id: 'twilio',
  name: 'Twilio',
  webhook: 'twilio',
  webhooksByGet: true,
  namesCalls: true,
  asksAgain: true,
  socketSignature: 'x-twilio-signature',
  capabilities: {
    voice: { supported: true, features: ['call', 'record', 'transcribe'] },
    sms: { supported: true, features: ['send', 'receive'] },
    recording: { supported: true, formats: ['mp3', 'wav'] },
  },
  // An account's usual limit; calls over it would wait in the vendor's own queue for up to a day.
  limits: { callsPerSecond: 1, concurrentCalls: null },
  fields: [
    { key: 'account_sid', environment: 'TWILIO_ACCOUNT_SID', label: 'Account SID', required: true },
    { key: 'auth_token', environment: 'TWILIO_AUTH_TOKEN', label: 'Auth token', secret: true, required: true },
    { key: 'phone_number', environment: 'TWILIO_PHONE_NUMBER', label: 'Phone number' },
    RECORDING_FIELD,
    { key: 'sip_trunk_sid', environment: 'TWILIO_SIP_TRUNK_SID', label: 'SIP trunk SID' },
    { key: 'base_url', environment: 'TWILIO_API_BASE_URL', label: 'API address' },
  ],
  wire,
  make: (settings) => {
    const control = new TwilioControl(settings);
    const authToken = settings['auth_token']!;
    return {
      control,
      number: settings['phone_number'] ?? null,
      records: recordsCalls(settings),
      verify: (request) => verify(authToken, request),
      verifySocket: (request) => verifySocket(authToken, request),
      check: () => control.check(),
    };
  },
};
