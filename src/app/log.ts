import { pino, stdTimeFunctions, type Logger } from 'pino';

/** JSON lines, or lines to read where standard output is a terminal. */
export async function makeLog(level: string): Promise<Logger> {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: ['req.headers', 'headers', '*.token', '*.apiKey'],
  };
  if (!process.stdout.isTTY) return pino(options);
  const { default: pretty } = await import('pino-pretty');
  return pino(
    options,
    pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}
