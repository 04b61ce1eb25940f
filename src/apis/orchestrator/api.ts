import type { Api } from '../kit/api.ts';
import { withConflict } from '../kit/editing.ts';
import { EventSocket } from '../kit/event-socket.ts';
import {
  agentStatusOperation,
  changeAgentOperation,
  createAgentOperation,
  getAgentOperation,
  listAgentsOperation,
  messageAgentOperation,
} from './agents.ts';
import {
  addMessageOperation,
  exportConversationsOperation,
  getConversationOperation,
  listConversationsOperation,
} from './conversations.ts';
import { forgetMemoryOperation, getMemoryOperation, updateMemoryOperation } from './memory.ts';
import { callStatusOperation, endCallOperation, initiateCallOperation, listCallsOperation } from './calls.ts';
import {
  addNumberOperation,
  changeNumberOperation,
  getNumberOperation,
  listNumbersOperation,
  removeNumberOperation,
} from './numbers.ts';
import { providerOperations } from './providers.ts';
import { ErrorReply, renderError } from './dialect.ts';
import { socketDialect } from './socket.ts';
import { asyncApi } from './socket-messages.ts';
import { socketOperations } from './socket-status.ts';

const OWN = /^\/(?:voice|agents|conversations|memory|ws)(?:[/.]|$)/;

export const orchestrator: Api = {
  name: 'orchestrator',
  title: 'Voice Agent Orchestrator',
  owns: (path) => OWN.test(path),
  renderError,
  errorReply: withConflict(ErrorReply),
  countedPer: 'principal',
  // As health checks do.
  usualLimit: () => ({ name: 'health', points: 1000, windowS: 60 }),
  operations: [
    ...providerOperations,
    initiateCallOperation,
    listCallsOperation,
    callStatusOperation,
    endCallOperation,
    listNumbersOperation,
    addNumberOperation,
    getNumberOperation,
    changeNumberOperation,
    removeNumberOperation,
    listAgentsOperation,
    createAgentOperation,
    getAgentOperation,
    changeAgentOperation,
    agentStatusOperation,
    messageAgentOperation,
    exportConversationsOperation,
    listConversationsOperation,
    getConversationOperation,
    addMessageOperation,
    getMemoryOperation,
    updateMemoryOperation,
    forgetMemoryOperation,
  ],
  eventSockets: [
    {
      path: '/ws',
      open: (options, newRequestId) => new EventSocket(options, socketDialect(options.core, newRequestId)),
      operations: socketOperations,
    },
  ],
  asyncApi,
};
