import assert from 'node:assert/strict';
import { data, type Json } from './identity-client.ts';
import { until, type TestServer } from './server.ts';

/** Requests to call-center's campaigns. */
export function campaignClient(server: () => TestServer) {
  const ask = (method: string, path: string, body?: unknown) => server().request(method, path, body);
  const ok = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return data(reply);
  };
  const create = async (body: Json) => String((await ok('POST', '/api/campaigns', body))['campaign_id']);
  const upload = (
    path: string,
    content: string | Buffer<ArrayBuffer>,
    fields: Record<string, string> = {},
    name = 'a.csv',
  ) => {
    const form = new FormData();
    form.append('file', new Blob([content]), name);
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    return ask('POST', path, form);
  };
  const untilImported = (id: string, importId: unknown) =>
    until('the import to end', 60_000, async () => {
      const found = await ok('GET', `/api/campaigns/${id}/imports/${String(importId)}`);
      return found['status'] === 'processing' ? null : found;
    });
  const imported = async (id: string, content: string, fields: Record<string, string> = {}) => {
    const begun = await upload(`/api/campaigns/${id}/leads`, content, fields);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    return untilImported(id, data(begun)['import_id']);
  };
  return { ask, ok, create, upload, untilImported, imported };
}

export const someOf = (of: Json, ...keys: string[]) => keys.map((key) => of[key]);
