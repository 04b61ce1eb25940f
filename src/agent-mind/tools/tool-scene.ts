import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Place } from '#core/desk/place-in-line.ts';
import type { KeptPlace } from '#core/desk/queue-callback.ts';
import type { TimeZone } from '#core/kernel/locale.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { ToolLocation } from '#core/tools/tool-store.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';

/** The conversation in which a tool runs. */
export interface ToolContext {
  readonly where: ToolLocation;
  readonly organizationId: number;
  /** Public id of the conversation: the call's sid, or `conv_7`. */
  readonly subject: string;
  /** Prefix of tool call keys, unique per conversation. */
  readonly keyPrefix: string;
  readonly personId: number | null;
  /** The person's number; null if unknown. */
  readonly number: string | null;
  readonly agent: AiAgent;
  /** The organization's. */
  readonly timeZone: TimeZone;
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  /** Whether the call can be transferred. */
  readonly canTransfer: boolean;
  /** Null in text. */
  readonly line: LineForHumans | null;
}

/** The line for human agents, as the caller of a call uses it. */
export interface LineForHumans {
  ask(reason: string | null): Promise<Place>;
  /** The caller is called back at this number when the turn has come, not before `at`. Null: does not wait in line. */
  keepPlace(number: string, at: Date | null): Promise<KeptPlace | null>;
  leave(cause: 'changed_mind' | 'message'): Promise<void>;
}

export type Args = Readonly<Record<string, string | undefined>>;

/** A built-in tool. */
export interface BuiltIn {
  readonly definition: ToolDefinition;
  /** What it would do, as a phrase after "it would"; or why nothing can be done, which needs no agreement. */
  plan?(scene: ToolContext, args: Args): Promise<{ readonly would: string } | ToolOutcome>;
  run(scene: ToolContext, args: Args): Promise<ToolOutcome>;
}

export const param = (description: string, required: boolean) => ({ description, required });

export const as = ({ organizationId }: ToolContext) =>
  ({ organizationId, actor: { kind: 'system', name: 'agent' } }) as const;
