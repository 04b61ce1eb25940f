import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './process.ts';

const BUILD = join(ROOT, 'tools', 'livekit-server', 'build.sh');
const LONGEST_BUILD_MS = 1_200_000;
export const REDIS = '/usr/bin/redis-server';

/** Builds the server unless it is there, and returns its path. @throws where Go or its modules are missing */
export function buildLiveKit(optimized: boolean): string {
  execFileSync(BUILD, optimized ? ['--optimized'] : [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LONGEST_BUILD_MS,
  });
  return join(ROOT, '.cache', 'livekit-server', optimized ? 'livekit-server-optimized' : 'livekit-server');
}

/** What is missing to run a real server, or null. Waits for a build that runs. */
export function missingForLiveKit(): string | null {
  if (!existsSync(REDIS)) return `${REDIS} is not installed`;
  // The media library of the participants gathers no address of loopback.
  if (Object.values(networkInterfaces()).every((addresses) => addresses!.every(({ internal }) => internal)))
    return 'there is no network interface but loopback';
  try {
    buildLiveKit(false);
    return null;
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    return `the LiveKit server is not built: ${String(stderr ?? error)
      .trim()
      .split('\n')
      .at(-1)}`;
  }
}
