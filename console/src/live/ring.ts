import { useEffect } from 'react';

const RING_MS = 2500;

/** Two short tones; the browser may keep them back until the page was used once. */
function tone(context: AudioContext): void {
  for (const [at, hz] of [
    [0, 660],
    [0.25, 880],
  ] as const) {
    const [oscillator, gain] = [context.createOscillator(), context.createGain()];
    oscillator.frequency.value = hz;
    const from = context.currentTime + at;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.2, from + 0.02);
    gain.gain.linearRampToValueAtTime(0, from + 0.2);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(from + 0.22);
  }
}

/** Rings while there is an offer: sound in one of this browser's tabs, a notification, and the title of every tab. */
export function useRing(offer: number | null, words: string): void {
  useEffect(() => {
    if (offer === null) return;
    const title = document.title;
    document.title = `● ${words}`;
    const over = new AbortController();
    let notification: Notification | null = null;
    const ring = async () => {
      const context = new AudioContext();
      if ('Notification' in window && Notification.permission === 'granted' && document.hidden) {
        notification = new Notification(words, { tag: `offer-${offer}`, requireInteraction: true });
        notification.addEventListener('click', () => window.focus());
      }
      tone(context);
      const timer = setInterval(() => tone(context), RING_MS);
      await new Promise((done) => over.signal.addEventListener('abort', done));
      clearInterval(timer);
      notification?.close();
      await context.close();
    };
    // The tab that gets the lock rings; the others wait for it and find the offer over.
    const ringing =
      'locks' in navigator
        ? navigator.locks.request('trunkline-ring', { signal: over.signal }, () =>
            over.signal.aborted ? undefined : ring(),
          )
        : ring();
    void Promise.resolve(ringing).catch(() => undefined);
    return () => {
      over.abort();
      document.title = title;
    };
  }, [offer, words]);
}
