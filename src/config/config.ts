import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PLANS, type Plan } from '#core/kernel/plan.ts';

const bool = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');
const whole = (fallback: number, low: number, high: number) =>
  z.coerce.number().int().min(low).max(high).default(fallback);

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORTS: z
    .string()
    .default('3025,3000,8000,9001')
    .transform((text, ctx) => {
      const ports = text.split(',').map((port) => Number(port.trim()));
      if (ports.length === 0 || ports.some((port) => !Number.isInteger(port) || port < 0 || port > 65535))
        ctx.addIssue({ code: 'custom', message: 'must be port numbers with commas between' });
      return ports;
    }),
  PUBLIC_URL: z.url().optional(),
  DATA_DIR: z
    .string()
    .default('./data')
    .transform((dir) => resolve(dir)),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  API_SECRET_KEY: z.string().min(8).optional(),
  ADMIN_EMAIL: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
    .default('admin@localhost'),
  ADMIN_PASSWORD: z.string().max(128).optional(),
  ENCRYPTION_KEY: z.string().min(16).optional(),
  JWT_SECRET: z.string().min(8).optional(),
  FILES_URL: z.string().optional(),
  MAX_CONCURRENT_CALLS: whole(50, 1, 100_000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SHUTDOWN_GRACE_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  REQUIRE_AUTH: bool.optional(),
  RATE_PLAN: z.enum(PLANS).default('standard'),
  RATE_LIMIT_FACTOR: z.coerce.number().positive().max(1e9).default(1),
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
  WEBHOOK_ALLOW_PRIVATE_NETWORKS: bool.default(false),
  SIMULATOR_SPEED: z.coerce.number().min(0.1).max(100).default(1),
});

/** What a process does: all of it, or serve the APIs, carry calls, or work off jobs. */
export const ROLES = ['all', 'api', 'media', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

/** Everything that configures a server, read once; nothing else reads the environment. */
export interface Config {
  readonly role: Role;
  readonly host: string;
  readonly ports: readonly number[];
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly apiKey: Secret;
  /** The first user; without a password one is made and shown once. */
  readonly admin: { readonly email: string; readonly password: string | null };
  readonly encryptionKey: Secret;
  /** Signs access tokens; null: derived from the encryption key. */
  readonly jwtSecret: string | null;
  readonly filesDir: string;
  readonly maxConcurrentCalls: number;
  /** Call slots of this process, whatever organizations may have. */
  readonly slots: number;
  readonly logLevel: string;
  readonly shutdownGraceMs: number;
  readonly simulatorSpeed: number;
  /** Whether what a seed leaves open asks for a credential. */
  readonly requireAuth: boolean;
  /** Of the first organization. */
  readonly ratePlan: Plan;
  readonly rateLimitFactor: number;
  /** Every variable that is no setting of ours: vendors and carriers look theirs up by name. */
  readonly vendors: Readonly<Record<string, string>>;
  /** The only folder that paths of documents may lead into. */
  readonly knowledgeDir: string;
  /** Whether webhooks, tools and documents may lie at loopback and private addresses. */
  readonly allowPrivateNetworks: boolean;
  /** Origins whose pages may call the APIs; `*` is every one. */
  readonly corsOrigins: readonly string[];
}

export interface Secret {
  readonly value: string;
  /** Whether it was made just now, and is to be shown once. */
  readonly isNew: boolean;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** Whether only this machine reaches a host. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host);
const SLOTS_PER_CORE = 150;
const API_KEY_FILE = 'api-secret-key';
const API_KEY_PREFIX = 'tl_';

/** @throws Error that names each variable that is wrong, in one line each */
export function readConfig(env: Readonly<Record<string, string | undefined>>, role: Role = 'all'): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new Error(
      `The configuration is wrong:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`,
    );
  const e = parsed.data;
  if (e.FILES_URL?.startsWith('s3://')) throw new Error('FILES_URL: only folders are supported so far, not s3://');
  if (role !== 'all' && e.DATABASE_URL === undefined)
    throw new Error(`--role ${role}: several processes need one database: set DATABASE_URL`);
  mkdirSync(e.DATA_DIR, { recursive: true, mode: 0o700 });
  return Object.freeze({
    role,
    host: e.HOST,
    ports: e.PORTS,
    publicUrl: e.PUBLIC_URL?.replace(/\/$/, '') ?? null,
    dataDir: e.DATA_DIR,
    databaseUrl: e.DATABASE_URL ?? null,
    apiKey: secret(e.API_SECRET_KEY, e.DATA_DIR, API_KEY_FILE, API_KEY_PREFIX),
    admin: { email: e.ADMIN_EMAIL, password: e.ADMIN_PASSWORD ?? null },
    jwtSecret: e.JWT_SECRET ?? null,
    encryptionKey: secret(e.ENCRYPTION_KEY, e.DATA_DIR, 'encryption-key', ''),
    filesDir: resolve(e.FILES_URL?.replace(/^file:\/\//, '') ?? join(e.DATA_DIR, 'files')),
    maxConcurrentCalls: e.MAX_CONCURRENT_CALLS,
    slots: Math.max(e.MAX_CONCURRENT_CALLS, SLOTS_PER_CORE * availableParallelism()),
    logLevel: e.LOG_LEVEL,
    shutdownGraceMs: e.SHUTDOWN_GRACE_SECONDS * 1000,
    simulatorSpeed: e.SIMULATOR_SPEED,
    requireAuth: e.REQUIRE_AUTH ?? !isLoopback(e.HOST),
    ratePlan: e.RATE_PLAN,
    rateLimitFactor: e.RATE_LIMIT_FACTOR,
    vendors: Object.fromEntries(
      Object.entries(given).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && !(entry[0] in Environment.shape),
      ),
    ),
    knowledgeDir: resolve(e.KNOWLEDGE_DIR ?? join(e.DATA_DIR, 'knowledge')),
    allowPrivateNetworks: e.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
    corsOrigins: e.CORS_ORIGINS,
  });
}

/** Puts a new first API key into the data folder, in the place of the one there. Answers it. */
export function replaceApiKey(dataDir: string): string {
  const value = API_KEY_PREFIX + randomBytes(32).toString('base64url');
  writeFileSync(join(dataDir, API_KEY_FILE), `${value}\n`, { mode: 0o600 });
  return value;
}

/** A secret that was given, or the one kept in the data folder, or a new one that is kept there from now on. */
function secret(given: string | undefined, dataDir: string, name: string, prefix: string): Secret {
  if (given !== undefined) return { value: given, isNew: false };
  const file = join(dataDir, name);
  if (existsSync(file)) return { value: readFileSync(file, 'utf8').trim(), isNew: false };
  const value = prefix + randomBytes(32).toString('base64url');
  try {
    writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { value: readFileSync(file, 'utf8').trim(), isNew: false };
  }
  return { value, isNew: true };
}
