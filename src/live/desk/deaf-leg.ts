import type { MediaLeg } from '#engine/contracts/media.ts';

/** The connection of a party that only speaks. */
export const DEAF: MediaLeg = {
  send: () => undefined,
  mark: () => undefined,
  clear: () => undefined,
  close: () => undefined,
  isAlive: () => Promise.resolve(true),
  bufferMs: 0,
};
