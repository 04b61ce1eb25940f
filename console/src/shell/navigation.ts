import type { User } from '@/api/session.ts';
import type { IconName } from '@/design/icons.tsx';

export interface Place {
  readonly to: string;
  readonly title: string;
  readonly icon: IconName;
  /** Also in the bar of a phone. */
  readonly onPhone?: true;
  /** Places of one kind stand together. */
  readonly group: 'now' | 'build' | 'reach' | 'learn' | 'run';
  readonly roles?: readonly User['role'][];
}

const STAFF = ['admin', 'manager', 'viewer'] as const;

/** Every page that navigation and the palette offer. A page is a line here and a route in `routes.tsx`. */
export const PLACES: readonly Place[] = [
  { to: '/app/board', title: 'Live board', icon: 'board', group: 'now', onPhone: true },
  { to: '/app/desk', title: 'Desk', icon: 'desk', group: 'now', onPhone: true },
  { to: '/app/conversations', title: 'Conversations', icon: 'calls', group: 'now', onPhone: true },
  { to: '/app/agents', title: 'Agents', icon: 'agents', group: 'build', roles: STAFF },
  { to: '/app/campaigns', title: 'Campaigns', icon: 'campaigns', group: 'reach', roles: STAFF },
  { to: '/app/people', title: 'People', icon: 'people', group: 'reach', roles: ['admin', 'manager'] },
  { to: '/app/do-not-call', title: 'Do not call', icon: 'end', group: 'reach', roles: STAFF },
  { to: '/app/appointments', title: 'Appointments', icon: 'slots', group: 'reach', roles: STAFF },
  { to: '/app/analytics', title: 'Analytics', icon: 'analytics', group: 'learn', roles: STAFF },
  { to: '/app/numbers', title: 'Numbers', icon: 'numbers', group: 'run', roles: STAFF },
  { to: '/app/routing', title: 'Call routing', icon: 'transfer', group: 'run', roles: STAFF },
  { to: '/app/webhooks', title: 'Webhooks', icon: 'webhooks', group: 'run', roles: STAFF },
  { to: '/app/users', title: 'Users and keys', icon: 'users', group: 'run', roles: STAFF },
  { to: '/app/audit', title: 'Audit', icon: 'audit', group: 'run', roles: ['admin'] },
  { to: '/app/settings', title: 'Settings', icon: 'settings', group: 'run', roles: ['admin'] },
  { to: '/app/start', title: 'First calls', icon: 'phone', group: 'build', roles: STAFF },
];

export const placesOf = ({ role }: User): readonly Place[] =>
  PLACES.filter(({ roles }) => roles === undefined || roles.includes(role));
