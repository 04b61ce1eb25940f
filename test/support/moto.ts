import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { freePort } from './process.ts';

/** An S3 server from PyPI, where `.ci/run` installs it or on the path. */
export function motoPath(): string | null {
  const folders = [
    join(import.meta.dirname, '..', '..', '.cache', 'moto', 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, 'moto_server')).find((path) => existsSync(path)) ?? null;
}

export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

const START_MS = 60_000;

/** Starts the S3 server with one bucket, `trunkline`. */
export async function startMoto(givenPort?: number): Promise<Moto> {
  const port = givenPort ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(motoPath()!, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const end = Date.now() + START_MS;
  while (!(await fetch(`${url}/moto-api/data.json`).catch(() => null))?.ok) {
    if (child.exitCode !== null || Date.now() > end) throw new Error('moto_server does not start');
    await new Promise((turn) => setTimeout(turn, 100));
  }
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: url, forcePathStyle: true, region: 'us-east-1', credentials: CREDENTIALS });
  await client.send(new CreateBucketCommand({ Bucket: 'trunkline' }));
  client.destroy();
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

const CREDENTIALS = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };

export const motoBucket = (endpoint: string, prefix = '') => ({
  bucket: 'trunkline',
  prefix,
  endpoint,
  region: null,
  credentials: CREDENTIALS,
});
