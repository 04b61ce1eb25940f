// The server of a bench over media sockets, as its callers have it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LineCodec } from './lines.ts';
import type { FromServer, ToServer } from './socket-server.ts';

export const NUMBER = '+15550001111';
const TASKSET = '/usr/bin/taskset';
/** The garbage collector stays on the one core as well. */
const ONE_CORE = ['--single-threaded-gc', '--expose-gc'];

export function onOneCore(args: readonly string[]): { command: string; args: string[] } {
  const all = [...ONE_CORE, ...args];
  return existsSync(TASKSET)
    ? { command: TASKSET, args: ['-c', '1', process.execPath, ...all] }
    : { command: process.execPath, args: all };
}

/** Moves a process with all its threads to a core; what it starts later goes with it. */
export function moveTo(core: number, pid: number): void {
  if (existsSync(TASKSET)) spawnSync(TASKSET, ['-acp', String(core), String(pid)]);
}

/** The server of a bench, in a process of its own on a core of its own; its database stays on the other. */
export class BenchServer {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly key: string;

  constructor(child: ChildProcess, url: string, key: string) {
    this.#child = child;
    this.url = url;
    this.key = key;
  }

  static async start(args: readonly string[]): Promise<BenchServer> {
    moveTo(0, process.pid);
    const child = spawn(process.execPath, [...ONE_CORE, join(import.meta.dirname, 'socket-server.ts'), ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ready = await heard(child, 'ready');
    // Its database stays with us on the other core.
    moveTo(1, child.pid!);
    return new BenchServer(child, ready.url, ready.key);
  }

  ask<T extends 'cost' | 'memory'>(ask: ToServer['ask'], tell: T): Promise<Extract<FromServer, { tell: T }>> {
    const answer = heard(this.#child, tell);
    this.#child.send({ ask } satisfies ToServer);
    return answer;
  }

  startMeter(): void {
    this.#child.send({ ask: 'start' } satisfies ToServer);
  }

  /** A call's media socket, or why there is none. */
  async place(agent: string): Promise<string | number> {
    const reply = await fetch(`${this.url}/v1/convai/web-calls`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ agent_id: agent }),
    });
    const body = (await reply.json()) as { websocket_url?: string };
    return reply.status === 200 ? body.websocket_url! : reply.status;
  }

  /** A call that comes in over a carrier: the media socket that its webhook is answered with. */
  async announce(line: LineCodec, n: number, number: string): Promise<string> {
    const reply = await fetch(`${this.url}/voice/webhook/${line.webhook}`, {
      method: 'POST',
      body: line.announcement(`bench-${n}`, number),
    });
    return line.mediaIn(await reply.text());
  }

  /** A number that this agent answers. */
  async number(agent: string): Promise<string> {
    await fetch(`${this.url}/voice/numbers`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ phone_number: NUMBER, agent_id: agent }),
    });
    return NUMBER;
  }

  /** An agent without a first message: the script's caller begins. */
  async agent(firstMessage: string): Promise<string> {
    const reply = await fetch(`${this.url}/v1/convai/agents`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ name: 'Bench', system_prompt: 'You help.', first_message: firstMessage }),
    });
    return ((await reply.json()) as { agent_id: string }).agent_id;
  }

  /** A request; the reply's body, whatever its status. */
  async request(method: string, path: string, body?: FormData | object): Promise<Record<string, unknown>> {
    const reply = await fetch(this.url + path, {
      method,
      headers: { 'xi-api-key': this.key },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    return (await reply.json()) as Record<string, unknown>;
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.#child.once('exit', done));
    this.#child.disconnect();
    await gone;
  }
}

function heard<T extends FromServer['tell']>(child: ChildProcess, tell: T): Promise<Extract<FromServer, { tell: T }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromServer) => {
      if (message.tell !== tell) return;
      child.off('message', listen).off('exit', gone);
      resolve(message as Extract<FromServer, { tell: T }>);
    };
    const gone = (code: number | null) => reject(new Error(`the server of the bench ended with ${code}`));
    child.on('message', listen).once('exit', gone);
  });
}
