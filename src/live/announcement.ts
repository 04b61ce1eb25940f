import { logFailure } from '#core/kernel/errors.ts';
import type { MediaServer, MediaServerStore } from '#core/calls/media-server-store.ts';
import type { Log } from '#core/kernel/log.ts';

const ANNOUNCE_MS = 1000;

export interface AnnouncementOptions {
  readonly mediaServers: MediaServerStore;
  readonly log: Log;
  /** The current state of this server. */
  readonly currentState: () => MediaServer;
}

/** Announces once a second to the other servers that this one carries calls. */
export class Announcement {
  readonly #options: AnnouncementOptions;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: AnnouncementOptions) {
    this.#options = options;
    const { mediaServers, log, currentState } = options;
    this.#timer = setInterval(
      () =>
        void mediaServers
          .announce(currentState())
          .catch((error: unknown) => logFailure(log, error, 'this server could not be announced to the others')),
      ANNOUNCE_MS,
    );
  }

  /** Resolves when the server has been announced for the first time. */
  static async begin(options: AnnouncementOptions): Promise<Announcement> {
    await options.mediaServers.announce(options.currentState());
    return new Announcement(options);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    const { mediaServers, currentState } = this.#options;
    await mediaServers.withdraw(currentState().id).catch(() => undefined);
  }
}
