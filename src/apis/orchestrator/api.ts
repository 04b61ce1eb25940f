import type { Api } from '../kit/api.ts';
import type { RestOperation } from '../kit/operation.ts';
import {
  agentStatusOperation,
  changeAgentOperation,
  createAgentOperation,
  getAgentOperation,
  listAgentsOperation,
  messageAgentOperation,
} from './agents.ts';
import { addMessageOperation, getConversationOperation, listConversationsOperation } from './conversations.ts';
import { forgetMemoryOperation, getMemoryOperation, updateMemoryOperation } from './memory.ts';
import { callStatusOperation, endCallOperation, initiateCallOperation, listCallsOperation } from './calls.ts';
import { addNumberOperation, changeNumberOperation, listNumbersOperation, removeNumberOperation } from './numbers.ts';
import { providerOperations } from './providers.ts';
import { ErrorReply, renderError } from './dialect.ts';

/** Everything that no other API owns is answered in this one's form. */
export function orchestrator(health: readonly RestOperation[]): Api {
  return {
    name: 'orchestrator',
    title: 'Voice Agent Orchestrator',
    owns: () => true,
    renderError,
    errorReply: ErrorReply,
    countedPer: 'principal',
    // As health checks do.
    usualLimit: () => ({ name: 'health', points: 1000, windowS: 60 }),
    operations: [
      ...health,
      ...providerOperations,
      initiateCallOperation,
      listCallsOperation,
      callStatusOperation,
      endCallOperation,
      listNumbersOperation,
      addNumberOperation,
      changeNumberOperation,
      removeNumberOperation,
      listAgentsOperation,
      createAgentOperation,
      getAgentOperation,
      changeAgentOperation,
      agentStatusOperation,
      messageAgentOperation,
      listConversationsOperation,
      getConversationOperation,
      addMessageOperation,
      getMemoryOperation,
      updateMemoryOperation,
      forgetMemoryOperation,
    ],
  };
}
