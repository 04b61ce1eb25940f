/** Who acts. Closed: a new kind of actor is a decision, not an accident. */
export type Actor =
  | {
      readonly kind: 'api-key';
      readonly id: number;
      /** The effective role: at most the current role of the key's creator. */
      readonly role: Role;
      /** The role that the key was created with, if it differs. */
      readonly keyRole?: Role;
      readonly userId: number | null;
    }
  | { readonly kind: 'user'; readonly id: number; readonly role: Role; readonly sessionId: number }
  | { readonly kind: 'system'; readonly name: string };

export const ROLES = ['admin', 'manager', 'agent', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** Permissions of operations. `report-calls`: send the notices of a carrier by webhook. */
export const PERMISSIONS = [
  'read',
  'read-calls',
  'place-calls',
  'end-calls',
  'report-calls',
  'manage-agents',
  'manage-webhooks',
  'manage-people',
  'manage-campaigns',
  'own-profile',
  'read-users',
  'manage-users',
  'manage-keys',
  'manage-settings',
  'erase-people',
  'create-organizations',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The permissions of each role. An `agent` is a human agent, who sees only their own calls; see `callsOf`. */
const GRANTS: Record<Role, readonly Permission[]> = {
  admin: PERMISSIONS,
  manager: [
    'read',
    'read-calls',
    'place-calls',
    'end-calls',
    'report-calls',
    'manage-agents',
    'manage-webhooks',
    'manage-people',
    'manage-campaigns',
    'own-profile',
    'read-users',
  ],
  agent: ['read-calls', 'place-calls', 'end-calls', 'own-profile'],
  viewer: ['read', 'read-calls', 'own-profile', 'read-users'],
};

/** Everything a verb knows about the request it serves. */
export interface Context {
  readonly organizationId: number;
  readonly actor: Actor;
  readonly requestId: string;
  /** The request carries an Idempotency-Key: what it changes is marked with it, in the same transaction. */
  readonly once?: OnceKey;
  /** The request edits one record: the audit line of the edit raises its revision, in the same transaction. */
  readonly edit?: Edit;
}

/** An edit of a record, which its audit lines call `subject`. */
export interface Edit {
  readonly subject: string;
  /** The revision that the editor has read; null: any. */
  readonly expected: number | null;
  revised(revision: number): void;
}

/** A request with an idempotency key; `attempt` is valid until another request takes it over. */
export interface OnceKey {
  readonly operation: string;
  readonly key: string;
  readonly attempt: string;
}

export function isAllowed(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'system') return true;
  const bound = actor.kind === 'api-key' ? (actor.keyRole ?? actor.role) : actor.role;
  return GRANTS[actor.role].includes(permission) && GRANTS[bound].includes(permission);
}

const RANKS: Record<Role, number> = { admin: 2, manager: 1, agent: 0, viewer: 0 };

/** The effective role of a key: the lesser of its own role and the current role of its creator. */
export const keyActsAs = (keyRole: Role, creatorRole: Role): Role =>
  RANKS[creatorRole] <= RANKS[keyRole] ? creatorRole : keyRole;

export const permissionsOf = (role: Role): readonly Permission[] => GRANTS[role];

/** Which calls an actor may see and end: all, or only those of one user. */
export function callsOf(actor: Actor): { readonly userId: number | null } | 'all' {
  return actor.kind === 'system' || actor.role !== 'agent' ? 'all' : { userId: userOf(actor) };
}

/** The acting user, directly or by an API key. */
export function userOf(actor: Actor): number | null {
  return actor.kind === 'user' ? actor.id : actor.kind === 'api-key' ? actor.userId : null;
}

/** Short stable name of an actor for the audit line. */
export function actorName(actor: Actor): string {
  return actor.kind === 'system' ? `system:${actor.name}` : `${actor.kind}:${actor.id}`;
}
