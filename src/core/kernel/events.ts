/** A call, or a text conversation with an agent. */
export type Where = { readonly callId: number } | { readonly conversationId: number; readonly agentId: number };

/** All events, as a closed list. Each is written in the transaction of its change, with the call's sequence number. */
export type DomainEvent =
  | { readonly type: 'call.started'; readonly callId: number; readonly data: { readonly number: string | null } }
  | { readonly type: 'call.ringing'; readonly callId: number; readonly data: Record<string, never> }
  | { readonly type: 'call.answered'; readonly callId: number; readonly data: Record<string, never> }
  | {
      readonly type: 'call.ended';
      readonly callId: number;
      readonly data: { readonly status: string; readonly reason: string; readonly disposition?: string | null };
    }
  | {
      readonly type: 'call.failed';
      readonly callId: number;
      readonly data: { readonly status: string; readonly reason: string };
    }
  | {
      readonly type: 'user.interrupted';
      readonly callId: number;
      readonly data: { readonly text: string; readonly heard: string };
    }
  | ({ readonly type: 'agent.responded'; readonly data: { readonly text: string } } & Where)
  /** What we said. */
  | ({
      readonly type: 'message.sent';
      readonly data: {
        readonly role: 'agent';
        readonly text: string;
        /** Absent: the AI agent said it. */
        readonly by?: 'human-agent';
      };
    } & Where)
  /** What the other party said. `confidence` of the recogniser, 0 to 1; null if unknown. */
  | ({
      readonly type: 'message.received';
      readonly data: { readonly role: 'caller'; readonly text: string; readonly confidence: number | null };
    } & Where)
  | ({
      readonly type: 'tool.executed';
      readonly data: { readonly key: string; readonly name: string; readonly status: string };
    } & Where)
  | { readonly type: 'recording.ready'; readonly callId: number; readonly data: { readonly key: string } }
  /** The whole transcript of an ended call is on record. */
  | { readonly type: 'transcript.ready'; readonly callId: number; readonly data: Record<string, never> }
  | {
      readonly type: 'campaign.started' | 'campaign.paused' | 'campaign.completed';
      readonly campaignId: number;
      readonly data: { readonly name: string };
    }
  | {
      readonly type: 'lead.imported';
      readonly campaignId: number;
      readonly data: {
        readonly importId: number;
        readonly imported: number;
        readonly duplicates: number;
        readonly rejected: number;
      };
    }
  | { readonly type: 'agent.created'; readonly agentId: number; readonly data: Record<string, never> };
