import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '#core/kernel/errors.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

export interface BucketSettings {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Null: Amazon S3. Other servers are addressed by path. */
  readonly endpoint: string | null;
  readonly region: string | null;
  /** Null: what the AWS SDK finds, such as the role of the machine. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } | null;
}

export interface BucketTimes {
  readonly connectMs: number;
  /** Longest wait for the first or the next part of an answer. */
  readonly answerMs: number;
  readonly attempts: number;
  /** Longest wait for an answer, all attempts together. Neither an upload nor an object's content has this limit. */
  readonly totalMs: number;
}

const USUAL: BucketTimes = { connectMs: 3000, answerMs: 15_000, attempts: 3, totalMs: 20_000 };
/** An upload holds at most two parts in memory. */
const PART_BYTES = 5 * 2 ** 20;
const PARTS_AT_ONCE = 2;
/** An upload that began earlier and is not complete was left behind by a crash. */
const STALE_UPLOAD_MS = 24 * 3_600_000;

interface Connection {
  readonly client: S3Client;
  readonly sdk: Sdk;
  /** Options of a request that is given up without an answer after `totalMs`. */
  readonly limit: { readonly abortSignal: AbortSignal };
}

/** The objects of one bucket below a prefix. Every method throws AppError unavailable if the bucket fails. */
export class Bucket {
  readonly #settings: BucketSettings;
  readonly #times: BucketTimes;
  #connection: Promise<{ client: S3Client; sdk: Sdk }> | null = null;
  #problem: string | null = null;

  constructor(settings: BucketSettings, times: Partial<BucketTimes> = {}) {
    this.#settings = settings;
    this.#times = { ...USUAL, ...times };
  }

  /** Why the last request failed; null if it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Size of an object; null if there is none. */
  size(key: string): Promise<number | null> {
    return this.#ask('read', async ({ client, sdk, limit }) => {
      try {
        const found = await client.send(new sdk.HeadObjectCommand(this.#object(key)), limit);
        return found.ContentLength ?? 0;
      } catch (error) {
        if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return null;
        throw error;
      }
    });
  }

  /** Content of an object, or of the bytes from `start` to `end`, both included. */
  async *read(key: string, range?: { readonly start: number; readonly end: number }): AsyncGenerator<Uint8Array> {
    const body = await this.#ask('read', async ({ client, sdk, limit }) => {
      const found = await client.send(
        new sdk.GetObjectCommand({
          ...this.#object(key),
          ...(range ? { Range: `bytes=${range.start}-${range.end}` } : {}),
        }),
        limit,
      );
      return found.Body as Readable;
    });
    try {
      for await (const chunk of body) yield chunk as Uint8Array;
    } finally {
      body.destroy();
    }
  }

  /** Stores content of any length; it appears whole or not at all. An error of `content` is thrown as it is. */
  async write(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { Upload } = await import('@aws-sdk/lib-storage');
    const { Readable } = await import('node:stream');
    let failure: { readonly error: unknown } | null = null;
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* content;
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    const body = Readable.from(watched(), { objectMode: false });
    try {
      await this.#ask('written', async ({ client }) => {
        const params = { ...this.#object(key), Body: body };
        const upload = new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE });
        await upload.done().catch((error: unknown) => {
          if (failure) return;
          throw error;
        });
      });
    } finally {
      body.destroy();
    }
    // TypeScript does not see the assignment inside the generator.
    const failed = failure as { readonly error: unknown } | null;
    if (failed) throw failed.error;
  }

  delete(key: string): Promise<void> {
    return this.#ask('deleted', async ({ client, sdk, limit }) => {
      await client.send(new sdk.DeleteObjectCommand(this.#object(key)), limit);
    });
  }

  /** Keys below a folder that were last written before. */
  async *list(folder: string, writtenBefore: Date): AsyncGenerator<string> {
    const { bucket, prefix } = this.#settings;
    let after: string | undefined;
    do {
      const page = await this.#ask('listed', ({ client, sdk }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: `${prefix}${folder === '' ? '' : `${folder}/`}`,
            ContinuationToken: after,
          }),
        ),
      );
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined && LastModified && LastModified < writtenBefore) yield Key.slice(prefix.length);
      after = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (after !== undefined);
  }

  /** Ends uploads that a crash left incomplete: their parts take space and are never shown. */
  async endStaleUploads(now: Date): Promise<void> {
    const { bucket, prefix } = this.#settings;
    await this.#ask('listed', async ({ client, sdk }) => {
      const { Uploads = [] } = await client.send(
        new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
      );
      for (const { Key, UploadId, Initiated } of Uploads)
        if (Initiated && now.getTime() - Initiated.getTime() > STALE_UPLOAD_MS)
          await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    });
  }

  /** Asks whether the bucket answers and may be listed; null, or what is wrong. */
  async check(): Promise<string | null> {
    const { bucket, prefix } = this.#settings;
    await this.#ask('listed', ({ client, sdk, limit }) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }), limit),
    ).catch(() => undefined);
    return this.#problem;
  }

  async close(): Promise<void> {
    (await this.#connection?.catch(() => null))?.client.destroy();
  }

  async #ask<T>(what: string, request: (connection: Connection) => Promise<T>): Promise<T> {
    const giveUp = new AbortController();
    const limit = { abortSignal: giveUp.signal };
    // Ends with the answer: an abort would also cut the content that follows it.
    const timer = setTimeout(() => giveUp.abort(new DOMException('no answer', 'TimeoutError')), this.#times.totalMs);
    try {
      const answer = await request({ ...(await (this.#connection ??= this.#connect())), limit });
      this.#problem = null;
      return answer;
    } catch (error) {
      this.#problem = this.#explain(error);
      throw new AppError('unavailable', `The file could not be ${what}: ${this.#problem}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<{ client: S3Client; sdk: Sdk }> {
    const sdk = await import('@aws-sdk/client-s3');
    const { endpoint, region, credentials } = this.#settings;
    const { connectMs, answerMs, attempts } = this.#times;
    const place = region ?? (endpoint === null ? null : 'us-east-1');
    const client = new sdk.S3Client({
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
      ...(place === null ? {} : { region: place }),
      ...(credentials ? { credentials } : {}),
      maxAttempts: attempts,
      // Servers other than Amazon's may not know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: connectMs,
        requestTimeout: answerMs,
        socketTimeout: answerMs,
        throwOnRequestTimeout: true,
      },
    });
    return { client, sdk };
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#settings.bucket, Key: this.#settings.prefix + key };
  }

  /** Says what to change. Answers of the server are not repeated: they may quote credentials. */
  #explain(error: unknown): string {
    const { bucket, endpoint } = this.#settings;
    const { name, code } = error as { name?: string; code?: string };
    const status = statusOf(error);
    if (name === 'NoSuchBucket' || status === 404)
      return `the bucket ${bucket} does not exist. Create it or correct FILES_URL.`;
    if (status === 403 || status === 401)
      return `the bucket ${bucket} refuses these credentials (${name}). Correct AWS_ACCESS_KEY_ID or permissions.`;
    if (status === 301) return `the bucket ${bucket} lies in another region. Correct AWS_REGION.`;
    if (status !== undefined) return `the bucket ${bucket} answered ${status} (${name}).`;
    if (name === 'CredentialsProviderError')
      return 'no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
    if (/region is missing/i.test((error as Error).message ?? '')) return 'no region is set. Set AWS_REGION.';
    const host = endpoint === null ? 'Amazon S3' : new URL(endpoint).host;
    return `${host} does not answer (${code ?? name}). Check S3_ENDPOINT and the network.`;
  }
}

/** Status of an answer; undefined if none came. */
function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
