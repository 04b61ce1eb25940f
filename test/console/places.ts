import type { TestServer } from '../support/server.ts';
import { fillTalk } from '../support/console-records.ts';

type Json = Record<string, unknown>;

/** A page, its title, and the operation without which it cannot show anything; null where there is none. */
export interface Place {
  readonly path: string;
  readonly title: string;
  readonly reads: RegExp | null;
  /** Roles that the page is not for. */
  readonly closedTo?: readonly ('viewer' | 'agent')[];
}

export interface Records {
  readonly agent: string;
  readonly campaign: string;
  readonly person: string;
  readonly call: string;
}

const made = new WeakMap<TestServer, Promise<Records>>();

/** One record of each kind that has a page of its own; made once on a server. */
export function recordsOf(server: TestServer): Promise<Records> {
  const records = made.get(server) ?? makeRecords(server);
  made.set(server, records);
  return records;
}

async function makeRecords(server: TestServer): Promise<Records> {
  const ask = async (method: string, path: string, body?: unknown) => (await server.request(method, path, body)).body;
  const agent = String((await ask('POST', '/v1/convai/agents', { name: 'An agent' }))['agent_id']);
  const { data } = await ask('POST', '/api/campaigns', { name: 'A campaign' });
  const campaign = String((data as Json)['campaign_id']);
  await ask('POST', '/memory/someone/context', { preferences: { name: 'Someone' } });
  const [found] = (await ask('GET', '/api/people?search=Someone'))['data'] as Json[];
  const call = `call_${await fillTalk(server, 20, 'a page of its own')}`;
  return { agent, campaign, person: String(found!['person_id']), call };
}

/** Every page: those of navigation, and one of each kind of record, with what it is called before it is loaded. */
export const placesOf = ({ agent, campaign, person, call }: Records): readonly Place[] => [
  { path: 'board', title: 'Live board', reads: /\/api\/calls\/board/ },
  { path: 'desk', title: 'Desk', reads: /\/api\/v1\/desk$/ },
  { path: 'conversations', title: 'Conversations', reads: /\/api\/calls\?/ },
  { path: `conversations/${call}`, title: 'Call', reads: /\/api\/calls\/call_\d+$/ },
  { path: 'agents', title: 'Agents', reads: /\/v1\/convai\/agents\?skip/, closedTo: ['agent'] },
  { path: `agents/${agent}`, title: 'Agent', reads: /\/agents\/[^/]+\/draft$/, closedTo: ['agent'] },
  { path: 'campaigns', title: 'Campaigns', reads: /\/api\/campaigns\?/, closedTo: ['agent'] },
  { path: `campaigns/${campaign}`, title: 'Campaign', reads: /\/api\/campaigns\/campaign_\d+$/, closedTo: ['agent'] },
  { path: 'people', title: 'People', reads: /\/api\/people\?/, closedTo: ['agent', 'viewer'] },
  { path: `people/${person}`, title: 'Person', reads: /\/api\/people\/person_/, closedTo: ['agent', 'viewer'] },
  { path: 'do-not-call', title: 'Do not call', reads: /\/api\/people\/do-not-call\?/, closedTo: ['agent'] },
  { path: 'appointments', title: 'Appointments', reads: /\/api\/slots\?/, closedTo: ['agent'] },
  { path: 'analytics', title: 'Analytics', reads: /\/api\/analytics\/calls/, closedTo: ['agent'] },
  { path: 'numbers', title: 'Numbers', reads: /\/voice\/numbers$/, closedTo: ['agent'] },
  { path: 'routing', title: 'Call routing', reads: /\/api\/v1\/sip\/dispatch-rules/, closedTo: ['agent'] },
  { path: 'webhooks', title: 'Webhooks', reads: /\/api\/webhooks$/, closedTo: ['agent'] },
  { path: 'users', title: 'Users and keys', reads: /\/api\/users\?/, closedTo: ['agent'] },
  { path: 'users?part=keys', title: 'Users and keys', reads: /\/api\/keys/, closedTo: ['agent', 'viewer'] },
  { path: 'audit', title: 'Audit', reads: /\/api\/audit\?/, closedTo: ['agent', 'viewer'] },
  { path: 'settings', title: 'Settings', reads: /\/api\/organizations\/org_/, closedTo: ['agent', 'viewer'] },
  { path: 'settings?part=carriers', title: 'Settings', reads: /\/voice\/providers$/, closedTo: ['agent', 'viewer'] },
  { path: 'start', title: 'First calls', reads: null, closedTo: ['viewer'] },
];
