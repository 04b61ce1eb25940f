import assert from 'node:assert/strict';
import { startServer, type TestServer } from './server.ts';

export type Json = Record<string, unknown>;

/** A server and a client of its orchestrator API that authenticates with a bearer token. */
export class OrchestratorClient {
  server!: TestServer;
  /** An agent for conversations by voice and in text about the name of the caller. */
  listener = '';
  #users = 0;

  async start(): Promise<void> {
    this.server = await startServer();
    const { body } = await this.server.request('POST', '/v1/convai/agents', {
      name: 'L',
      system_prompt: 'You are Ada. Callers say "my name is anna" and "what is my name".',
    });
    this.listener = String(body['agent_id']);
  }

  async close(): Promise<void> {
    await this.server.close();
    assert.deepEqual(this.server.trouble, []);
  }

  readonly ask = (method: string, path: string, body?: unknown, key = this.server.key) =>
    this.server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${key}` });

  /** The reply's body; fails on any status but 200. */
  readonly ok = async (method: string, path: string, body?: unknown, key?: string): Promise<Json> => {
    const reply = await this.ask(method, path, body, key);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };

  /** Sends an agent a message; the agent's response. */
  readonly write = async (message: string, context: Json = {}, agent = 'agent_1') =>
    (await this.ok('POST', `/agents/${agent}/message`, { message, context }))['response'] as Json;

  readonly newUser = () => `user_of_a_test_${++this.#users}`;
}

export const errorOf = ({ status, body }: { status: number; body: Json }) => [status, (body['error'] as Json)['code']];
/** A time as the orchestrator's seed writes it. */
export const MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
