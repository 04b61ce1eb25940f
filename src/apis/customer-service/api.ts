import type { Api } from '../kit/api.ts';
import { withConflict } from '../kit/editing.ts';
import { callMetricsOperation, realtimeOperation } from './analytics.ts';
import { batchCallsOperation, getBatchOperation } from './batch.ts';
import { allActiveOperation, endCallOperation, transcriptOperation } from './calls.ts';
import { deskOperations } from './desk.ts';
import { ErrorReply, renderError, REQUESTS } from './dialect.ts';
import {
  createRuleOperation,
  deleteRuleOperation,
  getRuleOperation,
  listRulesOperation,
  updateRuleOperation,
} from './dispatch-rules.ts';
import { agentStatusOperation, listHumanAgentsOperation } from './human-agents.ts';
import { activeInboundOperation, getCallOperation } from './inbound.ts';
import { activeOutboundOperation, createCallbackOperation, createCallOperation } from './outbound.ts';
import { queueFiguresOperation, queuePositionOperation, queueStatusOperation } from './queue.ts';
import { asyncApi, sockets } from './sockets.ts';
import { transferOperation } from './transfers.ts';
import {
  createTrunkOperation,
  deleteTrunkOperation,
  getTrunkOperation,
  listTrunksOperation,
  updateTrunkOperation,
} from './trunks.ts';

export const customerService: Api = {
  name: 'customer-service',
  title: 'Customer Service Voice Agent',
  owns: (path) => path === '/api/v1' || path.startsWith('/api/v1/'),
  renderError,
  errorReply: withConflict(ErrorReply),
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
    updateTrunkOperation,
    deleteTrunkOperation,
    listRulesOperation,
    createRuleOperation,
    getRuleOperation,
    updateRuleOperation,
    deleteRuleOperation,
    callMetricsOperation,
    realtimeOperation,
    transferOperation,
    queueStatusOperation,
    queueFiguresOperation,
    queuePositionOperation,
    listHumanAgentsOperation,
    agentStatusOperation,
    ...deskOperations,
  ],
  eventSockets: sockets,
  asyncApi,
};
