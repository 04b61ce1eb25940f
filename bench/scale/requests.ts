import { z } from 'zod';
import type { Api } from '#apis/kit/api.ts';
import type { Filled } from './fill.ts';

export interface ScaleRequest {
  /** `GET /conversations?status=active` with the names of path parameters. */
  readonly operation: string;
  readonly path: string;
  /** A file of all rows, of which the first is awaited: the rest grows with the records by definition. */
  readonly isFile: boolean;
}

export interface ScaleRequests {
  readonly requests: readonly ScaleRequest[];
  /** Operations and filters with a parameter that no value is known for. */
  readonly unknown: readonly string[];
}

const DAY_MS = 86_400_000;

/** Figures of the server itself, which do not depend on records. */
const SERVER_ITSELF = /^\/(?:docs|health|ws)(?:\/|$)|^\/voice\/providers/;

/** About a call that waits for a human, a published version or a number of the organization: none is filled. */
const NOT_FILLED = /:queue_id|\/versions\/|\/numbers\/:number/;

/**
 * Every GET operation of the APIs: as it is, with each documented filter value by itself, with a page of 100, and
 * with a page in the middle of all records.
 */
export function requestsOf(apis: readonly Api[], filled: Filled, rows: number): ScaleRequests {
  const ids: Readonly<Record<string, string>> = {
    agent_id: `agent_${filled.agentId}`,
    agentId: `agent_${filled.agentId}`,
    call_sid: filled.callSid,
    callId: `call_${filled.callId}`,
    call_id: `call_${filled.callId}`,
    session_id: String(filled.callId),
    campaign_id: filled.campaignId,
    import_id: filled.importId,
    batch_id: filled.batchId,
    rule_id: filled.ruleId,
    trunk_id: filled.trunkId,
    voice_id: filled.voiceId,
    conversation_id: filled.callSid,
    conversationId: `conv_${filled.conversationId}`,
    userId: filled.phoneNumber,
    user_id: `user_${filled.userId}`,
    person_id: `person_${filled.personId}`,
    organization_id: `org_${filled.organizationId}`,
    tool_id: `tool_${filled.toolId}`,
    document_id: `doc_${filled.documentId}`,
  };
  const middle = Math.floor(rows / 2);
  const requests: ScaleRequest[] = [];
  const unknown: string[] = [];
  for (const api of apis) {
    const params: Readonly<Record<string, string>> = { ...ids, webhook_id: `webhook_${filled.webhookIds[api.name]}` };
    for (const { method, path, query, raw, contentType } of api.operations) {
      if (method !== 'GET' || raw || SERVER_ITSELF.test(path) || NOT_FILLED.test(path)) continue;
      const ofPath: Readonly<Record<string, string>> = path.includes('/do-not-call/')
        ? { ...params, import_id: filled.doNotCallImportId }
        : params;
      const missing = [...path.matchAll(/:(\w+)/g)].filter(([, name]) => ofPath[name!] === undefined);
      if (missing.length > 0) {
        unknown.push(`GET ${path}`);
        continue;
      }
      const filledPath = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ofPath[name]!));
      const isFile = contentType !== undefined;
      const { properties = {}, required = [] } = (
        query ? z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) : {}
      ) as { properties?: Record<string, { enum?: string[] }>; required?: readonly string[] };
      const valuesOf = (field: string) =>
        properties[field]!.enum ?? sampleOf(`${path}?${field}`, field, params, filled, middle);
      const needed = required.map((field) => [field, valuesOf(field)[0]] as const);
      const add = (field?: string, value?: string) => {
        const given = new Map([...needed, ...(field === undefined ? [] : [[field, value] as const])]);
        const search = new URLSearchParams(
          Object.fromEntries([...given].map(([key, one]) => [key, one ?? ''])),
        ).toString();
        // The middle of all records and ids of records differ between sizes, so the name stands without them.
        const isWord = field !== undefined && properties[field]!.enum !== undefined;
        const shown = field === undefined ? '' : `?${field}${isWord ? `=${value}` : ''}`;
        requests.push({
          operation: `GET ${path}${shown}${isFile ? ' (first rows)' : ''}`,
          path: `${filledPath}${search === '' ? '' : `?${search}`}`,
          isFile,
        });
      };
      add();
      for (const field of Object.keys(properties).filter((one) => !required.includes(one))) {
        const values = valuesOf(field);
        if (values.length === 0) unknown.push(`GET ${path}?${field}`);
        for (const value of values) add(field, value);
      }
    }
  }
  return { requests, unknown };
}

/** Values of a parameter that mean another thing in one operation than elsewhere. */
const OF_OPERATION: Readonly<Record<string, string>> = {
  '/api/slots?from': daysAgo(30),
  '/api/slots?to': daysAgo(-30),
  '/api/slots/free?from': daysAgo(0),
  '/v1/convai/agents/:agent_id/knowledge-search?limit': '20',
  '/api/v1/queue/figures?hours': '24',
};

function sampleOf(
  place: string,
  name: string,
  params: Readonly<Record<string, string>>,
  filled: Filled,
  middle: number,
): readonly string[] {
  if (OF_OPERATION[place] !== undefined) return [OF_OPERATION[place]];
  switch (name) {
    case 'limit':
      return ['100'];
    case 'skip':
    case 'offset':
      return [String(middle)];
    case 'page':
      return ['2'];
    case 'page_size':
      return ['100'];
    case 'timezone':
      return ['America/New_York'];
    case 'language':
      return ['en'];
    case 'provider':
      return ['offline'];
    case 'category':
    case 'campaign_type':
      return ['sales'];
    case 'phone_number':
    case 'user_id':
      return [filled.phoneNumber];
    case 'is_active':
      return ['true', 'false'];
    case 'search':
      return ['User 1'];
    case 'date_from':
    case 'start_date':
    case 'ended_from':
      return [daysAgo(30)];
    case 'date_to':
    case 'end_date':
    case 'ended_to':
      return [daysAgo(0)];
    case 'to':
    case 'agent_version':
      return ['1'];
    case 'question':
      return ['What does it cost?'];
    case 'after':
    case 'cursor':
      return [String(middle)];
    case 'points':
      return ['100'];
    case 'actor':
    case 'subject':
      return [`user_${filled.userId}`];
    case 'action':
      return ['webhook.register'];
    case 'sort':
    case 'sort_by':
      return ['created_at'];
    default:
      return params[name] === undefined ? [] : [params[name]];
  }
}

/** A day of UTC: `2026-11-28`. */
function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}
