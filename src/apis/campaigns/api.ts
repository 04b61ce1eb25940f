import type { Api } from '../kit/api.ts';
import * as calls from './calls.ts';
import * as campaign from './campaigns.ts';
import * as csv from './csv.ts';
import type { RestOperation } from '../kit/operation.ts';
import { environmentOperations, type Environment } from './environment.ts';
import { healthOperations } from './health.ts';
import { metricsOperations } from './metrics.ts';
import { webhookOperations, type ReceiveText, type ReceiveWebhook } from './webhooks.ts';
import { ErrorReply, errorCode, renderError } from './dialect.ts';
import { REQUESTS } from './limits.ts';
import * as livekit from './livekit.ts';
import * as settings from './settings.ts';
import * as slots from './slots.ts';

const OWN_PARTS = 'trpc|settings|twiml|book-slot|slots|health|metrics|webhooks/twilio|webhooks/livekit';
const OWN = new RegExp(`^/(?:metrics|api/(?:${OWN_PARTS}))(?:/|$)`);

export const PROCEDURES = [
  campaign.getAll,
  campaign.create,
  campaign.getDetails,
  campaign.addLead,
  calls.makeCall,
  campaign.getStats,
  campaign.getOverallStats,
  campaign.getAgentStatus,
  campaign.updateScript,
  campaign.setStatus,
  settings.getSipSettings,
  settings.updateSipSettings,
  settings.testConnection,
  settings.testLivekitConnection,
  calls.twilioMakeCall,
  livekit.getListenToken,
  livekit.getTranscript,
  slots.bookSlotProcedure,
  slots.getAllSlots,
  slots.uploadFile,
  slots.getFileProcedure,
  slots.bulkInsertSlots,
  csv.uploadCsv,
  csv.getCsvData,
] as const;

/** What the API needs of the server that offers it. */
export interface CampaignsParts {
  readonly environment: Environment;
  readonly receive: ReceiveWebhook;
  readonly receiveText: ReceiveText;
  /** What Prometheus reads. */
  readonly metrics: RestOperation;
}

export const campaigns = (parts: CampaignsParts | null): Api => ({
  name: 'campaigns',
  title: 'LiveKit SIP AI Agent System',
  owns: (path) => OWN.test(path),
  renderError,
  errorCode,
  errorReply: ErrorReply,
  countedPer: 'principal',
  openOnLoopback: true,
  usualLimit: () => REQUESTS,
  operations: [
    slots.bookSlotOperation,
    slots.listSlotsOperation,
    slots.freeSlotsOperation,
    slots.cancelSlotOperation,
    ...healthOperations,
    ...metricsOperations,
    ...(parts ? environmentOperations(parts.environment) : []),
    ...(parts ? [parts.metrics] : []),
    ...(parts ? webhookOperations(parts.receive, parts.receiveText) : []),
  ],
  procedures: PROCEDURES,
  proceduresAt: '/api/trpc',
});
