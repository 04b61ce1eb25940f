import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PLANS, type Plan } from '#core/kernel/plan.ts';

const bool = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');
const DIGITS = /^\d+(?:\.\d+)?$/;
const number = (fallback: number, low: number, high: number) =>
  z
    .string()
    .trim()
    .regex(DIGITS, `must be a number from ${low} to ${high}`)
    .transform(Number)
    .refine((value) => value >= low && value <= high, `must be a number from ${low} to ${high}`)
    .default(fallback);
const whole = (fallback: number, low: number, high: number) =>
  number(fallback, low, high).refine(Number.isInteger, 'must be a whole number');
const oneOf = <T extends string>(values: readonly [T, ...T[]]) => z.enum(values, `must be one of ${values.join(', ')}`);
const atLeast = (characters: number) => z.string().min(characters, `must have at least ${characters} characters`);
const webAddress = z.string().refine((text) => {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}, 'must be an address that begins with http:// or https://');

/** A bucket's name, and a prefix of plain names. */
const BUCKET = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])((?:\/[\w.-]+)*)\/?$/;

const Environment = z.object({
  HOST: z
    .string()
    .regex(/^[^\s/]+$/, 'must be an address of this machine, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1'),
  PORTS: z
    .string()
    .default('3025,3000,8000,9001')
    .transform((text, ctx) => {
      const ports = text.split(',').map((port) => port.trim());
      if (ports.some((port) => !/^\d{1,5}$/.test(port) || Number(port) > 65_535))
        ctx.addIssue({ code: 'custom', message: 'must be port numbers from 0 to 65535 with commas between' });
      const numbers = ports.map(Number);
      return numbers.filter((port, index) => port === 0 || numbers.indexOf(port) === index);
    }),
  PUBLIC_URL: webAddress.optional(),
  DATA_DIR: z
    .string()
    .default('./data')
    .transform((dir) => resolve(dir)),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .refine(
      (text) => URL.canParse(text.replace(/^(postgres(?:ql)?:\/\/)(?:[^@/]*@)?\//, '$1localhost/')),
      'is no valid address; special characters of a password must be written as %XX',
    )
    .optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, 'must begin with redis:// or rediss://')
    .optional(),
  API_SECRET_KEY: atLeast(8).optional(),
  ADMIN_EMAIL: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
    .default('admin@localhost'),
  ADMIN_PASSWORD: z.string().max(128, 'must have at most 128 characters').optional(),
  ENCRYPTION_KEY: atLeast(16).optional(),
  JWT_SECRET: atLeast(8).optional(),
  FILES_URL: z
    .string()
    .refine(
      (text) => text.startsWith('file://') || BUCKET.test(text) || !/^[a-z][a-z\d+.-]*:\/\//i.test(text),
      'must be a folder or s3://bucket/prefix',
    )
    .optional(),
  S3_ENDPOINT: webAddress.optional(),
  MAX_CONCURRENT_CALLS: whole(50, 1, 100_000),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SHUTDOWN_GRACE_SECONDS: number(30, 0, 86_400),
  REQUIRE_AUTH: bool.optional(),
  RATE_PLAN: oneOf(PLANS).default('standard'),
  RATE_LIMIT_FACTOR: number(1, 0.000_001, 1e9),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text, ctx) => {
      const origins = text
        .split(',')
        .map((one) => one.trim().replace(/\/$/, ''))
        .filter((one) => one !== '');
      for (const one of origins)
        if (one !== '*' && URL.parse(one)?.origin !== one)
          ctx.addIssue({ code: 'custom', message: `${one} is not an origin such as https://example.com` });
      return origins;
    }),
  KNOWLEDGE_DIR: z.string().optional(),
  MODELS_DIR: z.string().optional(),
  WEBHOOK_ALLOW_PRIVATE_NETWORKS: bool.default(false),
  SIMULATOR_SPEED: number(1, 0.1, 1000),
  ANSWERS_SPECULATE: bool.default(true),
  ANSWERS_FIRST_CLAUSE_LETTERS: whole(40, 0, 200),
  ANSWERS_OPENING_MS: whole(0, 0, 10_000),
  ANSWERS_HEDGED_PERCENT: whole(20, 0, 50),
});

/** Every variable that a server reads by itself; vendors and carriers read theirs. */
export const VARIABLES: readonly string[] = Object.keys(Environment.shape);

