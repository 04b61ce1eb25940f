import type { Role } from '../kernel/context.ts';

export const USER_STATUSES = ['active', 'inactive'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** Somebody who signs in. One whose role is `agent` is a human agent. */
export interface User {
  readonly id: number;
  readonly organizationId: number;
  /** As it was written; no two users have one that differs only in case. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly status: UserStatus;
  readonly preferences: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const DEFAULT_PREFERENCES = { timezone: 'UTC', notifications: true } as const;

/** One user and one address are the same, however it is written. */
export const emailKey = (email: string): string => email.trim().toLowerCase();
