export type Role = 'admin' | 'manager' | 'agent' | 'viewer';

const GRANTS = {
  admin: null,
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
} as const satisfies Record<Role, readonly string[] | null>;

export type Permission =
  | (typeof GRANTS)['manager'][number]
  | 'manage-users'
  | 'manage-keys'
  | 'manage-settings'
  | 'erase-people';

/** Whether a role may do something: what it may not do is not drawn. The server decides all the same. */
export function may({ role }: { readonly role: Role }, permission: Permission): boolean {
  const granted: readonly string[] | null = GRANTS[role];
  return granted === null || granted.includes(permission);
}
