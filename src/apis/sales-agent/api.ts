import type { Api } from '../kit/api.ts';
import { createAgentOperation, getAgentOperation } from './agents.ts';
import { endCallOperation, outboundCallOperation, webCallOperation } from './calls.ts';
import { getConversationOperation } from './conversations.ts';
import { latencyOperation } from './latency.ts';
import { renderError } from './words.ts';

export const salesAgent: Api = {
  name: 'sales-agent',
  owns: (path) => path === '/v1' || path.startsWith('/v1/'),
  renderError,
  operations: [createAgentOperation, getAgentOperation, outboundCallOperation, endCallOperation, webCallOperation, getConversationOperation, latencyOperation],
};
