import type { CarrierSettings } from '#contracts/carrier-manifest.ts';

/** How long a token opens the room; a connection that is open outlives it. */
const TOKEN_S = 10 * 60;

/** `agent`: the AI agent. `listen`: hears everyone, is not seen and cannot speak. */
export type RoomRole = 'agent' | 'listen';

/** A token that joins one room. */
export async function roomToken(
  { api_key: key, api_secret: secret }: CarrierSettings,
  room: string,
  identity: string,
  role: RoomRole,
): Promise<string> {
  const { AccessToken } = await import('livekit-server-sdk');
  const token = new AccessToken(key, secret, { identity, ttl: TOKEN_S });
  if (role === 'agent') token.kind = 'agent';
  const speaks = role === 'agent';
  token.addGrant({
    room,
    roomJoin: true,
    canSubscribe: true,
    canPublish: speaks,
    canPublishData: speaks,
    canUpdateOwnMetadata: false,
    hidden: role === 'listen',
  });
  return token.toJwt();
}
