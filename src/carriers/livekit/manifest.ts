import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { RECORDING_FIELD, recordsCalls } from '../kit/recording.ts';
import { LiveKitControl } from './control.ts';
import { LIVEKIT_FIELDS } from './fields.ts';
import { LiveKitSip } from './sip.ts';
import { ServerApi } from './server-api.ts';
import { needMediaLibrary, type JoinRoom } from './room.ts';
import { verify, wire } from './webhooks.ts';

/** `join`: how the AI agent joins a room; left out, by the native media library. */
export const livekitWith = (join?: JoinRoom): CarrierManifest => ({
  id: 'livekit',
  name: 'LiveKit',
  webhook: 'livekit',
  unlisted: true,
  dialsWith: 'sip_trunk_id',
  capabilities: {
    voice: { supported: true, features: ['call', 'record', 'transcribe'] },
    sms: { supported: false, features: [] },
    recording: { supported: true, formats: ['mp3', 'wav'] },
  },
  limits: { callsPerSecond: null, concurrentCalls: null },
  fields: [...LIVEKIT_FIELDS, { key: 'phone_number', label: 'Phone number' }, RECORDING_FIELD],
  wire,
  make: (settings) => {
    const api = new ServerApi(settings);
    const control = new LiveKitControl(settings, api, join);
    return {
      control,
      number: settings['phone_number'] ?? null,
      records: recordsCalls(settings),
      verify: (request, now) => verify(settings['api_key']!, settings['api_secret']!, request, now),
      verifySocket: null,
      listen: (room, guest) => control.listen(room, guest),
      invite: (room, guest) => control.invite(room, guest),
      sip: new LiveKitSip(api),
      rooms: () => control.rooms(),
      check: async () => {
        if (!join) needMediaLibrary();
        await control.check();
      },
    };
  },
});

export const livekit = livekitWith();
