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

export const isOpen = ({ openingHours }: Routing, zone: TimeZone, at: Date): boolean => {
  if (openingHours === null) return true;
  const next = openAtOrAfter({ zones: [zone], jurisdictions: [], own: [openingHours] }, at);
  return next !== null && next.fromMs <= at.getTime();
};

/** Who answers a call of the rule at that time. */
export function answeringOf({ agentId, routing }: DispatchRule, zone: TimeZone, at: Date): Answering {
  const usual = { agentId, greeting: routing.greeting };
  if (routing.outsideHours === null || isOpen(routing, zone, at)) return usual;
  return { agentId: routing.outsideHours.agentId ?? agentId, greeting: routing.outsideHours.greeting };
}

/** The name of the room of a call that the rule routed. */
export const roomOf = (rule: DispatchRule, sid: string): string =>
  rule.roomPattern.replaceAll('{call_id}', sid.slice(2, 14));
