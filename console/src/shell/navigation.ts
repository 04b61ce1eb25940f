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
  { to: '/app/start', title: 'First calls', icon: 'phone', group: 'build', roles: STAFF },
];

export const placesOf = ({ role }: User): readonly Place[] =>
  PLACES.filter(({ roles }) => roles === undefined || roles.includes(role));
