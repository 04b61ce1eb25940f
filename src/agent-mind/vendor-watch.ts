import type { Log } from '#core/kernel/log.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { VendorProblem } from '#core/ai-agents/vendor-problem.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { AgentStore } from '#core/ai-agents/agent-store.ts';
import type { Failure } from '#engine/contracts/failure.ts';

export interface VendorWatchOptions {
  readonly agent: AiAgent;
  /** The ids of the conversation, for the log. */
  readonly talk: Readonly<Record<string, string>>;
  readonly agents: Pick<AgentStore, 'noteError'>;
  readonly clock: WallClock;
  readonly log: Pick<Log, 'warn'>;
  /** Stores all problems of this conversation so far. */
  readonly keep?: (problems: readonly VendorProblem[]) => void;
}

/** Most problems kept per conversation. */
const MOST = 20;

/** Reports vendor errors of one conversation once each: in the log, on the agent and on the conversation's record. */
export class VendorWatch {
  readonly #options: VendorWatchOptions;
  readonly #seen = new Set<string>();
  readonly #problems: VendorProblem[] = [];
  /** Whether the agent shows an error that its model's next answer disproves. */
  #shown: boolean;

  constructor(options: VendorWatchOptions) {
    this.#options = options;
    this.#shown = options.agent.lastError !== null;
  }

  failed(vendor: string, does: VendorProblem['does'], { message, fault }: Failure): void {
    // The vendor was not asked, because of earlier failures that were reported.
    if (fault === 'resting') return;
    const key = `${vendor} ${does} ${message}`;
    if (this.#seen.has(key) || this.#seen.size >= MOST) return;
    this.#seen.add(key);
    const { agent, talk, clock, log, keep } = this.#options;
    const at = clock.now();
    log.warn(
      { ...talk, agent: agent.id, vendor, does, fault: fault ?? 'vendor', problem: message },
      'a vendor did not do what it was asked',
    );
    this.#problems.push({ at: at.toISOString(), vendor, does, message });
    keep?.([...this.#problems]);
    this.#shown = true;
    void this.#note({ message: `${vendor}: ${message}`, at });
  }

  /** A vendor's model answered. */
  answered(vendor: string): void {
    if (!this.#shown || vendor !== this.#options.agent.modelProvider) return;
    this.#shown = false;
    void this.#note(null);
  }

  async #note(latest: { readonly message: string; readonly at: Date } | null): Promise<void> {
    const { agent, agents, talk, log } = this.#options;
    try {
      await agents.noteError(agent.id, latest);
    } catch (error) {
      log.warn({ err: error, ...talk, agent: agent.id }, 'the last error of an agent could not be recorded');
    }
  }
}
