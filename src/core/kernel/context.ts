/** Who acts. Closed: a new kind of actor is a decision, not an accident. */
export type Actor =
  | {
      readonly kind: 'api-key';
      readonly id: number;
      /** What it acts as: no more than the role that its creator has today. */
      readonly role: Role;
      /** The role that it was made with, which bounds it as well. Left out: the same. */
      readonly keyRole?: Role;
      readonly userId: number | null;
    }
  | { readonly kind: 'user'; readonly id: number; readonly role: Role; readonly sessionId: number }
  | { readonly kind: 'system'; readonly name: string };

export const ROLES = ['admin', 'manager', 'agent', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What an operation may ask for; one table decides which role has it. `report-calls`: to say what a carrier would, by webhook. */
export const PERMISSIONS = [
  'read',
  'read-calls',
  'place-calls',
  'end-calls',
  'report-calls',
  'manage-agents',
  'manage-webhooks',
  'manage-people',
  'own-profile',
  'read-users',
  'manage-users',
  'manage-keys',
  'manage-settings',
  'erase-people',
  'create-organizations',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The one place that says who may do what. An `agent` is a human one: of calls they have their own, see `callsOf`. */
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
}

/** A request that is carried out once; `attempt` is good as long as nobody else tries it. */
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

/** What a key of `keyRole` acts as whose creator has `creatorRole` today: the lesser of the two. */
export const keyActsAs = (keyRole: Role, creatorRole: Role): Role =>
  RANKS[creatorRole] <= RANKS[keyRole] ? creatorRole : keyRole;

export const permissionsOf = (role: Role): readonly Permission[] => GRANTS[role];

/** Whose calls an actor sees and ends: everybody's, or only those of one user. */
export function callsOf(actor: Actor): { readonly userId: number | null } | 'all' {
  return actor.kind === 'system' || actor.role !== 'agent' ? 'all' : { userId: userOf(actor) };
}

/** The person who acts, or whose key acts. */
export function userOf(actor: Actor): number | null {
  return actor.kind === 'user' ? actor.id : actor.kind === 'api-key' ? actor.userId : null;
}

/** Short stable name of an actor for the audit line. */
export function actorName(actor: Actor): string {
  return actor.kind === 'system' ? `system:${actor.name}` : `${actor.kind}:${actor.id}`;
}
