import type { CarrierField } from '#contracts/carrier-manifest.ts';

/** The settings of a LiveKit server. */
export const LIVEKIT_FIELDS: readonly CarrierField[] = [
  { key: 'url', environment: 'LIVEKIT_URL', label: 'Address', required: true },
  { key: 'api_key', environment: 'LIVEKIT_API_KEY', label: 'API key', secret: true, required: true },
  { key: 'api_secret', environment: 'LIVEKIT_API_SECRET', label: 'API secret', secret: true, required: true },
  { key: 'sip_trunk_id', environment: 'LIVEKIT_SIP_TRUNK_ID', label: 'SIP trunk' },
];
