import assert from 'node:assert/strict';
import type { Call } from '#core/calls/call.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { FakeVonage } from '../carriers/vonage.ts';
import { initiate, startServer, until, type TestServer } from './server.ts';

type Json = Record<string, unknown>;

/** A server with three configured carriers, each a fake that accepts calls and answers none. */
export class ConfiguredCarriers {
  readonly twilio = new FakeTwilio();
  readonly vonage = new FakeVonage();
  readonly generic = new FakeGeneric();
  server!: TestServer;

  async start(): Promise<void> {
    const fakes = [this.twilio, this.vonage, this.generic];
    for (const fake of fakes) {
      await fake.start();
      fake.answers = false;
    }
    const environment: Record<string, string> = Object.assign({}, ...fakes.map((fake) => fake.environment));
    this.server = await startServer(environment);
  }

  async close(): Promise<void> {
    await this.server.close();
    for (const fake of [this.twilio, this.vonage, this.generic]) await fake.close();
    const { trouble } = this.server;
    assert.deepEqual(
      trouble.filter(
        (line) => !/dial failed|ended calls whose server had stopped|asked the carrier about a dial/.test(line),
      ),
      [],
    );
    for (const line of trouble) assert.doesNotMatch(line, /the-auth-token|signature-secret|BEGIN PRIVATE|the-token-of/);
  }

  readonly ask = (method: string, path: string, body?: unknown) => this.server.request(method, path, body);

  /** Places a call; its id. */
  readonly place = async (number: string, options: Json = {}): Promise<number> => {
    const body = await initiate(this.server, { phone_number: number, options });
    return Number(String(body['call_id']).replace('call_', ''));
  };

  readonly record = async (id: number): Promise<Call> => (await this.server.app.core.store.calls.byId(id))!;

  readonly untilStatus = (id: number, status: string): Promise<Call> =>
    until(`call ${id} to be ${status}`, 20_000, async () => {
      const call = await this.record(id);
      return call.status === status ? call : null;
    });

  readonly switchTo = (provider: string) => this.ask('POST', '/voice/providers/switch', { provider });
}