/** The role of a process: everything, or only the APIs, calls or jobs. */
export const ROLES = ['all', 'api', 'media', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

/** The configuration of a server, read once; no other code reads the environment. */
export interface Config {
  readonly role: Role;
  readonly host: string;
  readonly ports: readonly number[];
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** Null: servers communicate through Postgres alone. */
  readonly redisUrl: string | null;
  readonly apiKey: Secret;
  /** The first user; without a password one is generated and shown once. */
  readonly admin: { readonly email: string; readonly password: string | null };
  readonly encryptionKey: Secret;
  /** Signs access tokens; null: derived from the encryption key. */
  readonly jwtSecret: string | null;
  /** The folder of files; with a bucket, of those that are not uploaded yet. */
  readonly filesDir: string;
  /** Null: files are kept in `filesDir`. */
  readonly bucket: BucketConfig | null;
  readonly maxConcurrentCalls: number;
  /** Call slots of this process, independent of the organizations' limits. */
  readonly slots: number;
  readonly logLevel: string;
  readonly shutdownGraceMs: number;
  readonly simulatorSpeed: number;
  readonly quickAnswers: QuickAnswersConfig;
  /** Whether APIs that are open on loopback also require a credential. */
  readonly requireAuth: boolean;
  /** Of the first organization. */
  readonly ratePlan: Plan;
  readonly rateLimitFactor: number;
  /** Models of speech that run on this machine. */
  readonly modelsDir: string;
  /** All other variables, and MODELS_DIR; vendors and carriers read theirs by name. */
  readonly vendors: Readonly<Record<string, string>>;
  /** The only folder from which documents are read by path. */
  readonly knowledgeDir: string;
  /** Whether webhooks, tools and documents may use loopback and private addresses. */
  readonly allowPrivateNetworks: boolean;
  /** Origins whose pages may call the APIs; `*` is every one. */
  readonly corsOrigins: readonly string[];
}

/** What shortens the wait for an agent's answer on calls. */
export interface QuickAnswersConfig {
  /** The answer begins before the caller's turn has surely ended. */
  readonly speculates: boolean;
  /** The first clause may end at a comma after so many letters; null: with its sentence. */
  readonly firstClauseLetters: number | null;
  /** The agent says opening words when its answer is later than this; null, the default: never. */
  readonly openingAfterMs: number | null;
  /** The largest share of turns for which a late model is asked twice. */
  readonly hedgedShare: number;
}

/** An S3 bucket. */
export interface BucketConfig {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
}

export interface Secret {
  readonly value: string;
  /** The file that stores it; null if the environment sets it. */
  readonly file: string | null;
  /** Whether it was generated just now and must be shown once. */
  readonly isNew: boolean;
}

/** Whether a host is reachable from this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
const SLOTS_PER_CORE = 150;
const API_KEY_FILE = 'api-secret-key';
const ENCRYPTION_KEY_FILE = 'encryption-key';
/** What is kept in the data folder as an ordinary file. */
export const KEPT_FILES: readonly string[] = [API_KEY_FILE, ENCRYPTION_KEY_FILE, 'server.lock'];
const API_KEY_PREFIX = 'tl_';

type Environment = z.infer<typeof Environment>;

/** Variables whose values are never shown. */
export const SECRET = /KEY|PASSWORD|SECRET|TOKEN|_URL$/;

function given(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

/** @throws Error with one line per invalid variable */
function parse(env: Readonly<Record<string, string | undefined>>): Environment {
  const values = given(env);
  const parsed = Environment.safeParse(values);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name} ${message}${SECRET.test(name) ? '' : `; it is ${JSON.stringify(values[name])}`}`;
  });
  throw new Error([...new Set(lines)].join('\n'));
}

/** The folders a server writes to, by the variable that sets each. */
export function foldersOf(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const e = parse(env);
  return {
    DATA_DIR: e.DATA_DIR,
    ...(e.FILES_URL === undefined || BUCKET.test(e.FILES_URL) ? {} : { FILES_URL: filesFolder(e) }),
    ...(e.KNOWLEDGE_DIR === undefined ? {} : { KNOWLEDGE_DIR: resolve(e.KNOWLEDGE_DIR) }),
  };
}

function filesFolder(e: Environment): string {
  if (e.FILES_URL === undefined) return resolve(e.DATA_DIR, 'files');
  return BUCKET.test(e.FILES_URL)
    ? resolve(e.DATA_DIR, 'files-waiting')
    : resolve(e.FILES_URL.replace(/^file:\/\//, ''));
}

const modelsFolder = (e: Environment): string => resolve(e.MODELS_DIR ?? join(e.DATA_DIR, 'models'));

function bucketOf(e: Environment, env: Readonly<Record<string, string>>): BucketConfig | null {
  const [, bucket, path] = BUCKET.exec(e.FILES_URL ?? '') ?? [];
  if (bucket === undefined) return null;
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return {
    bucket,
    prefix: path ? `${path.slice(1)}/` : '',
    endpoint: e.S3_ENDPOINT ?? null,
    region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? null,
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
        : null,
  };
}

/** @throws Error with one line per invalid variable */
export function readConfig(env: Readonly<Record<string, string | undefined>>, role: Role = 'all'): Config {
  const e = parse(env);
  if (role !== 'all' && e.DATABASE_URL === undefined)
    throw new Error(`--role ${role}: several processes need one database: set DATABASE_URL`);
  mkdirSync(e.DATA_DIR, { recursive: true, mode: 0o700 });
  return configOf(e, env, role, secret);
}

/** The configuration as a start would read it; nothing is made. Secrets that a start would generate are empty. */
export const inspectConfig = (env: Readonly<Record<string, string | undefined>>): Config =>
  configOf(parse(env), env, 'all', (value, dataDir, name) => {
    const file = join(dataDir, name);
    if (value !== undefined) return { value, file: null, isNew: false };
    return existsSync(file) ? { value: keptIn(file), file, isNew: false } : { value: '', file, isNew: true };
  });

function configOf(
  e: Environment,
  env: Readonly<Record<string, string | undefined>>,
  role: Role,
  secret: (value: string | undefined, dataDir: string, name: string, prefix: string) => Secret,
): Config {
  return Object.freeze({
    role,
    host: e.HOST,
    ports: e.PORTS,
    publicUrl: e.PUBLIC_URL?.replace(/\/$/, '') ?? null,
    dataDir: e.DATA_DIR,
    databaseUrl: e.DATABASE_URL ?? null,
    redisUrl: e.REDIS_URL ?? null,
    apiKey: secret(e.API_SECRET_KEY, e.DATA_DIR, API_KEY_FILE, API_KEY_PREFIX),
    admin: { email: e.ADMIN_EMAIL, password: e.ADMIN_PASSWORD ?? null },
    jwtSecret: e.JWT_SECRET ?? null,
    encryptionKey: secret(e.ENCRYPTION_KEY, e.DATA_DIR, ENCRYPTION_KEY_FILE, ''),
    filesDir: filesFolder(e),
    bucket: bucketOf(e, given(env)),
    maxConcurrentCalls: e.MAX_CONCURRENT_CALLS,
    slots: Math.max(e.MAX_CONCURRENT_CALLS, SLOTS_PER_CORE * availableParallelism()),
    logLevel: e.LOG_LEVEL,
    shutdownGraceMs: e.SHUTDOWN_GRACE_SECONDS * 1000,
    simulatorSpeed: e.SIMULATOR_SPEED,
    quickAnswers: {
      speculates: e.ANSWERS_SPECULATE,
      firstClauseLetters: e.ANSWERS_FIRST_CLAUSE_LETTERS || null,
      openingAfterMs: e.ANSWERS_OPENING_MS || null,
      hedgedShare: e.ANSWERS_HEDGED_PERCENT / 100,
    },
    requireAuth: e.REQUIRE_AUTH ?? !isLoopback(e.HOST),
    ratePlan: e.RATE_PLAN,
    rateLimitFactor: e.RATE_LIMIT_FACTOR,
    modelsDir: modelsFolder(e),
    vendors: {
      ...Object.fromEntries(Object.entries(given(env)).filter(([name]) => !(name in Environment.shape))),
      MODELS_DIR: modelsFolder(e),
    },
    knowledgeDir: resolve(e.KNOWLEDGE_DIR ?? join(e.DATA_DIR, 'knowledge')),
    allowPrivateNetworks: e.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
    corsOrigins: e.CORS_ORIGINS,
  });
}

/** Replaces the first API key in the data folder by a new one, and returns it. */
export function replaceApiKey(dataDir: string): string {
  const value = API_KEY_PREFIX + randomBytes(32).toString('base64url');
  writeFileSync(join(dataDir, API_KEY_FILE), `${value}\n`, { mode: 0o600 });
  return value;
}

/** The configured secret, else the one stored in the data folder, else a new one, which is then stored there. */
function secret(value: string | undefined, dataDir: string, name: string, prefix: string): Secret {
  if (value !== undefined) return { value, file: null, isNew: false };
  const file = join(dataDir, name);
  if (existsSync(file)) return { value: keptIn(file), file, isNew: false };
  const made = prefix + randomBytes(32).toString('base64url');
  try {
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { value: keptIn(file), file, isNew: false };
  }
  return { value: made, file, isNew: true };
}

function keptIn(file: string): string {
  const value = readFileSync(file, 'utf8').trim();
  if (value === '') throw new Error(`${file} is empty. Restore it from a backup.`);
  return value;
}
