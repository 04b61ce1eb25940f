import assert from 'node:assert/strict';
import { startServer, type TestServer } from './server.ts';

export type Json = Record<string, unknown>;

export const data = (reply: { body: Json }) => reply.body['data'] as Json;
export const codeOf = (reply: { body: Json }) => (reply.body['error'] as Json)['code'];

/** A server with an administrator who signs in with a password, and a client that signs in as any user. */
export class IdentityClient {
  readonly server: TestServer;
  /** The administrator's access token. */
  admin = '';
  #users = 0;

  static async start(): Promise<IdentityClient> {
    const client = new IdentityClient(
      await startServer({ ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'correct horse battery' }),
    );
    client.admin = await client.signIn('admin@example.com', 'correct horse battery');
    return client;
  }

  private constructor(server: TestServer) {
    this.server = server;
  }

  async close(): Promise<void> {
    await this.server.close();
    assert.deepEqual(this.server.trouble, []);
  }

  login(email: string, password: string) {
    return this.server.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' });
  }

  /** The access token of a sign-in that must succeed. */
  async signIn(email: string, password: string): Promise<string> {
    const reply = await this.login(email, password);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return String(data(reply)['token']);
  }

  /** A request with an access token. */
  as(token: string, method: string, path: string, body?: unknown) {
    return this.server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${token}` });
  }

  async newUser(role: string): Promise<{ id: string; email: string; token: string }> {
    const email = `user${++this.#users}@example.com`;
    const user = { email, name: 'New User', role, password: 'temp_password' };
    const made = await this.as(this.admin, 'POST', '/api/users', user);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return { id: String(data(made)['user_id']), email, token: await this.signIn(email, 'temp_password') };
  }
}
