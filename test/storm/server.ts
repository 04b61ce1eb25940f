import { apisOf } from '../../src/app/apis.ts';
import type { Api } from '#apis/kit/api.ts';
import { healthOperations, type HealthSource } from '#apis/platform/health.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import type { StormKeys } from './storm.ts';

const KEY = 'the-key-of-the-storm';

/** A server in a process of its own, whose limits do not stand in the way of a storm. */
export async function startStormServer(dataDir: string): Promise<{ server: ServerProcess; keys: StormKeys }> {
  const server = new ServerProcess(await freePort(), {
    DATA_DIR: dataDir,
    API_SECRET_KEY: KEY,
    RATE_LIMIT_FACTOR: '1000000',
    MAX_CONCURRENT_CALLS: '12',
    SIMULATOR_SPEED: '4',
  });
  await server.untilHealthy();
  const api = async (path: string, body: object, key = KEY) => {
    const reply = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: JSON.stringify(body),
    });
    return ((await reply.json()) as { data: Record<string, string> }).data;
  };
  const viewer = await api('/api/keys', { name: 'viewer', role: 'viewer' });
  const admin = { email: 'other@example.com', password: 'other password' };
  await api('/api/organizations', { name: 'Other', admin_email: admin.email, admin_password: admin.password });
  const other = await api('/api/keys', { name: 'other' }, (await api('/api/auth/login', admin))['token']);
  return { server, keys: { admin: KEY, viewer: viewer['key']!, other: other['key']! } };
}

/** The APIs as they are mounted: only what they offer is looked at. */
export const stormApis: readonly Api[] = apisOf(healthOperations({ requireAuth: false } as HealthSource));
