import type { TrackSource as Source } from 'livekit-server-sdk';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';

/** How long a token opens the room; a connection that is open outlives it. */
const TOKEN_S = 10 * 60;

/** `agent`: our end. `listen`: hears everyone, is not seen and cannot speak. `talk`: a guest with a microphone. */
export type RoomRole = 'agent' | 'listen' | 'talk';

/** A token that joins one room. */
export async function roomToken(
  { api_key: key, api_secret: secret }: CarrierSettings,
  room: string,
  identity: string,
  role: RoomRole,
): Promise<string> {
  const { AccessToken, TrackSource } = await import('livekit-server-sdk');
  const token = new AccessToken(key, secret, { identity, ttl: TOKEN_S });
  if (role === 'agent') token.kind = 'agent';
  const microphone: Source = TrackSource.MICROPHONE;
  token.addGrant({
    room,
    roomJoin: true,
    canSubscribe: true,
    canPublish: role !== 'listen',
    canPublishSources: role === 'listen' ? [] : [microphone],
    canPublishData: role === 'agent',
    canUpdateOwnMetadata: false,
    hidden: role === 'listen',
  });
  return token.toJwt();
}
