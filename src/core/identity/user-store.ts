import type { Page, Listed } from '../kernel/page.ts';
import type { User, UserStatus } from './user.ts';
import type { Role } from '../kernel/context.ts';

export interface UserFilter {
  readonly role?: Role;
  readonly status?: UserStatus;
  /** Matches name or e-mail address, case-insensitively. */
  readonly search?: string;
}

/** What a list of users is ordered by. */
export const USER_SORTS = ['created_at', 'updated_at', 'name', 'email', 'role', 'status'] as const;
export type UserSort = (typeof USER_SORTS)[number];

/** The settings of a human agent. */
export type AgentSettings = Pick<User, 'phoneNumber' | 'answerBy' | 'skills' | 'maxConcurrentCalls'>;

export type NewUser = Pick<User, 'organizationId' | 'email' | 'name' | 'role' | 'preferences'> &
  Partial<AgentSettings> & {
    readonly passwordHash: string;
    readonly at: Date;
  };

export type UserChange = {
  readonly [K in 'name' | 'role' | 'status' | 'preferences' | keyof AgentSettings]?: User[K];
} & {
  readonly passwordHash?: string;
};

export interface UserStore {
  /** Null if the address is taken. */
  insert(user: NewUser): Promise<User | null>;
  get(organizationId: number, id: number): Promise<User | null>;
  /** The oldest admin of an organization. */
  firstAdmin(organizationId: number): Promise<User | null>;
  forSignIn(emailKey: string): Promise<{ readonly user: User; readonly passwordHash: string } | null>;
  list(organizationId: number, filter: UserFilter, page: Page, sort?: UserSort): Promise<Listed<User>>;
  /** Null if there is none, or its password hash is no longer `checkedHash`. */
  update(organizationId: number, id: number, change: UserChange, at: Date, checkedHash?: string): Promise<User | null>;
  countActiveAdmins(organizationId: number): Promise<number>;
}
