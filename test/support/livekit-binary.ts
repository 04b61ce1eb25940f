import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
export const BINARY = join(ROOT, '.cache', 'livekit-server', 'livekit-server');
const MODULE = join(ROOT, 'tools', 'livekit-server');
export const REDIS = '/usr/bin/redis-server';
const MODULE_PATH = 'github.com/livekit/livekit-server/cmd/server';

/** What is missing to run a real server, or null. */
export function missingForLiveKit(): string | null {
  if (!existsSync(REDIS)) return `${REDIS} is not installed`;
  // The media library of the participants gathers no address of loopback.
  if (Object.values(networkInterfaces()).every((addresses) => addresses!.every(({ internal }) => internal)))
    return 'there is no network interface but loopback';
  if (existsSync(BINARY)) return null;
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'Go, which builds the LiveKit server, is not installed';
  }
}

/** Builds the server; a build that Go has cached takes seconds. */
export function buildLiveKit(): void {
  if (existsSync(BINARY)) return;
  mkdirSync(join(BINARY, '..'), { recursive: true });
  execFileSync('go', ['build', '-ldflags', '-s -w', '-o', BINARY, MODULE_PATH], { cwd: MODULE, stdio: 'inherit' });
}
