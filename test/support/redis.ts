/** Debian's. */
export const REDIS_SERVER = '/usr/bin/redis-server';
