import type { Api } from '../kit/api.ts';
import { callMetricsOperation } from './analytics.ts';
import { batchCallsOperation, getBatchOperation } from './batch.ts';
import { allActiveOperation, endCallOperation, transcriptOperation } from './calls.ts';
import { ErrorReply, renderError, REQUESTS } from './dialect.ts';
import { createRuleOperation, deleteRuleOperation, getRuleOperation, listRulesOperation } from './dispatch-rules.ts';
import { activeInboundOperation, getCallOperation } from './inbound.ts';
import { activeOutboundOperation, createCallbackOperation, createCallOperation } from './outbound.ts';
import { asyncApi, sockets } from './sockets.ts';
import { createTrunkOperation, deleteTrunkOperation, getTrunkOperation, listTrunksOperation } from './trunks.ts';

export const customerService: Api = {
  name: 'customer-service',
  title: 'Customer Service Voice Agent',
  owns: (path) => path === '/api/v1' || path.startsWith('/api/v1/'),
  renderError,
  errorReply: ErrorReply,
  countedPer: 'principal',
  usualLimit: () => REQUESTS,
  operations: [
    activeInboundOperation,
    getCallOperation,
    createCallOperation,
    createCallbackOperation,
    batchCallsOperation,
    getBatchOperation,
    activeOutboundOperation,
    allActiveOperation,
    transcriptOperation,
    endCallOperation,
    listTrunksOperation,
    createTrunkOperation,
    getTrunkOperation,
    deleteTrunkOperation,
    listRulesOperation,
    createRuleOperation,
    getRuleOperation,
    deleteRuleOperation,
    callMetricsOperation,
  ],
  eventSockets: sockets,
  asyncApi,
};
