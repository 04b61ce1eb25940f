/** Who acts. Closed: a new kind of actor is a decision, not an accident. */
export type Actor =
  | { readonly kind: 'api-key'; readonly id: number; readonly role: Role }
  | { readonly kind: 'system'; readonly name: string };

export type Role = 'admin' | 'manager' | 'agent' | 'viewer';

/** What an operation may ask for; one table decides which role has it. */
export type Permission = 'read' | 'place-calls' | 'manage-agents' | 'open';

const GRANTS: Record<Role, readonly Permission[]> = {
  admin: ['read', 'place-calls', 'manage-agents', 'open'],
  manager: ['read', 'place-calls', 'manage-agents', 'open'],
  agent: ['read', 'open'],
  viewer: ['read', 'open'],
};

/** Everything a verb knows about the request it serves. */
export interface Context {
  readonly organizationId: number;
  readonly actor: Actor;
  readonly requestId: string;
}

export function isAllowed(actor: Actor, permission: Permission): boolean {
  return actor.kind === 'system' || GRANTS[actor.role].includes(permission);
}

/** Short stable name of an actor for the audit line. */
export function actorName(actor: Actor): string {
  return actor.kind === 'system' ? `system:${actor.name}` : `api-key:${actor.id}`;
}
