/** What happened, as a closed list. Each is written in the transaction that made it true, and carries the call's own sequence. */
export type DomainEvent =
  | { readonly type: 'call.started'; readonly callId: number; readonly data: { readonly number: string | null } }
  | { readonly type: 'call.ringing'; readonly callId: number; readonly data: Record<string, never> }
  | { readonly type: 'call.answered'; readonly callId: number; readonly data: Record<string, never> }
  | { readonly type: 'call.ended'; readonly callId: number; readonly data: { readonly status: string; readonly reason: string } }
  | { readonly type: 'call.failed'; readonly callId: number; readonly data: { readonly status: string; readonly reason: string } }
  | { readonly type: 'user.interrupted'; readonly callId: number; readonly data: { readonly text: string; readonly heard: string } }
  | { readonly type: 'agent.responded'; readonly callId: number; readonly data: { readonly text: string } }
  | { readonly type: 'message.sent'; readonly callId: number; readonly data: { readonly role: 'agent' | 'caller'; readonly text: string } }
  | { readonly type: 'tool.executed'; readonly callId: number; readonly data: { readonly key: string; readonly name: string; readonly status: string } }
  | { readonly type: 'recording.ready'; readonly callId: number; readonly data: { readonly key: string } }
  | { readonly type: 'agent.created'; readonly agentId: number; readonly data: Record<string, never> };
