import { ConnectionState, DisconnectReason, Room, RoomEvent, setLogLevel, Track } from 'livekit-client';

/** Opens one room of a LiveKit server. */
export interface RoomAccess {
  readonly url: string;
  readonly token: string;
}

const CONNECT_MS = 5000;
const ENDS: readonly (DisconnectReason | undefined)[] = [
  DisconnectReason.CLIENT_INITIATED,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.ROOM_CLOSED,
];

setLogLevel('error');

/**
 * Joins a room: plays everyone in it, and speaks with the microphone if there is one. `onGone`: the room was left by
 * another's act; with a sentence when the connection was lost. Resolves with what leaves it. @throws Error
 */
export async function joinRoom(
  { url, token }: RoomAccess,
  microphone: MediaStreamTrack | null,
  onGone: (problem: string | null) => void,
): Promise<() => void> {
  const room = new Room();
  let isOver = false;
  room.on(RoomEvent.TrackSubscribed, (track) => {
    if (track.kind === Track.Kind.Audio) document.body.append(track.attach());
  });
  room.on(RoomEvent.TrackUnsubscribed, (track) => {
    for (const element of track.detach()) element.remove();
  });
  try {
    await room.connect(url, token, { maxRetries: 0, websocketTimeout: CONNECT_MS, peerConnectionTimeout: CONNECT_MS });
    if (microphone)
      await room.localParticipant.publishTrack(microphone, { source: Track.Source.Microphone, dtx: false });
    if (room.state === ConnectionState.Disconnected) throw new Error('The line was lost.');
  } catch (error) {
    await room.disconnect();
    throw error;
  }
  room.on(RoomEvent.Disconnected, (reason) => {
    if (isOver) return;
    isOver = true;
    onGone(ENDS.includes(reason) ? null : 'The line was lost.');
  });
  return () => {
    isOver = true;
    void room.disconnect();
  };
}
