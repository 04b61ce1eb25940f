import type { Api } from '../kit/api.ts';
import { withConflict } from '../kit/editing.ts';
import {
  createAgentOperation,
  deleteAgentOperation,
  getAgentOperation,
  listAgentsOperation,
  updateAgentOperation,
} from './agents.ts';
import {
  compareVersionsOperation,
  changeDraftOperation,
  discardDraftOperation,
  getDraftOperation,
  getVersionOperation,
  listVersionsOperation,
  publishDraftOperation,
  restoreVersionOperation,
} from './agent-versions.ts';
import { addTestOperation, deleteTestOperation, listTestsOperation, runTestOperation } from './agent-tests.ts';
import { endCallOperation, outboundCallOperation, webCallOperation } from './calls.ts';
import { getConversationOperation, listConversationsOperation } from './conversations.ts';
import {
  deleteDocumentOperation,
  getDocumentOperation,
  listDocumentsOperation,
  listPassagesOperation,
  reindexDocumentOperation,
  tryQuestionOperation,
  uploadDocumentOperation,
} from './knowledge.ts';
import { latencyOperation } from './latency.ts';
import { asyncApi } from './media-socket.ts';
import { callUsageOperation } from './usage.ts';
import {
  deleteWebhookOperation,
  listDeliveriesOperation,
  listWebhooksOperation,
  registerWebhookOperation,
  replayDeliveriesOperation,
  salesAgentEvent,
} from './webhooks.ts';
import {
  createToolOperation,
  deleteToolOperation,
  getToolOperation,
  listExecutionsOperation,
  listToolsOperation,
  updateToolOperation,
} from './tools.ts';
import { attachMcpServerOperation, detachMcpServerOperation, listMcpServersOperation } from './mcp-servers.ts';
import { ErrorReply, renderError } from './dialect.ts';

export const salesAgent: Api = {
  name: 'sales-agent',
  title: 'AI SDR Agent',
  owns: (path) => path === '/v1' || path.startsWith('/v1/'),
  renderError,
  errorReply: withConflict(ErrorReply),
  countedPer: 'principal',
  usualLimit: () => ({ name: 'requests', points: 1000, windowS: 60 }),
  webhookBody: salesAgentEvent,
  asyncApi,
  operations: [
    createAgentOperation,
    listAgentsOperation,
    getAgentOperation,
    updateAgentOperation,
    deleteAgentOperation,
    getDraftOperation,
    changeDraftOperation,
    discardDraftOperation,
    publishDraftOperation,
    listVersionsOperation,
    getVersionOperation,
    compareVersionsOperation,
    restoreVersionOperation,
    addTestOperation,
    listTestsOperation,
    deleteTestOperation,
    runTestOperation,
    outboundCallOperation,
    endCallOperation,
    webCallOperation,
    getConversationOperation,
    listConversationsOperation,
    latencyOperation,
    callUsageOperation,
    registerWebhookOperation,
    listWebhooksOperation,
    deleteWebhookOperation,
    listDeliveriesOperation,
    replayDeliveriesOperation,
    createToolOperation,
    listToolsOperation,
    getToolOperation,
    updateToolOperation,
    deleteToolOperation,
    listExecutionsOperation,
    attachMcpServerOperation,
    listMcpServersOperation,
    detachMcpServerOperation,
    uploadDocumentOperation,
    listDocumentsOperation,
    getDocumentOperation,
    listPassagesOperation,
    tryQuestionOperation,
    deleteDocumentOperation,
    reindexDocumentOperation,
  ],
};
