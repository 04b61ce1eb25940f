import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { ConnectControl } from './control.ts';
import { verify, wire } from './webhooks.ts';

/** `certificateAt` fetches the certificate that a notification names. */
export const connectWith = (certificateAt?: (url: string) => Promise<string>): CarrierManifest => ({
  id: 'aws-connect',
  name: 'Amazon Connect',
  webhook: 'aws-connect',
  // No `record` and no `transcribe` of its own: audio reaches us only where the contact flow hands the call over.
  capabilities: {
    voice: { supported: true, features: ['call', 'media-by-transfer'] },
    sms: { supported: false, features: [] },
    recording: { supported: false, formats: [] },
  },
  limits: { callsPerSecond: 2, concurrentCalls: null },
  fields: [
    { key: 'instance_id', environment: 'CONNECT_INSTANCE_ID', label: 'Instance ID', required: true },
    { key: 'contact_flow_id', environment: 'CONNECT_CONTACT_FLOW_ID', label: 'Contact flow ID', required: true },
    { key: 'phone_number', environment: 'CONNECT_SOURCE_PHONE_NUMBER', label: 'Phone number' },
    { key: 'topic_arn', environment: 'CONNECT_TOPIC_ARN', label: 'ARN of the SNS topic of contact events' },
    { key: 'endpoint', environment: 'CONNECT_ENDPOINT', label: 'API address' },
    { key: 'region', environment: 'AWS_REGION', label: 'Region' },
    { key: 'access_key_id', environment: 'AWS_ACCESS_KEY_ID', label: 'Access key ID' },
    { key: 'secret_access_key', environment: 'AWS_SECRET_ACCESS_KEY', label: 'Secret access key', secret: true },
    { key: 'session_token', environment: 'AWS_SESSION_TOKEN', label: 'Session token', secret: true },
  ],
  wire,
  make: (settings) => {
    const control = new ConnectControl(settings);
    return {
      control,
      number: settings['phone_number'] ?? null,
      records: false,
      verify: (request, now) => verify(request, now, settings['topic_arn'] ?? null, certificateAt),
      verifySocket: null,
      check: () => control.check(),
    };
  },
});

export const connect = connectWith();
