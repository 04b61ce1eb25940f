import type { AnswerBy } from '../desk/human-agent.ts';
import type { Role } from '../kernel/context.ts';

export const USER_STATUSES = ['active', 'inactive'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** A person who signs in. A user with the role `agent` is a human agent. */
export interface User {
  readonly id: number;
  readonly organizationId: number;
  /** As entered; unique regardless of case. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly status: UserStatus;
  readonly preferences: Readonly<Record<string, unknown>>;
  /** The telephone of a human agent. */
  readonly phoneNumber: string | null;
  /** Whether a human agent takes calls in the browser or by telephone. */
  readonly answerBy: AnswerBy;
  readonly skills: readonly string[];
  readonly maxConcurrentCalls: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const DEFAULT_PREFERENCES = { timezone: 'UTC', notifications: true } as const;

/** The canonical form that makes addresses unique. */
export const emailKey = (email: string): string => email.trim().toLowerCase();
