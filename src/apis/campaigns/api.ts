import type { Api } from '../kit/api.ts';
import { getTranscript } from './livekit.ts';
import { ErrorReply, renderError } from './dialect.ts';

const OWN = /^\/api\/(?:trpc|settings|twiml|book-slot|health|metrics|webhooks\/twilio|webhooks\/livekit)(?:\/|$)/;

export const campaigns: Api = {
  name: 'campaigns',
  title: 'LiveKit SIP AI Agent System',
  owns: (path) => OWN.test(path),
  renderError,
  errorReply: ErrorReply,
  countedPer: 'principal',
  openOnLoopback: true,
  usualLimit: () => ({ name: 'requests', points: 100, windowS: 60 }),
  operations: [],
  procedures: [getTranscript],
  proceduresAt: '/api/trpc',
};
