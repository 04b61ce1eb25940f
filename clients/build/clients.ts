/** What a client of an API is called and how it reaches a server. */
export interface ClientDefinition {
  /** The API, as `/docs/<api>` names it. */
  readonly api: string;
  readonly title: string;
  /** npm package; where the seed of the API names one, that name. */
  readonly npmName: string;
  readonly className: string;
  readonly pythonModule: string;
  readonly pythonClass: string;
  /** Where a server listens when nothing is configured. */
  readonly defaultUrl: string;
  /** A host in the examples of the API that stands for the reader's own server. */
  readonly placeholderUrl: string;
  /** Path that a base URL may end with. */
  readonly prefix: string;
  /** Prefixes that method names leave out, the longest first. */
  readonly unnamed: readonly string[];
  /** Whether JavaScript's fields are written in camel case. */
  readonly camelCase: boolean;
  /** Names of methods that the path alone does not give. */
  readonly names: Readonly<Record<string, string>>;
  readonly sockets: readonly SocketDefinition[];
}

export interface SocketDefinition {
  readonly name: string;
  readonly path: string;
  readonly param?: string;
  /** JavaScript that makes the first message from the cursor. */
  readonly hello?: string;
}

export const CLIENTS: readonly ClientDefinition[] = [
  {
    api: 'customer-service',
    title: 'Customer Service Voice Agent',
    npmName: 'voice-agent-client',
    className: 'VoiceAgentClient',
    pythonModule: 'voice_agent_client',
    pythonClass: 'VoiceAgentClient',
    defaultUrl: 'http://localhost:8000',
    placeholderUrl: '',
    prefix: '/api/v1',
    unnamed: ['/api/v1'],
    camelCase: true,
    names: {
      'POST /api/v1/calls/outbound/create': 'calls.create_outbound',
      'POST /api/v1/calls/outbound/callback': 'calls.create_callback',
      'POST /api/v1/calls/outbound/batch': 'calls.create_batch',
      'GET /api/v1/calls/outbound/batch/:batch_id': 'calls.get_batch',
      'GET /api/v1/calls/inbound/:session_id': 'calls.get_inbound',
      'GET /api/v1/calls/inbound/active': 'calls.get_inbound_active',
      'GET /api/v1/desk': 'desk.get',
      'GET /api/v1/queue/:queue_id/position': 'queue.get_position',
    },
    sockets: [
      { name: 'streamCalls', path: '/ws/calls' },
      { name: 'streamTranscript', path: '/ws/transcripts/:session_id', param: 'sessionId' },
    ],
  },
  {
    api: 'call-center',
    title: 'Vocelio call center',
    npmName: '@vocelio/api-client',
    className: 'VocelioAPI',
    pythonModule: 'vocelio',
    pythonClass: 'VocelioClient',
    defaultUrl: 'http://localhost:8000',
    placeholderUrl: 'https://api.vocelio.ai',
    prefix: '/api',
    unnamed: ['/api'],
    camelCase: false,
    names: {
      'PUT /api/users/me': 'users.update_me',
      'POST /api/voice/generate': 'voice.generate',
      'POST /api/voice/clone': 'voice.clone',
      'POST /api/campaigns/:campaign_id/leads': 'campaigns.leads.upload',
      'DELETE /api/people/do-not-call': 'people.allow_calls',
      'POST /api/people/do-not-call': 'people.refuse_calls',
      'GET /api/people/do-not-call': 'people.list_do_not_call',
      'POST /api/people/do-not-call/import': 'people.import_do_not_call',
    },
    sockets: [],
  },
  {
    api: 'sales-agent',
    title: 'AI SDR agent',
    npmName: '@trunkline/sales-agent',
    className: 'SalesAgentClient',
    pythonModule: 'trunkline_sales_agent',
    pythonClass: 'SalesAgentClient',
    defaultUrl: 'http://localhost:9001',
    placeholderUrl: '',
    prefix: '',
    unnamed: ['/v1/convai'],
    camelCase: false,
    names: { 'POST /v1/convai/twilio/outbound-call': 'calls.create' },
    sockets: [],
  },
  {
    api: 'orchestrator',
    title: 'Voice Agent Orchestrator',
    npmName: '@trunkline/orchestrator',
    className: 'OrchestratorClient',
    pythonModule: 'trunkline_orchestrator',
    pythonClass: 'OrchestratorClient',
    defaultUrl: 'http://localhost:3000',
    placeholderUrl: '',
    prefix: '',
    unnamed: ['/voice'],
    camelCase: false,
    names: {
      'POST /agents/:agentId/message': 'agents.send_message',
      'POST /conversations/:conversationId/messages': 'conversations.add_message',
      'GET /memory/:userId/context': 'memory.get_context',
      'DELETE /memory/:userId/context': 'memory.delete_context',
      'POST /memory/:userId/context': 'memory.update_context',
    },
    sockets: [
      {
        name: 'streamEvents',
        path: '/ws',
        hello: `(cursor) => ({ type: 'subscribe', events: ['*'], ...(cursor === null ? {} : { cursor }) })`,
      },
    ],
  },
];

/** The client of an API that is called by tRPC: `api.campaign.create.mutate(…)`. It exists in JavaScript alone. */
export const PROCEDURES_CLIENT = {
  api: 'campaigns',
  title: 'LiveKit SIP AI agent system',
  npmName: '@trunkline/campaigns',
  className: 'CampaignsClient',
  defaultUrl: 'http://localhost:3025',
  placeholderUrl: '',
  prefix: '',
  camelCase: false,
  sockets: [],
} as const satisfies Partial<ClientDefinition>;
