import { useEffect, useRef, type RefObject } from 'react';
import { refreshSession, sessionEnded, useSession } from '@/api/session.ts';

const AGAIN_MS = 3000;
/** A file that fails again this soon is at fault itself. */
const REST_MS = 5000;

/**
 * Plays on where it stopped after the server refused a range of the recording: the session is renewed, or the user
 * signs in again.
 */
export function useRenewedAudio(audio: RefObject<HTMLAudioElement | null>, isReady: boolean): void {
  const { state } = useSession();
  const lost = useRef<{ readonly at: number; readonly plays: boolean } | null>(null);
  const resume = useRef(() => {
    const player = audio.current;
    const place = lost.current;
    lost.current = null;
    if (!player || !place) return;
    const back = () => {
      player.currentTime = place.at;
      if (place.plays) void player.play();
    };
    player.addEventListener('loadedmetadata', back, { once: true });
    player.load();
  });
  useEffect(() => {
    if (state === 'signed-in') resume.current();
  }, [state]);
  useEffect(() => {
    const player = audio.current;
    if (!player || !isReady) return;
    let failedAt = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renew = () =>
      void refreshSession().then((renewal) => {
        if (renewal === 'renewed') resume.current();
        else if (renewal === 'ended') sessionEnded();
        else timer = setTimeout(renew, AGAIN_MS);
      });
    const onError = () => {
      if (lost.current || performance.now() - failedAt < REST_MS) return;
      failedAt = performance.now();
      lost.current = { at: player.currentTime, plays: !player.paused };
      renew();
    };
    player.addEventListener('error', onError);
    return () => {
      clearTimeout(timer);
      player.removeEventListener('error', onError);
    };
  }, [audio, isReady]);
}
