import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { EventBell } from '#store/event-bell.ts';
import type { PostgresNotifications } from '#store/notifications.ts';
import { WindowRateLimiter } from '#store/rate-limiter.ts';
import { RedisLink } from '#store/redis.ts';
import { freePort } from '../support/process.ts';
import { REDIS_SERVER } from '../support/redis.ts';
import { until } from '../support/server.ts';

const PASSWORD = 'the-password-of-redis';

// Two servers on one Redis, which is killed and comes back.
describe('Redis between two servers', () => {
  let port: number;
  let redis: ChildProcess;
  const logged: string[] = [];
  const note = (fields: object, text?: string) => void logged.push(`${JSON.stringify(fields)} ${text}`);
  const links: RedisLink[] = [];
  const start = () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', PASSWORD];
    redis = spawn(REDIS_SERVER, args, { stdio: 'ignore' });
  };
  const kill = async () => {
    redis.kill('SIGKILL');
    if (redis.exitCode === null && redis.signalCode === null) await once(redis, 'exit');
  };
  const link = async () => {
    const made = await RedisLink.open({
      url: `redis://:${PASSWORD}@127.0.0.1:${port}/0`,
      prefix: 'trunkline:test:',
      log: { info: note, warn: note },
    });
    links.push(made);
    return made;
  };
  const connected = () =>
    until('both connections', 60_000, () => links.every(({ problem, ready }) => problem === null && ready));
  before(async () => {
    port = await freePort();
    start();
    await link();
    await link();
    await connected();
  });
  after(async () => {
    for (const one of links) one.close();
    await kill();
  });

  it('a bell rings on the other server by Redis, by Postgres while Redis is away, and by Redis again', async () => {
    const byPostgres: string[] = [];
    const notifications = {
      tell: async (channel: string) => void byPostgres.push(channel),
      listen: async () => undefined,
    } as unknown as PostgresNotifications;
    const fail = (error: Error) => assert.fail(error);
    const here = new EventBell(notifications, fail, links[0]);
    const there = new EventBell(notifications, fail, links[1]);
    let heard = 0;
    await there.listen(() => heard++);
    const ringUntil = (what: string, done: () => boolean) =>
      until(what, 60_000, () => {
        here.ring();
        return done();
      });
    await ringUntil('a ring by Redis', () => heard > 0);
    assert.deepEqual(byPostgres, []);

    await kill();
    await ringUntil('a ring by Postgres', () => byPostgres.length > 0);
    assert.match(links[0]!.problem!, /does not answer/);

    const before = heard;
    start();
    await connected();
    await until('a look at what was missed', 60_000, () => heard > before);
    const told = byPostgres.length;
    const again = heard;
    await ringUntil('a ring by Redis again', () => heard > again);
    assert.ok(byPostgres.length <= told + 1);
    here.close();
    there.close();
  });

  it('counts requests over both servers, and goes on counting while Redis is away', async () => {
    const [a, b] = [new WindowRateLimiter(null, links[0]), new WindowRateLimiter(null, links[1])];
    const remaining = async (limiter: WindowRateLimiter) => (await limiter.count('key', 3, 3600)).remaining;
    assert.deepEqual([await remaining(a), await remaining(b), await remaining(a)], [2, 1, 0]);
    assert.equal((await b.count('key', 3, 3600)).allowed, false);
    await kill();
    await until('the loss', 60_000, () => links[0]!.problem !== null);
    assert.deepEqual([await remaining(a), await remaining(a), await remaining(a)], [2, 1, 0]);
    assert.equal((await a.count('key', 3, 3600)).allowed, false);
    start();
    await connected();
    assert.equal(await remaining(a), 2, 'a Redis without its records counts anew');
  });

  it('is left alone while it hangs: only the first requests wait for it', async () => {
    redis.kill('SIGSTOP');
    const limiter = new WindowRateLimiter(null, links[0]);
    await until('the connection to be given up', 60_000, async () => {
      await limiter.count('hung', 1000, 3600);
      return !links[0]!.ready;
    });
    assert.match(links[0]!.problem!, /does not answer/);
    redis.kill('SIGCONT');
    await until('Redis again', 60_000, () => links[0]!.ready && links[0]!.problem === null);
  });

  it('logs an outage once, without the password', () => {
    assert.equal(logged.filter((line) => line.includes('Redis is away')).length, 5, logged.join('\n'));
    assert.doesNotMatch(logged.join('\n'), new RegExp(PASSWORD));
  });
});
