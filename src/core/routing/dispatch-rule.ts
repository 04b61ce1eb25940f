import type { Overflow, WaitLimits } from '../desk/wait-limits.ts';
import { openAtOrAfter } from '../dialling/open-hours.ts';
import type { WeekHours } from '../dialling/week-hours.ts';
import type { TimeZone } from '../kernel/locale.ts';
import type { SipTrunk } from './sip-trunk.ts';

/** Who answers a call and with which words; null: as usual. */
export interface Answering {
  readonly agentId: number | null;
  readonly greeting: string | null;
}

/** How calls of a rule are handled beyond which agent takes them. */
export interface Routing {
  readonly greeting: string | null;
  /** What a human agent must know who takes the call. */
  readonly skills: readonly string[];
  /** Null: always open. */
  readonly openingHours: WeekHours | null;
  /** Outside of the opening hours. */
  readonly outsideHours: Answering | null;
  /** When callers do not wait for a human agent any longer; null: they always may. */
  readonly overflow: Overflow | null;
}

/** Says which agent takes calls that come in over some trunks, or over all. */
export interface DispatchRule {
  /** `SDR_…` */
  readonly id: string;
  readonly organizationId: number;
  readonly name: string;
  /** Empty: all trunks. */
  readonly trunkIds: readonly string[];
  /** The name of a call's room, with `{call_id}` for a part of its id. */
  readonly roomPattern: string;
  readonly hidePhoneNumber: boolean;
  /** Null: the agent of the number, else the default agent. */
  readonly agentId: number | null;
  readonly routing: Routing;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether a caller must enter a code, which the telephony server alone keeps. */
  readonly hasPin: boolean;
  /** Whether it stands on the telephony server under this id. */
  readonly atServer: boolean;
  readonly createdAt: Date;
}

export interface RoutedBy {
  readonly rule: DispatchRule;
  /** The trunk that the call came in over; null for a rule of all trunks. */
  readonly trunk: SipTrunk | null;
}

/** The first rule for a trunk that has the number, else the first for all trunks. */
export function ruleFor(
  number: string | null,
  rules: readonly DispatchRule[],
  trunks: readonly SipTrunk[],
): RoutedBy | null {
  const over = trunks.filter((one) => one.direction === 'inbound' && number !== null && one.numbers.includes(number));
  for (const rule of rules) {
    const trunk = over.find(({ id }) => rule.trunkIds.includes(id));
    if (trunk) return { rule, trunk };
  }
  const rule = rules.find(({ trunkIds }) => trunkIds.length === 0);
  return rule ? { rule, trunk: over[0] ?? null } : null;
}

const openFrom = (hours: WeekHours, zone: TimeZone, at: Date) =>
  openAtOrAfter({ zones: [zone], jurisdictions: [], own: [hours] }, at);

const isOpen = ({ openingHours }: Routing, zone: TimeZone, at: Date): boolean => {
  if (openingHours === null) return true;
  const next = openFrom(openingHours, zone, at);
  return next !== null && next.fromMs <= at.getTime();
};

/** When hours end that are open at `at`, which is `at` if they are not, and when they begin again. */
function closing(hours: WeekHours | null, zone: TimeZone, at: Date): Pick<WaitLimits, 'closesAt' | 'opensAt'> {
  if (hours === null) return { closesAt: null, opensAt: null };
  const next = openFrom(hours, zone, at);
  if (next === null) return { closesAt: at, opensAt: null };
  if (next.fromMs > at.getTime()) return { closesAt: at, opensAt: new Date(next.fromMs) };
  const closesAt = new Date(next.toMs);
  const again = openFrom(hours, zone, closesAt);
  // Hours without an end are read two days ahead.
  if (again?.fromMs === next.toMs) return { closesAt: null, opensAt: null };
  return { closesAt, opensAt: again && new Date(again.fromMs) };
}

/** The limits, from now on, of a wait for a human agent; null if the rule has none. */
export function waitLimitsOf(
  { openingHours, overflow }: Routing,
  zone: TimeZone,
  { enteredAt, now }: { readonly enteredAt: Date; readonly now: Date },
): WaitLimits | null {
  if (openingHours === null && overflow === null) return null;
  return {
    ...closing(openingHours, zone, now),
    leaveAt: overflow?.longestWaitMs == null ? null : new Date(enteredAt.getTime() + overflow.longestWaitMs),
    mostWaiting: overflow?.mostWaiting ?? null,
    noAgentsMs: overflow?.noAgentsMs ?? null,
    offers: overflow?.offers ?? ['callback', 'message'],
  };
}

/** Who answers a call of the rule at that time. */
export function answeringOf({ agentId, routing }: DispatchRule, zone: TimeZone, at: Date): Answering {
  const usual = { agentId, greeting: routing.greeting };
  if (routing.outsideHours === null || isOpen(routing, zone, at)) return usual;
  return { agentId: routing.outsideHours.agentId ?? agentId, greeting: routing.outsideHours.greeting };
}

/** The name of the room of a call that the rule routed. */
export const roomOf = (rule: DispatchRule, sid: string): string =>
  rule.roomPattern.replaceAll('{call_id}', sid.slice(2, 14));
