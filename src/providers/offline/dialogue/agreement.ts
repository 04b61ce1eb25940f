import { timeZone } from '#core/kernel/locale.ts';
import type { ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import { NO, spokenInstant, YES } from './booking/wish.ts';
import { argsOf, parametersOf, valuesOf } from './booking/parameters.ts';
import { slotsOf, valueIn } from './booking/slots.ts';
import { plain, type Talk } from './talk.ts';

/** A tool that changes something runs once the caller has heard what it will do and agreed. */

export const GO_AHEAD = 'Shall I do that?';

/** A request that was held back until the caller agrees. */
export interface HeldRequest {
  readonly tool: ToolDefinition;
  readonly args: ToolArgs;
  /** What it would do, where the tool has said so. */
  readonly would: string | null;
}

/** The latest request for a tool, where it was held back. */
export function heldBack({ messages, tools }: Talk): HeldRequest | null {
  const call = messages.findLast((one) => one.role === 'tool-call');
  const tool = call?.role === 'tool-call' ? tools.get(call.name) : undefined;
  if (call?.role !== 'tool-call' || !tool) return null;
  const result = messages.findLast((one) => one.role === 'tool-result' && one.key === call.key);
  if (result?.role !== 'tool-result' || result.status !== 'unconfirmed') return null;
  return { tool, args: call.args, would: /It would ([^\n]{1,300}?)\. Say what/.exec(result.output)?.[1] ?? null };
}

/** The same, where the agent has asked about nothing else since. */
export const heldRequest = (talk: Talk): HeldRequest | null =>
  talk.lastAgent.endsWith(GO_AHEAD) ? heldBack(talk) : null;

/** What the caller says to it: to do it, perhaps with other values, or to leave it; null where it is something else. */
export function answerToHeld({ tool, args }: HeldRequest, caller: string): ToolArgs | 'leave' | null {
  const words = plain(caller);
  const parameters = parametersOf(tool);
  const values = valuesOf(parameters, args);
  const corrected = Object.fromEntries(
    slotsOf(tool).flatMap((slot) => {
      const value = valueIn(slot, caller, false);
      return value === null || value === values[slot.key] ? [] : [[slot.key, value]];
    }),
  );
  if (Object.keys(corrected).length > 0) return argsOf(parameters, { ...values, ...corrected });
  if (NO.test(words) || /\b(?:cancel that|never ?mind|forget (?:it|that)|leave it|rather not)\b/.test(words))
    return 'leave';
  return YES.test(words) && !caller.trim().endsWith('?') ? args : null;
}

/** What the agent says before a tool that changes something. */
export function askToGoAhead({ tool, args, would }: HeldRequest, zone: string): string {
  if (would !== null) return `So I will ${would}. ${GO_AHEAD}`;
  const values = leaves(args).map(([key, value]) => `${key.replaceAll(/[_.-]/g, ' ')} ${said(value, zone)}`);
  return `To be sure: ${[tool.name.replaceAll(/[_-]/g, ' '), ...values].join(', ')}. ${GO_AHEAD}`;
}

function leaves(args: ToolArgs, before = ''): [string, unknown][] {
  return Object.entries(args).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value as ToolArgs, `${before}${key} `)
      : value === null
        ? []
        : [[before + key, value]],
  );
}

function said(value: unknown, zone: string): string {
  if (Array.isArray(value)) return value.map(String).join(' and ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const local = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?$/.exec(String(value));
  if (local) return spokenInstant(new Date(`${local[1]!}Z`), timeZone('UTC'));
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(String(value));
  return instant ? spokenInstant(new Date(String(value)), timeZone(zone)) : String(value);
}
