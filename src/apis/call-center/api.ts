import type { Plan } from '#core/kernel/plan.ts';
import type { Api } from '../kit/api.ts';
import { withConflict } from '../kit/editing.ts';
import {
  activeCallsOperation,
  getCallOperation,
  initiateCallOperation,
  listCallsOperation,
  updateCallOperation,
} from './calls.ts';
import { analyzeOperation } from './analysis.ts';
import { agentAnalyticsOperation, callAnalyticsOperation, dashboardOperation, realtimeOperation } from './analytics.ts';
import { createKeyOperation, listKeysOperation, revokeKeyOperation } from './keys.ts';
import { createOrganizationOperation, getOrganizationOperation, updateOrganizationOperation } from './organizations.ts';
import { campaignAnalyticsOperation } from './campaign-analytics.ts';
import {
  campaignReadinessOperation,
  createCampaignOperation,
  getCampaignOperation,
  listCampaignsOperation,
  testCallOperation,
  updateCampaignOperation,
} from './campaigns.ts';
import {
  allowCallsOperation,
  doNotCallImportErrorsOperation,
  doNotCallImportOperation,
  importDoNotCallOperation,
  listDoNotCallOperation,
  refuseCallsOperation,
} from './do-not-call.ts';
import {
  getImportOperation,
  importErrorsOperation,
  undoImportOperation,
  uploadLeadsOperation,
} from './lead-imports.ts';
import { boardOperation, timelineOperation } from './live-calls.ts';
import { listLeadsOperation } from './leads.ts';
import { exportCallsOperation, exportLeadsOperation } from './exports.ts';
import { callPeaksOperation } from './peaks.ts';
import { listAuditOperation } from './audit.ts';
import {
  erasePersonByIdOperation,
  erasePersonOperation,
  getPersonOperation,
  listPeopleOperation,
  recordConsentOperation,
  revokeConsentOperation,
} from './people.ts';
import { loginOperation, refreshOperation } from './sign-in.ts';
import { optimizeOperation } from './suggestions.ts';
import {
  createUserOperation,
  getMyselfOperation,
  getUserOperation,
  listUsersOperation,
  updateMyselfOperation,
  updateUserOperation,
} from './users.ts';
import { cloneVoiceOperation, generateSpeechOperation, getVoiceOperation, listVoicesOperation } from './voices.ts';
import {
  callCenterEvent,
  deleteWebhookOperation,
  getWebhookOperation,
  listDeliveriesOperation,
  listWebhooksOperation,
  registerWebhookOperation,
  replayDeliveriesOperation,
} from './webhooks.ts';
import { ErrorReply, renderError } from './dialect.ts';

const HOUR_S = 3600;
const REQUESTS_AN_HOUR: Record<Plan, number> = { standard: 1000, professional: 5000, enterprise: 25_000 };

export const callCenter: Api = {
  name: 'call-center',
  title: 'Vocelio AI Call Center',
  version: 'v1',
  owns: (path) => path === '/api' || path.startsWith('/api/'),
  renderError,
  errorReply: withConflict(ErrorReply),
  countedPer: 'organization',
  usualLimit: (plan) => ({ name: 'requests', points: REQUESTS_AN_HOUR[plan], windowS: HOUR_S }),
  webhookBody: callCenterEvent,
  operations: [
    loginOperation,
    refreshOperation,
    getMyselfOperation,
    updateMyselfOperation,
    listUsersOperation,
    createUserOperation,
    getUserOperation,
    updateUserOperation,
    createOrganizationOperation,
    getOrganizationOperation,
    updateOrganizationOperation,
    createKeyOperation,
    listKeysOperation,
    revokeKeyOperation,
    listVoicesOperation,
    getVoiceOperation,
    generateSpeechOperation,
    cloneVoiceOperation,
    initiateCallOperation,
    listCallsOperation,
    activeCallsOperation,
    boardOperation,
    getCallOperation,
    timelineOperation,
    updateCallOperation,
    callPeaksOperation,
    exportCallsOperation,
    analyzeOperation,
    optimizeOperation,
    dashboardOperation,
    callAnalyticsOperation,
    agentAnalyticsOperation,
    realtimeOperation,
    registerWebhookOperation,
    listWebhooksOperation,
    getWebhookOperation,
    deleteWebhookOperation,
    listDeliveriesOperation,
    replayDeliveriesOperation,
    createCampaignOperation,
    listCampaignsOperation,
    getCampaignOperation,
    updateCampaignOperation,
    campaignReadinessOperation,
    campaignAnalyticsOperation,
    testCallOperation,
    listLeadsOperation,
    exportLeadsOperation,
    uploadLeadsOperation,
    getImportOperation,
    importErrorsOperation,
    undoImportOperation,
    erasePersonOperation,
    listPeopleOperation,
    getPersonOperation,
    recordConsentOperation,
    revokeConsentOperation,
    erasePersonByIdOperation,
    listAuditOperation,
    refuseCallsOperation,
    listDoNotCallOperation,
    allowCallsOperation,
    importDoNotCallOperation,
    doNotCallImportOperation,
    doNotCallImportErrorsOperation,
  ],
};
