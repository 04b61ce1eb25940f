import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ofLength, PIECES } from '../../test/support/hostile-texts.ts';
import type { FromServer, ToServer } from './server.ts';

export interface LoopDelay {
  readonly kind: string;
  readonly texts: number;
  readonly characters: number;
  readonly maxMs: number;
  readonly p99Ms: number;
}

type Ask = (path: string, body: object) => Promise<Record<string, unknown>>;
interface Kind {
  readonly characters: number;
  readonly send: (ask: Ask, text: string) => Promise<unknown>;
}

const agent = async (ask: Ask, prompt: string) =>
  String((await ask('/v1/convai/agents', { name: 'Hostile', system_prompt: prompt }))['agent_id']);

const KINDS: Readonly<Record<string, Kind>> = {
  'short texts': {
    characters: 20,
    send: async (ask, text) => ask(`/agents/${await agent(ask, text)}/message`, { message: text }),
  },
  prompts: {
    characters: 99_000,
    send: async (ask, text) => ask(`/agents/${await agent(ask, text)}/message`, { message: 'hello' }),
  },
  variables: {
    characters: 9900,
    send: async (ask, text) =>
      ask(`/agents/${await agent(ask, 'You help for {{company}}. Ask: What do you need?')}/message`, {
        message: 'hello',
        context: { dynamic_variables: { company: `x\n${text}` } },
      }),
  },
  messages: {
    characters: 19_900,
    send: async (ask, text) => ask(`/agents/${await agent(ask, 'Be brief.')}/message`, { message: text }),
  },
  documents: {
    characters: 200_000,
    send: async (ask, text) => ask(`/v1/convai/agents/${await agent(ask, 'Be brief.')}/knowledge-base`, { text }),
  },
};

/** How late the event loop of a server comes while it works on texts that slow patterns stall on. */
export async function measureHostile(): Promise<readonly LoopDelay[]> {
  const child = fork(join(import.meta.dirname, 'server.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const say = (message: ToServer) => child.send(message);
  const hear = async () => ((await once(child, 'message')) as [FromServer])[0];
  try {
    const ready = await hear();
    if (ready.tell !== 'ready') throw new Error('the server did not start');
    const ask: Ask = async (path, body) => {
      const reply = await fetch(ready.url + path, {
        method: 'POST',
        headers: { 'xi-api-key': ready.key },
        body: JSON.stringify(body),
      });
      const text = await reply.text();
      if (reply.status >= 500) throw new Error(`${path}: ${reply.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    };
    const results: LoopDelay[] = [];
    for (const [kind, { characters, send }] of Object.entries(KINDS)) {
      say('begin');
      for (const piece of PIECES) await send(ask, ofLength(piece, characters));
      const delay = hear();
      say('end');
      const { maxMs, p99Ms } = (await delay) as Extract<FromServer, { tell: 'delay' }>;
      results.push({ kind, texts: PIECES.length, characters, maxMs, p99Ms });
    }
    return results;
  } finally {
    const gone = once(child, 'exit');
    say('stop');
    await gone;
  }
}
